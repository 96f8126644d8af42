"""Pixels turned upright, as the orientation of EXIF has it (Exif 2.32, section 4.6.4)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_on_its_side", "upright"]


def is_on_its_side(orientation: int) -> bool:
    """Tell whether turning the picture upright makes rows of its columns."""
    return orientation in (5, 6, 7, 8)


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the pixels turned upright, C-contiguous; unknown orientations change nothing."""
    if is_on_its_side(orientation):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
