"""Slow and obvious twins of the engine: each algorithm stated once, without any cleverness.

Sums are kept in NumPy's long double, which on x86 holds integers up to 2**64 exactly and
elsewhere is at least a float64. Results are the exact real values, before rounding, except for
the functions that only select (minimum, maximum, median, percentile).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Real = np.longdouble
Array = np.ndarray[Any, np.dtype[Any]]
Pair = tuple[int, int]


class NothingLeftError(ValueError):
    """The windows do not fit, or one of them would see no pixel: there is no result."""


def as_pair(value: Any) -> Pair:
    """Return `value` for rows and for columns."""
    if isinstance(value, tuple | list):
        rows, columns = value
        return int(rows), int(columns)
    return int(value), int(value)


def as_planes(image: Array) -> Array:
    """Return the image with a channel axis and with bool as uint8."""
    pixels = image.astype(np.uint8) if image.dtype == np.bool_ else image
    pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    return pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels


def as_image(planes: Array, like: Array) -> Array:
    """Drop the channel axis again where the image had none."""
    return planes[:, :, 0] if like.ndim == 2 else planes


def reach(taps: int, dilation: int) -> int:
    """Return how many pixels a window of `taps` spans."""
    return (taps - 1) * dilation + 1


def padding_and_outputs(
    length: int, span: int, stride: int, padding: str | int | Pair
) -> tuple[Pair, int]:
    """Return the pixels added before and after one axis, and the number of outputs along it."""
    if padding == "same":
        outputs = math.ceil(length / stride)
        total = max((outputs - 1) * stride + span - length, 0)
        before, after = total // 2, total - total // 2
    elif padding == "valid":
        before, after = 0, 0
    elif padding == "full":
        before, after = span - 1, span - 1
    elif isinstance(padding, tuple):
        before, after = padding
    else:
        before = after = int(padding)
    outputs = (length + before + after - span) // stride + 1
    if outputs < 1:
        raise NothingLeftError(f"{length} pixels hold no window of {span}")
    return (before, after), outputs


def per_axis(padding: Any) -> tuple[Any, Any]:
    """Split the forms of `padding` into one for rows and one for columns."""
    if isinstance(padding, str | int | np.integer):
        return padding, padding
    split = [tuple(axis) if isinstance(axis, tuple | list) else int(axis) for axis in padding]
    return split[0], split[1]


def extend(planes: Array, rows: Pair, columns: Pair, border: str, fill: float) -> Array:
    """Return the planes with the border around them, made by numpy.pad."""
    around = (rows, columns, (0, 0))
    if border == "constant":
        return np.pad(planes, around, mode="constant", constant_values=fill)
    return np.pad(planes, around, mode=border)  # type: ignore[call-overload,no-any-return]


def windows(
    planes: Array, size: Pair, stride: Any, dilation: Any, padding: Any, border: str, fill: float
) -> Iterator[tuple[int, int, Array]]:
    """For each tap (u, v) of a window, yield what all windows see through it, (H', W', C)."""
    strides, dilations, paddings = as_pair(stride), as_pair(dilation), per_axis(padding)
    around, outputs = [], []
    for axis in (0, 1):
        span = reach(size[axis], dilations[axis])
        added, count = padding_and_outputs(planes.shape[axis], span, strides[axis], paddings[axis])
        around.append(added)
        outputs.append(count)
    extended = extend(planes, around[0], around[1], border, fill)
    for u in range(size[0]):
        for v in range(size[1]):
            top, left = u * dilations[0], v * dilations[1]
            bottom = top + (outputs[0] - 1) * strides[0] + 1
            right = left + (outputs[1] - 1) * strides[1] + 1
            yield u, v, extended[top : bottom : strides[0], left : right : strides[1]]


def correlate(
    image: Array,
    kernel: Any,
    *,
    stride: Any = 1,
    dilation: Any = 1,
    padding: Any = "same",
    border: str = "reflect",
    fill: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
) -> Array:
    """Return offset + scale * sum of pixels times weights; a weight of zero sees nothing."""
    weights = np.asarray(kernel).astype(Real)
    planes = as_planes(image).astype(Real)
    taps = list(windows(planes, weights.shape, stride, dilation, padding, border, fill))
    total = np.zeros(taps[0][2].shape, Real)
    with np.errstate(invalid="ignore"):
        for u, v, seen in taps:
            if weights[u, v] != 0:
                total = total + weights[u, v] * seen
        return as_image(Real(offset) + Real(scale) * total, image)


def convolve(image: Array, kernel: Any, **options: Any) -> Array:
    """Correlate with the kernel turned by 180 degrees."""
    return correlate(image, np.asarray(kernel)[::-1, ::-1], **options)


def absolute_sums(image: Array, kernel: Any, **options: Any) -> Array:
    """Return the sum of absolute products of every window, that of the offset among them."""
    magnitudes = np.abs(as_planes(image).astype(Real))
    for name in ("fill", "scale", "offset"):
        options[name] = abs(options.get(name, 1.0 if name == "scale" else 0.0))
    weights = np.abs(np.asarray(kernel).astype(Real))
    return as_image(correlate(magnitudes, weights, **options), image)


def largest_of_overlapping(
    sums: Array, size: Pair, stride: Any = 1, dilation: Any = 1, axes: Sequence[int] = (0, 1)
) -> Array:
    """Return for every window the largest finite sum among those that overlap it, itself too."""
    largest = np.where(np.isfinite(sums), sums, 0)
    for axis, taps, step, apart in zip(
        axes, size, as_pair(stride), as_pair(dilation), strict=False
    ):
        around = (reach(taps, apart) - 1) // step
        along = np.moveaxis(largest, axis, 0)
        most = [along[max(i - around, 0) : i + around + 1].max(axis=0) for i in range(len(along))]
        largest = np.moveaxis(np.stack(most), 0, axis)
    return largest


def combine(responses: Sequence[Array], how: str) -> Array:
    """Join the responses of several kernels into one."""
    stack = np.stack(list(responses))
    with np.errstate(invalid="ignore"):
        if how in ("abs", "l1"):
            return np.sum(np.abs(stack), axis=0)  # type: ignore[no-any-return]
        if how == "l2":
            return np.sqrt(np.sum(stack * stack, axis=0))  # type: ignore[no-any-return]
        return np.max(stack if how == "max" else np.abs(stack), axis=0)  # type: ignore[no-any-return]


def correlate_bank(
    image: Array, kernels: Sequence[Any], how: str, *, offset: float = 0.0, **options: Any
) -> Array:
    """Correlate with every kernel, join the responses, then add the offset."""
    responses = [correlate(image, kernel, **options) for kernel in kernels]
    return Real(offset) + combine(responses, how)


def sorted_windows(
    image: Array,
    size: Any,
    *,
    stride: Any = 1,
    dilation: Any = 1,
    padding: Any = "same",
    border: str = "reflect",
    fill: float = 0.0,
) -> Array:
    """Return the sorted values of every window, (taps, H', W', C); NaN throughout if it has one."""
    planes = as_planes(image)
    seen = [
        w for _, _, w in windows(planes, as_pair(size), stride, dilation, padding, border, fill)
    ]
    values = np.sort(np.stack(seen), axis=0)
    if planes.dtype.kind == "f":
        values[:, np.isnan(values).any(axis=0)] = np.nan
    return values


def minimum(image: Array, size: Any, **options: Any) -> Array:
    """Return the smallest value of every window."""
    return percentile(image, size, 0, **options)


def maximum(image: Array, size: Any, **options: Any) -> Array:
    """Return the largest value of every window."""
    return percentile(image, size, 100, **options)


def within_windows(image: Array, size: Any, **options: Any) -> Array | None:
    """Return the image such that no mirror shows what lies outside the window at an edge.

    None where windows are dilated, or lie beyond the edge with more than half of their pixels.
    """
    if as_pair(options.get("dilation", 1)) != (1, 1):
        return None
    strides, paddings = as_pair(options.get("stride", 1)), per_axis(options.get("padding", "same"))
    planes = as_planes(image)
    around = []
    for axis, side in enumerate(as_pair(size)):
        (before, _), outputs = padding_and_outputs(
            planes.shape[axis], side, strides[axis], paddings[axis]
        )
        after = (outputs - 1) * strides[axis] + side - planes.shape[axis] - before
        if max(before, after) > side / 2:
            return None
        around.append((before, max(after, 0)))
    return np.pad(planes, (*around, (0, 0)), mode="symmetric")


def percentile(image: Array, size: Any, percent: float, **options: Any) -> Array:
    """Return the value at sorted index floor(percent / 100 * (n - 1) + 1/2) of every window."""
    values = sorted_windows(image, size, **options)
    index = math.floor(Fraction(percent) / 100 * (len(values) - 1) + Fraction(1, 2))
    is_even = any(side % 2 == 0 for side in as_pair(size))
    if index in (0, len(values) - 1) and is_even and options.get("border", "reflect") == "reflect":
        padded = within_windows(image, size, **options)
        if padded is not None:
            options = {**options, "padding": "valid"}
            values = sorted_windows(padded, size, **options)
    return as_image(values[index], image)


def median(image: Array, size: Any, **options: Any) -> Array:
    """Return percentile 50."""
    return percentile(image, size, 50, **options)


def pooled_indices(
    length: int, size: int, stride: int, padding: Pair, dilation: int, ceil_mode: bool
) -> list[tuple[list[int], int]]:
    """For each window along one axis: the real pixels it sees, and its taps with the padding."""
    before, after = padding
    room = length + before + after - reach(size, dilation)
    count = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (count - 1) * stride >= length + before:
        count -= 1  # the last window has to start on the image or on the padding before it
    if count < 1:
        raise NothingLeftError(f"{length} pixels hold no window of {size}")
    found = []
    for i in range(count):
        taps = [i * stride - before + u * dilation for u in range(size)]
        real = [t for t in taps if 0 <= t < length]
        if not real:
            raise NothingLeftError("a window sees nothing but padding")
        found.append((real, len([t for t in taps if t < length + after])))
    return found


def pool(
    image: Array,
    size: Any,
    *,
    reduce: str = "max",
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    over: str = "space",
) -> Array:
    """Return the maximum, minimum (in the image's dtype) or exact mean of every window."""
    planes = as_planes(image)
    if over == "depth":
        return pool_depth(planes, int(size), reduce, int(size if stride is None else stride))
    sizes, strides = as_pair(size), as_pair(size if stride is None else stride)
    dilations = as_pair(dilation)
    axes = []
    for axis, wanted in enumerate(per_axis(padding)):
        around = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        axes.append(
            pooled_indices(
                planes.shape[axis], sizes[axis], strides[axis], around, dilations[axis], ceil_mode
            )
        )
    rows, columns = axes
    kind = Real if reduce == "mean" else planes.dtype
    result = np.empty((len(rows), len(columns), planes.shape[2]), kind)
    for i, (real_rows, taps_down) in enumerate(rows):
        for j, (real_columns, taps_across) in enumerate(columns):
            seen = planes[np.ix_(real_rows, real_columns)].astype(kind).reshape(-1, planes.shape[2])
            if reduce == "mean":
                taps = taps_down * taps_across if count_include_pad else len(seen)
                with np.errstate(invalid="ignore"):
                    result[i, j] = seen.sum(axis=0) / taps
            else:
                result[i, j] = seen.max(axis=0) if reduce == "max" else seen.min(axis=0)
    return as_image(result, image)


def pool_depth(planes: Array, size: int, reduce: str, stride: int) -> Array:
    """Pool groups of neighbouring channels."""
    starts = range(0, planes.shape[2] - size + 1, stride)
    if not starts:
        raise NothingLeftError("fewer channels than the window has")
    groups = [planes[:, :, start : start + size] for start in starts]
    if reduce == "mean":
        with np.errstate(invalid="ignore"):
            return np.stack([g.astype(Real).sum(axis=2) / size for g in groups], axis=2)
    return np.stack([g.max(axis=2) if reduce == "max" else g.min(axis=2) for g in groups], axis=2)


def bilateral(
    image: Array,
    size: int,
    sigma_color: float,
    sigma_space: float,
    *,
    border: str = "reflect",
    fill: float = 0.0,
) -> Array:
    """Return the mean of a disk, each pixel weighted by its distance in space and in colour."""
    planes = as_planes(image).astype(np.float64)
    height, width, _ = planes.shape
    radius = size // 2
    extended = extend(planes, (radius, radius), (radius, radius), border, fill)
    total, weights = np.zeros(planes.shape), np.zeros((height, width, 1))
    for i in range(-radius, radius + 1):
        for j in range(-radius, radius + 1):
            if math.sqrt(i * i + j * j) > radius:
                continue
            top, left = radius + i, radius + j
            seen = extended[top : top + height, left : left + width]
            colour = np.abs(seen - planes).sum(axis=2, keepdims=True)
            weight = math.exp(-(i * i + j * j) / (2 * sigma_space**2)) * np.exp(
                -(colour**2) / (2 * sigma_color**2)
            )
            total += weight * seen
            weights += weight
    return as_image(total / weights, image)


def nl_means(
    image: Array,
    strength: float,
    *,
    size: int = 7,
    search: int = 21,
    border: str = "reflect",
    fill: float = 0.0,
) -> Array:
    """Return the mean of the search window, each pixel weighted by how alike the patches are."""
    planes = as_planes(image).astype(np.float64)
    height, width, _ = planes.shape
    far, near = search // 2, size // 2
    extended = extend(planes, (far + near,) * 2, (far + near,) * 2, border, fill)

    def shifted(i: int, j: int) -> Array:
        top, left = far + near + i, far + near + j
        return extended[top : top + height, left : left + width]

    total, weights = np.zeros(planes.shape), np.zeros((height, width, 1))
    for i in range(-far, far + 1):
        for j in range(-far, far + 1):
            distance = np.zeros((height, width))
            for u in range(-near, near + 1):
                for v in range(-near, near + 1):
                    difference = shifted(u, v) - shifted(i + u, j + v)
                    distance += (difference**2).mean(axis=2)
            weight = np.exp(-distance / size**2 / strength**2)[:, :, np.newaxis]
            total += weight * shifted(i, j)
            weights += weight
    return as_image(total / weights, image)


def round_to(exact: Array, dtype: Any) -> Array:
    """Round to nearest with ties to even and saturate, or convert to a float dtype."""
    wanted = np.dtype(dtype)
    if wanted.kind == "f":
        with np.errstate(over="ignore"):
            return exact.astype(wanted)
    limits = np.iinfo(wanted)
    return np.clip(np.rint(exact), limits.min, limits.max).astype(wanted)
