"""What is accepted: images, kernels, numbers; everything else is refused with a reason."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter.errors import ArgumentError, ArgumentTypeError, KernelError

IMAGE_DTYPES = ("uint8", "uint16", "int16", "float32", "float64")
_KNOWN = frozenset(np.dtype(name) for name in IMAGE_DTYPES)
LARGEST_ELEMENTS = 2**33
"""Arrays beyond this many elements are taken for a slip of the keyboard."""
LARGEST_KERNEL = 2**26
"""Weights of a kernel."""

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

    Bool becomes uint8 0 and 1. The array that comes back may share memory with the image and must
    not be written to.
    """
    try:
        array = np.asarray(image)
    except ValueError as error:
        raise ArgumentTypeError(
            "the image is not an array: its rows have different lengths"
        ) from error
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    dtype = check_dtype(array.dtype, "the image")
    if array.ndim not in (2, 3):
        raise ArgumentError(
            f"the image has {array.ndim} axes: give (height, width) or (height, width, channels)"
        )
    if array.size == 0:
        raise ArgumentError(f"the image is empty: its shape is {array.shape}")
    if array.size > LARGEST_ELEMENTS:
        raise ArgumentError(
            f"the image has {array.size} elements: at most {LARGEST_ELEMENTS} are served"
        )
    array = np.ascontiguousarray(array, dtype=dtype)
    return array if array.ndim == 3 else array[:, :, np.newaxis]


def check_kernel(kernel: ArrayLike) -> NDArray[np.float64]:
    """Return the kernel as a float64 array (rows, columns), or raise KernelError."""
    try:
        array = np.asarray(kernel)
    except ValueError as error:
        raise KernelError("the kernel has rows of different lengths: give a rectangle") from error
    if array.ndim != 2:
        raise KernelError(f"the kernel has {array.ndim} axes: give rows and columns")
    if array.size == 0:
        raise KernelError(f"the kernel has no weights: its shape is {array.shape}")
    if array.dtype.kind not in "biuf":
        raise KernelError(f"the kernel has dtype {array.dtype}: give real numbers")
    if array.size > LARGEST_KERNEL:
        raise KernelError(
            f"the kernel has {array.size} weights: at most {LARGEST_KERNEL} are served"
        )
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(array, dtype=np.float64)
    if not np.isfinite(array).all():
        raise KernelError("the kernel holds NaN or infinity: every weight must be finite")
    return array


def check_number(value: Any, what: str) -> float:
    """Return a finite float, or raise an error that names the argument."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentTypeError(f"{what} is {value!r}: give a number") from error
    if not math.isfinite(number):
        raise ArgumentError(f"{what} is {number}: give a finite number")
    return number


def check_integer(value: Any, what: str, least: int) -> int:
    """Return an int of at least `least`, or raise an error that names the argument."""
    if isinstance(value, (bool, np.bool_)):
        raise ArgumentTypeError(f"{what} is {value}: give a whole number")
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ArgumentTypeError(f"{what} is {value!r}: give a whole number") from error
    if number < least:
        raise ArgumentError(f"{what} is {number}: it must be at least {least}")
    return number


def check_pair(value: Any, what: str, least: int) -> tuple[int, int]:
    """Return (rows, columns) from one int or from two."""
    if isinstance(value, (tuple, list, np.ndarray)):
        if len(value) != 2:
            raise ArgumentError(
                f"{what} has {len(value)} parts: give one number or (rows, columns)"
            )
        rows, columns = value
    else:
        rows = columns = value
    return check_integer(rows, what, least), check_integer(columns, what, least)


def check_fill(fill: Any, dtype: np.dtype[Any]) -> float:
    """Return the fill as a number that the dtype holds, an int for integers, or raise."""
    value = check_number(fill, "fill")
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
