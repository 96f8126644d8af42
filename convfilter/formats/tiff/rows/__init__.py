"""TIFF row by row: read, written, and with reduced copies beside the picture."""
