"""What is said of large pictures: the limits within which they are read and written."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_RUN, size

__all__ = ["OfLarge"]


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
