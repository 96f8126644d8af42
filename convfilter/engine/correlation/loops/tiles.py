"""Planes of an image into the tiles that transforms work on, and out of them."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.loops.fft import LANES, plane_length
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import scatter, store_rows
from convfilter.engine.window.loops.rows import load_planes
from convfilter.runtime.compiled.addresses import address_of
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    fill,
    lanes,
    larger,
    load,
    magnitude,
    smaller,
    store,
)


@register_jitable(**OPTIONS)
def _copy_lanes(source, at, target, to):
    """Copy LANES numbers."""
    for x in range(0, LANES, lanes(target.dtype.type)):
        store(target, to + x, load(source, at + x))


@register_jitable(**OPTIONS)
def _copy_within(source, at, target, to, lowest, highest):
    """Copy LANES numbers, those beyond the lowest and the highest as these; NaN stays NaN."""
    lows, highs = fill(lowest), fill(highest)
    for x in range(0, LANES, lanes(target.dtype.type)):
        numbers = load(source, at + x)
        store(target, to + x, smaller(highs, larger(numbers, lows)))


@register_jitable(**OPTIONS)
def _add_sizes(lines, size, first, cell_rows, at, sums, ends):
    """Add the sizes of LANES rows of a plane, of which the first is `first`, to those of cells.

    `sums`, from `at` on, has a row for each row of cells, of the sums of columns. `ends` become the
    least and the largest number.
    """
    step = lanes(lines.dtype.type)
    row = 0
    while row < LANES:
        cell = (first + row) // cell_rows
        together = min((cell + 1) * cell_rows - first, LANES) - row
        to, begin = at + cell * size, row * size
        lows, highs = load(ends, 0), load(ends, step)
        if together < 4:
            for x in range(0, size, step):
                a = load(lines, begin + x)
                lows, highs = smaller(a, lows), larger(a, highs)
                store(sums, to + x, load(sums, to + x) + magnitude(a))
            row += 1
        else:
            for x in range(0, size, step):
                a, b = load(lines, begin + x), load(lines, begin + size + x)
                c, d = load(lines, begin + 2 * size + x), load(lines, begin + 3 * size + x)
                lows = smaller(smaller(a, b), smaller(smaller(c, d), lows))
                highs = larger(larger(a, b), larger(larger(c, d), highs))
                more = (magnitude(a) + magnitude(b)) + (magnitude(c) + magnitude(d))
                store(sums, to + x, load(sums, to + x) + more)
            row += 4
        store(ends, 0, lows)
        store(ends, step, highs)


@loop(
    "const Source[:] source, i8 rows, i8 size, i8 row_step, i8 column_step, i8 across, i8 first,"
    " i8 cell_rows, T[:] sums, T[:] ends, T[:] lines, T[:] tile",
    Source=SOURCE,
)
def enter(
    source,
    rows,
    size,
    row_step,
    column_step,
    across,
    first,
    cell_rows,
    sums,
    ends,
    lines,
    tile,
):
    """Load the planes `first` and `first + 1` as real and imaginary parts of a tile.

    A row of tiles has `across` planes, tile by tile, of which each has one for each channel. There
    are so many padded `rows`; what lies beyond the padded image is zero. If there are `cell_rows`,
    `sums` become the sums of sizes down so many rows at a time, of one plane after the other, and
    `ends`, vectors, the least and the largest numbers of both.
    """
    if cell_rows:
        for x in range(sums.shape[0]):
            sums[x] = 0
        for x in range(lanes(ends.dtype.type)):
            ends[x], ends[x + lanes(ends.dtype.type)] = np.inf, -np.inf
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
            if cell_rows:
                _add_sizes(lines, size, y, cell_rows, part * (sums.shape[0] // 2), sums, ends)
            for panel in range(size // LANES):
                first_row = (2 * panel + part) * plane + y * LANES
                for k in range(LANES):
                    at = k * size + panel * LANES
                    _copy_lanes(lines, at, tile, first_row + k * LANES)


@loop(
    "const T[:] sums, i8 size, i8 cell_rows, i8 cell_columns, i8 rows, i8 columns,"
    " const f8[:,:] own,"
    " const f8[:,:] near, i8 row_reach, i8 column_reach, f8[:,:] cells, u1[:,:] blank, f8[:] found"
    " -> i8"
)
def judge(
    sums,
    size,
    cell_rows,
    cell_columns,
    rows,
    columns,
    own,
    near,
    row_reach,
    column_reach,
    cells,
    blank,
    found,
):
    """Find how small the sums of absolute products may be around the outputs of a plane.

    `sums` are those of `enter`, of one plane; `cells` become sums of whole cells. Near the outputs
    of each of `rows` times `columns` cells, some sum of absolute products is at least that of the
    cell times `own`, and those of its neighbours, if they are within reach, times `near`. The first
    of `found` becomes the least of these bounds; to the second is added what the squares of the
    plane amount to at least. Where a cell and its neighbours hold nothing but zeros it is `blank`,
    and is passed over. Returns how many cells are blank, or -1 where some sum is not finite.
    """
    down, across = cells.shape
    squares, numbers = 0.0, cell_rows * cell_columns
    for i in range(down):
        for j in range(across):
            total = 0.0
            for x in range(j * cell_columns, min((j + 1) * cell_columns, size)):
                total += sums[i * size + x]
            if not total < np.inf:
                return -1
            cells[i, j] = total
            squares += total * total
    found[1] += squares / numbers
    blanks = 0
    for i in range(rows):
        for j in range(columns):
            most, some = cells[i, j] * own[i, j], 0.0
            for k in range(max(i - 1, 0), min(i + 2, down)):
                for m in range(max(j - 1, 0), min(j + 2, across)):
                    some = max(some, cells[k, m])
                    if abs(k - i) <= row_reach and abs(m - j) <= column_reach:
                        most = max(most, cells[k, m] * near[k, m])
            blank[i, j] = some == 0
            if some == 0:
                blanks += 1
            else:
                found[0] = min(found[0], most)
    return blanks


@loop(
    "const u1[:,:] blank, i8 rows, i8 columns, i8 cell_rows, i8 cell_columns, i8 size, i8 part,"
    " T[:] tile"
)
def clear(blank, rows, columns, cell_rows, cell_columns, size, part, tile):
    """Set the outputs of blank cells to zero, in a plane of a tile.

    Those of cell `i` end at the row where it begins.
    """
    zero, plane = tile.dtype.type(0), plane_length(size)
    for i in range(rows):
        for j in range(columns):
            if not blank[i, j]:
                continue
            left = max((j - 1) * cell_columns + 1, 0)
            for y in range(max((i - 1) * cell_rows + 1, 0), i * cell_rows + 1):
                for x in range(left, j * cell_columns + 1):
                    tile[(2 * (x // LANES) + part) * plane + y * LANES + x % LANES] = zero


@register_jitable(**OPTIONS)
def _read_rows(tile, size, part, first, whole, lowest, highest, lines):
    """Gather LANES rows of a plane; `whole` rounds numbers that are integers but for noise."""
    number = tile.dtype.type
    free = lowest == -np.inf and highest == np.inf
    plane = plane_length(size)
    for panel in range(size // LANES):
        first_row = (2 * panel + part) * plane + first * LANES
        for k in range(LANES):
            at, to = first_row + k * LANES, k * size + panel * LANES
            if free:
                _copy_lanes(tile, at, lines, to)
            else:
                _copy_within(tile, at, lines, to, number(lowest), number(highest))
    if whole:
        for x in range(lines.shape[0]):
            lines[x] = np.rint(lines[x])


@loop(
    "const T[:] tile, const Target[:] target, i8 rows, i8 length, i8 channels, i8 size,"
    " i8 row_step, i8 column_step, i8 across, i8 first, i8 whole, f8 lowest, f8 highest,"
    " T[:] lines, Target[:] row, u1[:] memory -> i8",
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
    lowest,
    highest,
    lines,
    row,
    memory,
):
    """Store two planes, as `enter` numbers them; return how many results mean nothing.

    The result has `rows` of `length` numbers. `whole` rounds those that are integers but for noise
    before the offset is added; none leaves `lowest` and `highest`. Of several channels, LANES rows
    are stored in `memory` first, to which the target `row` leads.
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
            _read_rows(tile, size, part, y, whole, lowest, highest, lines)
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
