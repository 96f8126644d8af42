"""How the loops of correlations lay out their memory, and how they name what is done."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, get_args

PITCH = 4112
"""Numbers from one row of a tile to the next.

A row of 4096 and 16 more: rows that are a multiple of 4096 bytes apart would fall into the same set
of the first cache.
"""

CHUNK = 512
"""Numbers of a row that are summed and stored before the next: they stay in the first cache."""

ROWS_AT_ONCE = 4
"""Output rows that share what they load."""

RUNS = (1, 2, 3, 5, 7, 8, 9)
"""Lengths of runs of neighbouring weights that have a loop of their own."""

GROUP = 7
"""Taps that are added up one by one before their sum joins that of the others: fewer roundings."""

ROW_RUNS = (9, 8)
"""Lengths of runs along a row that have loops of their own."""

BLOCK = 64
"""Numbers that a vector has at most: bytes of 512 bits. Four vectors of floats are as many."""

WIDE = 10
"""From this width on sums of boxes run along the row; those of narrower windows are added up."""

NINE_WIDTH = 256
"""Numbers of each of four rows that are summed over 3x3 before they are stored."""

EDGE_ROWS = 16
"""Rows of outputs whose windows reach beyond the image that are made together."""

EDGE_WIDTH = 64
"""Numbers of such a row that are made together, at most; a pixel has fewer channels."""

CombineName = Literal["abs", "l1", "l2", "max", "max-abs"]
COMBINE_NAMES: tuple[CombineName, ...] = get_args(CombineName)


LEAST_SQUARED = {"float32": 2.0**-60, "float64": 2.0**-500}
"""Responses below this, other than 0, would lose digits when they are squared, or vanish."""


class Combine(IntEnum):
    """How the responses of several kernels become one."""

    NONE = 0
    """There is one, and it stays as it is."""
    L1 = 1
    """The sum of the sizes; of a single response its size."""
    L2 = 2
    """The root of the sum of the squares."""
    MAX = 3
    """The largest."""
    MAX_ABS = 4
    """The largest size."""
    LENGTH = 5
    """What L2 is, for responses whose squares leave the range of floats."""

    @classmethod
    def of(cls, name: CombineName | None) -> Combine:
        """Return what a name stands for."""
        if name is None:
            return cls.NONE
        return cls.L1 if name == "abs" else cls[name.upper().replace("-", "_")]
