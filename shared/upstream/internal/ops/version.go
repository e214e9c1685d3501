package ops

import (
	"runtime"
	"runtime/debug"

	"penstock.dev/upstream/internal/wire"
)

// Protocol is raised with every change that the other side must know of.
const Protocol = 4

type versionResult struct {
	Protocol int               `json:"protocol"`
	Go       string            `json:"go"`
	Modules  map[string]string `json:"modules"` // module path to version, of all that is linked in
	Sandbox  string            `json:"sandbox"` // what the kernel forbids this process: "seccomp" or "none"
}

// version says what this process is made of: part of the key of everything that it builds.
func version(s *Server, _ wire.Message) (any, error) {
	result := versionResult{Protocol: Protocol, Go: runtime.Version(), Modules: map[string]string{}, Sandbox: s.sandbox}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			result.Modules[module.Path] = module.Version
		}
	}
	return result, nil
}
