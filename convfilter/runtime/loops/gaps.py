"""What stands for no data: looked for, marked, and put where results have gaps."""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import count_nans, fill, lanes, load, multiply_add

AT_ONCE = 4096
"""Values that are looked at before anything is decided: vectors know no way out."""


@register_jitable(**OPTIONS)
def _holds(B, values, code):
    count = values.shape[0]
    for start in range(0, count, AT_ONCE):
        part = values[start : min(start + AT_ONCE, count)]
        found = B(0)
        for x in range(part.shape[0]):
            found = B(found | B(part[x] == code))
        if found != 0:
            return 1
    return 0


@register_jitable(**OPTIONS)
def _has_nan(values):
    nans = 0
    for x in range(values.shape[0]):
        nans += values[x] != values[x]
    return nans > 0


@register_jitable(**OPTIONS)
def _holds_some_nan(values):
    number = values.dtype.type
    count, size = values.shape[0], lanes(number)
    nothing = fill(number(0))
    for start in range(0, count, AT_ONCE):
        end = min(start + AT_ONCE, count)
        whole = start + (end - start) // (4 * size) * (4 * size)
        a, b, c, d = nothing, nothing, nothing, nothing
        for x in range(start, whole, 4 * size):
            a = multiply_add(load(values, x), nothing, a)
            b = multiply_add(load(values, x + size), nothing, b)
            c = multiply_add(load(values, x + 2 * size), nothing, c)
            d = multiply_add(load(values, x + 3 * size), nothing, d)
        # NaN and infinity make NaN of 0
        suspected = whole if count_nans(a + b + (c + d)) == 0 else start
        if _has_nan(values[suspected:end]):
            return 1
    return 0


@loop("class B, const S[:] values, i8 n, i8 step, S code -> i8")
def hold(B, values, n, step, code):
    """Tell whether a number is among `n` values of each `step`; B are integers as long as they."""
    for start in range(0, values.shape[0], step):
        if _holds(B, values[start : min(start + n, values.shape[0])], code) != 0:
            return 1
    return 0


@loop("const S[:] values, i8 n, i8 step -> i8")
def hold_nan(values, n, step):
    """Tell whether NaN is among `n` values of each `step`."""
    for start in range(0, values.shape[0], step):
        if _holds_some_nan(values[start : min(start + n, values.shape[0])]) != 0:
            return 1
    return 0


@loop("class S, class B, i8 place, i8 n, f8 code, i8 found -> i8")
def look(S, B, place, n, code, found):
    """Write 1 to the address `found` if one of `n` numbers is equal to a number; return 0."""
    if _holds(B, view(place, n, S), S(code)) != 0:
        view(found, 1, np.int64)[0] = 1
    return 0


@loop("class S, i8 place, i8 n, f8 code, i8 found -> i8")
def look_for_nan(S, place, n, code, found):
    """Do what `look` does for NaN."""
    if _holds_some_nan(view(place, n, S)) != 0:
        view(found, 1, np.int64)[0] = 1
    return 0


@loop("const S[:] values, S code, u1[:] there -> i8")
def mark(values, code, there):
    """Write 1 for values other than a number, which may be NaN, else 0; return how many are 0."""
    gaps = 0
    is_nan = code != code
    for start in range(0, values.shape[0], AT_ONCE):
        part = values[start : min(start + AT_ONCE, values.shape[0])]
        marks = there[start : start + part.shape[0]]
        if is_nan:
            for x in range(part.shape[0]):
                marks[x] = np.uint8(part[x] == part[x])
        else:
            for x in range(part.shape[0]):
                marks[x] = np.uint8(part[x] != code)
        known = np.int32(0)
        for x in range(part.shape[0]):
            known = np.int32(known + np.int32(marks[x]))
        gaps += part.shape[0] - known
    return gaps


@loop("class B, const S[:] values, S other, u1[:] there -> i8")
def mark_two(B, values, other, there):
    """Write 0 for values that are 0, else 1; return other than 0 where some are a third number.

    B are integers as long as the values are.
    """
    third = B(0)
    for x in range(values.shape[0]):
        value = values[x]
        there[x] = np.uint8(value != 0)
        third = B(third | B((value != 0) & (value != other)))
    return np.int64(third)


@loop("const u1[:] gaps, S code, S[:] values")
def put(gaps, code, values):
    """Put a number where the gaps are other than 0."""
    for start in range(0, values.shape[0], AT_ONCE):
        end = min(start + AT_ONCE, values.shape[0])
        missing, part = gaps[start:end], values[start:end]
        some = np.uint8(0)
        for x in range(missing.shape[0]):
            some = np.uint8(some | missing[x])
        if some != 0:
            for x in range(part.shape[0]):
                kept = part[x]
                part[x] = code if missing[x] != 0 else kept
