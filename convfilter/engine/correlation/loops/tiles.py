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

    `sums`, from `at` on, has a row for each row of cells, of the sums of columns. The numbers
    of `ends`, LANES for the least and LANES for the largest, are lowered and raised.
    """
    step = lanes(lines.dtype.type)
    row = 0
    while row < LANES:
        cell = (first + row) // cell_rows
        together = min((cell + 1) * cell_rows - first, LANES) - row
        to, begin = at + cell * size, row * size
        lows, highs = load(ends, 0), load(ends, LANES)
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
        store(ends, LANES, highs)


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
    `ends` LANES of the least numbers of both, then of the largest.
    """
    if cell_rows:
        for x in range(sums.shape[0]):
            sums[x] = 0
        for x in range(LANES):
            ends[x], ends[x + LANES] = np.inf, -np.inf
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


@register_jitable(**OPTIONS)
def _larger(a, b):
    return a if a > b else b


@register_jitable(**OPTIONS)
def _largest_of_rows(a, b, c, out):
    for j in range(out.shape[0]):
        out[j] = _larger(_larger(a[j], b[j]), c[j])


@register_jitable(**OPTIONS)
def _sum_cells(sums, size, cell_columns, cells):
    """Add up the sums of columns for each cell; around the cells is a frame."""
    down, across = cells.shape[0] - 2, cells.shape[1] - 2
    number = sums.dtype.type
    for i in range(0, down, 4):
        # four at a time, since each addition has to wait for the one before it
        last = down - 1
        second, third, fourth = min(i + 1, last), min(i + 2, last), min(i + 3, last)
        a, b = sums[i * size :], sums[second * size :]
        c, d = sums[third * size :], sums[fourth * size :]
        for j in range(across):
            p, q, r, s = number(0), number(0), number(0), number(0)
            for x in range(j * cell_columns, min((j + 1) * cell_columns, size)):
                p, q, r, s = p + a[x], q + b[x], r + c[x], s + d[x]
            cells[fourth + 1, j + 1] = s
            cells[third + 1, j + 1] = r
            cells[second + 1, j + 1] = q
            cells[i + 1, j + 1] = p


@loop(
    "const T[:] sums, const T[:] ends, i8 planes, i8 closely, i8 size, i8 cell_rows,"
    " i8 cell_columns, i8 rows, i8 columns,"
    " const f8[:,:] own, const f8[:,:] near, i8 row_reach, i8 column_reach,"
    " f8[:,:,:] cells, f8[:,:] lines, u1[:,:] blank, f8[:] found -> i8"
)
def judge(
    sums,
    ends,
    planes,
    closely,
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
    lines,
    blank,
    found,
):
    """Find how small the sums of absolute products may be around the outputs of some planes.

    `sums` and `ends` are those of `enter`, sums of one plane if it looks `closely`. Near the
    outputs of each of `rows` times `columns` cells, some sum of absolute products is at least that
    of the cell times `own`, and those of its neighbours, if they are within reach, times `near`.
    The first of `found` becomes the least of these bounds; to the second is added what the squares
    of the planes amount to at least; the third becomes the size of the largest number. Where a cell
    and its neighbours hold nothing but zeros it is `blank`, and is passed over. Returns how many
    cells are blank, or -1 where some sum is not finite.

    Unless it looks `closely`, it leaves neighbours out, and none is blank: the bound is lower, and
    0 where a cell holds nothing but zeros, which is enough for most pictures.

    `own`, `near` and `cells`, memory for two sums of each cell, have a frame of one cell around
    them, which is zero. `lines` are two rows of cells: memory to work in.
    """
    plain, weighted = cells[0], cells[1]
    down, across = plain.shape[0] - 2, plain.shape[1] - 2
    squares, least = 0.0, np.inf
    for part in range(planes):
        first = part * (sums.shape[0] // planes)
        _sum_cells(sums[first:], size, cell_columns, plain)
        # number by number, which makes vectors of them
        squared, lowest = lines[0], lines[1]
        for j in range(across + 2):
            squared[j], lowest[j] = 0.0, np.inf
        for i in range(1, down + 1):
            row, near_row, weighted_row = plain[i], near[i], weighted[i]
            for j in range(across + 2):
                weighted_row[j] = row[j] * near_row[j]
                squared[j] += row[j] * row[j]
            if i <= rows:
                for j in range(across + 2):
                    lowest[j] = weighted_row[j] if weighted_row[j] < lowest[j] else lowest[j]
        for j in range(1, across + 1):
            squares += squared[j]
        for j in range(1, columns + 1):
            least = lowest[j] if lowest[j] < least else least
    if not squares < np.inf:
        return -1
    found[1] += squares / (cell_rows * cell_columns)
    for x in range(LANES):
        found[2] = max(found[2], -ends[x], ends[LANES + x])
    if not closely:
        found[0] = min(found[0], least)
        return 0
    some, most = lines[0], lines[1]
    blanks, least = 0, np.inf
    for i in range(rows):
        _largest_of_rows(plain[i], plain[i + 1], plain[i + 2], some)
        if row_reach:
            _largest_of_rows(weighted[i], weighted[i + 1], weighted[i + 2], most)
        else:
            _largest_of_rows(weighted[i + 1], weighted[i + 1], weighted[i + 1], most)
        here, own_here = plain[i + 1], own[i + 1]
        for j in range(columns):
            bound = _larger(most[j + 1], here[j + 1] * own_here[j + 1])
            if column_reach:
                bound = _larger(_larger(most[j], most[j + 2]), bound)
            nothing = _larger(_larger(some[j], some[j + 1]), some[j + 2]) == 0
            blank[i, j] = nothing
            blanks += nothing
            bound = np.inf if nothing else bound
            least = bound if bound < least else least
    found[0] = min(found[0], least)
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
