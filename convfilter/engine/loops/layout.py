"""How the loops lay out their scratch memory: numbers that their callers know too."""

PITCH = 4112
"""Elements from one row of a tile to the next.

A row of 4096 and 16 more: rows that are a multiple of 4096 bytes apart would fall into the same set
of the first cache.
"""

CHUNK = 256
"""Elements of a row that are summed and stored before the next: they stay in the first cache."""

ROWS_AT_ONCE = 4
"""Output rows that share what they load."""

RUNS = (1, 2, 3, 5, 7, 8, 9)
"""Lengths of runs of neighbouring weights that have a loop of their own."""

ROW_RUNS = (9, 8)
"""Lengths of runs along a row that have loops of their own."""

ROW_STEPS = (1, 3)
"""Elements from one tap of such a run to the next: the channels of grey and of colour pictures."""

BLOCK = 64
"""Elements that a vector has at most: bytes of 512 bits."""
