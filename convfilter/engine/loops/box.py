"""Sums over rectangles, of integers exact, of floats in float64: a band of rows in one call."""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.declare import OPTIONS, loop

WIDE = 10
"""From this width on sums run along the row; those of narrower windows are added up."""


@register_jitable(**OPTIONS)
def _row(source, row):
    """Return a padded row as far as the image reaches."""
    image, row_sources, blank = source
    at = row_sources[row]
    return blank if at < 0 else image[at]


@register_jitable(**OPTIONS)
def _start(source, row, reach, columns):
    """Add up the columns of `reach` rows from padded row `row` on."""
    of_column = columns.dtype.type
    values = _row(source, row)
    for x in range(columns.shape[0]):
        columns[x] = of_column(values[x])
    for more in range(row + 1, row + reach):
        values = _row(source, more)
        for x in range(columns.shape[0]):
            columns[x] = of_column(columns[x] + of_column(values[x]))


@register_jitable(**OPTIONS)
def _step(source, row, reach, columns):
    """Let padded row `row` leave the sums of columns, and the row `reach` after it enter them."""
    of_column = columns.dtype.type
    leaving, entering = _row(source, row), _row(source, row + reach)
    for x in range(columns.shape[0]):
        more = of_column(columns[x] + of_column(entering[x]))
        columns[x] = of_column(more - of_column(leaving[x]))


@register_jitable(**OPTIONS)
def _count_infinite(values):
    """Return how many values are NaN or infinite."""
    bad = np.int32(0)
    for x in range(values.shape[0]):
        bad += np.int32(values[x] - values[x] != 0)
    return bad


@register_jitable(**OPTIONS)
def _extend(borders, beyond, line):
    """Fill the border of a row of sums of columns; `beyond` is the sum of a column of `fill`."""
    column_sources, run_start, run_stop, channels = borders
    shift = (run_start - column_sources[run_start]) * channels
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


@register_jitable(**OPTIONS)
def _scale(sums, line, limits, out):
    """Multiply by line[0], add line[1]; store as it is, or round half to even and saturate."""
    convert, number = out.dtype.type, line.dtype.type
    factor, offset = line[0], line[1]
    n = out.shape[0]
    lowest, highest, rounded = limits
    if rounded == 0:
        for x in range(n):
            out[x] = convert(number(sums[x]) * factor + offset)
    elif rounded == 1:
        for x in range(n):
            out[x] = convert(np.int32(np.rint(number(sums[x]) * factor + offset)))
    else:
        low, high = number(lowest), number(highest)
        for x in range(n):
            value = np.rint(number(sums[x]) * factor + offset)
            value = value if value > low else low
            value = value if value < high else high
            out[x] = convert(np.int32(value))


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
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, S fill, i8 window_rows, i8 window_columns, i8 restart, i8 skipped,"
    " const T[:] line, i8 lowest, i8 highest, i8 rounded, const S[:] blank,"
    " U[:] padded, U[:,:] few, V[:] sums, D[:,:] out -> i8"
)
def mean(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    window_rows,
    window_columns,
    restart,
    skipped,
    line,
    lowest,
    highest,
    rounded,
    blank,
    padded,
    few,
    sums,
    out,
):
    """out[i, x] = line[0] * (the sum of a window) + line[1].

    Sums of columns begin anew at each `restart`-th row; the first `skipped` rows are no outputs.
    Returns how many values that are not finite it has met, after which sums mean nothing.

    `rounded` is 0 for results that are stored as they are, 1 for rounded ones, 2 for those that may
    leave the range from `lowest` to `highest`, 3 for means of bytes over squares of 3 or 5. `blank`
    is a row of the image full of `fill`. `padded` is a padded row, `few` are two and `sums` is a
    row of outputs: memory to work in.
    """
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels)
    beyond = padded.dtype.type(window_rows * fill)
    columns = padded[run_start * channels : run_stop * channels]
    bad = 0
    for i in range(skipped + out.shape[0]):
        if i % restart == 0:
            _start(source, i, window_rows, columns)
            for row in range(i, i + window_rows):
                bad += _count_infinite(_row(source, row))
        else:
            _step(source, i - 1, window_rows, columns)
            bad += _count_infinite(_row(source, i + window_rows - 1))
        if i < skipped:
            continue
        target = out[i - skipped]
        _extend(borders, beyond, padded)
        if rounded == 3 and window_columns == 3:
            _mean_of_9(padded, channels, target)
            continue
        if rounded == 3:
            _mean_of_25(padded, channels, target)
            continue
        if window_columns >= WIDE:
            _run_along(padded, channels, window_columns, few, sums)
        else:
            _add_up(padded, channels, window_columns, sums)
        _scale(sums, line, (lowest, highest, rounded), target)
    return bad
