"""Pooling over space and over depth."""
