"""Flux's kinds as typed models, the CRDs made from them, and the values that pass between functions. Pure."""
