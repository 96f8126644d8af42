"""Numbers that the loops of ranks and their callers share."""

BAND = 8
"""Rows that one walk down the columns of a vector computes. Even.

Of fewer, more rows are sorted twice; with more, more rows of memory are read at once than a
processor foresees.
"""

EDGE_ROWS = 16
"""Rows of outputs at the edge of the image that are made together. A multiple of BAND."""

EDGE_WIDTH = 64
"""Numbers of such a row that are made together; a pixel has at most so many channels."""
