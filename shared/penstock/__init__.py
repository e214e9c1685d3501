"""Flux's GitOps loop as webhook-driven serverless functions."""

__version__ = "0.1.0"
