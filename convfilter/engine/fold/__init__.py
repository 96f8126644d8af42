"""Windows folded into their maximum, minimum or mean."""
