"""What the loops for transforms of tiles of one size and dtype work with."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from convfilter.engine.correlation.accuracy import DOUBLE
from convfilter.engine.correlation.cells import Cells
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import Combine
from convfilter.runtime.checks import Array
from convfilter.runtime.memory import Lent, aligned, lent, of_thread

LANES = 16
"""Columns of a panel, as the loops have it."""


@dataclass(frozen=True, eq=False)
class Transform:
    """What the loop for tiles of one size and dtype needs: factors and spectra."""

    size: int
    dtype: np.dtype[Any]
    twiddles: tuple[Lent, ...]

    @classmethod
    @functools.cache
    def of(cls, size: int, dtype: np.dtype[Any]) -> Transform:
        """Return the factors for tiles of this side."""
        twiddles = _twiddles(size, size // 64), _twiddles(64, 8)
        return cls(size, dtype, tuple(lent(t.astype(dtype)) for t in twiddles))

    @property
    def plane(self) -> int:
        """Numbers from the real parts of a panel to its imaginary ones."""
        return self.size * LANES + LANES

    def empty(self) -> Array:
        """Return memory for a tile; what lies between the planes is zero and stays so."""
        tile = aligned(self.size // LANES * 2 * self.plane, self.dtype)
        tile[:] = 0
        return tile

    @functools.lru_cache(maxsize=4)  # noqa: B019 - there are as many transforms as tiles
    def spectrum(
        self, kernel: bytes, shape: tuple[int, ...], row_step: int, column_step: int
    ) -> Array:
        """Return the transform of a kernel, conjugate for a correlation, as the loop has it.

        Its rows and columns are in the order in which the stages leave them. It may not be changed.
        The last ones are cached: one takes 1 to 5 ms, in one thread.
        """
        size, radix = self.size, self.size // 64
        rows, columns = shape
        spread = np.zeros(((rows - 1) * row_step + 1, (columns - 1) * column_step + 1))
        spread[::row_step, ::column_step] = np.frombuffer(kernel).reshape(shape)
        place = np.arange(size)
        order = place // 64 + radix * (place // 8 % 8 + 8 * (place % 8))
        product = np.fft.ifft2(spread, (size, size))[np.ix_(order, order)]
        spectrum = self.empty()
        planes = spectrum.reshape(size // LANES, 2, self.plane)[:, :, : size * LANES]
        panels = product.T.reshape(size, -1, LANES).transpose(1, 0, 2).reshape(-1, size * LANES)
        planes[:, 0], planes[:, 1] = panels.real, panels.imag
        return spectrum


def _twiddles(length: int, radix: int) -> Array:
    """Return real and imaginary parts of the factors of a stage, row by row."""
    powers = np.outer(np.arange(length // radix), np.arange(1, radix))
    factors = np.exp(-2j * np.pi / length * powers)
    return np.stack([factors.real, factors.imag], axis=-1).ravel()


class Room(NamedTuple):
    """Memory in which a thread works on a pair of planes, as the loops name it."""

    loaded: Lent
    tile: Lent
    combined: Lent
    lines: Lent
    rows: Lent
    target: bytes
    energies: Lent
    sums: Lent
    halves: tuple[Lent, Lent]
    """Of the sums, for each plane of a pair."""
    ends: Lent
    cells: Lent
    cell_lines: Lent
    found: Lent

    @classmethod
    def of(cls, operation: Correlation, transform: Transform, cells: Cells | None) -> Room:
        """Return the memory of this thread."""
        size, dtype = transform.size, transform.dtype
        number = 1 if operation.combine == Combine.NONE else 3
        tiles = [lent(transform.empty()) for _ in range(number)]
        # of one channel, before it joins the others
        rows = of_thread.take("rows of a channel", (LANES, size), operation.dtype).array()
        down, across = (0, 0) if cells is None else cells.number
        sums = of_thread.take("sums of cells", 2 * down * size, dtype).array()
        return cls(
            tiles[0],
            tiles[len(tiles) // 2],
            tiles[-1],
            of_thread.take("lines", LANES * size, dtype),
            lent(rows.view(np.uint8).reshape(-1)),
            operation.target(rows, dtype),
            lent(np.zeros(2)),
            lent(sums),
            (lent(sums[: down * size]), lent(sums[down * size :])),
            lent(of_thread.take("ends", 2 * LANES, dtype).array()),
            lent(np.zeros((2, down + 2, across + 2))),
            of_thread.take("lines of cells", (2, across + 2), DOUBLE),
            lent(np.zeros(3)),
        )
