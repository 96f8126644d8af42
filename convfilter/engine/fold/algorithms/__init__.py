"""The algorithms of folds, one a module: whatever stands here is considered."""
