"""Small kernels over what is there: sums, shares and quotients of a strip made by one loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.correlation.accuracy import SINGLE
from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.correlation.layout import Combine
from convfilter.engine.correlation.sides import Sides
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.present import Region
from convfilter.engine.window.source import Part, Source
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.memory import LINE_BYTES, of_thread
from convfilter.runtime.threads import run_bands

STRIP_BYTES = 1 << 19
"""Of the padded rows of values and of the mask."""

TILE = 1024
"""Numbers of a row that are made together."""

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

    def fill(self, region: Region, output: Array, gaps: NDArray[np.bool_]) -> bool:
        """Put responses and gaps into a region of outputs; tell if some are NaN or infinite."""
        operation, dtype = self._operation, self.dtype
        rows, channels = operation.rows, operation.outline.shape[2]
        region = region.wide_enough(operation.columns, LINE_BYTES)
        columns = operation.columns.part(region.first_column, region.last_column)
        span = slice(region.first_column * channels, region.last_column * channels)
        values, mask = (
            Source(Part(pixels, rows, columns), operation.border, fill, dtype)
            for pixels, fill in zip((self._image, self._mask), self._fills, strict=True)
        )
        respond = loop("engine.correlation.loops.means.respond", T=dtype)
        tap_rows = self._taps[:, 0] * rows.dilation
        tap_columns = np.ascontiguousarray(values.tap_columns[self._taps[:, 1]])
        width = span.stop - span.start
        tile = min(TILE, width)
        at_once = values.strip_rows(rows_of_scratch=1, strip_bytes=STRIP_BYTES // 2)
        sources = rows.sources(operation.border)
        strange: list[bool] = []
        taps = rows.stride, tap_rows, tap_columns, self._weights, self._places, self._means

        def work(start: int, stop: int) -> None:
            most = min(at_once, stop - start)
            strips = [
                of_thread.take(f"strip of {what}", (values.height(most), values.row_length), dtype)
                for what in ("values", "mask")
            ]
            lines = [of_thread.take(f"means {n}", tile, dtype).array() for n in range(3)]
            squares = of_thread.take("squares of means", tile, np.dtype(np.float64)).array()
            marks = of_thread.take("marks", tile, np.dtype(np.uint8)).array()
            for first in range(region.first_row + start, region.first_row + stop, most):
                last = min(first + most, region.first_row + stop)
                read = sources[first * rows.stride : (last - 1) * rows.stride + rows.reach]
                padded = [
                    source.strip(read, 0, last - first, strip.array())
                    for source, strip in zip((values, mask), strips, strict=True)
                ]
                shape = last - first, width
                lost = of_thread.take("gaps of strip", shape, np.dtype(np.uint8)).array()
                out = of_thread.take("responses of strip", shape, dtype).array()
                memory = *lines, squares, marks
                how = operation.combine, operation.offset, tile
                respond(*padded, *taps, *how, *memory, lost, out)
                strange.append(are_strange(operation, out))
                gaps[first:last, span] = lost.view(np.bool_)
                target.storing(out, output)(first, span.start)

        run_bands(region.last_row - region.first_row, width * self._cost, self._workers, work)
        return any(strange)


def are_strange(operation: Correlation, responses: Array) -> bool:
    """Tell whether some responses are NaN or infinite; what is rounded saturates infinity."""
    if operation.is_of_integers:
        return False
    if operation.dtype.kind != "f":
        return bool(np.isnan(responses).any())
    return not np.isfinite(responses).all()


def takes(operation: Correlation, dtype: np.dtype[Any]) -> bool:
    """Tell whether rows of outputs hold a vector, and squares what they are made of."""
    outputs: Axis = operation.columns
    wide = outputs.outputs * operation.outline.shape[2] >= LINE_BYTES or is_rehearsal()
    return wide and not (operation.combine == Combine.L2 and dtype != SINGLE)
