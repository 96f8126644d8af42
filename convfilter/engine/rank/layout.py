"""Numbers that the loops of ranks and their callers share."""

BAND = 24
"""Rows that one walk down the columns of a vector computes. Even.

Of fewer, more rows are sorted twice; more gain nothing. They are more rows of memory than a
processor foresees, so it is told what to fetch.
"""

EDGE_ROWS = 24
"""Rows of outputs at the edge of the image that are made together. A multiple of BAND."""

EDGE_WIDTH = 64
"""Numbers of such a row that are made together; a pixel has at most so many channels."""
