"""Small kernels over what is there: sums, shares and quotients of a strip made by one loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.correlation.accuracy import SINGLE
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import LEAST_SQUARED, Combine
from convfilter.engine.correlation.sides import Sides
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.present import Region, in_pieces
from convfilter.engine.window.source import Part, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.memory import LINE_BYTES, of_thread

BYTES = np.dtype(np.uint8)

STRIP_BYTES = 1 << 21
"""Of the padded rows of values and of the mask."""

TILE = 256
"""Numbers of a row that are made together: without shares, where they see no gap."""

NANOSECONDS = {"float32": 0.045, "float64": 0.1}
"""Of a tap, its value and its share."""

NANOSECONDS_OF_MEAN = {"float32": 0.5, "float64": 1.2}
"""Of a mean, made of its sums."""


def cost_of(sides: Sides, dtype: np.dtype[Any]) -> float:
    """Return about how many nanoseconds an output takes."""
    means = [side for each in sides for side in each]
    of_taps = NANOSECONDS[dtype.name] * sum(side.taps for side in means)
    return 0.8 + of_taps + NANOSECONDS_OF_MEAN[dtype.name] * len(means)


class Means:
    """Strips of responses, made tap by tap."""

    def __init__(
        self,
        operation: Correlation,
        sides: Sides,
        dtype: np.dtype[Any],
        image: Array,
        mask: NDArray[np.uint8],
        fills: tuple[float, float],
        workers: int,
    ) -> None:
        """Remember all; `fills` are what stands beyond the edge of the image and of the mask."""
        self._operation, self.dtype = operation, dtype
        self._image, self._mask, self._fills = image, mask, fills
        self._workers, self._cost = workers, cost_of(sides, dtype)
        taps = [np.argwhere(side.weights) for each in sides for side in each]
        weights = [side.weights[side.weights != 0] for each in sides for side in each]
        self._taps = np.concatenate([*taps, np.empty((0, 2), np.int64)]).astype(np.int64)
        self._weights = np.concatenate([*weights, np.empty(0)]).astype(dtype)
        places, means, count = [], [], 0
        for number, each in enumerate(sides):
            for side in each:
                places.append((count, count + side.taps, number))
                means.append((side.total, side.least / 2))
                count += side.taps
            if not each:
                places.append((count, count, number))
                means.append((0.0, 0.0))
        self._places, self._means = np.array(places, np.int64), np.array(means, dtype)

    def fill(self, found: Sequence[Region], output: Array, gaps: NDArray[np.bool_]) -> bool:
        """Put responses and gaps into regions of outputs; tell if some are NaN or infinite."""
        operation, dtype = self._operation, self.dtype
        rows, channels = operation.rows, operation.outline.shape[2]
        respond = loop("engine.correlation.loops.means.respond", T=dtype)
        tap_rows = self._taps[:, 0] * rows.dilation
        sources = rows.sources(operation.border)
        bad: list[int] = []

        def work(piece: Region) -> None:
            columns = operation.columns.part(piece.first_column, piece.last_column)
            values, mask = (
                Source(Part(pixels, rows, columns), operation.border, fill, dtype)
                for pixels, fill in zip((self._image, self._mask), self._fills, strict=True)
            )
            first, count = piece.first_row, piece.last_row - piece.first_row
            read = sources[first * rows.stride : (piece.last_row - 1) * rows.stride + rows.reach]
            padded = []
            for what, source in (("values", values), ("mask", mask)):
                shape = values.height(count), values.row_length
                strip = of_thread.take(f"strip of {what}", shape, dtype)
                padded.append(source.strip(read, 0, count, strip.array()))
            where = piece.slices(channels)
            out, length = output[where], values.output_length
            tile = min(TILE, length)
            bad.append(
                respond(
                    stored(operation, out, dtype),
                    *padded,
                    rows.stride,
                    tap_rows,
                    np.ascontiguousarray(values.tap_columns[self._taps[:, 1]]),
                    self._weights,
                    self._places,
                    self._means,
                    operation.combine,
                    LEAST_SQUARED[dtype.name],
                    count,
                    length,
                    tile,
                    *place_of(gaps[where]),
                    *(of_thread.take(f"means {n}", tile, dtype) for n in range(4)),
                    of_thread.take("marks", tile, BYTES),
                    of_thread.take("seen", (len(padded[0]), -(-length // tile)), BYTES),
                )
            )

        found = [region.wide_enough(operation.columns, LINE_BYTES) for region in found]
        in_pieces(found, self._rows_at_once, self._cost, self._workers, work)
        return sum(bad) > 0

    def _rows_at_once(self, region: Region) -> int:
        rows, channels = self._operation.rows, self._operation.outline.shape[2]
        columns = self._operation.columns.part(region.first_column, region.last_column)
        length = columns.extent * channels * self.dtype.itemsize
        return max(STRIP_BYTES // (2 * length) - rows.reach, 2 * rows.reach) // rows.stride + 1


def stored(operation: Correlation, out: Array, sums: np.dtype[Any]) -> bytes:
    """Return the record for storing responses, or sums of squares of those, in `out`."""
    takes_root = operation.combine == Combine.L2
    return target.record(
        out,
        sums,
        offset=operation.offset,
        factor=1.0 if takes_root else None,
        finite=operation.is_of_integers,
    )


def place_of(gaps: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the address of what says where gaps are, and the bytes from row to row."""
    return gaps.__array_interface__["data"][0], gaps.strides[0]


def takes(operation: Correlation, dtype: np.dtype[Any]) -> bool:
    """Tell whether rows of outputs hold a vector, and squares what they are made of."""
    outputs: Axis = operation.columns
    wide = outputs.outputs * operation.outline.shape[2] >= LINE_BYTES or is_rehearsal()
    return wide and not (operation.combine == Combine.L2 and dtype != SINGLE)
