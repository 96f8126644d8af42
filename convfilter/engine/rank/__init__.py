"""The value of a given rank in every window: minimum, maximum, median, percentiles."""
