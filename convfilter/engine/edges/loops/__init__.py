"""The inner loops of edge detectors."""
