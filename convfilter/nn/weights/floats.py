"""Numbers of other widths as float32, the one that networks compute in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["widened"]


def widened(array: NDArray[Any], *, brain: bool = False) -> NDArray[Any]:
    """Return floats of any width as float32 in C order; other numbers as they are.

    `brain` says that the array holds the 16 upper bits of float32 each (bfloat16) as uint16.
    """
    if brain:
        bits: NDArray[np.uint32] = np.left_shift(array, 16, dtype=np.uint32)
        return bits.view(np.float32)
    kind = np.float32 if array.dtype.kind == "f" else array.dtype
    # overflow to infinity is told by whoever checks the weights
    with np.errstate(over="ignore"):
        return np.array(array, kind, order="C")
