"""Values of 1 to 16 bits, as uint8 or uint16 of which white is the largest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["narrowed", "spread"]

_WHITE_OF_8, _WHITE = 255, 65535


def spread(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return whole numbers of so many bits as uint8 or, of more than 8, as uint16.

    They are rounded to nearest: white stays white.

    Raises
    ------
    ValueError
        They have no bits, or more than 16, or more than stated.
    """
    if not 0 < bits <= 16:
        raise ValueError(f"values of {bits} bits")
    if values.dtype.kind != "u":
        raise ValueError(f"values of {values.dtype}")
    largest = (1 << bits) - 1
    if bits == 16:
        return np.array(values, np.uint16)
    if values.max(initial=0) > largest:
        raise ValueError(f"values beyond {bits} bits")
    if bits <= 8:
        bytes_of_8: NDArray[np.uint8] = _level_of(largest, _WHITE_OF_8).astype(np.uint8)[values]
        return bytes_of_8
    wide: NDArray[np.uint16] = _level_of(largest, _WHITE)[values]
    return wide


def narrowed(values: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """Return uint16 as whole numbers of fewer bits, rounded to nearest: white stays white."""
    narrow: NDArray[np.uint16] = _level_of(_WHITE, (1 << bits) - 1)[values]
    return narrow


def _level_of(given: int, wanted: int) -> NDArray[np.uint16]:
    """Return what each value up to the given largest one becomes, of which the wanted is white."""
    # in 64 bits; ties do not occur, since no largest value is even
    levels = (np.arange(given + 1, dtype=np.uint64) * wanted + given // 2) // given
    table: NDArray[np.uint16] = levels.astype(np.uint16)
    return table
