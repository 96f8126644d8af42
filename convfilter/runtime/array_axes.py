"""What the axes of an array are: rows, columns, channels and stacks of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.missing import is_masked
from convfilter.runtime.numbers import check_integer, shortened

__all__ = [
    "MOST_CHANNELS",
    "Layout",
    "axes_of",
    "check_axes",
    "is_plain",
    "layout_named",
    "layout_of",
]

MOST_CHANNELS = 4
"""Channels of an array (H, W, C) whose axes nobody named: more of them are taken for a stack."""


class Layout(NamedTuple):
    """Where rows, columns, channels and stacks of pictures lie among the axes of an array.

    Attributes
    ----------
    rows, columns : numbers of axes
    channels : the number of an axis, or None where there is none
    stack : numbers of all other axes, in order
    """

    rows: int
    columns: int
    channels: int | None
    stack: tuple[int, ...]

    @property
    def is_picture(self) -> bool:
        """Whether the array is one picture (H, W) or (H, W, C) as it stands."""
        places = (self.rows, self.columns, self.channels)
        return not self.stack and places in ((0, 1, None), (0, 1, 2))

    @property
    def planes(self) -> Layout:
        """The same with each channel as a picture of its own."""
        if self.channels is None:
            return self
        stack = tuple(sorted((*self.stack, self.channels)))
        return self._replace(channels=None, stack=stack)

    def pictures(self, array: Array) -> Array:
        """Return a view (..., H, W) or (..., H, W, C) of the array."""
        last = () if self.channels is None else (self.channels,)
        return array.transpose(*self.stack, self.rows, self.columns, *last)

    def order(self, numbers: int) -> list[int]:
        """Return which axis of results, each of so many axes, is the first one, and so on.

        Results are pictures, or a number for each channel, or one number; the stack comes first.
        """
        places: tuple[float, ...] = self.stack
        if numbers >= 2:
            places += (self.rows, self.columns)
        if numbers in (1, 3):
            # channels that were not there before come last
            places += (float("inf") if self.channels is None else self.channels,)
        return sorted(range(len(places)), key=places.__getitem__)

    def put_together(self, lengths: tuple[int, ...], results: Iterable[Array]) -> Array:
        """Return one array of a result for each picture, its axes in the order of this layout.

        `lengths` are those of the stack. Axes that the results do not have are left out.
        """
        array = by_pictures = None
        gaps = gaps_by_pictures = None
        for index, result in zip(np.ndindex(lengths), results, strict=True):
            if by_pictures is None:
                order = self.order(result.ndim)
                whole = (*lengths, *result.shape)
                array = memory.empty(tuple(whole[axis] for axis in order), result.dtype)
                by_pictures = array.transpose(np.argsort(order))
                if is_masked(result):
                    gaps = np.zeros(array.shape, np.bool_)
                    gaps_by_pictures = gaps.transpose(np.argsort(order))
            by_pictures[index] = np.asarray(result)
            if gaps_by_pictures is not None:
                gaps_by_pictures[index] = np.ma.getmaskarray(result)
        assert array is not None
        return array if gaps is None else np.ma.MaskedArray(array, gaps)


def layout_of(shape: Sequence[int], axes: str | None, channel_axis: int | None = None) -> Layout:
    """Return how an array of this shape is laid out.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For axes that do not fit the array, and where nobody said what more axes than those of a
        picture, or more than four channels, are.
    """
    count = len(shape)
    if axes is not None:
        if channel_axis is not None:
            raise ArgumentError("axes and channel_axis are both given: leave one of them out")
        letters = check_axes(axes)
        if len(letters) != count:
            raise ArgumentError(
                f"axes is {letters!r} and the image has {count} axes, {tuple(shape)}: give a letter"
                " for each"
            )
        return layout_named(letters)
    if channel_axis is not None:
        channels = check_integer(channel_axis, "channel_axis")
        if count < 3 or not -count <= channels < count:
            raise ArgumentError(
                f"channel_axis is {channels} and the image has {count} axes, {tuple(shape)}: it"
                " counts one of at least three, from 0 or, from the last one, from -1"
            )
        channels %= count
        *_, rows, columns = (axis for axis in range(count) if axis != channels)
        return _layout(count, rows, columns, channels)
    if count == 3 and shape[2] > MOST_CHANNELS:
        raise ArgumentError(
            f"the image has shape {tuple(shape)}, which could be a stack of {shape[0]} pictures or"
            f" one picture of {shape[2]} channels: say so by axes (--axes), ZYX or YXC, or CYX if"
            " channels come first"
        )
    if count not in (2, 3):
        raise ArgumentError(
            f"the image has {count} axes: give (height, width) or (height, width, channels)"
            + (", or say by axes (--axes) what they are, as in TZYX" if count > 3 else "")
        )
    return _layout(count, 0, 1, 2 if count == 3 else None)


def layout_named(letters: str) -> Layout:
    """Return the layout of axes that `check_axes` has understood."""
    channels = letters.find("C")
    rows, columns = letters.index("Y"), letters.index("X")
    return _layout(len(letters), rows, columns, None if channels < 0 else channels)


def _layout(count: int, rows: int, columns: int, channels: int | None) -> Layout:
    taken = (rows, columns, channels)
    return Layout(rows, columns, channels, tuple(n for n in range(count) if n not in taken))


def check_axes(axes: str) -> str:
    """Return the letters of axes, capitals, or raise an error that says what is wrong with them."""
    if not isinstance(axes, str):
        raise ArgumentTypeError(f"axes is {shortened(axes)}: give a letter for each, such as 'ZYX'")
    letters = axes.upper()
    if not (letters.isascii() and letters.isalpha()) or len(set(letters)) < len(letters):
        raise ArgumentError(
            f"axes is {shortened(axes)}: give a different letter for each, such as 'ZYX'"
        )
    if "S" in letters:
        raise ArgumentError(
            f"axes is {axes!r}, where S may be samples or slices: write C for channels, Z for a"
            " stack of pictures"
        )
    if "Y" not in letters or "X" not in letters:
        raise ArgumentError(f"axes is {axes!r}: it needs Y and X, the rows and columns of pictures")
    return letters


def axes_of(picture: Array) -> str:
    """Return the axes of an array that is known to be a picture (H, W) or (H, W, C)."""
    return "YXC"[: picture.ndim]


def is_plain(image: ArrayLike) -> bool:
    """Tell whether an image is an array that needs no word about its axes."""
    if type(image) is not np.ndarray:
        return False
    shape = image.shape
    count = len(shape)
    return count == 2 or (count == 3 and shape[2] <= MOST_CHANNELS)
