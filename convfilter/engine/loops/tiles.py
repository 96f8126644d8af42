"""Planes of an image into the tiles of `convfilter.engine.loops.fft`, and out of them."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.fft import LANES, plane_length
from convfilter.engine.loops.strips import store_row
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _load_row(source, columns, begin, end, channels, outside, line):
    """Convert a row of one channel; `columns[begin:end]` are neighbours."""
    convert = line.dtype.type
    if end > begin:
        run = source[columns[begin] * channels :]
        inner = line[begin:end]
        if channels == 1:
            for x in range(end - begin):
                inner[x] = convert(run[x])
        else:
            for x in range(end - begin):
                inner[x] = convert(run[x * channels])
    for part in range(2):
        for x in range(0 if part == 0 else end, begin if part == 0 else columns.shape[0]):
            column = columns[x]
            line[x] = outside if column < 0 else convert(source[column * channels])


@register_jitable(**OPTIONS)
def _copy_lanes(source, target):
    """Copy LANES numbers; all are read before one is written, which makes vectors of them."""
    for x in range(0, LANES, 8):
        a, b, c, d = source[x], source[x + 1], source[x + 2], source[x + 3]
        e, f, g, h = source[x + 4], source[x + 5], source[x + 6], source[x + 7]
        target[x], target[x + 1], target[x + 2], target[x + 3] = a, b, c, d
        target[x + 4], target[x + 5], target[x + 6], target[x + 7] = e, f, g, h


@loop(
    "const S[:,:] image, const i8[:] rows, const i8[:] columns, i8 run_start, i8 run_stop,"
    " i8 channels, T fill, i8 size, i8 row_step, i8 column_step, i8 across, i8 first,"
    " T[:] lines, T[:] tile"
)
def enter(
    image, rows, columns, run_start, run_stop, channels, fill, size, row_step, column_step, across,
    first, lines, tile,
):  # fmt: skip
    """Load the planes `first` and `first + 1` as real and imaginary parts of a tile.

    A row of tiles has `across` planes, tile by tile, of which each has one for each channel. What
    lies beyond the padded image is zero. `columns[run_start:run_stop]` are neighbours.
    """
    zero = tile.dtype.type(0)
    plane = plane_length(size)
    for part in range(2):
        top = (first + part) // across * row_step
        left = (first + part) % across // channels * column_step
        channel = (first + part) % channels
        stop = min(size, columns.shape[0] - left)
        here = columns[left : left + stop]
        begin = min(max(run_start - left, 0), stop)
        end = min(max(run_stop - left, begin), stop)
        for x in range(lines.shape[0]):
            lines[x] = zero
        for y in range(0, size, LANES):
            # rows are read one after the other before any is written: reads from afar overlap
            for k in range(LANES):
                line = lines[k * size : (k + 1) * size]
                row = top + y + k
                if row >= rows.shape[0]:
                    for x in range(size):
                        line[x] = zero
                elif rows[row] < 0:
                    for x in range(stop):
                        line[x] = fill
                else:
                    source = image[rows[row], channel:]
                    _load_row(source, here, begin, end, channels, fill, line)
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
    "const T[:] tile, i8 channels, i8 size, i8 row_step, i8 column_step, i8 across, i8 first,"
    " i8 whole, f8 offset, i8 lowest, i8 highest, i8 rounded, T[:] lines, D[:,:] out -> i8"
)
def leave(
    tile,
    channels,
    size,
    row_step,
    column_step,
    across,
    first,
    whole,
    offset,
    lowest,
    highest,
    rounded,
    lines,
    out,
):
    """Store two planes, as `enter` numbers them; return how many values cannot be told.

    `whole` rounds numbers that are integers but for noise before the offset is added.
    """
    bad = 0
    width = out.shape[1] // channels
    for part in range(2):
        top = (first + part) // across * row_step
        left = (first + part) % across // channels * column_step
        channel = (first + part) % channels
        stop = min(left + column_step, width)
        for y in range(min(row_step, out.shape[0] - top)):
            if y % LANES == 0:
                _read_rows(tile, size, part, y, whole, lines)
            line = lines[y % LANES * size :]
            if channels == 1:
                target = out[top + y, left:stop]
                bad += store_row(line, offset, lowest, highest, rounded, 0, target)
            else:
                spread = out[top + y, left * channels + channel : stop * channels : channels]
                bad += store_row(line, offset, lowest, highest, rounded, 0, spread)
    return bad
