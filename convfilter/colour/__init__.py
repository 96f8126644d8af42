"""What values of pixels stand for: tone curves, linear light, and colours by their names."""
