"""What algorithms cost: nanoseconds of one thread for each element of the output.

The numbers are fitted to measurements by `python benchmarks/costs.py`. They only have to tell which
of two ways is the faster one, on any machine: the ratios between them matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from convfilter.engine.correlation.factors import Factors, Taps

LOAD_AND_STORE = {"int16": 0.0659, "float32": 0.162, "float64": 0.195}
"""An element on its way in and out, by the dtype of the sums."""

TAP = {"int16": 0.0135, "float32": 0.0187, "float64": 0.0483}
"""A weight on its own."""

TAP_IN_RUN = {"float32": 0.00868, "float64": 0.014}
"""A weight of a run of neighbours below one another, and in addition each run."""
RUN = {"float32": 0, "float64": 0.0276}

NINE = {"float32": 0.138, "float64": 0.233}
"""Nine weights of a 3x3 kernel on an image of that dtype, with the way in and out."""

GRADIENT = {"float32": 0.228}
"""The size of a gradient in float32, with the way in and out."""

BOX = {"float32": 0.164, "float64": 0.801}
"""A sum of integers over a rectangle of any size, by the dtype that it is scaled in."""

BOX_OF_FLOATS = {"float32": 0.65, "float64": 1.1}
"""A sum of floats over a rectangle, by the dtype of the sums."""

TRANSFORM = {
    ("float32", 256): 0.919,
    ("float32", 512): 1.17,
    ("float64", 256): 1.81,
    ("float64", 512): 2.22,
}
"""A number of a tile on the way in, to its transform and back, and out, by the side of the tile."""


DARK = 1.75
"""What a transform of floats in float32 costs more than when it is enough, on photographs.

Where a picture is a hundred times darker in some places than in others, they ask for float64.
"""


def of_sums(kernels: Sequence[Factors], dtype: str, dense: bool) -> float:
    """Return the cost of sums of products; `dense` says that windows and taps lie side by side."""
    total = LOAD_AND_STORE[dtype]
    for factors in kernels:
        total += of_taps(factors.down_columns, dtype, dense)
        if factors.along_rows is not None:
            total += TAP[dtype] * len(factors.along_rows)
    return total


def of_taps(taps: Taps, dtype: str, dense: bool) -> float:
    """Return the cost of taps, in runs or one by one."""
    one_by_one = TAP[dtype] * len(taps)
    return min(one_by_one, in_runs(taps, dtype)) if dense else one_by_one


def in_runs(taps: Taps, dtype: str) -> float:
    """Return the cost of taps in runs of those below one another; integers have no such loop."""
    if dtype not in RUN:
        return math.inf
    return TAP_IN_RUN[dtype] * len(taps) + RUN[dtype] * len(taps.runs)
