"""Where windows lie along rows and columns: padding and output sizes, in pure integers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.window.borders import Border, source_indices
from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from convfilter.runtime.checks import LARGEST_ELEMENTS, check_integer, check_pair

PaddingName = Literal["valid", "same", "full"]
Padding = PaddingName | int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]
Pair = int | tuple[int, int]

PADDINGS: tuple[PaddingName, ...] = get_args(PaddingName)
LARGEST_EXTENT = 2**27
"""Rows or columns of a padded image beyond this number are refused."""


class Outline(NamedTuple):
    """Shape and dtype of an image (H, W, C), which need not exist yet."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, image: NDArray[Any]) -> Outline:
        """Return the outline of an image."""
        return cls(image.shape, image.dtype)


class Axis(NamedTuple):
    """How a window walks along one axis of an image.

    Output `i` reads the padded positions ``i * stride + t * dilation`` for the taps ``t``; padded
    position `before` is the first one of the image.
    """

    size: int
    window: int
    stride: int
    dilation: int
    before: int
    after: int
    outputs: int

    @property
    def reach(self) -> int:
        """Positions from the first tap of a window to its last, both counted."""
        return (self.window - 1) * self.dilation + 1

    @property
    def extent(self) -> int:
        """Padded positions from the first that some window reads to the last."""
        return (self.outputs - 1) * self.stride + self.reach

    def sources(self, border: Border) -> NDArray[np.int64]:
        """Return for each padded position its index in the image, -1 where `fill` stands."""
        return source_indices(self.size, self.before, self.extent, border)

    def part(self, start: int, stop: int) -> Axis:
        """Return the axis of the outputs from `start` to `stop` alone."""
        return self._replace(before=self.before - start * self.stride, outputs=stop - start)


def lay_out(
    shape: Sequence[int],
    window: tuple[int, int],
    stride: Any = 1,
    dilation: Any = 1,
    padding: Any = "same",
) -> tuple[Axis, Axis]:
    """Return the axes (rows, columns) of a window over an image, or raise what is wrong with it.

    Nothing is allocated here, so that absurd numbers cost nothing.
    """
    strides = check_pair(stride, "stride", 1)
    dilations = check_pair(dilation, "dilation", 1)
    paddings = _both_ends(check_padding(padding))
    channels = shape[2] if len(shape) > 2 else 1
    return _axes((shape[0], shape[1]), channels, window, strides, dilations, paddings)


@functools.lru_cache(maxsize=256)
def _axes(
    shape: tuple[int, int],
    channels: int,
    window: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    paddings: PaddingName | tuple[tuple[int, int], tuple[int, int]],
) -> tuple[Axis, Axis]:
    """Return the axes for arguments that `lay_out` has checked."""
    axes = []
    for value in (*strides, *dilations):
        if value > LARGEST_EXTENT:
            raise ArgumentError(
                f"a stride or dilation is {value}: at most {LARGEST_EXTENT} is supported"
            )
    for i, name in enumerate(("rows", "columns")):
        size, reach = shape[i], (window[i] - 1) * dilations[i] + 1
        if paddings == "valid":
            before = after = 0
        elif paddings == "full":
            before = after = reach - 1
        elif isinstance(paddings, str):
            outputs = -(-size // strides[i])
            total = max((outputs - 1) * strides[i] + reach - size, 0)
            before, after = total // 2, total - total // 2
        else:
            before, after = paddings[i]
        padded = size + before + after
        if max(padded, reach) > LARGEST_EXTENT:
            raise ArgumentError(
                f"the window and its padding span {max(padded, reach)} {name}:"
                f" at most {LARGEST_EXTENT} are supported"
            )
        outputs = (padded - reach) // strides[i] + 1
        if outputs < 1:
            raise ArgumentError(
                f"the window spans {reach} {name} and the padded image has {padded}: no output is"
                " left, so give a smaller window or more padding"
            )
        axes.append(Axis(size, window[i], strides[i], dilations[i], before, after, outputs))
    rows, columns = axes
    check_elements(rows.outputs * columns.outputs * channels, "the output")
    check_elements(rows.reach * columns.extent * channels, "the rows under the window")
    return rows, columns


def check_elements(elements: int, what: str) -> None:
    """Refuse arrays of more than LARGEST_ELEMENTS elements."""
    if elements > LARGEST_ELEMENTS:
        raise ArgumentError(
            f"{what} would have {elements} elements: at most {LARGEST_ELEMENTS} are supported"
        )


def check_padding(padding: Any) -> Padding:
    """Return the padding, or raise an error that says what it may be."""
    if isinstance(padding, str):
        for known in PADDINGS:
            if padding == known:
                return known
        raise UnknownNameError("padding", padding, PADDINGS)
    if not isinstance(padding, (tuple, list, np.ndarray)):
        return _check_width(padding)
    parts = list(padding)
    if len(parts) != 2:
        raise ArgumentError(
            f"padding has {len(parts)} parts: give one number, (rows, columns) or"
            " ((top, bottom), (left, right))"
        )
    nested = [isinstance(part, (tuple, list, np.ndarray)) for part in parts]
    if any(nested) != all(nested) or (all(nested) and [len(part) for part in parts] != [2, 2]):
        raise ArgumentTypeError(
            f"padding is {padding!r}: give a name, a number, (rows, columns) or"
            " ((top, bottom), (left, right))"
        )
    if not all(nested):
        return (_check_width(parts[0]), _check_width(parts[1]))
    (top, bottom), (left, right) = parts
    return (
        (_check_width(top), _check_width(bottom)),
        (_check_width(left), _check_width(right)),
    )


def _check_width(value: Any) -> int:
    width = check_integer(value, "padding", 0)
    if width > LARGEST_EXTENT:
        raise ArgumentError(f"padding is {width}: at most {LARGEST_EXTENT} is supported")
    return width


def _both_ends(padding: Padding) -> PaddingName | tuple[tuple[int, int], tuple[int, int]]:
    if isinstance(padding, str):
        return padding
    rows, columns = (padding, padding) if isinstance(padding, int) else padding
    top, bottom = (rows, rows) if isinstance(rows, int) else rows
    left, right = (columns, columns) if isinstance(columns, int) else columns
    return (top, bottom), (left, right)
