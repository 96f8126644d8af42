"""Looking for gaps beside the work, which takes next to no time where there are none.

To look through an image takes as long as a quick filter needs for it, since both wait for memory.
So the plain work begins, and its loops look at each row of the image as they read it: then it is in
the cache (`in_loops`). Where work reads the image in other ways, pieces are looked at just before
they are worked on (`in_pieces`). Work on an image that turns out to have gaps is given up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from convfilter.dtypes import IMAGE_DTYPES
from convfilter.errors import ConvfilterError
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.missing import code_of
from convfilter.runtime.threads import default_workers, run_bands

__all__ = [
    "GapsFoundError",
    "Watch",
    "can_be_watched",
    "in_pieces",
    "looking",
    "watch_of",
    "without_gaps",
]

PIECE_BYTES = 1 << 22
"""Of an image, that are looked at and then worked on: pieces stay in the last cache."""

NANOSECONDS = 0.05
"""To look at a byte."""

SOME = 16
"""Rows that are looked at first."""


class GapsFoundError(Exception):
    """The work is given up: the image has gaps."""


class Watch:
    """Looks through an image (H, ...) for the number for no data, some rows at a time.

    Attributes
    ----------
    found : whether there are gaps
    holds_nan : whether NaN stands for no data
    is_at_rest : nobody has to look, since the work tells
    by_loops : the loops that work on the image look at it
    """

    def __init__(self, image: Array, nodata: float) -> None:
        self._image = image
        self._code = code_of(nodata, image.dtype)
        self._rows = 0
        self.holds_nan = bool(self._code != self._code)
        self._flag = np.zeros(1, np.int64)
        self.found = self.is_at_rest = self.by_loops = False

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
            self._rows += last - first
            if self._are_held(values, values.size, values.size):
                self.found = True
        return self.found

    def _are_held(self, values: Array, count: int, step: int) -> bool:
        """Tell whether some values stand for no data, among so many of each `step`."""
        if self.holds_nan:
            return bool(loop("runtime.loops.gaps.hold_nan", S=values.dtype)(values, count, step))
        whole_numbers = np.dtype(f"u{values.itemsize}")
        hold = loop("runtime.loops.gaps.hold", S=values.dtype, B=whole_numbers)
        return bool(hold(values, count, step, self._code))

    def look_at_some(self) -> bool:
        """Look at a few rows, which show gaps that are everywhere; tell if there are some."""
        height, values = len(self._image), self._image.reshape(-1)
        length = values.size // height
        step = (1 + height // SOME) * length
        self.found = self.found or self._are_held(values, length, step)
        return self.found

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Look at nothing inside the block."""
        self.is_at_rest = True
        try:
            yield
        finally:
            self.is_at_rest = False

    @contextlib.contextmanager
    def in_loops(self, first: int, last: int) -> Iterator[None]:
        """Leave it to the loops inside the block to look at the rows from the first to the last.

        Those before and after are looked at here.
        """
        self.by_loops = True
        try:
            yield
        finally:
            self.by_loops = False
        self.found = self.found or bool(self._flag[0])
        self.look_outside(first, last)

    def look_outside(self, first: int, last: int) -> None:
        """Look at the rows before the first and after the last; the others have been looked at."""
        height = len(self._image)
        for begin, end in ((0, max(0, first)), (min(last, height), height)):
            if begin < end:
                self.look(begin, end)
        self._rows = height

    @property
    def for_loops(self) -> tuple[int, float, int]:
        """The address of a loop that looks at a row, what it looks for, and where it says so."""
        flag = self._flag.__array_interface__["data"][0]
        dtype = self._image.dtype
        if self.holds_nan:
            return loop("runtime.loops.gaps.look_for_nan", S=dtype).address, 0.0, flag
        whole_numbers = np.dtype(f"u{dtype.itemsize}")
        look = loop("runtime.loops.gaps.look", S=dtype, B=whole_numbers)
        return look.address, float(self._code), flag

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


def looking(image: Array) -> tuple[int, float, int]:
    """Return how loops that read an image look for gaps (see `for_loops`), zeros for not at all."""
    watch = watch_of(image)
    return (0, 0.0, 0) if watch is None or not watch.by_loops else watch.for_loops


def in_pieces(
    image: Array, outputs: int, work: Callable[[int, int], None]
) -> Callable[[int, int], None]:
    """Return the work on bands of `outputs`, done piece by piece where the image is watched.

    Loops that look themselves need no pieces.
    """
    watch = watch_of(image)
    if watch is None or watch.is_at_rest or watch.by_loops:
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
