//go:build linux && (amd64 || arm64)

package sandbox

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Lock has the kernel refuse, for all threads and for ever, to open sockets, start processes, and open or
// change files. It gives the name of what was done: "seccomp", or "none" with the reason.
func Lock() (string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return "none", err
	}
	filter := program()
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return "none", fmt.Errorf("seccomp: %w", errno)
	}
	return "seccomp", nil
}

// Offsets within struct seccomp_data (linux/seccomp.h), little endian.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArg0   = 16
)

const refused = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)

// program refuses a foreign architecture, all calls of the list, and clone without CLONE_THREAD.
func program() []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	ret := func(value uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value} }
	jump := func(test uint16, value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: yes, Jf: no, K: value}
	}
	filter := []unix.SockFilter{
		load(offsetArch), jump(unix.BPF_JEQ, arch, 1, 0), ret(refused), load(offsetNumber),
		jump(unix.BPF_JGE, foreignCalls, 0, 1), ret(refused),
		jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)),
	}
	for _, number := range append(commonCalls, ownCalls...) {
		filter = append(filter, jump(unix.BPF_JEQ, number, 0, 1), ret(refused))
	}
	return append(filter,
		jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 3), load(offsetArg0),
		jump(unix.BPF_JSET, unix.CLONE_THREAD, 1, 0), ret(refused),
		ret(unix.SECCOMP_RET_ALLOW))
}

// commonCalls are refused on every architecture.
var commonCalls = []uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_SENDTO,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_IO_URING_SETUP, unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MKDIRAT,
	unix.SYS_MKNODAT, unix.SYS_UNLINKAT, unix.SYS_SYMLINKAT, unix.SYS_LINKAT, unix.SYS_RENAMEAT2, unix.SYS_FCHMODAT,
	unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE, unix.SYS_MOUNT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_BPF, unix.SYS_PIDFD_GETFD, unix.SYS_KEYCTL, unix.SYS_MEMFD_CREATE,
}
