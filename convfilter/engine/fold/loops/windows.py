"""Windows folded, a band of rows in one call, whatever numbers they hold.

Each window is folded down its columns first, from the image itself, then along the row at every
column; the columns that a stride skips are dropped last. Rows are joined by loops that are called
by their addresses (`joins`), so nothing here knows what a number is but its size in bytes.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.rows import image_place, look_at
from convfilter.runtime.compiled.addresses import address_of, call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _copy(source, target, count):
    """Copy bytes."""
    given, taken = view(source, count, np.uint8), view(target, count, np.uint8)
    for x in range(count):
        taken[x] = given[x]


@register_jitable(**OPTIONS)
def _pad(source, folded, first, blank, pixel, line):
    """Write a padded row of folded columns to `line`; those of the image begin at `folded`.

    There stands column `first` of the image. `blank` is a pixel beyond the edge, of so many bytes.
    """
    columns = view(source[0].columns, source[0].width, np.int64)
    start, stop = source[0].run_start, source[0].run_stop
    place = folded + (columns[start] - first) * pixel
    if stop > start and place != line + start * pixel:
        _copy(place, line + start * pixel, (stop - start) * pixel)
    for part in range(2):
        for j in range(0 if part == 0 else stop, start if part == 0 else source[0].width):
            column = columns[j]
            given = blank if column < 0 else folded + (column - first) * pixel
            _copy(given, line + j * pixel, pixel)


def _picker(kind):
    @register_jitable(**OPTIONS)
    def pick(place, step, group, group_step, count, target):
        """Copy the numbers at j * step + k * group_step to j * group + k."""
        out = view(target, count, kind)
        groups = count // group
        line = view(place, (groups - 1) * step + (group - 1) * group_step + 1, kind)
        if group == 1 and step == 2:  # a step that the compiler knows becomes a shuffle
            for j in range(count):
                out[j] = line[2 * j]
        elif group == 1:
            for j in range(count):
                out[j] = line[j * step]
        elif step == group and group_step == 1:
            for j in range(count):
                out[j] = line[j]
        else:
            for j in range(groups):
                for k in range(group):
                    out[j * group + k] = line[j * step + k * group_step]

    return pick


_pick_1, _pick_2, _pick_4, _pick_8 = map(_picker, (np.uint8, np.uint16, np.uint32, np.uint64))


@register_jitable(**OPTIONS)
def _pick(size, place, step, group, group_step, count, target):
    if size == 1:
        _pick_1(place, step, group, group_step, count, target)
    elif size == 2:
        _pick_2(place, step, group, group_step, count, target)
    elif size == 4:
        _pick_4(place, step, group, group_step, count, target)
    else:
        _pick_8(place, step, group, group_step, count, target)


@register_jitable(**OPTIONS)
def _along(join, line, n, starts, shifts, size, places, other, out):
    """Fold a row of `n` numbers along itself at every column; return where the result is.

    Pass `p` takes ``shifts[starts[p]:starts[p + 1]]``; passes write to `other` and back, the last
    one to `out`, unless this is 0.
    """
    passes = starts.shape[0] - 1
    for p in range(passes):
        begin, end = starts[p], starts[p + 1]
        for k in range(begin, end):
            places[k - begin] = line + shifts[k] * size
        n -= shifts[end - 1]
        result = out if p == passes - 1 and out != 0 else other
        call(join, (places, end - begin, n, result))
        line, other = result, line
    return line


@loop(
    "const Source[:] source, const Target[:] target, i8 down, i8 along, i8 pairs, i8 divide,"
    " i8 rows, i8 length, i8 first, i8 columns, i8 row_step, i8 dilation, i8 window,"
    " const i8[:] starts, const i8[:] shifts, i8 image_size, i8 size, const u1[:] beyond, i8 step,"
    " i8 group, i8 group_step, i8 first_output, const i8[:] row_counts,"
    " const i8[:] column_counts, f8 share,"
    " i8[:] places, u1[:] line, u1[:] other, u1[:] folded, u1[:] picked",
    Source=SOURCE,
    Target=TARGET,
)
def fold(
    source,
    target,
    down,
    along,
    pairs,
    divide,
    rows,
    length,
    first,
    columns,
    row_step,
    dilation,
    window,
    starts,
    shifts,
    image_size,
    size,
    beyond,
    step,
    group,
    group_step,
    first_output,
    row_counts,
    column_counts,
    share,
    places,
    line,
    other,
    folded,
    picked,
):
    """Fold windows, `rows` of `length` results.

    `down`, `along`, `pairs` and `divide` are the addresses of loops that join rows of the image,
    rows of what they became, each two neighbours (0 where that is not wanted), and of the one that
    makes means of sums (0 for others). `columns` of the image are folded from the `first` one on;
    its numbers have `image_size` bytes, what they become `size`. `beyond` is a pixel of what folds
    of `fill` become. Results are the numbers at ``j * step + k * group_step`` for all k below
    `group`. `row_counts`, of the whole output, from whose row `first_output` on these are,
    `column_counts` and `share` are for `divide`. `places`, `line`, `other`,
    `folded` (empty where all columns have their place in a padded row) and `picked` are memory to
    work in, rows in bytes.
    """
    channels = source[0].channels
    pixel = channels * size
    padded = address_of(line)
    result = padded + source[0].run_start * pixel
    if folded.shape[0] > 0:
        result = address_of(folded)
    needs_no_border = source[0].run_stop - source[0].run_start == source[0].width
    is_dense = step == group and group_step == 1
    for i in range(rows):
        for u in range(window):
            row = image_place(source, i * row_step + u * dilation)
            places[u] = row + first * channels * image_size
            if i == 0 or u >= window - row_step:
                look_at(source, i * row_step + u * dilation)
        call(down, (places, window, columns * channels, result))
        if not needs_no_border:
            _pad(source, result, first, address_of(beyond), pixel, padded)
        out = target[0].address + i * target[0].pitch
        wanted = address_of(picked) if divide != 0 else out
        if pairs != 0:
            call(pairs, (padded, length, wanted))
        else:
            n = source[0].width * channels
            direct = wanted if is_dense and shifts.shape[0] > 0 else 0
            place = _along(
                along, padded, n, starts, shifts, size, places, address_of(other), direct
            )
            if direct == 0:
                _pick(size, place, step, group, group_step, length, wanted)
        if divide != 0:
            count = row_counts[min(first_output + i, row_counts.shape[0] - 1)]
            call(divide, (wanted, length, count, column_counts, share, target[0].rounds, out))


@loop(
    "const Source[:] source, const Target[:] target, i8 join, i8 rows, i8 length, i8 first,"
    " i8 columns, i8 window, const i8[:] starts, const i8[:] shifts, i8 size, const u1[:] beyond,"
    " i8[:] places, u1[:] line, u1[:] other, u1[:] folded, u1[:,:] tails, u1[:] best",
    Source=SOURCE,
    Target=TARGET,
)
def fold_in_blocks(
    source,
    target,
    join,
    rows,
    length,
    first,
    columns,
    window,
    starts,
    shifts,
    size,
    beyond,
    places,
    line,
    other,
    folded,
    tails,
    best,
):
    """Fold dense windows as `fold` does, at a cost that does not grow with their height.

    Rows are taken in blocks as high as the window, which so meets two of them: what the lower rows
    of the first become, kept for each row in `tails`, and what the upper rows of the second become,
    in `best`, which grows on the way down.
    """
    channels = source[0].channels
    pixel = channels * size
    n = columns * channels
    padded = address_of(line)
    result = padded + source[0].run_start * pixel
    if folded.shape[0] > 0:
        result = address_of(folded)
    needs_no_border = source[0].run_stop - source[0].run_start == source[0].width
    prefix = address_of(best)
    for top in range(0, rows, window):
        end = top + window
        for q in range(end - 1, top - 1, -1):
            look_at(source, q)
            places[0] = image_place(source, q) + first * pixel
            places[1] = address_of(tails[min(q + 1 - top, window - 1)])
            call(join, (places, 1 if q == end - 1 else 2, n, address_of(tails[q - top])))
        for i in range(top, min(end, rows)):
            place = result
            if i == top:
                _copy(address_of(tails[0]), result, n * size)
            else:
                q = i + window - 1
                if end >= rows:
                    look_at(source, q)
                places[0], places[1] = prefix, image_place(source, q) + first * pixel
                if q == end:
                    places[0] = places[1]
                call(join, (places, 1 if q == end else 2, n, prefix))
                places[0], places[1] = address_of(tails[i - top]), prefix
                call(join, (places, 2, n, place))
            if not needs_no_border:
                _pad(source, result, first, address_of(beyond), pixel, padded)
            out = target[0].address + i * target[0].pitch
            width = source[0].width * channels
            if shifts.shape[0] > 0:
                _along(join, padded, width, starts, shifts, size, places, address_of(other), out)
            else:
                _copy(padded, out, length * size)
