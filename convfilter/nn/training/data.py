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
        return pictures * scale.astype(np.float32) - shift.astype(np.float32)


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
        self, size: int, shift: int, rng: np.random.Generator
    ) -> Iterator[tuple[Pictures, NDArray[np.int64]]]:
        """Yield batches in an order drawn by chance, each picture moved and drawn as chance says.

        Parameters
        ----------
        size : of a batch; what is left over at the end, too small for a batch, joins the last one
        shift : pixels by which a picture moves at most, up, down, left and right
        rng : the source of chance
        """
        order = rng.permutation(len(self))
        moves = rng.integers(-shift, shift + 1, (len(self), 2))
        ways = rng.integers(0, 1 + len(self.variants), len(self))
        all_ways = [self.pictures, *self.variants]
        for numbers in np.array_split(order, max(1, len(self) // size)):
            batch = np.stack([all_ways[ways[number]][number] for number in numbers])
            yield moved(batch, moves[numbers]), self.labels[numbers]


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
