"""Plots of the samples, as SVG."""
