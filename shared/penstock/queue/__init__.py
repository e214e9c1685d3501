"""Work that waits: durable before it counts as taken, done at least once, one at a time for each key."""
