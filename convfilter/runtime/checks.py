"""Checks of images, dtypes and kernels, for every room; those of numbers stand in `numbers`."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter.dtypes import IMAGE_DTYPES, understood, way_out
from convfilter.errors import ArgumentError, ArgumentTypeError, ConvfilterError, KernelError
from convfilter.runtime.numbers import check_integer, check_number, check_pair, shortened

__all__ = [
    "IMAGE_DTYPES",
    "LARGEST_ELEMENTS",
    "LARGEST_KERNEL",
    "Array",
    "as_array",
    "check_dtype",
    "check_fill",
    "check_fill_number",
    "check_image",
    "check_integer",
    "check_kernel",
    "check_number",
    "check_pair",
    "check_row",
    "limits_of",
]

_KNOWN = frozenset(np.dtype(name) for name in IMAGE_DTYPES)
LARGEST_ELEMENTS = 2**37
"""Arrays beyond this many elements are taken for a slip of the keyboard. Pictures that are filtered
part by part are planned as a whole: ten gigapixels with alpha have 40 thousand million."""
LARGEST_KERNEL = 2**26
"""Kernels of more weights than this are refused."""

_SQUARES = {9: 3, 25: 5, 49: 7}
"""The side of a square by the number of its weights, for the sizes that kernels mostly have."""

Array = NDArray[Any]


@functools.cache
def limits_of(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return the smallest and the largest number of an integer dtype."""
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def check_dtype(dtype: DTypeLike, what: str) -> np.dtype[Any]:
    """Return one of the image dtypes, or raise ArgumentTypeError that lists them."""
    if isinstance(dtype, np.dtype) and dtype in _KNOWN:
        return dtype
    try:
        resolved = np.dtype(dtype).newbyteorder("=")
    except TypeError:
        resolved = None
    if resolved is None or resolved.name not in IMAGE_DTYPES:
        name = dtype if resolved is None else resolved.name
        raise ArgumentTypeError(
            f"{what} has dtype {name}: convert it to one of {', '.join(IMAGE_DTYPES)}"
        )
    return resolved


def check_image(image: ArrayLike) -> Array:
    """Return the image as a C-contiguous (H, W, C) array in the byte order of the machine.

    Bool becomes uint8 0 and 1; int8 and float16 are widened. The array that comes back may share
    memory with the image and must not be written to.
    """
    array = as_array(image)
    dtype = array.dtype
    if dtype not in _KNOWN:
        array = _understood(array)
        dtype = array.dtype
    if array.ndim not in (2, 3):
        raise ArgumentError(
            f"the image has {array.ndim} axes: give (height, width) or (height, width, channels)"
        )
    if array.size == 0:
        raise ArgumentError(f"the image is empty: its shape is {array.shape}")
    if array.size > LARGEST_ELEMENTS:
        raise ArgumentError(
            f"the image has {array.size} elements: at most {LARGEST_ELEMENTS} are taken"
        )
    array = np.ascontiguousarray(array, dtype=dtype)
    return array if array.ndim == 3 else array[:, :, np.newaxis]


def as_array(image: ArrayLike) -> Array:
    """Return the image as an array of whatever it holds, or raise ArgumentTypeError."""
    try:
        return np.asarray(image)
    except ConvfilterError:
        raise  # of an `Image`
    except ValueError as error:
        raise ArgumentTypeError(
            "the image is not an array: its rows have different lengths"
        ) from error


def _understood(array: Array) -> Array:
    """Return an array of one of the image dtypes with the same values, or refuse it."""
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    array = understood(array)
    if array.dtype not in _KNOWN:
        raise ArgumentTypeError(f"the image has dtype {array.dtype.name}: {way_out(array)}")
    return array


