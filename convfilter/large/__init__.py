"""Pictures larger than memory, filtered part by part with the bits of the whole."""
