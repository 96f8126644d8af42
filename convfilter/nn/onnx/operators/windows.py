"""Operators whose windows walk over maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.pooling import GlobalPool, Pool
from convfilter.nn.layers.window import Padding, Pair, Window
from convfilter.nn.onnx.building import Output, Place
from convfilter.nn.onnx.operators.declaring import operator
from convfilter.nn.onnx.problems import RefusedError

_LONGEST = 2**14

_MAPS = 3
"""Axes of maps: (maps, rows, columns)."""


@operator("Conv")
def _conv(place: Place) -> Output:
    given, weight = _maps(place), place.constant(1, "the weight")
    bias = place.optional(2, "the bias")
    groups = place.attributes["group"]
    if weight.ndim != _MAPS + 1 or 0 in weight.shape:
        raise RefusedError(f"Conv with a weight {weight.shape} is not supported")
    if groups < 1 or given.shape[0] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise RefusedError(
            f"Conv with a weight {weight.shape} in {groups} groups does not take"
            f" {given.shape[0]} maps"
        )
    kernel = _pair(place, "kernel_shape", weight.shape[2:])
    if kernel != weight.shape[2:]:
        raise RefusedError(
            f"attribute 'kernel_shape' of Conv is not that of a weight {weight.shape}"
        )
    window = _window(place, kernel, given.shape[1:])
    arrays = {"weight": weight}
    if bias is not None:
        if bias.shape != weight.shape[:1]:
            raise RefusedError(f"Conv to {weight.shape[0]} maps has a bias {bias.shape}")
        arrays["bias"] = bias
    layer = Conv2d(weight.shape[0], window, groups, bias is not None)
    return place.chain(given, (layer, arrays))


@operator("MaxPool")
def _max_pool(place: Place) -> Output:
    return _pool(place, "max")


@operator("AveragePool")
def _average_pool(place: Place) -> Output:
    return _pool(place, "mean")


def _pool(place: Place, reduce: Literal["max", "mean"]) -> Output:
    given = _maps(place)
    window = _window(place, _pair(place, "kernel_shape"), given.shape[1:])
    counts_padding = bool(place.attributes.get("count_include_pad", 0))
    found = place.chain(given, (Pool(reduce, window, counts_padding), {}))
    for axis in (0, 1):
        _check_windows(place, window, given.shape[1:], found.shape[1 + axis], axis)
    return found


@operator("GlobalAveragePool")
def _global_average_pool(place: Place) -> Output:
    return place.chain(_maps(place), (GlobalPool("mean"), {}))


@operator("GlobalMaxPool")
def _global_max_pool(place: Place) -> Output:
    return place.chain(_maps(place), (GlobalPool("max"), {}))


def _maps(place: Place) -> Output:
    given = place.output()
    if len(given.shape) != _MAPS:
        raise RefusedError(
            f"{place.operator} of {len(given.shape) + 1} axes is not supported, of"
            " (pictures, maps, rows, columns) it is"
        )
    return given


def _pair(place: Place, name: str, default: Sequence[int] = ()) -> Pair:
    numbers = place.attributes.get(name, default)
    if len(numbers) != 2 or not all(1 <= number <= _LONGEST for number in numbers):
        raise RefusedError(f"attribute {name!r} of {place.operator} is {[*numbers][:8]}")
    return int(numbers[0]), int(numbers[1])


def _has_rest(kernel: Pair, stride: Pair, dilation: Pair, size: Sequence[int]) -> bool:
    """Tell whether rows or columns are left over behind the last window."""
    reach = (apart * (taps - 1) + 1 for apart, taps in zip(dilation, kernel, strict=True))
    return any((side - far) % step for side, far, step in zip(size, reach, stride, strict=True))


def _window(place: Place, kernel: Pair, size: Sequence[int]) -> Window:
    attributes = place.attributes
    stride = _pair(place, "strides", (1, 1))
    dilation = _pair(place, "dilations", (1, 1))
    is_ceil = bool(attributes.get("ceil_mode", 0))
    pads = attributes.get("pads", [0, 0, 0, 0])
    if len(pads) != 4 or not all(0 <= number <= _LONGEST for number in pads):
        raise RefusedError(f"attribute 'pads' of {place.operator} is {pads[:8]}")
    how = attributes["auto_pad"]
    if how != "NOTSET" and any(pads):
        raise RefusedError(f"attribute 'pads' of {place.operator} contradicts auto_pad {how}")
    if how == "VALID" and is_ceil and _has_rest(kernel, stride, dilation, size):
        # ONNX's text and its reference have no window for the rest; onnxruntime and ONNX's own
        # inference of shapes have one
        raise RefusedError(
            f"attribute 'ceil_mode' of {place.operator} with auto_pad VALID and a rest at the end"
        )
    words: dict[str, Padding] = {
        "NOTSET": ((pads[0], pads[2]), (pads[1], pads[3])),
        "SAME_UPPER": "same",
        "SAME_LOWER": "same-lower",
        "VALID": "valid",
    }
    return Window(kernel, stride, words[how], dilation, is_ceil and how == "NOTSET")


def _check_windows(
    place: Place, window: Window, size: Sequence[int], outputs: int, axis: int
) -> None:
    """Refuse pooling of windows that lie in the padding, which have no maximum and no mean."""
    rows, columns = size
    before, _ = window.pads((rows, columns))[axis]
    apart, taps = window.dilation[axis], window.kernel[axis]
    starts = np.arange(outputs) * window.stride[axis] - before
    first = np.maximum(0, -(starts // apart))
    inside = (first < taps) & (starts + first * apart < size[axis])
    if not inside.all():
        raise RefusedError(f"{place.operator} has windows that lie in its padding")
