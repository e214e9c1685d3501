"""A soak: random commits, random kills and pauses, deliveries lost, doubled and out of order; `make soak`."""
