"""Edge detectors and their parts."""
