"""What declarations of filters are made of: parameters, shared options, reach, alpha, the index."""
