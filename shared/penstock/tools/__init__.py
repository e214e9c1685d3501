"""Everything that starts processes: builds of the Go tools, git, the Go helper, a real control plane."""
