"""What is said of large pictures: the limits within which they are read and written."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_RUN, flag, multiple, size
from convfilter.errors import listed
from convfilter.formats.declaring import LARGEST_SIDE, SIDE_STEP
from convfilter.formats.declaring.index import SUMMARIES

__all__ = ["BYTES_OF_PIXEL", "FOR_ONE", "OfLarge"]

FOR_ONE = 300_000_000
"""Bytes of memory for one picture, where nobody says more: what needs more is done in bands."""

BYTES_OF_PIXEL = 12
"""Of a picture as a whole, about: what is read, what is made, and floats between."""

_STORED = [name for name, summary in SUMMARIES.items() if summary.stores]


class OfLarge(TypedDict, total=False):
    """How large pictures may be, and how they are worked on and written."""

    max_pixels: Annotated[
        int | None,
        size(
            "largest width times height to be read, of all frames together: 500M, 5G",
            "500M",
        ),
        OF_RUN,
    ]
    tile: Annotated[
        int | None,
        multiple(
            f"of {listed(_STORED)}: side of the squares in which pixels are stored, a multiple of"
            f" {SIDE_STEP}, such as 256, of which a reader takes those that it shows",
            SIDE_STEP,
            LARGEST_SIDE,
            "pixels are stored in rows, and in tiles of 256 beside --pyramid",
        ),
    ]
    pyramid: Annotated[
        bool,
        flag(
            f"of {listed(_STORED)}: write reduced copies as well, each half as large, in tiles, as"
            " viewers of slides and maps open them (Cloud Optimized GeoTIFF)"
        ),
    ]
