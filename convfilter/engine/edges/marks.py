"""Marks of pixels that may belong to an edge, and the edges that grow from the strong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.threads import run_bands

Marker = Callable[[int, int, Array], int]
"""Marks rows start to stop, in `Marks.array`, and returns how many are weak or strong."""


class Marks:
    """Which pixels of an image may belong to an edge, and which do."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        # a column of zeros on both sides, and rows of whole words
        self.array: NDArray[np.uint8] = np.zeros((shape[0], -(-(shape[1] + 2) // 8) * 8), np.uint8)

    def followed(self, mark: Marker, nanoseconds: float, workers: int) -> NDArray[np.bool_]:
        """Mark the pixels, grow the edges from the strong ones, and return which are edges.

        `nanoseconds` is about what a pixel takes.
        Each thread grows them within its band. What is connected across a seam is grown after
        that: which pixels are reached does not depend on the order.
        """
        height, width = self._shape
        marks = self.array
        run, pick = loop("engine.edges.loops.marks.grow"), loop("engine.edges.loops.marks.pick")
        bands: list[tuple[int, int]] = []

        def grow(start: int, stop: int, top: int, bottom: int, found: int) -> None:
            seeds = np.zeros(marks.shape[1], np.uint8)
            stack = np.empty(max(found, 1), np.int64)
            places, words = marks.reshape(-1), seeds.view(np.int64)
            run(marks, places, start, stop, top, bottom, seeds, words, stack)

        def work(start: int, stop: int) -> None:
            found = mark(start, stop, marks)
            bands.append((start, found))
            grow(start, stop, start, stop, found)

        run_bands(height, width * nanoseconds, workers, work)
        total = sum(found for _, found in bands)
        for seam, _ in sorted(bands)[1:]:
            grow(seam - 1, seam + 1, 0, height, total)
        edges = memory.empty((height, width), np.uint8)
        run_bands(height, 0.1 * width, workers, lambda start, stop: pick(marks, start, stop, edges))
        return edges.view(np.bool_)


def gradient_marker(across: Array, down: Array, squared: bool, low: float, high: float) -> Marker:
    """Return the function that marks where gradients are a maximum across the edge.

    `low` and `high` are the sizes above which they are weak and strong: squares where `squared`.
    """
    run = loop("engine.edges.loops.marks.mark", T=across.dtype)

    def mark(start: int, stop: int, marks: Array) -> int:
        sizes = np.empty((3, across.shape[1] + 2), across.dtype)
        count: int = run(across, down, squared, low, high, start, stop, sizes, marks)
        return count

    return mark


def size_above(value: float, dtype: np.dtype[Any], squared: bool) -> float:
    """Return the largest size of the dtype whose length, in float32, is not above `value`.

    A size is the square of a length where `squared`; lengths grow with sizes, which lets
    bisection find it.
    """
    highest = rounded_down(value, np.dtype(np.float32))
    number = np.dtype(np.float32) if dtype.kind == "i" else dtype
    bits = np.dtype(f"i{dtype.itemsize}")

    def size(pattern: int) -> Any:
        # positive floats are in the order of their bits
        return bits.type(pattern) if dtype.kind == "i" else bits.type(pattern).view(dtype)

    def is_above(pattern: int) -> bool:
        length = number.type(size(pattern))
        with np.errstate(over="ignore"):
            return bool(np.float32(np.sqrt(length) if squared else length) > highest)

    below, above = (
        0,
        int(np.iinfo(bits).max if dtype.kind == "i" else dtype.type(np.inf).view(bits)),
    )
    while above - below > 1:
        middle = (below + above) // 2
        if is_above(middle):
            above = middle
        else:
            below = middle
    return float(size(below))


def rounded_down(value: float, dtype: np.dtype[Any]) -> float:
    """Return the largest number of the dtype that is at most `value`."""
    with np.errstate(over="ignore"):
        nearest = dtype.type(value)
    below = np.nextafter(nearest, dtype.type(-np.inf)) if float(nearest) > value else nearest
    return float(below)
