"""The admission hook: the API server tells when a Flux object is about to change (decision 14)."""
