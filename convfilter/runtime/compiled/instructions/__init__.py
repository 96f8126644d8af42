"""What loops ask of the processor that neither Numba nor `vectors` says."""
