"""Marks of pixels that may belong to an edge, and the edges that grow from the strong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.threads import run_bands

SUMS, SQUARES, LENGTHS = 0, 1, 2
"""How sizes of gradients are measured, as `loops.marks.mark` numbers it."""

LEAST_SQUARED = {"float32": 2.0**-60, "float64": 2.0**-500}
"""Gradients below this, other than 0, would lose digits when they are squared, or vanish."""

Result = TypeVar("Result")

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


class Gradients(NamedTuple):
    """Gradients to the right and upwards, and how their sizes are measured.

    Attributes
    ----------
    across, up : arrays (H, W) of float32 or float64
    how : SUMS, SQUARES or LENGTHS
    """

    across: Array
    up: Array
    how: int

    @classmethod
    def of(cls, across: Array, up: Array, norm: str) -> Gradients:
        """Return gradients whose sizes by "l1" or "l2" are measured in the fastest way."""
        return cls(across, up, SQUARES if norm == "l2" else SUMS)

    def wider(self) -> Gradients | None:
        """Return the same, measured so that sizes have a wider range; None at the widest."""
        if self.across.dtype == np.float32:
            return Gradients(self.across.astype(np.float64), self.up.astype(np.float64), self.how)
        return self._replace(how=LENGTHS) if self.how == SQUARES else None

    def marked(
        self,
        low: float,
        high: float,
        use: Callable[[Gradients, Marks, Marker], Result],
    ) -> Result:
        """Return what `use` makes of the gradients, empty marks, and the function that marks.

        That one marks where gradients are a maximum across the edge, as weak and strong where they
        are above `low` and `high`. Where it meets sizes beyond the range of their arithmetic, a
        wider one is taken, and what `use` has returned is forgotten.
        """
        dtype = self.across.dtype
        least = LEAST_SQUARED[dtype.name]
        weak, strong = (size_above(value, dtype, self.how == SQUARES) for value in (low, high))
        run = loop("engine.edges.loops.marks.mark", T=dtype)
        lost: list[int] = []

        def mark(start: int, stop: int, marks: Array) -> int:
            sizes = np.empty((3, self.across.shape[1] + 2), dtype)
            beyond = np.zeros(1, np.int64)
            scratch = sizes, marks, beyond
            thresholds = self.how, least, weak, strong
            count: int = run(self.across, self.up, *thresholds, start, stop, *scratch)
            lost.append(int(beyond[0]))
            return count

        result = use(self, Marks(self.across.shape), mark)
        wider = self.wider() if any(lost) and not is_rehearsal() else None
        return result if wider is None else wider.marked(low, high, use)


def size_above(value: float, dtype: np.dtype[Any], squared: bool) -> float:
    """Return the largest size of the dtype whose length is not above `value`.

    A size is the square of a length where `squared`; lengths grow with sizes, which lets
    bisection find it. They are of float64 for sizes of float64, else of float32.
    """
    number = np.dtype(np.float32) if dtype.kind == "i" else dtype
    highest = rounded_down(value, number)
    bits = np.dtype(f"i{dtype.itemsize}")

    def size(pattern: int) -> Any:
        # positive floats are in the order of their bits
        return bits.type(pattern) if dtype.kind == "i" else bits.type(pattern).view(dtype)

    def is_above(pattern: int) -> bool:
        length = number.type(size(pattern))
        return bool((np.sqrt(length) if squared else length) > highest)

    most = np.iinfo(bits).max if dtype.kind == "i" else dtype.type(np.inf).view(bits)
    below, above = 0, int(most)
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