def check_kernel(kernel: Any) -> NDArray[np.float64]:
    """Return the weights of a kernel as a contiguous float64 array (rows, columns).

    The array that comes back may share memory with the one given and must not be written to.

    Raises
    ------
    KernelError
        For what is no rectangle of finite real numbers; of nested lists it names the place.
    """
    if isinstance(kernel, (str, bytes, Mapping)):
        raise KernelError(f"the kernel is {shortened(kernel)}: give rows of numbers")
    if isinstance(kernel, (list, tuple)) and any(map(_is_row, kernel)):
        kernel = _check_rows(kernel)
    array = np.asarray(kernel)
    if array.size == 0:
        raise KernelError("the kernel has no weights: give at least one number")
    if array.ndim == 1 and array.dtype.kind in "biuf":
        check_row(array.tolist())
    if array.ndim != 2:
        raise KernelError(f"the kernel has {array.ndim} axes: give rows and columns")
    if array.dtype.kind not in "biuf":
        raise KernelError(f"the kernel has dtype {array.dtype}: give real numbers")
    if array.size > LARGEST_KERNEL:
        raise KernelError(
            f"the kernel has {array.size} weights: at most {LARGEST_KERNEL} are taken"
        )
    if array.dtype != np.float64:
        with np.errstate(over="ignore"):  # a long double may exceed float64, found just below
            array = array.astype(np.float64)
    array = np.ascontiguousarray(array)
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.argwhere(~finite)[0].tolist()
        raise KernelError(
            f"row {row + 1}, column {column + 1} is {array[row, column]}:"
            " a kernel must not hold NaN or infinity"
        )
    return array


def check_row(weights: Sequence[Any]) -> None:
    """Refuse weights without rows that are as many as those of a square, which is then meant.

    Raises
    ------
    KernelError
        With the square, and how a single row of them is written.
    """
    side = _SQUARES.get(len(weights))
    if side is None:
        return
    entries = [f"{each:.12g}" if isinstance(each, float) else str(each) for each in weights]
    lines = [", ".join(entries[at : at + side]) for at in range(0, len(entries), side)]
    raise KernelError(
        f"{len(entries)} numbers without rows: write the square [[{'], ['.join(lines)}]]; one row"
        f" has two brackets as well, [[{entries[0]}, ...]]"
    )


def _is_row(row: object) -> bool:
    return isinstance(row, (list, tuple)) or (isinstance(row, np.ndarray) and row.ndim > 0)


def _check_rows(rows: Sequence[Any]) -> list[Sequence[Any]]:
    """Return nested sequences whose rows are alike, so that a refusal can name the wrong one."""
    checked: list[Sequence[Any]] = []
    for number, row in enumerate(rows, start=1):
        if not _is_row(row):
            raise KernelError(f"row {number} is {shortened(row)}: give a list of numbers")
        entries = row.tolist() if isinstance(row, np.ndarray) else row
        if not entries:
            raise KernelError(f"row {number} has no weights: give at least one")
        if checked and len(entries) != len(checked[0]):
            some = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
            raise KernelError(
                f"row {number} has {some} where row 1 has {len(checked[0])}:"
                " rows of different lengths make no kernel"
            )
        for column, entry in enumerate(entries, start=1):
            _check_weight(entry, f"row {number}, column {column}")
        checked.append(entries)
    return checked


def _check_weight(weight: object, what: str) -> None:
    if type(weight) is float:
        return  # whether it is finite is asked of all weights at once
    try:
        check_number(weight, what)
    except ConvfilterError as error:
        raise KernelError(str(error)) from None


def check_fill_number(fill: Any, dtype: np.dtype[Any]) -> float:
    """Return the fill of an image of that dtype as a float; NaN, too, beyond an image of floats."""
    if dtype.kind == "f" and isinstance(fill, (float, np.floating)) and math.isnan(fill):
        return math.nan  # the one that is equal to itself, so that operations can be remembered
    return check_number(fill, "fill")


def check_fill(fill: Any, dtype: np.dtype[Any]) -> float:
    """Return the fill as a number that the dtype holds, an int for integers, or raise."""
    value = check_fill_number(fill, dtype)
    if dtype.kind == "f":
        if abs(value) > float(np.finfo(dtype).max):
            raise ArgumentError(f"fill is {value:g}: that is beyond the range of {dtype}")
        return value
    lowest, highest = limits_of(dtype)
    if value != math.floor(value) or not lowest <= value <= highest:
        raise ArgumentError(
            f"fill is {value:g}: an image of {dtype} needs a whole number from {lowest} to"
            f" {highest}"
        )
    return int(value)
