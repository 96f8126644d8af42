"""Correlation of images with kernels."""
