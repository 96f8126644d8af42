"""Gaps of a picture: found, and filled with what weighs nothing."""

import numpy as np

from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.vectors import count_strange, lanes, load


@loop("const S[:] values, const u1[:] mask, S value, S[:] out")
def replace(values, mask, value, out):
    """Copy values, and put one in their place where the mask is 0."""
    for x in range(out.shape[0]):
        kept = values[x]
        out[x] = kept if mask[x] != 0 else value


@loop("const u1[:] mask, S value, S[:] values")
def put(mask, value, values):
    """Put a value into others where the mask is 0."""
    for x in range(values.shape[0]):
        kept = values[x]
        values[x] = kept if mask[x] != 0 else value


@loop("class S, i8 place, i8 pitch, i8 mask_place, i8 mask_pitch, S value, S[:,:] out")
def replace_part(S, place, pitch, mask_place, mask_pitch, value, out):
    """Do the same for rows that begin at these addresses, and so many bytes apart."""
    for row in range(out.shape[0]):
        values = view(place + row * pitch, out.shape[1], S)
        mask = view(mask_place + row * mask_pitch, out.shape[1], np.uint8)
        line = out[row]
        for x in range(line.shape[0]):
            kept = values[x]
            line[x] = kept if mask[x] != 0 else value


@loop("const u1[:,:] mask, i8 group, i8 length, u1[:,:] cells")
def find(mask, group, length, cells):
    """Say of `length` numbers of `group` rows whether some are gaps, 1, and some are none, 2."""
    for row in range(mask.shape[0]):
        for cell in range(cells.shape[1]):
            part = mask[row, cell * length : min((cell + 1) * length, mask.shape[1])]
            some, all_there = np.uint8(0), np.uint8(1)
            for x in range(part.shape[0]):
                some = np.uint8(some | part[x])
                all_there = np.uint8(all_there & part[x])
            before = np.uint8(0) if row % group == 0 else cells[row // group, cell]
            cells[row // group, cell] = np.uint8(before | np.uint8(1 - all_there) | (2 * some))


@loop("class S, i8 place, i8 pitch, i8 rows, i8 n -> i8")
def count_not_finite(S, place, pitch, rows, n):
    """Count the numbers that are NaN or infinite in rows that are so many bytes apart."""
    size, strange = lanes(S), 0
    whole = n - n % size
    for row in range(rows):
        values = view(place + row * pitch, n, S)
        for x in range(0, whole, size):
            strange += count_strange(load(values, x))
        for x in range(whole, n):
            strange += values[x] - values[x] != 0
    return strange


@loop("const S[:] values, const u1[:] mask -> i8")
def count_nan_there(values, mask):
    """Count what is NaN where the mask is other than 0."""
    nans = np.int64(0)
    for start in range(0, values.shape[0], 4096):
        part, there = values[start : start + 4096], mask[start : start + 4096]
        some = np.int32(0)
        for x in range(part.shape[0]):
            some = np.int32(some + np.int32((part[x] != part[x]) & (there[x] != 0)))
        nans += some
    return nans
