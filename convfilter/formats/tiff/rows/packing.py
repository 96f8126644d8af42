"""Rows made strips or tiles, and these deflated by ISA-L in several threads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.formats.declaring.rows import Groups
from convfilter.formats.deflate import WITH_HEADER, deflated
from convfilter.formats.exif.ifd import Order
from convfilter.runtime.threads import run_bands

__all__ = ["SIDE", "Packing"]

SIDE = 256
"""Columns and rows of a tile, where there are to be tiles and nobody asks for others."""

_STRIP_BYTES = 1 << 18
_NANOSECONDS = 2.5
"""About what a byte takes to be compressed."""

_BESIDE_PART = 64
"""More bytes than a part takes besides its own: what says where it is, and the ends of deflate."""


class Packing:
    """Makes the strips or tiles of a page of its rows, which come from the first one on.

    Attributes
    ----------
    side : int
        Rows of a strip, or columns and rows of a tile.
    is_tiled : bool
    most_bytes : int
        No fewer bytes than all parts take, whatever their values are.
    """

    def __init__(self, pixels: NDArray[Any], tile: int | None, order: Order, workers: int) -> None:
        height, width = pixels.shape[:2]
        self._row_bytes = width * pixels[0, 0].nbytes
        self._width, self._workers = width, workers
        self._stored = pixels.dtype.newbyteorder(order)
        self.is_tiled = tile is not None
        self.side = tile or min(height, max(1, _STRIP_BYTES // self._row_bytes))
        self._across = -(-width // tile) if tile else 1
        self._groups: Groups = Groups(self.side, height)
        down = -(-height // self.side)
        wide = self._across * tile if tile else width
        part = self.side * wide // self._across * pixels[0, 0].nbytes
        most = part + part // 64 + _BESIDE_PART
        self.most_bytes: int = down * self._across * most

    def take(self, rows: NDArray[Any]) -> list[bytes]:
        """Take further rows, and return the parts that are complete, in their order."""
        groups = self._groups.take(rows)
        parts = [b""] * (len(groups) * self._across)

        def work(start: int, stop: int) -> None:
            for number in range(start, stop):
                group, place = divmod(number, self._across)
                parts[number] = self._packed(self._part(groups[group], place))

        cost = self.side * self._row_bytes / self._across * _NANOSECONDS
        run_bands(len(parts), cost, self._workers, work)
        return parts

    def _part(self, rows: NDArray[Any], place: int) -> NDArray[Any]:
        """Return a strip, or a tile that is filled up by its last row and column."""
        if not self.is_tiled:
            return rows
        side, left = self.side, place * self.side
        part = rows[:, left : left + side]
        below, right = side - part.shape[0], side - part.shape[1]
        if below or right:
            beside: list[tuple[int, int]] = [(0, below), (0, right), (0, 0)]
            part = np.pad(part, beside[: part.ndim], mode="edge")
        return part

    def _packed(self, part: NDArray[Any]) -> bytes:
        if part.dtype.kind != "f":
            steps = part.astype(self._stored)
            steps[:, 1:] = part[:, 1:] - part[:, :-1]
            part = steps
        values = np.ascontiguousarray(part, self._stored).reshape(-1).view(np.uint8)
        return b"".join(deflated(values, WITH_HEADER))
