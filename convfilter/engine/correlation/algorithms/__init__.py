"""The algorithms of correlations, one a module: whatever stands here is considered."""
