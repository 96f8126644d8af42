"""How the value of a given rank is found in every window.

- 3x3 and 5x5 medians: networks of comparisons over whole rows; what is sorted, three neighbours or
  a column of five, serves all the windows that hold it (Adams, *Fast median filters using separable
  sorting networks*, 2021).
- integers in small windows: bit by bit, the largest value that no more than so many others lie
  below, for whole rows at once (Ataman, Aatre and Wong, *A fast method for real-time median
  filtering*, 1980).
- integers in large windows: a histogram that follows the window (Huang, Yang and Tang, *A fast
  two-dimensional median filtering algorithm*, 1979), with counts of runs of levels beside it; for
  bytes in high windows, sums of column histograms (Perreault and Hébert, *Median filtering in
  constant time*, 2007).
- floats: the same in blocks, on the ranks of the values within the block (Suomela, *Median
  filtering is equivalent to sorting*, 2014).
- other windows with a stride or dilation: each is gathered and its value selected (Hoare, *Find*,
  1961).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convfilter.engine.geometry import Axis, Border
from convfilter.engine.loops.layout import BLOCK
from convfilter.engine.plan import Algorithm
from convfilter.engine.strips import StripReader
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import of_thread
from convfilter.runtime.threads import run_bands

LEAST_BLOCK = 48
"""Output rows and columns of a block of floats, at least; larger windows have larger blocks."""

HISTOGRAM_ROWS = 256
"""Output rows that one histogram walks over: moving it into place costs a window."""

MANY_ROWS = 9
"""From this height on, windows of bytes are served from histograms of columns."""

MOST_COUNTED = 255
"""Values of a window that a byte can count; larger windows of integers are served by histograms."""

SEARCHED_COLUMNS = 1024
"""Output elements whose values are searched for at a time, so that their rows stay in the cache."""

TILE_COLUMNS = 256
"""Output columns at a time, so that the histograms of their columns stay in the cache."""

SORTED_BYTES = 4096
"""Of sorted rows at a time, so that all that is read of them again stays in the first cache."""

Work = Callable[[int, int], None]


def select_rank(
    image: Array,
    rows: Axis,
    columns: Axis,
    border: Border,
    fill: float,
    rank: int,
    workers: int,
    output: Array,
) -> tuple[Algorithm, str, bool]:
    """Write the value with `rank` smaller ones before it of every window to `output`.

    Returns the algorithm, its description and whether the image holds NaN. What a window with NaN
    gives is left open.
    """
    reader = StripReader(image, rows, columns, border, fill, image.dtype)
    nans: list[int] = []
    taps = rows.window * columns.window
    dense = (rows.stride, columns.stride, rows.dilation, columns.dilation) == (1, 1, 1, 1)
    work: Work
    nanoseconds: float  # of an output, roughly
    if dense and (rows.window, columns.window) in ((3, 3), (5, 5)) and rank == taps // 2:
        work = _by_network(reader, fill, output, nans)
        nanoseconds = (0.12 if taps == 9 else 0.5) * image.dtype.itemsize
        chosen: tuple[Algorithm, str] = "network", "by a network of comparisons over whole rows"
    elif image.dtype.kind != "f" and taps <= MOST_COUNTED:
        work, nanoseconds = _by_bits(reader, rank, output), 0.15 * taps * image.dtype.itemsize
        chosen = "search", "by search, bit by bit, for whole rows"
    elif dense and image.dtype == np.uint8 and rows.window >= MANY_ROWS:
        work, nanoseconds = _by_columns(reader, rank, output), 30
        chosen = "histogram", "by histograms of columns"
    elif dense and image.dtype.kind != "f":
        work, nanoseconds = _by_histogram(reader, rank, output), 8 + rows.window
        chosen = "histogram", "by a histogram that follows the window"
    elif dense:
        work, nanoseconds = _by_blocks(reader, rank, output), 8 + rows.window
        chosen = "ranks", "by a histogram of the ranks within a block"
    else:
        work, nanoseconds = _by_selection(reader, rank, output), 2 * taps
        chosen = "selection", "by selection in every window"
    run_bands(rows.outputs, reader.output_length * nanoseconds, workers, work)
    if chosen[0] != "network" and image.dtype.kind == "f":
        nans.append(int(np.isnan(image.max())))
    return (*chosen, any(nans))


def _by_network(reader: StripReader, fill: float, output: Array, nans: list[int]) -> Work:
    height, dtype = reader.rows.window, reader.dtype
    median = loop(f"engine.loops.median.median_{height}x{height}", T=dtype)
    pieces = -(-reader.output_length * dtype.itemsize // SORTED_BYTES)
    tile = -(-reader.columns.outputs // pieces) * reader.channels

    blank = np.full(reader.columns.size * reader.channels, fill, dtype)

    def work(start: int, stop: int) -> None:
        scratch: tuple[Array, ...]
        if height == 3:
            # rows that begin with a line of the cache: no vector lies across two
            width = 2 * (-(-tile // BLOCK) * BLOCK) + BLOCK
            ring = of_thread.take("sorted", (6, width), dtype)
            scratch = blank, ring, of_thread.take("spare", tile, dtype)
        else:
            ring, columns = np.empty((2, 5, reader.row_length), dtype)
            scratch = ring, columns
        sources = reader.sources(start, stop - start)
        nans.append(median(*sources, *scratch, output[start:stop]))

    return work


def _by_bits(reader: StripReader, rank: int, output: Array) -> Work:
    search = loop("engine.loops.search.search", S=reader.dtype)
    lowest, bits = np.iinfo(reader.dtype).min, 8 * reader.dtype.itemsize
    tap_rows = np.arange(reader.rows.window, dtype=np.int64) * reader.rows.dilation
    tap_columns = reader.tap_columns
    tile = min(SEARCHED_COLUMNS, reader.output_length)
    at_once = reader.strip_rows()

    def work(start: int, stop: int) -> None:
        most = min(at_once, stop - start)
        memory = reader.empty_strip(most)
        values = np.empty((2, tile), reader.dtype)
        counts, columns = np.empty(tile, np.uint8), np.empty(tile + tap_columns.max(), np.uint8)
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory)
            search(
                strip,
                reader.rows.stride,
                tap_rows,
                tap_columns,
                rank,
                lowest,
                bits,
                *values,
                counts,
                columns,
                output[first : first + count],
            )

    return work


def _by_histogram(reader: StripReader, rank: int, output: Array) -> Work:
    slide = loop("engine.loops.rank.slide", S=reader.dtype)
    limits = np.iinfo(reader.dtype)
    levels = int(limits.max) - int(limits.min) + 1
    shift = 4 if levels == 256 else 6
    window = reader.rows.window, reader.columns.window

    def work(start: int, stop: int) -> None:
        most = min(max(HISTOGRAM_ROWS, 4 * reader.rows.window), stop - start)
        memory = reader.empty_strip(most)
        counts = np.empty(levels, np.int32)
        coarse = np.empty(levels >> shift, np.int32)
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory)
            target = output[first : first + count]
            slide(strip, limits.min, reader.channels, *window, rank, shift, counts, coarse, target)

    return work


def _by_columns(reader: StripReader, rank: int, output: Array) -> Work:
    window = reader.rows.window, reader.columns.window
    tile = min(max(TILE_COLUMNS, window[1]), reader.columns.outputs)
    columns = tile + window[1] - 1
    # a column enters a sum before another leaves it
    dtype = np.dtype(np.uint16 if window[0] * (window[1] + 1) < 2**16 else np.int32)
    merge = loop("engine.loops.histogram.merge_columns", N=dtype)

    def work(start: int, stop: int) -> None:
        most = min(max(HISTOGRAM_ROWS, 4 * window[0]), stop - start)
        memory = reader.empty_strip(most)
        column_runs = np.empty((columns, 16), dtype)
        column_levels = np.empty((16, columns, 16), dtype)
        runs, levels = np.empty(16, dtype), np.empty((16, 16), dtype)
        places = np.empty(16, np.int64)
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory)
            merge(
                strip,
                reader.channels,
                *window,
                rank,
                tile,
                column_runs,
                column_levels,
                runs,
                levels,
                places,
                output[first : first + count],
            )

    return work


def _by_blocks(reader: StripReader, rank: int, output: Array) -> Work:
    slide = loop("engine.loops.rank.slide", S=np.int32)
    window = reader.rows.window, reader.columns.window
    side = max(LEAST_BLOCK, *window)
    shift = 6
    channels = reader.channels

    def block(values: Array) -> Array:
        """Return the values of the given rank in a block of one channel."""
        flat = values.reshape(-1)
        # zeros of both signs are equal: which of them comes first must not show
        flat = flat + flat.dtype.type(0)
        order = np.argsort(flat)
        ranks = np.empty(flat.size, np.int32)
        ranks[order] = np.arange(flat.size, dtype=np.int32)
        found = np.empty(
            (values.shape[0] - window[0] + 1, values.shape[1] - window[1] + 1), np.int32
        )
        counts = np.empty(flat.size, np.int32)
        coarse = np.empty((flat.size >> shift) + 1, np.int32)
        slide(ranks.reshape(values.shape), 0, 1, *window, rank, shift, counts, coarse, found)
        selected: Array = flat[order[found]]
        return selected

    def work(start: int, stop: int) -> None:
        most = min(side, stop - start)
        memory = reader.empty_strip(most)
        width = reader.columns.outputs
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory).reshape(-1, reader.columns.extent, channels)
            target = output[first : first + count].reshape(count, width, channels)
            for left in range(0, width, side):
                right = min(left + side, width)
                for channel in range(channels):
                    values = np.ascontiguousarray(strip[:, left : right + window[1] - 1, channel])
                    target[:, left:right, channel] = block(values)

    return work


def _by_selection(reader: StripReader, rank: int, output: Array) -> Work:
    select = loop("engine.loops.rank.select", S=reader.dtype)
    rows = np.arange(reader.rows.window, dtype=np.int64) * reader.rows.dilation
    tap_rows = np.repeat(rows, reader.columns.window)
    tap_columns = np.tile(reader.tap_columns, reader.rows.window)
    at_once = reader.strip_rows()

    def work(start: int, stop: int) -> None:
        most = min(at_once, stop - start)
        memory = reader.empty_strip(most)
        values = np.empty(tap_rows.size, reader.dtype)
        for first in range(start, stop, most):
            count = min(most, stop - first)
            strip = reader.read(first, count, memory)
            target = output[first : first + count]
            select(strip, reader.rows.stride, tap_rows, tap_columns, rank, values, target)

    return work
