"""The inner loops of correlations."""
