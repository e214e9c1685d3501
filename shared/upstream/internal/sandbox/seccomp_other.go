//go:build !linux || !(amd64 || arm64)

package sandbox

import "errors"

// Lock has no part of the kernel to ask here.
func Lock() (string, error) { return "none", errors.New("no seccomp on this system") }
