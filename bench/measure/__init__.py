"""What a phase costs: processor time, memory, requests and bytes; and when what happened."""
