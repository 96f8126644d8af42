"""JPEG 2000 of other than 8 bits, which Pillow does not keep, by OpenJPEG through imagecodecs."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring import Effort
from convfilter.formats.extras.depths import spread

__all__ = ["decoded", "encoded"]


def decoded(data: bytes, bits: int) -> NDArray[Any]:
    """Return the pixels of a picture of so many bits, scaled to 8 or to 16."""
    return spread(imagecodecs.jpeg2k_decode(data), bits)


def encoded(pixels: NDArray[Any], decibels: float | None, effort: Effort) -> bytes:
    """Return a codestream of uint16: without a loss, or with a peak signal-to-noise ratio."""
    options: dict[str, Any] = {"codecformat": "j2k", "numthreads": effort.workers}
    if decibels is None:
        options["reversible"] = True
    else:
        options["level"] = decibels
    return bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(pixels), **options))
