package sandbox

import "golang.org/x/sys/unix"

const (
	arch         = unix.AUDIT_ARCH_AARCH64
	foreignCalls = 0x40000000 // far above every call
)

// ownCalls are those that other architectures number differently.
var ownCalls = []uint32{unix.SYS_RENAMEAT}
