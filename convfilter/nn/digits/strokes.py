"""What is drawn in a picture: ink on paper, its connected parts, how thick its strokes are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""(rows, columns): where ink is."""


class Runs(NamedTuple):
    """Ink along the rows: where each run of it begins and ends, row by row."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def runs_of(mask: Mask) -> Runs:
    """Return the runs of a mask."""
    wide = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    wide[:, 1:-1] = mask
    steps = np.diff(wide, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return Runs(rows, starts, ends)


def largest_parts(mask: Mask, share: float) -> Mask:
    """Return the mask without parts that are smaller than a share of the largest one.

    Pixels that touch at a side or a corner are of one part.
    """
    runs = runs_of(mask)
    if not len(runs.rows):
        return mask
    part = _numbered(runs)
    lengths = runs.ends - runs.starts
    areas = np.bincount(part, lengths)
    kept = mask.copy()
    for index in np.flatnonzero(areas[part] < share * areas.max()):
        kept[runs.rows[index], runs.starts[index] : runs.ends[index]] = False
    return kept


def _numbered(runs: Runs) -> NDArray[np.int64]:
    """Return for each run the number of its part, which is that of one of its runs."""
    above = list(range(len(runs.rows)))

    def top(index: int) -> int:
        while above[index] != index:
            above[index] = above[above[index]]
            index = above[index]
        return index

    rows, starts, ends = (numbers.tolist() for numbers in runs)
    first = 0  # of the runs of the row before
    for index, (row, start, end) in enumerate(zip(rows, starts, ends, strict=True)):
        # neither runs further up, nor those that end before this one, touch it or any later one
        while rows[first] < row - 1 or (rows[first] == row - 1 and ends[first] < start):
            first += 1
        other = first
        while other < index and rows[other] == row - 1 and starts[other] <= end:
            above[top(index)] = top(other)
            other += 1
    return np.array([top(index) for index in range(len(above))])


def outline(mask: Mask) -> int:
    """Return the length of the border between ink and paper: sides of pixels."""
    wide = np.pad(mask, 1)
    return int((wide[1:] != wide[:-1]).sum() + (wide[:, 1:] != wide[:, :-1]).sum())


def thickness(mask: Mask) -> float:
    """Return about how many pixels thick the strokes are."""
    return 2 * float(mask.sum()) / max(outline(mask), 1)
