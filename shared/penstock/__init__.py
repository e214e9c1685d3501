"""Flux's GitOps loop as webhook-driven serverless functions."""
