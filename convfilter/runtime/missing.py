"""What is missing of an array: values under a mask, and those equal to a number for no data.

`nodata` is such a number, or NaN. A mask tells where something is: True, or other than 0, as in
OpenCV, scikit-image and GDAL. That of a masked array of NumPy tells the opposite, what is masked.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.dtypes import IMAGE_DTYPES, understood
from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array, as_array
from convfilter.runtime.compiled import is_rehearsal, loop
from convfilter.runtime.numbers import check_number, shortened
from convfilter.runtime.threads import default_workers, run_bands

__all__ = [
    "Bools",
    "Present",
    "check_nodata",
    "code_of",
    "filled",
    "is_masked",
    "is_nodata",
    "presence",
    "refuse_gaps",
    "there_is_all",
]

Bools = NDArray[np.bool_]

AT_ONCE = 1 << 16
"""Values that are looked at together: they stay in the cache."""

NANOSECONDS = 0.1
"""To look at a value."""


class Present(NamedTuple):
    """What there is of a picture.

    Attributes
    ----------
    values : bool, of the picture's shape: which of its values are there
    fill : whether the `fill` of the border "constant" is there
    has_no_nan : NaN is known not to be among what is there
    """

    values: Bools
    fill: bool = True
    has_no_nan: bool = False


def is_masked(image: object) -> bool:
    """Tell whether it is a masked array of NumPy."""
    if type(image) is np.ndarray:
        return False
    module = sys.modules.get("numpy.ma")  # without which there are none
    return module is not None and isinstance(image, module.MaskedArray)


def check_nodata(value: Any) -> float:
    """Return the number that stands for no data, which NaN and infinity may be.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For what is no number.
    """
    if isinstance(value, (float, np.floating)) and not math.isfinite(value):
        return math.nan if math.isnan(value) else float(value)
    return check_number(value, "nodata")


def code_of(nodata: float, dtype: np.dtype[Any]) -> Any:
    """Return the number for no data as one of a dtype.

    Raises
    ------
    ArgumentError
        If the dtype cannot hold it.
    """
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            code = dtype.type(nodata)
        if np.isinf(code) and not math.isinf(nodata):
            raise ArgumentError(f"nodata is {nodata:g}: that is beyond the range of {dtype}")
        return code
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not (math.isfinite(nodata) and nodata == math.floor(nodata) and low <= nodata <= high):
        raise ArgumentError(
            f"nodata is {nodata:g}: values of {dtype} are whole numbers from {low} to {high}, so"
            " none of them is that"
        )
    return dtype.type(int(nodata))


def is_nodata(value: float, nodata: float | None) -> bool:
    """Tell whether a number is the one for no data."""
    if nodata is None:
        return False
    return value == nodata or (math.isnan(value) and math.isnan(nodata))


def presence(
    image: ArrayLike,
    nodata: float | None,
    mask: ArrayLike | None,
    *,
    rows: int,
    columns: int,
    channels: int | None,
) -> Bools | None:
    """Return where an array holds something: bool, of its shape, or None where nothing is missing.

    Parameters
    ----------
    image : the array; what is masked of a masked array is missing
    nodata : the number for no data, or None
    mask : of the image's shape, or of that without its channels, or (H, W)
    rows, columns, channels : numbers of axes of the image

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a number that the image cannot hold, and a mask that does not fit it.
    """
    array = as_array(image)
    there: Bools | None = None
    if nodata is not None:
        there = _other_than(array, nodata)
    if is_masked(image) and np.ma.is_masked(image):
        there = _both(there, ~np.ma.getmaskarray(cast(Array, image)))
    if mask is not None:
        given = _as_bools(mask)
        if not given.all():
            there = _both(there, _spread(given, array.shape, rows, columns, channels))
        else:
            _spread(given, array.shape, rows, columns, channels)
    return there


def _both(one: Bools | None, other: Bools) -> Bools:
    return other if one is None else one & other


def _other_than(array: Array, nodata: float) -> Bools | None:
    """Return which values are others than the number for no data, None if all are."""
    dtype = array.dtype
    if dtype.kind not in "biuf":
        return None  # which is refused elsewhere
    code = code_of(nodata, dtype)
    if dtype.kind == "f" and dtype.itemsize == 2:
        array, code = understood(array), np.float32(code)
    flat = np.ascontiguousarray(array).reshape(-1)
    present = memory.empty(flat.shape, np.bool_)
    if not _is_for_loops(flat):
        known = flat == flat if code != code else flat != code
        return None if known.all() else cast(Bools, known).reshape(array.shape)
    values = flat.view(np.uint8) if dtype.kind == "b" else flat
    mark = loop("runtime.loops.gaps.mark", S=values.dtype)
    gaps: list[int] = []

    def work(first: int, last: int) -> None:
        gaps.append(mark(values[first:last], code, present[first:last].view(np.uint8)))

    _in_blocks(values, work)
    return present.reshape(array.shape) if sum(gaps) or is_rehearsal() else None


def _is_for_loops(array: Array) -> bool:
    """Tell whether loops know the dtype of an array, which is contiguous."""
    dtype = array.dtype
    return dtype.isnative and (dtype.kind == "b" or dtype.name in IMAGE_DTYPES)


def _in_blocks(flat: Array, work: Callable[[int, int], None]) -> None:
    """Call `work` for blocks of an array, side by side."""

    def some(start: int, stop: int) -> None:
        work(start * AT_ONCE, min(stop * AT_ONCE, flat.size))

    blocks = -(-flat.size // AT_ONCE)
    run_bands(blocks, AT_ONCE * NANOSECONDS * flat.itemsize, default_workers(), some)


def _as_bools(mask: ArrayLike) -> Bools:
    """Return a mask as bool: black and white, or 0 and 1, and nothing between."""
    array = as_array(mask)
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iuf":
        raise ArgumentTypeError(
            f"the mask has dtype {array.dtype}: give True and False, or 0 and 1"
        )
    there = _of_two_values(array)
    if there is None:
        others = array[array != 0]
        raise ArgumentError(
            f"the mask holds more than two values, {others.min():g} and {others.max():g} beside 0:"
            " give 0 where nothing is and one other value elsewhere, such as threshold makes"
        )
    return there


def _of_two_values(array: Array) -> Bools | None:
    """Return where an array is other than 0, None where it is more than one value there."""
    flat = np.ascontiguousarray(array).reshape(-1)
    other = flat[np.argmax(flat != 0)] if flat.size else flat.dtype.type(0)
    if other == 0 or not _is_for_loops(flat):
        there: Bools = array != 0
        others = array[there]
        return there if not others.size or others.min() == others.max() else None
    there = memory.empty(flat.shape, np.bool_)
    whole_numbers = np.dtype(f"u{flat.itemsize}")
    mark = loop("runtime.loops.gaps.mark_two", S=flat.dtype, B=whole_numbers)
    thirds: list[int] = []

    def work(first: int, last: int) -> None:
        part = there[first:last].view(np.uint8)
        thirds.append(mark(flat[first:last], other, part))

    _in_blocks(flat, work)
    return None if any(thirds) and not is_rehearsal() else there.reshape(array.shape)


def _spread(
    mask: Bools, shape: tuple[int, ...], rows: int, columns: int, channels: int | None
) -> Bools:
    """Return a mask for every value of an image of some shape."""
    if mask.shape == shape:
        return mask
    if channels is not None:
        without = tuple(length for axis, length in enumerate(shape) if axis != channels)
        if mask.shape == without:
            return np.broadcast_to(np.expand_dims(mask, channels), shape)
    if mask.shape == (shape[rows], shape[columns]):
        if rows > columns:
            mask = mask.T
        others = tuple(axis for axis in range(len(shape)) if axis not in (rows, columns))
        return np.broadcast_to(np.expand_dims(mask, others), shape)
    raise ArgumentError(
        f"the mask has the shape {mask.shape}, the image {tuple(shape)}: give a mask of rows and"
        f" columns, {(shape[rows], shape[columns])}, or one value for each of the image's"
    )


def there_is_all(shape: tuple[int, ...]) -> Bools:
    """Return the presence of an array of which nothing is missing."""
    return np.broadcast_to(np.True_, shape)


def filled(result: Array, gaps: Bools, nodata: float) -> Array:
    """Put the number for no data where a result has gaps, and return it.

    Raises
    ------
    ArgumentError
        Where there are some, and the dtype of the result cannot hold the number.
    """
    try:
        code = code_of(nodata, result.dtype)
    except ArgumentError as error:
        if not gaps.any():
            return result
        raise ArgumentError(f"the result has gaps, and {error}") from None
    if not (result.flags.c_contiguous and gaps.flags.c_contiguous and _is_for_loops(result)):
        if gaps.any():
            result = result if result.flags.writeable else result.copy()
            result[gaps] = code
        return result
    if not result.flags.writeable:
        result = result.copy()
    values, missing = result.reshape(-1), gaps.reshape(-1).view(np.uint8)
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    put = loop("runtime.loops.gaps.put", S=values.dtype)

    def work(first: int, last: int) -> None:
        put(missing[first:last], code, values[first:last])

    _in_blocks(missing, work)
    return result


def refuse_gaps(name: str) -> ArgumentError:
    """Return the error for a function or filter that takes no missing data."""
    return ArgumentError(
        f"{name} needs every value, and some are missing: fill the gaps first, as medians and blurs"
        " do"
    )


def check_mask_text(text: str) -> str:
    """Return the path of a mask that a person wrote."""
    if not text:
        raise ArgumentTypeError(f"mask is {shortened(text)}: name a file")
    return text
