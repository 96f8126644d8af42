"""Padded rows of an image: the border extended, the numbers converted, while they are loaded."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.window.layout import SOURCE
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import lanes, load_as, store


@register_jitable(**OPTIONS)
def image_place(source, row):
    """Return the address of a padded row as far as the image reaches, a row of `fill` beyond it."""
    at = view(source[0].rows + 8 * row, 1, np.int64)[0]
    return source[0].blank if at < 0 else source[0].image + at * source[0].pitch


@register_jitable(**OPTIONS)
def image_row(source, row, kind):
    """Return the numbers of that row."""
    return view(image_place(source, row), source[0].length, kind)


@register_jitable(**OPTIONS)
def look_at(source, row):
    """Look at the row of the image that a padded row is for a number, if somebody wants that."""
    if source[0].look != 0:
        at = view(source[0].rows + 8 * row, 1, np.int64)[0]
        if at >= 0:
            place = source[0].image + at * source[0].pitch
            call(source[0].look, (place, source[0].length, source[0].code, source[0].found))


@register_jitable(**OPTIONS)
def image_shift(source):
    """Return what has to be added to a padded column to find it in the image, where it is there."""
    start = source[0].run_start
    return view(source[0].columns + 8 * start, 1, np.int64)[0] - start


@register_jitable(**OPTIONS)
def outputs_in_place(source, window, length, least):
    """Return which numbers of `length` outputs read nothing but neighbours in the image.

    These are the first one, the one after the last, and what has to be added to an output to find
    the first number of its window in a row of the image. Fewer than `least` count as none, which
    are two that equal `length`.
    """
    step = source[0].channels
    start = min(max(source[0].run_start * step, 0), length)
    stop = max(min((source[0].run_stop - window + 1) * step, length), start)
    if stop - start < least:
        return length, length, 0
    return start, stop, image_shift(source) * step


@register_jitable(**OPTIONS)
def convert_run(source, out, n):
    """Copy `n` numbers, converted to the dtype of `out`."""
    size = lanes(out.dtype.type)
    if n < size:
        for x in range(n):
            out[x] = out.dtype.type(source[x])
        return
    fours = n // (4 * size) * (4 * size)
    for x in range(0, fours, 4 * size):
        a = load_as(source, x, out.dtype.type)
        b = load_as(source, x + size, out.dtype.type)
        c = load_as(source, x + 2 * size, out.dtype.type)
        d = load_as(source, x + 3 * size, out.dtype.type)
        store(out, x, a)
        store(out, x + size, b)
        store(out, x + 2 * size, c)
        store(out, x + 3 * size, d)
    for start in range(fours, n, size):
        x = min(start, n - size)  # the last vector ends with the row
        store(out, x, load_as(source, x, out.dtype.type))


@register_jitable(**OPTIONS)
def load_rows(source, first, count, begin, end, pitch, out):
    """Load the columns from `begin` to `end` of `count` padded rows, `pitch` numbers apart."""
    return call(source[0].load, (source, first, count, begin, end, pitch, out))


@loop(
    "class S, const Source[:] source, i8 first, i8 count, i8 begin, i8 end, i8 pitch, T[:] out"
    " -> i8",
    Source=SOURCE,
)
def load(S, source, first, count, begin, end, pitch, out):
    """Load columns of padded rows of an image of S, as T; return 0.

    Whoever loads the first column has the row looked at.
    """
    convert = out.dtype.type
    channels, fill = source[0].channels, convert(source[0].fill_value)
    columns = view(source[0].columns, source[0].width, np.int64)[begin:end]
    # the columns that lie side by side in the image
    start = min(max(source[0].run_start - begin, 0), end - begin)
    stop = max(min(source[0].run_stop - begin, end - begin), start)
    run = (stop - start) * channels
    for i in range(count):
        row = out[i * pitch : i * pitch + (end - begin) * channels]
        at = view(source[0].rows + 8 * (first + i), 1, np.int64)[0]
        if at < 0:
            for x in range(row.shape[0]):
                row[x] = fill
            continue
        if begin == 0:
            look_at(source, first + i)
        pixels = view(source[0].image + at * source[0].pitch, source[0].length, S)
        if run > 0:
            inner = pixels[columns[start] * channels :]
            middle = row[start * channels :]
            convert_run(inner, middle, run)
        for part in range(2):
            for j in range(0 if part == 0 else stop, start if part == 0 else end - begin):
                column = columns[j]
                for c in range(channels):
                    value = fill if column < 0 else convert(pixels[column * channels + c])
                    row[j * channels + c] = value
    return 0


@register_jitable(**OPTIONS)
def load_planes(source, first, count, channel, begin, end, pitch, scale, out):
    """Load the columns from `begin` to `end` of one channel of padded rows, times `scale`."""
    return call(source[0].load, (source, first, count, channel, begin, end, pitch, scale, out))


@loop(
    "class S, const Source[:] source, i8 first, i8 count, i8 channel, i8 begin, i8 end, i8 pitch,"
    " f8 scale, T[:] out -> i8",
    Source=SOURCE,
)
def load_plane(S, source, first, count, channel, begin, end, pitch, scale, out):
    """Load one channel of columns of padded rows of an image of S, as T, times a factor."""
    convert = out.dtype.type
    channels, gain = source[0].channels, convert(scale)
    fill = convert(source[0].fill_value) * gain
    columns = view(source[0].columns, source[0].width, np.int64)[begin:end]
    start = min(max(source[0].run_start - begin, 0), end - begin)
    stop = max(min(source[0].run_stop - begin, end - begin), start)
    run = stop - start
    for i in range(count):
        row = out[i * pitch : i * pitch + end - begin]
        at = view(source[0].rows + 8 * (first + i), 1, np.int64)[0]
        if at < 0:
            for x in range(row.shape[0]):
                row[x] = fill
            continue
        pixels = view(source[0].image + at * source[0].pitch, source[0].length, S)[channel:]
        if run > 0:
            inner = pixels[columns[start] * channels :]
            middle = row[start:]
            # of steps that the compiler knows it makes vectors
            if channels == 1:
                convert_run(inner, middle, run)
                if gain != 1:
                    for x in range(run):
                        middle[x] *= gain
            elif channels == 3:
                for x in range(run):
                    middle[x] = convert(inner[3 * x]) * gain
            else:
                for x in range(run):
                    middle[x] = convert(inner[x * channels]) * gain
        for part in range(2):
            for j in range(0 if part == 0 else stop, start if part == 0 else end - begin):
                column = columns[j]
                row[j] = fill if column < 0 else convert(pixels[column * channels]) * gain
    return 0
