"""Planes of an image into the tiles that transforms work on, and out of them."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.loops.fft import LANES, plane_length
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import scatter, store_rows
from convfilter.engine.window.loops.rows import load_planes
from convfilter.runtime.compiled.addresses import address_of
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _copy_lanes(source, target):
    """Copy LANES numbers; all are read before one is written, which makes vectors of them."""
    for x in range(0, LANES, 8):
        a, b, c, d = source[x], source[x + 1], source[x + 2], source[x + 3]
        e, f, g, h = source[x + 4], source[x + 5], source[x + 6], source[x + 7]
        target[x], target[x + 1], target[x + 2], target[x + 3] = a, b, c, d
        target[x + 4], target[x + 5], target[x + 6], target[x + 7] = e, f, g, h


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
                target = tile[(2 * panel + part) * plane + y * LANES :]
                for k in range(LANES):
                    _copy_lanes(lines[k * size + panel * LANES :], target[k * LANES :])


@register_jitable(**OPTIONS)
def _read_rows(tile, size, part, first, whole, lines):
    """Gather LANES rows of a plane; `whole` rounds numbers that are integers but for noise."""
    plane = plane_length(size)
    for panel in range(size // LANES):
        source = tile[(2 * panel + part) * plane + first * LANES :]
        for k in range(LANES):
            _copy_lanes(source[k * LANES :], lines[k * size + panel * LANES :])
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
    noise before the offset is added. Of several channels, each row is stored in `memory` first, to
    which the target `row` leads.
    """
    bad = 0
    width = length // channels
    for part in range(2):
        top = (first + part) // across * row_step
        left = (first + part) % across // channels * column_step
        channel = (first + part) % channels
        count = min(left + column_step, width) - left
        for y in range(min(row_step, rows - top)):
            if y % LANES == 0:
                _read_rows(tile, size, part, y, whole, lines)
            line = lines[y % LANES * size :]
            if channels == 1:
                bad += store_rows(target, top + y, 1, left, count, 0, line)
            else:
                bad += store_rows(row, 0, 1, 0, count, 0, line)
                item = target[0].number_bytes
                place = target[0].address + (top + y) * target[0].pitch
                place += (left * channels + channel) * item
                scatter(item, address_of(memory), place, channels, count)
    return bad
