"""The inner loops of ranks."""
