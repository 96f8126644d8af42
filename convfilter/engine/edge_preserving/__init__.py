"""Smoothing that keeps edges."""
