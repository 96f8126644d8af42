"""Planes of an image into the tiles that transforms work on, and out of them."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.loops.fft import LANES, plane_length
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import scatter, store_rows
from convfilter.engine.window.loops.rows import load_planes
from convfilter.runtime.compiled.addresses import address_of
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import lanes, load, store


@register_jitable(**OPTIONS)
def _copy_lanes(source, at, target, to):
    """Copy LANES numbers."""
    for x in range(0, LANES, lanes(target.dtype.type)):
        store(target, to + x, load(source, at + x))


@loop(
    "const Source[:] source, i8 rows, i8 size, i8 row_step, i8 column_step, i8 across, i8 first,"
    " T[:] lines, T[:] tile",
    Source=SOURCE,
)
def enter(source, rows, size, row_step, column_step, across, first, lines, tile):
    """Load the planes `first` and `first + 1` as real and imaginary parts of a tile.

    A row of tiles has `across` planes, tile by tile, of which each has one for each channel. There
    are so many padded `rows`; what lies beyond the padded image is zero.
    """
    zero = tile.dtype.type(0)
    plane, channels = plane_length(size), source[0].channels
    for part in range(2):
        top = (first + part) // across * row_step
        left = (first + part) % across // channels * column_step
        channel = (first + part) % channels
        stop = min(size, source[0].width - left)
        for x in range(lines.shape[0]):
            lines[x] = zero
        for y in range(0, size, LANES):
            # rows are read one after the other before any is written: reads from afar overlap
            count = max(min(LANES, rows - (top + y)), 0)
            load_planes(source, top + y, count, channel, left, left + stop, size, 1.0, lines)
            for x in range(count * size, lines.shape[0]):
                lines[x] = zero
            for panel in range(size // LANES):
                first_row = (2 * panel + part) * plane + y * LANES
                for k in range(LANES):
                    at = k * size + panel * LANES
                    _copy_lanes(lines, at, tile, first_row + k * LANES)


@register_jitable(**OPTIONS)
def _read_rows(tile, size, part, first, whole, lines):
    """Gather LANES rows of a plane; `whole` rounds numbers that are integers but for noise."""
    plane = plane_length(size)
    for panel in range(size // LANES):
        first_row = (2 * panel + part) * plane + first * LANES
        for k in range(LANES):
            _copy_lanes(tile, first_row + k * LANES, lines, k * size + panel * LANES)
    if whole:
        for x in range(lines.shape[0]):
            lines[x] = np.rint(lines[x])


@loop(
    "const T[:] tile, const Target[:] target, i8 rows, i8 length, i8 channels, i8 size,"
    " i8 row_step, i8 column_step, i8 across, i8 first, i8 whole, T[:] lines, Target[:] row,"
    " u1[:] memory -> i8",
    Target=TARGET,
)
def leave(
    tile,
    target,
    rows,
    length,
    channels,
    size,
    row_step,
    column_step,
    across,
    first,
    whole,
    lines,
    row,
    memory,
):
    """Store two planes, as `enter` numbers them; return how many results mean nothing.

    The result has `rows` of `length` numbers. `whole` rounds numbers that are integers but for
    noise before the offset is added. Of several channels, LANES rows are stored in `memory` first,
    to which the target `row` leads.
    """
    bad = 0
    width = length // channels
    for part in range(2):
        top = (first + part) // across * row_step
        left = (first + part) % across // channels * column_step
        channel = (first + part) % channels
        count = min(left + column_step, width) - left
        high = min(row_step, rows - top)
        for y in range(0, high, LANES):
            _read_rows(tile, size, part, y, whole, lines)
            together = min(LANES, high - y)
            if channels == 1:
                bad += store_rows(target, top + y, together, left, count, size, lines)
                continue
            bad += store_rows(row, 0, together, 0, count, size, lines)
            item = target[0].number_bytes
            for k in range(together):
                place = target[0].address + (top + y + k) * target[0].pitch
                place += (left * channels + channel) * item
                stored = address_of(memory) + k * row[0].pitch
                scatter(item, stored, place, channels, count)
    return bad
