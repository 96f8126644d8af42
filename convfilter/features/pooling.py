"""Pooling of whole maps: one number for a map, or one for each cell of a grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.runtime.numbers import Range, check_pair

__all__ = ["POOLS", "check_grid", "check_pools", "pooled"]

Floats = NDArray[np.floating[Any]]

POOLS: dict[str, Callable[[Floats], NDArray[Any]]] = {
    "mean": lambda cell: cell.mean(axis=(1, 2), dtype=np.float64),
    "max": lambda cell: cell.max(axis=(1, 2)),
    "std": lambda cell: cell.std(axis=(1, 2), dtype=np.float64),
}
"""What becomes of maps (maps, rows, columns): a number each."""

MOST_CELLS = 256
"""Along one side of a grid."""


def check_pools(pool: str | Sequence[str]) -> tuple[str, ...]:
    """Return ways to pool, of a text with commas or a sequence."""
    names = pool.split(",") if isinstance(pool, str) else list(pool)
    found = tuple(name.strip() if isinstance(name, str) else name for name in names)
    for name in found:
        if name not in POOLS:
            raise UnknownNameError("way to pool", str(name), POOLS)
    if not found or len(set(found)) < len(found):
        raise ArgumentError(f"pool is {','.join(found)!r}: name each way once, as in mean,max")
    return found


def check_grid(grid: int | tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of a grid."""
    return check_pair(grid, "grid", Range(1, MOST_CELLS))


def pooled(
    maps: Floats, pools: Iterable[str], grid: tuple[int, int], what: str = "the picture"
) -> NDArray[np.float32]:
    """Return the numbers of maps (maps, rows, columns) as (maps, pools, grid rows, grid columns).

    Cells share out all pixels, none of them twice: row `i` of the cells begins with the row
    ``i * rows // grid rows`` of the map. The standard deviation is that of all pixels of a cell
    (divided by their number).

    Raises
    ------
    ArgumentError
        There are fewer pixels than cells along a side; the message calls the maps `what`.
    """
    height, width = maps.shape[1:]
    if height < grid[0] or width < grid[1]:
        raise ArgumentError(
            f"{what} has {height} rows and {width} columns, fewer than a grid of"
            f" {grid[0]}x{grid[1]}: give a smaller grid"
        )
    names = tuple(pools)
    numbers = np.empty((len(maps), len(names), *grid), np.float32)
    for row, (top, bottom) in enumerate(pairwise(_edges(height, grid[0]))):
        for column, (left, right) in enumerate(pairwise(_edges(width, grid[1]))):
            cell = maps[:, top:bottom, left:right]
            for which, name in enumerate(names):
                numbers[:, which, row, column] = POOLS[name](cell)
    return numbers


def _edges(size: int, cells: int) -> list[int]:
    return [cell * size // cells for cell in range(cells + 1)]
