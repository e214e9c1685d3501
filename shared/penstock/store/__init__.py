"""The bucket and what is kept in it: artifacts with their digests, and records of past looks. Edge."""
