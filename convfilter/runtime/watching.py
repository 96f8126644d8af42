"""Looking for gaps beside the work, which takes next to no time where there are none.

To look through an image takes as long as a quick filter needs for it, since both wait for memory.
So the plain work begins, and looks at each piece of the image just before it reads it: then the
piece is in the cache. With the first gap the work is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from convfilter.dtypes import IMAGE_DTYPES
from convfilter.errors import ConvfilterError
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.missing import code_of
from convfilter.runtime.threads import default_workers, run_bands

__all__ = ["GapsFoundError", "Watch", "can_be_watched", "in_pieces", "watch_of", "without_gaps"]

PIECE_BYTES = 1 << 22
"""Of an image, that are looked at and then worked on: pieces stay in the last cache."""

NANOSECONDS = 0.05
"""To look at a byte."""

SOME = 32
"""Rows that are looked at first."""


class GapsFoundError(Exception):
    """The work is given up: the image has gaps."""


class Watch:
    """Looks through an image (H, ...) for the number for no data, some rows at a time.

    Attributes
    ----------
    found : whether there are gaps
    """

    def __init__(self, image: Array, nodata: float) -> None:
        self._image = image
        self._code = code_of(nodata, image.dtype)
        self._rows = 0
        self._holds_nan = self._code != self._code
        self.found = False

    @property
    def _place(self) -> tuple[int, int]:
        return self._image.__array_interface__["data"][0], self._image.nbytes

    def concerns(self, image: Array) -> bool:
        """Tell whether an image lies where the one does that is watched."""
        return (image.__array_interface__["data"][0], image.nbytes) == self._place

    def look(self, first: int, last: int) -> bool:
        """Look at some rows, each of which is looked at once; tell if a gap was found so far."""
        if not self.found:
            values = self._image[first:last].reshape(-1)
            if self._holds_nan:
                holds = loop("runtime.loops.gaps.hold_nan", S=values.dtype)(values)
            else:
                holds = loop("runtime.loops.gaps.hold", S=values.dtype)(values, self._code)
            self._rows += last - first
            self.found = self.found or bool(holds)
        return self.found

    def look_at_some(self) -> bool:
        """Look at a few rows, which show gaps that are everywhere; tell if there are some."""
        before = self._rows
        height = len(self._image)
        for first in range(0, height, 1 + height // SOME):
            self.look(first, first + 1)
        self._rows = before
        return self.found

    def look_at_the_rest(self) -> bool:
        """Look at all rows, unless that has been done; tell if there are gaps."""
        height = len(self._image)
        if not self.found and self._rows < height:
            self._rows = 0
            of_row = NANOSECONDS * self._image.nbytes / height

            def look(first: int, last: int) -> None:
                self.look(first, last)

            run_bands(height, of_row, default_workers(), look)
        return self.found


_watched: ContextVar[Watch | None] = ContextVar("convfilter_watched", default=None)


def can_be_watched(image: object) -> bool:
    """Tell whether an image is an array that lies in memory as the engine reads it."""
    return (
        type(image) is np.ndarray
        and image.dtype.name in IMAGE_DTYPES
        and image.dtype.isnative
        and image.flags.c_contiguous
        and image.size > 0
    )


def without_gaps(image: Array, nodata: float, work: Callable[[], Any]) -> tuple[bool, Any]:
    """Do work on an image, as long as it has no gaps.

    Returns whether it has none, and then what the work has returned.
    """
    watch = Watch(image, nodata)
    token = _watched.set(watch)
    try:
        result = work()
    except GapsFoundError:
        return False, None
    except ConvfilterError:  # what is wrong with it may be its gaps
        if watch.look_at_the_rest():
            return False, None
        raise
    finally:
        _watched.reset(token)
    return not watch.look_at_the_rest(), result


def watch_of(image: Array) -> Watch | None:
    """Return who looks for gaps in an image, if somebody does."""
    watch = _watched.get()
    if watch is None or is_rehearsal() or not watch.concerns(image):
        return None
    return watch


def in_pieces(
    image: Array, outputs: int, work: Callable[[int, int], None]
) -> Callable[[int, int], None]:
    """Return the work on bands of `outputs`, done piece by piece where the image is watched."""
    watch = watch_of(image)
    if watch is None:
        return work
    height = len(image)
    at_once = max(1, PIECE_BYTES * outputs // image.nbytes)

    def pieces(start: int, stop: int) -> None:
        for first in range(start, stop, at_once):
            last = min(first + at_once, stop)
            if watch.look(first * height // outputs, last * height // outputs):
                return  # whoever has asked for the work looks at `found`
            work(first, last)

    return pieces
