"""The value of a given rank in every window: a histogram that follows it, or selection."""

import numpy as np

from convfilter.runtime.compiled.declare import loop


@loop(
    "const S[:,:] levels, i8 lowest, i8 channels, i8 window_rows, i8 window_columns, i8 rank,"
    " const i4[:,:] counted, const i4[:] ranks, i8 shift, i4[:] counts, i4[:] coarse, S[:,:] out"
)
def slide(
    levels,
    lowest,
    channels,
    window_rows,
    window_columns,
    rank,
    counted,
    ranks,
    shift,
    counts,
    coarse,
    out,
):
    """Find the value with `rank` smaller ones before it in a histogram that follows windows.

    Where `counted` has rows, it has a number for each output, to which `ranks` has the rank.

    The window walks to and fro, a column enters and a column leaves. Counts of runs of
    ``2 ** shift`` levels are kept beside those of the levels, and how many values lie below the run
    where the last answer was found, so that the next is looked for from there.
    """
    convert = out.dtype.type
    outputs = out.shape[1] // channels
    for channel in range(channels):
        counts[:] = 0
        coarse[:] = 0
        for u in range(window_rows):
            for v in range(window_columns):
                level = np.int64(levels[u, v * channels + channel]) - lowest
                counts[level] += 1
                coarse[level >> shift] += 1
        run = 0
        below = 0
        j = 0
        forward = True
        for i in range(out.shape[0]):
            if i > 0:
                for v in range(window_columns):
                    column = (j + v) * channels + channel
                    level = np.int64(levels[i + window_rows - 1, column]) - lowest
                    counts[level] += 1
                    coarse[level >> shift] += 1
                    below += np.int64((level >> shift) < run)
                    level = np.int64(levels[i - 1, column]) - lowest
                    counts[level] -= 1
                    coarse[level >> shift] -= 1
                    below -= np.int64((level >> shift) < run)
            for step in range(outputs):
                if step > 0:
                    entering = j + window_columns if forward else j - 1
                    leaving = j if forward else j + window_columns - 1
                    entering = entering * channels + channel
                    leaving = leaving * channels + channel
                    for u in range(window_rows):
                        level = np.int64(levels[i + u, entering]) - lowest
                        counts[level] += 1
                        coarse[level >> shift] += 1
                        below += np.int64((level >> shift) < run)
                        level = np.int64(levels[i + u, leaving]) - lowest
                        counts[level] -= 1
                        coarse[level >> shift] -= 1
                        below -= np.int64((level >> shift) < run)
                    j += 1 if forward else -1
                wanted = rank
                if counted.shape[0] > 0:
                    wanted = np.int64(ranks[counted[i, j * channels + channel]])
                while below > wanted:
                    run -= 1
                    below -= coarse[run]
                while below + coarse[run] <= wanted:
                    below += coarse[run]
                    run += 1
                level = run << shift
                smaller = below + counts[level]
                while smaller <= wanted:
                    level += 1
                    smaller += counts[level]
                out[i, j * channels + channel] = convert(level + lowest)
            forward = not forward


@loop(
    "const S[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns, i8 rank,"
    " const i4[:,:] counted, const i4[:] ranks, S[:] values, S[:,:] out"
)
def select(source, row_step, tap_rows, tap_columns, rank, counted, ranks, values, out):
    """Find the value with `rank` smaller ones before it by Hoare's selection in `values`.

    Where `counted` has rows, it has a number for each output, to which `ranks` has the rank.
    """
    taps = tap_rows.shape[0]
    for i in range(out.shape[0]):
        for x in range(out.shape[1]):
            for t in range(taps):
                values[t] = source[i * row_step + tap_rows[t], x + tap_columns[t]]
            first = 0
            last = taps - 1
            wanted = rank
            if counted.shape[0] > 0:
                wanted = np.int64(ranks[counted[i, x]])
            while first < last:
                pivot = values[wanted]
                a = first
                b = last
                while a <= b:
                    while values[a] < pivot:
                        a += 1
                    while pivot < values[b]:
                        b -= 1
                    if a <= b:
                        kept = values[a]
                        values[a] = values[b]
                        values[b] = kept
                        a += 1
                        b -= 1
                if b < wanted:
                    first = a
                if wanted < a:
                    last = b
            out[i, x] = values[wanted]
