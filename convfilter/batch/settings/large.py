"""What is said of large pictures: the limits within which they are read and written."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_RUN, size

__all__ = ["BYTES_OF_PIXEL", "FOR_ONE", "OfLarge"]

FOR_ONE = 300_000_000
"""Bytes of memory for one picture, where nobody says more: what needs more is done in bands."""

BYTES_OF_PIXEL = 12
"""Of a picture as a whole, about: what is read, what is made, and floats between."""


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
