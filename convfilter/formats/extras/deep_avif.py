"""AVIF of more than 8 bits, which Pillow does not keep, as libavif reads and writes it.

libavif is reached through imagecodecs, which takes no metadata besides the numbers of colours:
where there are others, the file is put together anew.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring import Effort
from convfilter.formats.extras.depths import narrowed, spread
from convfilter.formats.extras.items_file import with_metadata
from convfilter.picture.image import CICP, Metadata

__all__ = ["decoded", "encoded"]

_BITS, _BITS_OF_BEST = 10, 12
"""Of most files, since many decoders take no more, and of those of a quality above this:"""

_BEST = 90

_SRGB = 1, 13
_SPEED = 6
_MATRIX_OF_601, _MATRIX_OF_2020, _BT2020 = 6, 9, 9


def decoded(data: bytes, size: tuple[int, int], bits: int) -> tuple[NDArray[Any], bool]:
    """Return the pixels of a picture as it is stored, and whether the last channel is alpha.

    `size` is (columns, rows), `bits` those of a value, as the file states both.

    Raises
    ------
    ValueError
        The file holds something else than it states.
    """
    values = imagecodecs.avif_decode(data)
    if values.dtype != np.uint16 or values.ndim not in (2, 3) or values.shape[:2] != size[::-1]:
        raise ValueError("another picture than it states")
    return spread(values, bits), values.shape[2:] in ((2,), (4,))


def encoded(pixels: NDArray[Any], metadata: Metadata, quality: int, effort: Effort) -> bytes:
    """Return a file of uint16 RGB, with or without alpha."""
    numbers = dict(metadata.png_colour).get(CICP)
    bits = _BITS if quality <= _BEST else _BITS_OF_BEST
    primaries, curve = numbers[:2] if numbers else _SRGB
    file = bytes(
        imagecodecs.avif_encode(
            narrowed(np.ascontiguousarray(pixels), bits),
            level=quality,
            bitspersample=bits,
            pixelformat=imagecodecs.AVIF.PIXEL_FORMAT.YUV444,
            speed=_SPEED,
            primaries=primaries,
            transfer=curve,
            matrix=_MATRIX_OF_2020 if primaries == _BT2020 else _MATRIX_OF_601,
            numthreads=effort.workers,
        )
    )
    beside = metadata.icc_profile, metadata.exif, metadata.xmp
    return with_metadata(file, *beside) if any(beside) else file
