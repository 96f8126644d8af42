"""What formats of frames have in common: drawn over one another, and cut to what changes."""
