"""What the command line does on the cluster for a person: pure modules, and the loops that read and write."""
