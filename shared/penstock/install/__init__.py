"""What penstock has in a cluster beside a fleet: components, how they come, go and are checked."""
