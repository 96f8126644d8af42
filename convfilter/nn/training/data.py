"""Labelled pictures in batches, changed a little each time they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
"""(N, maps, rows, columns)."""


@dataclass(frozen=True)
class Range:
    """How bytes become what a network is given: ``(byte / 255 - mean) / std``, of each map."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def of(self, pictures: Pictures) -> NDArray[np.float32]:
        """Return pictures as floats."""
        shape = (1, -1, 1, 1)
        scale = 1 / (255 * np.array(self.std)).reshape(shape)
        shift = (np.array(self.mean) / np.array(self.std)).reshape(shape)
        values: NDArray[np.float32] = np.multiply(pictures, scale, dtype=np.float32)
        values -= shift.astype(np.float32)
        return values


@dataclass(frozen=True)
class Data:
    """Pictures with their classes.

    Attributes
    ----------
    pictures : as the network sees them, but for their range
    labels : the number of the class of each
    variants : the same pictures drawn in other ways, such as with a thicker pen
    """

    pictures: Pictures
    labels: NDArray[np.int64]
    variants: Sequence[Pictures] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def in_order(self, size: int) -> Iterator[tuple[Pictures, NDArray[np.int64]]]:
        """Yield batches of the pictures as they are."""
        for first in range(0, len(self), size):
            yield self.pictures[first : first + size], self.labels[first : first + size]

    def shuffled(
        self, size: int, changes: Changes, rng: np.random.Generator
    ) -> Iterator[tuple[Pictures, NDArray[np.int64]]]:
        """Yield batches in an order drawn by chance, each picture changed as chance says.

        Parameters
        ----------
        size : of a batch; what is left over at the end, too small for a batch, is shared out
        changes : how far pictures are changed
        rng : the source of chance
        """
        order = rng.permutation(len(self))
        ways = rng.integers(0, 1 + len(self.variants), len(self))
        all_ways = [self.pictures, *self.variants]
        for numbers in np.array_split(order, max(1, len(self) // size)):
            batch = np.stack([all_ways[ways[number]][number] for number in numbers])
            yield changes.of(batch, rng), self.labels[numbers]


@dataclass(frozen=True)
class Changes:
    """How far pictures are changed at most, evenly from nothing to that, each by chance.

    Attributes
    ----------
    shift : pixels up, down, left and right
    turn : degrees, either way
    stretch : shares by which rows and columns, each for itself, grow or shrink
    slant : columns by which a row moves against the one above
    """

    shift: int = 2
    turn: float = 0.0
    stretch: float = 0.0
    slant: float = 0.0

    def of(self, pictures: Pictures, rng: np.random.Generator) -> Pictures:
        """Return pictures changed, each in its own way; what is beyond the edges is as the edge."""
        count = len(pictures)
        moves = rng.integers(-self.shift, self.shift + 1, (count, 2))
        if not (self.turn or self.stretch or self.slant):
            return moved(pictures, moves)
        angle, down, right, slant = rng.uniform(-1, 1, (4, count))
        cosine, sine = np.cos(np.radians(self.turn * angle)), np.sin(np.radians(self.turn * angle))
        # from places in the changed picture to those in the one that is there
        back = np.empty((count, 2, 2))
        back[:, 0, 0], back[:, 0, 1] = cosine, -sine
        back[:, 1, 0], back[:, 1, 1] = sine + self.slant * slant, cosine
        back[:, 0] /= (1 + self.stretch * down)[:, None]
        back[:, 1] /= (1 + self.stretch * right)[:, None]
        return mapped(pictures, back, moves)


def mapped(pictures: Pictures, back: NDArray[np.float64], moves: NDArray[np.int64]) -> Pictures:
    """Return pictures under linear maps around their centres, followed by moves; bilinear.

    Parameters
    ----------
    pictures : (N, maps, rows, columns)
    back : (N, 2, 2), from rows and columns of the result to those of the pictures
    moves : (N, 2), rows and columns, after the map
    """
    count, maps, *size = pictures.shape
    centre = (np.array(size) - 1) / 2
    grid = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij")).reshape(2, -1)
    apart = (grid[None] - centre[:, None] - moves[:, :, None]).astype(np.float32)
    to = back.astype(np.float32)
    flat = pictures.reshape(count, maps, -1)
    places = []
    for axis, side in enumerate(size):
        along = to[:, axis, :1] * apart[:, 0] + to[:, axis, 1:] * apart[:, 1]
        places.append(np.clip(along + np.float32(centre[axis]), 0, side - 1))
    low = [
        np.minimum(place.astype(np.int32), side - 2)
        for place, side in zip(places, size, strict=True)
    ]
    share = [(place - first)[:, None] for place, first in zip(places, low, strict=True)]
    start = (low[0] * size[1] + low[1])[:, None]

    def at(further: int) -> NDArray[np.float32]:
        return np.take_along_axis(flat, start + further, 2).astype(np.float32)

    upper = at(0) * (1 - share[1]) + at(1) * share[1]
    lower = at(size[1]) * (1 - share[1]) + at(size[1] + 1) * share[1]
    mixed = upper * (1 - share[0]) + lower * share[0]
    rounded: Pictures = np.rint(mixed).astype(np.uint8)
    return rounded.reshape(pictures.shape)


def moved(pictures: Pictures, moves: NDArray[np.int64]) -> Pictures:
    """Return each picture moved by so many pixels down and to the right; edges are repeated."""
    most = int(np.abs(moves).max(initial=0))
    if not most:
        return pictures
    wide = np.pad(pictures, ((0, 0), (0, 0), (most, most), (most, most)), "edge")
    rows, columns = pictures.shape[2:]
    out = np.empty_like(pictures)
    for picture, larger, (down, right) in zip(out, wide, most - moves, strict=True):
        picture[:] = larger[:, down : down + rows, right : right + columns]
    return out


def thickened(pictures: Pictures, size: int) -> Pictures:
    """Return the maximum of each window of size x size: light strokes grow thicker."""
    return _joined(pictures, size, np.maximum)


def thinned(pictures: Pictures, size: int) -> Pictures:
    """Return the minimum of each window of size x size: light strokes grow thinner."""
    return _joined(pictures, size, np.minimum)


def _joined(pictures: Pictures, size: int, join: np.ufunc) -> Pictures:
    for axis in (-2, -1):
        before = (size - 1) // 2
        width = [(0, 0)] * pictures.ndim
        width[axis] = (before, size - 1 - before)
        wide = np.pad(pictures, width, "edge")
        length = pictures.shape[axis]
        parts = (np.take(wide, range(k, k + length), axis) for k in range(size))
        pictures = next(parts)
        for part in parts:
            pictures = join(pictures, part)
    return pictures
