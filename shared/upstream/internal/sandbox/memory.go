package sandbox

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

const deepestStack = 128 << 20

// Bound limits what the process may take: the collector works harder near the bound, and above it the
// process ends, which is the failure of one build. Endless recursion ends it too.
func Bound(bytes int64) error {
	debug.SetMaxStack(deepestStack)
	debug.SetMemoryLimit(bytes / 10 * 9)
	limit := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	return unix.Setrlimit(unix.RLIMIT_DATA, &limit)
}
