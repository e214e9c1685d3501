"""The steps that flow.py puts in order: each asks the pure modules what to do and the ports to do it."""
