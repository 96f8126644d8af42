"""The inner loops of smoothing that keeps edges."""
