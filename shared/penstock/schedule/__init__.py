"""Which Flux object is to be looked at, and when: the safety net behind every webhook."""
