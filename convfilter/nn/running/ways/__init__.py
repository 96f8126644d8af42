"""The ways to carry out a convolution."""
