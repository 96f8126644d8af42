"""Which rows, or columns, of a picture some outputs of a pipeline are made from.

A part of a picture is filtered as a picture of its own. It begins at a multiple of all strides
together, and ends as far from the end of the whole, so that windows lie in it as in the whole,
whatever the padding: how they are laid out depends on the size modulo the stride alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from convfilter.engine.window.axes import Axis
from convfilter.filters.declaring.reach import Reach
from convfilter.pipeline.grid import axes_of_step
from convfilter.pipeline.steps import Step

__all__ = ["Laid", "Line", "lines_of"]

Span = tuple[int, int]
"""The first of some rows or columns, and the one after the last."""


class Walk(NamedTuple):
    """How the windows of one step walk along an axis of the whole picture.

    Attributes
    ----------
    axis : of the windows, their taps side by side
    near, far : how far before and behind the middle of its window an output looks
    """

    axis: Axis
    near: int
    far: int

    def needs(self, outputs: Span, grains: Iterable[int]) -> Span:
        """Return what some outputs are made from; tiles of so many of them are made together."""
        axis, (start, stop) = self.axis, outputs
        for grain in grains:
            start = min(start, outputs[0] - outputs[0] % grain)
            stop = max(stop, min(-(-outputs[1] // grain) * grain, axis.outputs))
        middle = (axis.reach - 1) // 2 - axis.before
        first = start * axis.stride + middle - self.near
        last = (stop - 1) * axis.stride + middle + self.far
        # borders repeat what lies within the edge, in reverse order
        if first < 0:
            last = max(last, -first)
        if last >= axis.size:
            first = min(first, 2 * axis.size - 2 - last)
        return max(0, min(first, axis.size - 1)), max(1, min(last + 1, axis.size))

    @property
    def least(self) -> int:
        """The size of a part in which some window lies wholly, whatever is padded."""
        axis = self.axis
        return min(axis.size, axis.before + axis.after + 2 * (axis.reach + axis.stride))


class Laid(NamedTuple):
    """A part along one axis: what of the picture, and of what each step makes, lies in it.

    Attributes
    ----------
    reads : the rows of the picture that the part consists of
    origins, sizes : where the pictures before each step, and the last, begin in theirs of the whole
    own : the rows of each that count for this part, from its first on
    """

    reads: Span
    origins: tuple[int, ...]
    sizes: tuple[int, ...]
    own: tuple[Span, ...]


class Line:
    """The windows of all steps along one axis of the whole picture.

    Attributes
    ----------
    sizes : of the picture, and of what each step makes of it
    grains : for each step, how many of its outputs are made together by each tile that it may use
    """

    def __init__(self, size: int, walks: Sequence[Walk]) -> None:
        self.walks = tuple(walks)
        self.sizes = (size, *(walk.axis.outputs for walk in walks))
        self.grains: list[frozenset[int]] = [frozenset()] * len(self.walks)
        strides = [walk.axis.stride for walk in self.walks]
        self._before = [math.prod(strides[:number]) for number in range(len(strides) + 1)]
        self._after = [math.prod(strides[number:]) for number in range(len(strides) + 1)]

    @property
    def step(self) -> int:
        """Parts begin at multiples of so many rows."""
        return self._before[-1]

    @property
    def least(self) -> int:
        """How many rows of the picture a part has at least, about, however little is wanted."""
        return max(
            (walk.least * times for walk, times in zip(self.walks, self._before, strict=False)),
            default=1,
        )

    def lay(self, outputs: Span, more: int = 0, counting: Span | None = None) -> Laid:
        """Return the part that some outputs are made from, and `more` steps of rows beside it.

        Those that count for it are these outputs, or of them only those in `counting`.
        """
        own = [self._own(counting or outputs, stage) for stage in range(len(self.sizes))]
        needed = [outputs]
        for stage in reversed(range(len(self.walks))):
            first, last = self.walks[stage].needs(needed[-1], self.grains[stage])
            needed.append((min(first, own[stage][0]), max(last, own[stage][1])))
        needed.reverse()
        size, step = self.sizes[0], self.step
        start = needed[0][0] // step - more
        left = (size - needed[0][1]) // step - more  # steps behind the part
        while True:
            start, left = max(start, 0), max(left, 0)
            origins = [start * step // times for times in self._before]
            sizes = [
                whole - (start + left) * step // times
                for whole, times in zip(self.sizes, self._before, strict=True)
            ]
            ends = [origin + size for origin, size in zip(origins, sizes, strict=True)]
            short = any(
                size < walk.least for size, walk in zip(sizes[:-1], self.walks, strict=True)
            )
            early = any(end < need[1] for end, need in zip(ends, needed, strict=True))
            late = any(origin > need[0] for origin, need in zip(origins, needed, strict=True))
            if not (short or early or late) or start == left == 0:
                break
            start -= late or (short and not left)
            left -= early or short
        reads = start * step, size - left * step
        local = tuple(
            (first - origin, last - origin)
            for (first, last), origin in zip(own, origins, strict=True)
        )
        return Laid(reads, tuple(origins), tuple(sizes), local)

    def _own(self, outputs: Span, stage: int) -> Span:
        """Return the rows before a step that count for some outputs; no other outputs have them."""
        size, times = self.sizes[stage], self._after[stage]
        start, stop = (min(output * times, size) for output in outputs)
        return start, size if outputs[1] == self.sizes[-1] else stop


def lines_of(steps: Sequence[Step], reaches: Sequence[Reach], size: Span) -> tuple[Line, Line]:
    """Return how the windows of steps walk down and along a picture of `size`, rows and columns.

    Raises
    ------
    ArgumentError
        Where no output is left.
    """
    down, along = [], []
    here = size
    for step, reach in zip(steps, reaches, strict=True):
        rows, columns = axes_of_step(step, here)
        down.append(Walk(rows, reach.above, reach.below))
        along.append(Walk(columns, reach.left, reach.right))
        here = rows.outputs, columns.outputs
    return Line(size[0], down), Line(size[1], along)
