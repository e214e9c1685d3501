"""What upstream's own code answers, kept as files; written by `make golden` and by nothing else."""
