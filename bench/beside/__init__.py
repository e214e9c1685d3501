"""What a yardstick stands on: the control plane, the Git server, and both peers as processes."""
