"""The algorithms of ranks, one a module: whatever stands here is considered."""
