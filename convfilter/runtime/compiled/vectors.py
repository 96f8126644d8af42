"""Vectors said, not hoped for: as many numbers as a register of this processor holds.

LLVM makes vectors of plain loops where it can prove that rows do not overlap, guards them with
tests, and adds a loop for what is left over. Where a loop says its vectors itself, none of this is
needed: it is compiled faster, and what it works on stays in registers. Numbers that lie one after
the other are loaded, added, compared, and stored together:

    load(row, x)                  the numbers row[x], row[x + 1], ... of one register
    load_as(row, x, kind)         as many as a register holds of `kind`, converted to it
    store(row, x, vector)         back into memory, in the dtype of the row
    store_as(row, x, vector)      converted to the dtype of the row, which is of floats
    store_nearest(row, x, vector) rounded to the nearest integers, ties to even: numbers between
                                  -2**21 and 2**21 that the dtype of the row holds
    fill(number)                  the same number in every place
    a + b, a - b, a * b           place by place; integers wrap round
    a & b, a | b                  bit by bit, of integers
    root(a), magnitude(a)         the square roots; the absolute values
    exponential(a)                e to each power, number by number
    truncated(a)                  floats without what stands behind the point, as signed integers
                                  as long as they are, which can hold them
    as_bits(a), from_bits(a)      the bits of floats as such integers, and back
    multiply_add(a, b, c)         a * b + c, rounded once where the processor can
    smaller(a, b), larger(a, b)   a if a < b else b; b if a < b else a
    least(a, b), most(a, b)       b if b < a else a; b if b > a else a; NaN wins over both
    shifted(a, b, k)              the numbers of a from the one at k on, then the first k of b;
                                  k is written as a number
    evens(a, b), odds(a, b)       every other number of a, then of b
    low_pairs(a, b)               numbers of a and b in turn, of the lower half of both
    high_pairs(a, b)              the same of the upper half
    total(a)                      the sum of all numbers, one after the other
    count_nans(a)                 how many numbers are NaN
    count_strange(a)              how many are NaN or infinite

The functions here are what Python calls where Numba is told not to compile: a vector is then an
array of NumPy. What they become in compiled code is said in the room `vector_code`.
`lanes(kind)` numbers fit into a vector; nothing is looked at beyond them, so rows that are not
whole vectors long end with one that begins earlier.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from convfilter.runtime.vector_length import LONGEST, longest_vector

Array = NDArray[Any]


_OF_32_BYTES = ("avx", "fma", "f16c", "xop", "vaes", "vpclmulqdq", "sha512", "sm3", "sm4")
_OF_64_BYTES = ("avx512", "avx10", "amx")
"""How the features of a processor begin that need vectors so long."""


def processor_features() -> dict[str, bool]:
    """Return what loops may use of this processor: no longer vectors than the environment allows.

    Settings of Numba change nothing here, as nowhere.
    """
    longest = longest_vector()
    left_out: tuple[str, ...] = () if longest == LONGEST else _OF_64_BYTES
    if longest < 32:
        left_out += _OF_32_BYTES
    features = llvm.get_host_cpu_features()
    return {name: there and not name.startswith(left_out) for name, there in features.items()}


def _register_bytes() -> int:
    features = processor_features()
    # the first processors with AVX-512 slowed down for it; those with VBMI do not
    if features.get("avx512vbmi"):
        return 64
    return 32 if features.get("avx2") else 16


BYTES = _register_bytes()
"""Of a register."""


def lanes(kind: Any) -> int:
    """Return how many numbers of a dtype a vector holds."""
    return BYTES // int(np.dtype(kind).itemsize)


def load(row: Array, index: int) -> Array:
    """Return the numbers from ``row[index]`` on."""
    return row[index : index + lanes(row.dtype)].copy()


def load_as(row: Array, index: int, kind: Any) -> Array:
    """Return as many numbers from ``row[index]`` on as a vector holds of `kind`, converted."""
    return row[index : index + lanes(kind)].astype(kind)


def store(row: Array, index: int, vector: Array) -> None:
    """Write the numbers to ``row[index]`` and those after it."""
    assert row.dtype == vector.dtype
    row[index : index + vector.size] = vector


def store_as(row: Array, index: int, vector: Array) -> None:
    """Write the numbers, as floats of the row's dtype."""
    row[index : index + vector.size] = vector


def store_nearest(row: Array, index: int, vector: Array) -> None:
    """Write the nearest integers."""
    row[index : index + vector.size] = np.rint(vector)


def root(a: Array) -> Array:
    """Return the square roots."""
    return np.sqrt(a)


def magnitude(a: Array) -> Array:
    """Return the absolute values."""
    return np.abs(a)


def exponential(a: Array) -> Array:
    """Return e to each power."""
    return np.exp(a)


def truncated(a: Array) -> Array:
    """Return floats as integers as long as they are, rounded towards zero."""
    return a.astype(f"i{a.itemsize}")


def as_bits(a: Array) -> Array:
    """Return the bits of floats as signed integers."""
    return a.view(f"i{a.itemsize}")


def from_bits(a: Array) -> Array:
    """Return the floats of which signed integers are the bits."""
    return a.view(f"f{a.itemsize}")


def fill(number: Any) -> Array:
    """Return a vector that holds one number in every place."""
    return np.full(lanes(number.dtype), number)


def multiply_add(a: Array, b: Array, c: Array) -> Array:
    """Return a * b + c."""
    return a * b + c


def smaller(a: Array, b: Array) -> Array:
    """Return, place by place, ``a if a < b else b``."""
    return np.where(a < b, a, b)


def larger(a: Array, b: Array) -> Array:
    """Return, place by place, ``b if a < b else a``."""
    return np.where(a < b, b, a)


def least(a: Array, b: Array) -> Array:
    """Return, place by place, ``b if b < a else a``; NaN where one of them is NaN."""
    return np.where((b < a) | (b != b), b, a)


def most(a: Array, b: Array) -> Array:
    """Return, place by place, ``b if b > a else a``; NaN where one of them is NaN."""
    return np.where((b > a) | (b != b), b, a)


def shifted(a: Array, b: Array, k: int) -> Array:
    """Return the numbers of `a` from the one at `k` on, then those of `b`, then `a` again."""
    return np.roll(np.concatenate([a, b]), -k)[: len(a)]


def evens(a: Array, b: Array) -> Array:
    """Return the first number of `a` and every other one from there on, then those of `b`."""
    return np.concatenate([a[::2], b[::2]])


def odds(a: Array, b: Array) -> Array:
    """Return the second number of `a` and every other one from there on, then those of `b`."""
    return np.concatenate([a[1::2], b[1::2]])


def low_pairs(a: Array, b: Array) -> Array:
    """Return the lower halves of both, a number of `a` and one of `b` in turn."""
    return np.stack([a, b], axis=1).reshape(-1)[: a.size]


def high_pairs(a: Array, b: Array) -> Array:
    """Return the upper halves of both, a number of `a` and one of `b` in turn."""
    return np.stack([a, b], axis=1).reshape(-1)[a.size :]


def total(a: Array) -> Any:
    """Return the sum of all numbers, which are floats."""
    return a.dtype.type(sum(a[1:], start=a[0]))


def count_nans(a: Array) -> int:
    """Return how many numbers are NaN."""
    return int(np.isnan(a).sum())


def count_strange(a: Array) -> int:
    """Return how many numbers are NaN or infinite."""
    return int((~np.isfinite(a)).sum())
