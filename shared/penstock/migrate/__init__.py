"""Manifests with API versions that Flux has removed, rewritten in place."""
