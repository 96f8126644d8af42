"""Sums over rectangles: a band of rows in one call.

Those of integers run, which is exact: what leaves is taken away. Those of floats only ever add up,
so that no value is lost beside a larger one that its window does not hold.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import WIDE
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import nearest, result_row
from convfilter.engine.window.loops.rows import image_row, image_shift
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _begin(source, row, count, kind, columns):
    """Add up the columns of `count` padded rows."""
    of_column = columns.dtype.type
    values = image_row(source, row, kind)[: columns.shape[0]]
    for x in range(columns.shape[0]):
        columns[x] = of_column(values[x])
    for more in range(row + 1, row + count):
        values = image_row(source, more, kind)[: columns.shape[0]]
        for x in range(columns.shape[0]):
            columns[x] = of_column(columns[x] + of_column(values[x]))


@register_jitable(**OPTIONS)
def _step(source, row, count, kind, columns):
    """Let a padded row leave the sums of columns, and the row `count` after it enter them."""
    of_column = columns.dtype.type
    leaving = image_row(source, row, kind)
    entering = image_row(source, row + count, kind)[: columns.shape[0]]
    for x in range(columns.shape[0]):
        more = of_column(columns[x] + of_column(entering[x]))
        columns[x] = of_column(more - of_column(leaving[x]))


@loop(
    "class S, const Source[:] source, i8 begins, i8 row, i8 count, U[:] columns -> i8",
    Source=SOURCE,
)
def add_rows(S, source, begins, row, count, columns):
    """Begin sums of columns at a padded row, or move them one row down from it; return 0."""
    if begins:
        _begin(source, row, count, S, columns)
    else:
        _step(source, row, count, S, columns)
    return 0


@loop(
    "class T, class D, const Target[:] target, i8 row, const V[:] sums -> i8",
    Target=TARGET,
)
def store_scaled(T, D, target, row, sums):
    """Store a row of sums, times the factor, plus the offset, in the arithmetic of T.

    Integers are rounded half to even and saturated. Returns how many floats are NaN or infinite.
    """
    strange = np.int32(0)
    factor, offset = T(target[0].factor), T(target[0].offset)
    low, high = T(target[0].lowest), T(target[0].highest)
    out = result_row(target, row, 0, sums.shape[0], D)
    if target[0].rounds:
        for x in range(sums.shape[0]):
            value = T(sums[x]) * factor + offset
            value = value if value > low else low
            value = value if value < high else high
            out[x] = D(nearest(value))
    else:
        for x in range(sums.shape[0]):
            value = T(sums[x]) * factor + offset
            strange += np.int32(value - value != 0)
            out[x] = D(value)
    return np.int64(strange)


@register_jitable(**OPTIONS)
def _extend(source, beyond, line):
    """Fill the border of a row of sums of columns; `beyond` is the sum of a column of `fill`."""
    run_start, run_stop, channels = source[0].run_start, source[0].run_stop, source[0].channels
    column_sources = view(source[0].columns, source[0].width, np.int64)
    shift = -image_shift(source) * channels
    for part in range(2):
        begin = 0 if part == 0 else run_stop
        end = run_start if part == 0 else column_sources.shape[0]
        for j in range(begin, end):
            column = column_sources[j]
            for channel in range(channels):
                value = beyond if column < 0 else line[column * channels + channel + shift]
                line[j * channels + channel] = value


@register_jitable(**OPTIONS)
def _add_up(source, step, count, sums):
    """sums[x] = source[x] + source[x + step] + ..., `count` of them."""
    of_window = sums.dtype.type
    n = sums.shape[0]
    a, b, c = source, source[min(count - 1, 1) * step :], source[min(count - 1, 2) * step :]
    done = 3
    if count == 1:
        for x in range(n):
            sums[x] = of_window(a[x])
    elif count == 2:
        for x in range(n):
            sums[x] = of_window(of_window(a[x]) + b[x])
    elif count == 4:
        d = source[3 * step :]
        for x in range(n):
            pair, other = of_window(of_window(a[x]) + b[x]), of_window(of_window(c[x]) + d[x])
            sums[x] = of_window(pair + other)
        return
    else:
        for x in range(n):
            sums[x] = of_window(of_window(of_window(a[x]) + b[x]) + c[x])
    while done + 2 <= count:
        a, b = source[done * step :], source[(done + 1) * step :]
        for x in range(n):
            sums[x] = of_window(sums[x] + of_window(of_window(a[x]) + b[x]))
        done += 2
    if done < count:
        a = source[done * step :]
        for x in range(n):
            sums[x] = of_window(sums[x] + a[x])


def _make_chain(lag):
    """Return a loop of its own for a distance that the compiler knows, so that it makes vectors."""

    @register_jitable(**OPTIONS)
    def chain(entering, leaving, step, sums):
        of_window = sums.dtype.type
        entering_2, leaving_2 = entering[step:], leaving[step:]
        for x in range(sums.shape[0] - lag):
            more = of_window(of_window(entering[x]) + of_window(entering_2[x]))
            less = of_window(of_window(leaving[x]) + of_window(leaving_2[x]))
            sums[x + lag] = of_window(sums[x] + of_window(more - less))

    return chain


_chain_16, _chain_48, _chain_64 = _make_chain(16), _make_chain(48), _make_chain(64)


@register_jitable(**OPTIONS)
def _run_along(columns, channels, width, few, sums):
    """sums[x] = the sum of `width` columns, each from the one sixteen columns before it."""
    of_window = sums.dtype.type
    n = sums.shape[0]
    known = channels in (1, 3, 4)
    start = min(16 * channels, n) if known else n
    for x in range(min(channels, n)):
        total = of_window(0)
        for v in range(width):
            total = of_window(total + columns[x + v * channels])
        sums[x] = total
    for x in range(channels, start):
        more = of_window(sums[x - channels] + columns[x + (width - 1) * channels])
        sums[x] = of_window(more - columns[x - channels])
    if start == n:
        return
    fours, eights = few[0], few[1]
    m = columns.shape[0]
    _add_up(columns, channels, 4, fours[: m - 3 * channels])
    _add_up(fours, 4 * channels, 2, eights[: m - 7 * channels])
    entering = eights[width * channels :]
    if channels == 1:
        _chain_16(entering, eights, 8 * channels, sums)
    elif channels == 3:
        _chain_48(entering, eights, 8 * channels, sums)
    else:
        _chain_64(entering, eights, 8 * channels, sums)


# Divisions by numbers that the compiler knows, in 16 bits: the mean of an odd number of bytes is
# never half way between two.


@register_jitable(**OPTIONS)
def _mean_of_9(columns, step, out):
    convert = out.dtype.type
    a, b, c = columns, columns[step:], columns[2 * step :]
    for x in range(out.shape[0]):
        total = np.uint16(np.uint16(a[x] + b[x]) + np.uint16(c[x] + np.uint16(4)))
        out[x] = convert(np.uint16(total // np.uint16(9)))


@register_jitable(**OPTIONS)
def _mean_of_25(columns, step, out):
    convert = out.dtype.type
    a, b, c = columns, columns[step:], columns[2 * step :]
    d, e = columns[3 * step :], columns[4 * step :]
    for x in range(out.shape[0]):
        pair, other = np.uint16(a[x] + b[x]), np.uint16(c[x] + d[x])
        total = np.uint16(np.uint16(pair + other) + np.uint16(e[x] + np.uint16(12)))
        out[x] = convert(np.uint16(total // np.uint16(25)))


@loop(
    "const Source[:] source, const Target[:] target, i8 rows, i8 window, u2[:] padded",
    Source=SOURCE,
    Target=TARGET,
)
def mean_of_bytes(source, target, rows, window, padded):
    """Store the means of bytes over squares of 3 or 5; `padded` is a padded row to work in."""
    channels = source[0].channels
    n = padded.shape[0] - (window - 1) * channels
    columns = padded[source[0].run_start * channels : source[0].run_stop * channels]
    beyond = np.uint16(window * np.int64(source[0].fill_value))
    for i in range(rows):
        if i == 0:
            _begin(source, 0, window, np.uint8, columns)
        else:
            _step(source, i - 1, window, np.uint8, columns)
        _extend(source, beyond, padded)
        out = result_row(target, i, 0, n, np.uint8)
        if window == 3:
            _mean_of_9(padded, channels, out)
        else:
            _mean_of_25(padded, channels, out)


@loop(
    "const Source[:] source, const Target[:] target, i8 add, i8 rows, i8 window_rows,"
    " i8 window_columns, U[:] padded, U[:,:] few, V[:] sums",
    Source=SOURCE,
    Target=TARGET,
)
def run(source, target, add, rows, window_rows, window_columns, padded, few, sums):
    """Store the sums of windows, of integers, as `store_scaled` does.

    `add` is the address of `add_rows`. `padded` is a padded row, `few` are two and `sums` is a row
    of outputs: memory to work in.
    """
    channels = source[0].channels
    beyond = padded.dtype.type(window_rows * source[0].fill_value)
    columns = padded[source[0].run_start * channels : source[0].run_stop * channels]
    for i in range(rows):
        call(add, (source, i == 0, max(i - 1, 0), window_rows, columns))
        _extend(source, beyond, padded)
        if window_columns >= WIDE:
            _run_along(padded, channels, window_columns, few, sums)
        else:
            _add_up(padded, channels, window_columns, sums)
        call(target[0].store, (target, i, sums))


@loop(
    "class S, const Source[:] source, i8 row, i8 phase, i8 count, U[:,:] tails, A[:] running,"
    " U[:] columns -> i8",
    Source=SOURCE,
)
def join_rows(S, source, row, phase, count, tails, running, columns):
    """Add up the columns of `count` padded rows from `row` on, the `phase`-th of a block of rows.

    At a phase of 0, `tails` become the sums of the rows of the block from each to its last. Later
    ones add to them the rows after the block, of which one is new each time; they follow one
    another. Sums are kept in `running`. Returns 0.
    """
    of_column, exactly = columns.dtype.type, running.dtype.type
    n = columns.shape[0]
    if phase == 0:
        for k in range(count - 1, -1, -1):
            values, tail = image_row(source, row + k, S)[:n], tails[k]
            after = tails[min(k + 1, count - 1)]
            if k == count - 1:
                for x in range(n):
                    tail[x] = of_column(values[x])
                    running[x] = exactly(values[x])
            elif running.itemsize == tail.itemsize:
                for x in range(n):
                    tail[x] = of_column(after[x] + of_column(values[x]))
            else:
                for x in range(n):
                    more = exactly(running[x] + exactly(values[x]))
                    running[x] = more
                    tail[x] = of_column(more)
        for x in range(n):
            running[x] = exactly(0)
            columns[x] = tails[0, x]
        return 0
    values, tail = image_row(source, row + count - 1, S)[:n], tails[phase]
    for x in range(n):
        more = exactly(running[x] + exactly(values[x]))
        running[x] = more
        columns[x] = of_column(exactly(tail[x]) + more)
    return 0


@register_jitable(**OPTIONS)
def _double_along(columns, step, width, few, sums):
    """sums[x] = the sum of `width` columns, made of sums of 1, 2, 4, ... neighbours."""
    of_window = sums.dtype.type
    n, m = sums.shape[0], columns.shape[0]
    here, there, other = columns, few[0], few[1]
    together, done = 1, 0
    while True:
        if width & together:
            part = here[done * step :]
            if done == 0:
                for x in range(n):
                    sums[x] = part[x]
            else:
                for x in range(n):
                    sums[x] = of_window(sums[x] + part[x])
            done += together
        if done == width:
            return
        m -= together * step
        part = here[together * step :]
        for x in range(m):
            there[x] = of_window(here[x] + part[x])
        here, there, other = there, other, there
        together *= 2


@loop(
    "const Source[:] source, const Target[:] target, i8 join, i8 rows, i8 window_rows,"
    " i8 window_columns, i8 skipped, U[:,:] tails, A[:] running, U[:] padded, U[:,:] few,"
    " U[:] sums -> i8",
    Source=SOURCE,
    Target=TARGET,
)
def add(
    source,
    target,
    join,
    rows,
    window_rows,
    window_columns,
    skipped,
    tails,
    running,
    padded,
    few,
    sums,
):
    """Store the sums of windows, of floats, as `store_scaled` does; nothing is ever taken away.

    `join` is the address of `join_rows`. Blocks of rows are as high as the window (van Herk, 1992);
    the first `skipped` rows of the first block are no outputs. Returns how many sums are NaN or
    infinite. The last five arguments are memory to work in; `few` are two rows of what is added up
    along a row at a time.
    """
    channels = source[0].channels
    of_column = padded.dtype.type
    outside = of_column(of_column(window_rows) * of_column(source[0].fill_value))
    columns = padded[source[0].run_start * channels : source[0].run_stop * channels]
    bad = np.int64(0)
    for i in range(skipped + rows):
        call(join, (source, i, i % window_rows, window_rows, tails, running, columns))
        if i < skipped:
            continue
        _extend(source, outside, padded)
        if window_columns >= WIDE:
            halo = (window_columns - 1) * channels
            chunk = few.shape[1] - halo
            for begin in range(0, sums.shape[0], chunk):
                part = sums[begin : begin + chunk]
                seen = padded[begin : begin + part.shape[0] + halo]
                _double_along(seen, channels, window_columns, few, part)
        else:
            _add_up(padded, channels, window_columns, sums)
        bad += call(target[0].store, (target, i - skipped, sums))
    return bad
