"""Row filters of PNG (PNG specification, third edition, section 9)."""

import numba
import numpy as np

from convfilter.runtime.compiled.declare import loop

# 256 costs of at most 128 fit the sixteen bits in which they are added up
BLOCK = 256


@numba.njit(error_model="numpy")
def _fill(target, source):
    for x in range(target.shape[0]):
        target[x] = source[x]


@numba.njit(error_model="numpy")
def _predict_average(left, above, predicted):
    for x in range(predicted.shape[0]):
        predicted[x] = np.uint8(np.uint16(np.uint16(left[x]) + np.uint16(above[x])) >> 1)


@numba.njit(error_model="numpy")
def _predict_paeth(left, above, corner, predicted):
    for x in range(predicted.shape[0]):
        a = np.int16(left[x])
        b = np.int16(above[x])
        c = np.int16(corner[x])
        from_a = np.int16(abs(np.int16(b - c)))
        from_b = np.int16(abs(np.int16(a - c)))
        from_c = np.int16(abs(np.int16(np.int16(a + b) - np.int16(c + c))))
        nearest = b if from_b <= from_c else c
        nearest = a if (from_a <= from_b) & (from_a <= from_c) else nearest
        predicted[x] = np.uint8(nearest)


@numba.njit(error_model="numpy")
def _cost(here, predicted):
    """Return the sum of the differences, each taken as a signed byte without its sign."""
    total = 0
    n = here.shape[0]
    for start in range(0, n, BLOCK):
        part = np.uint16(0)
        a, b = here[start : start + BLOCK], predicted[start : start + BLOCK]
        for x in range(a.shape[0]):
            difference = np.uint8((a[x] - np.int16(b[x])) & 0xFF)
            negated = np.uint8((256 - np.int16(difference)) & 0xFF)
            part = np.uint16(part + np.uint16(min(difference, negated)))
        total += np.int64(part)
    return total


@numba.njit(error_model="numpy")
def _subtract(here, predicted, out):
    for x in range(here.shape[0]):
        out[x] = np.uint8((here[x] - np.int16(predicted[x])) & 0xFF)


@loop("const u1[:] above, const u1[:,:] rows, i8 step, u1[:,:] scratch, u1[:,:] out")
def filter_rows(above, rows, step, scratch, out):
    """Write each row's filter type and its filtered bytes, by the filter of the smallest cost.

    `above` is the row before the first one; `step` is the number of bytes of a pixel. Rows of `out`
    are one byte longer than those of the image, the five of `scratch` are `step` bytes longer.
    """
    n = rows.shape[1]
    for k in range(3):
        for x in range(step if k < 2 else n + step):
            scratch[k, x] = 0
    _fill(scratch[1, step:], above)
    zeros, average, paeth = scratch[2, step:], scratch[3, step:], scratch[4, step:]
    for i in range(rows.shape[0]):
        # a pixel of zeros stands before each row, as the predictions want it
        now, before = scratch[i & 1], scratch[1 - (i & 1)]
        here, left = now[step:], now[:n]
        upper, corner = before[step:], before[:n]
        _fill(here, rows[i])
        _predict_average(left, upper, average)
        _predict_paeth(left, upper, corner, paeth)
        best = _cost(here, zeros)
        kind, predicted = 0, zeros
        cost = _cost(here, left)
        if cost < best:
            best, kind, predicted = cost, 1, left
        cost = _cost(here, upper)
        if cost < best:
            best, kind, predicted = cost, 2, upper
        cost = _cost(here, average)
        if cost < best:
            best, kind, predicted = cost, 3, average
        if _cost(here, paeth) < best:
            kind, predicted = 4, paeth
        out[i, 0] = kind
        _subtract(here, predicted, out[i, 1:])


@loop("u1[:] above, const u1[:,:] rows, i8 step, u1[:,:] out -> i8")
def unfilter_rows(above, rows, step, out):
    """Turn filtered rows, each behind its filter type, into bytes of the image.

    `above` is the row before the first one; `step` is the number of bytes of a pixel. Return how
    many rows have an unknown type.
    """
    n = out.shape[1]
    unknown = 0
    for i in range(rows.shape[0]):
        kind = rows[i, 0]
        source, now = rows[i, 1:], out[i]
        upper = out[i - 1] if i > 0 else above
        if kind == 0:
            for x in range(n):
                now[x] = source[x]
        elif kind == 1:
            for x in range(step):
                now[x] = source[x]
            for x in range(step, n):
                now[x] = np.uint8((source[x] + np.int16(now[x - step])) & 0xFF)
        elif kind == 2:
            for x in range(n):
                now[x] = np.uint8((source[x] + np.int16(upper[x])) & 0xFF)
        elif kind == 3:
            for x in range(step):
                now[x] = np.uint8((source[x] + np.int16(upper[x] >> 1)) & 0xFF)
            for x in range(step, n):
                now[x] = np.uint8(
                    (source[x] + (np.int16(upper[x] + np.int16(now[x - step])) >> 1)) & 0xFF
                )
        elif kind == 4:
            for x in range(step):
                now[x] = np.uint8((source[x] + np.int16(upper[x])) & 0xFF)
            for x in range(step, n):
                a, b = np.int32(now[x - step]), np.int32(upper[x])
                c = np.int32(upper[x - step])
                from_a, from_b = abs(b - c), abs(a - c)
                from_c = abs(a + b - c - c)
                # signs instead of branches, which nobody could predict
                not_b = np.int32(from_c - from_b) >> 31
                not_a = np.int32((from_b - from_a) | (from_c - from_a)) >> 31
                nearest = (a & ~not_a) | (((b & ~not_b) | (c & not_b)) & not_a)
                now[x] = np.uint8((source[x] + nearest) & 0xFF)
        else:
            unknown += 1
    return unknown
