"""The value of a given rank in large windows of bytes, from histograms of columns."""

import numba

from convfilter.runtime.compiled.declare import loop


@numba.njit(error_model="numpy")
def _add(counts, more):
    convert = counts.dtype.type
    for k in range(16):
        counts[k] = convert(counts[k] + more[k])


@numba.njit(error_model="numpy")
def _exchange(counts, more, less):
    convert = counts.dtype.type
    for k in range(16):
        counts[k] = convert(convert(counts[k] + more[k]) - less[k])


@loop(
    "const u1[:,:] source, i8 channels, i8 window_rows, i8 window_columns, i8 rank,"
    " const i4[:,:] counted, const i4[:] ranks, i8 tile, N[:,:] column_runs,"
    " N[:,:,:] column_levels, N[:] runs, N[:,:] levels, i8[:] places, u1[:,:] out"
)
def merge_columns(
    source,
    channels,
    window_rows,
    window_columns,
    rank,
    counted,
    ranks,
    tile,
    column_runs,
    column_levels,
    runs,
    levels,
    places,
    out,
):
    """Find the value with `rank` smaller ones before it in tiles of `tile` output columns.

    Where `counted` has rows, it has a number for each output, to which `ranks` has the rank.

    A histogram of each column moves down with the window, and the window's is a sum of columns: one
    enters, one leaves. It is kept for 16 runs of 16 levels; the levels of a run are brought up to
    date from `places`, where they last were, only when the answer lies in that run.
    """
    outputs = out.shape[1] // channels
    zero = runs.dtype.type(0)
    one = runs.dtype.type(1)
    for channel in range(channels):
        for left in range(0, outputs, tile):
            width = min(tile, outputs - left)
            columns = width + window_columns - 1
            column_runs[:columns] = zero
            column_levels[:, :columns] = zero
            for u in range(window_rows - 1):
                for p in range(columns):
                    value = source[u, (left + p) * channels + channel]
                    column_runs[p, value >> 4] += one
                    column_levels[value >> 4, p, value & 15] += one
            for i in range(out.shape[0]):
                for p in range(columns):
                    value = source[i + window_rows - 1, (left + p) * channels + channel]
                    column_runs[p, value >> 4] += one
                    column_levels[value >> 4, p, value & 15] += one
                runs[:] = zero
                for p in range(window_columns):
                    _add(runs, column_runs[p])
                places[:] = -window_columns
                for j in range(width):
                    if j > 0:
                        _exchange(runs, column_runs[j + window_columns - 1], column_runs[j - 1])
                    below = 0
                    run = 0
                    wanted = rank
                    if counted.shape[0] > 0:
                        wanted = ranks[counted[i, (left + j) * channels + channel]]
                    while below + runs[run] <= wanted:
                        below += runs[run]
                        run += 1
                    counts = levels[run]
                    if 2 * (j - places[run]) > window_columns:
                        counts[:] = zero
                        for p in range(j, j + window_columns):
                            _add(counts, column_levels[run, p])
                    else:
                        for p in range(places[run], j):
                            _exchange(
                                counts,
                                column_levels[run, p + window_columns],
                                column_levels[run, p],
                            )
                    places[run] = j
                    level = 0
                    below += counts[0]
                    while below <= wanted:
                        level += 1
                        below += counts[level]
                    out[i, (left + j) * channels + channel] = 16 * run + level
                for p in range(columns):
                    value = source[i, (left + p) * channels + channel]
                    column_runs[p, value >> 4] -= one
                    column_levels[value >> 4, p, value & 15] -= one
