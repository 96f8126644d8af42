"""Operators that move numbers and change none, and those that give constants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.layers import shaping as layers
from convfilter.nn.layers.layer import Shape
from convfilter.nn.onnx.building import Operand, Output, Place, Step
from convfilter.nn.onnx.operators.declaring import operator
from convfilter.nn.onnx.problems import RefusedError

Array = NDArray[Any]

_MOST_AXES = 5
"""Of an output, with that of the pictures one more."""

_OPERANDS = 11
"""The opset since which the widths of Pad are an input."""


@operator("Constant")
def _constant(place: Place) -> Array:
    if len(place.attributes) != 1:
        raise RefusedError("Constant has no value, or several")
    ((name, value),) = place.attributes.items()
    if name == "value":
        return place.tensors.array(value)
    kinds = {
        "value_float": np.float32,
        "value_floats": np.float32,
        "value_int": np.int64,
        "value_ints": np.int64,
    }
    if name not in kinds:
        raise RefusedError(f"attribute {name!r} of Constant is not supported")
    return np.array(value, kinds[name])


@operator("ConstantOfShape")
def _constant_of_shape(place: Place) -> Array:
    shape = _numbers(place.constant(0, "the shape", np.int64), "the shape of ConstantOfShape")
    if len(shape) > _MOST_AXES + 1 or any(side < 0 for side in shape):
        raise RefusedError(f"ConstantOfShape has the shape {shape[:8]}")
    value = place.attributes.get("value")
    array = np.zeros(1, np.float32) if value is None else place.tensors.array(value)
    if array.size != 1:
        raise RefusedError("ConstantOfShape has several values")
    place.budget.spend(tuple(shape), array.itemsize)
    return np.broadcast_to(array.reshape(()), shape)


@operator("Identity")
def _identity(place: Place) -> Operand:
    given = place.inputs[0]
    if isinstance(given, Output):
        name = place.chain(given, (layers.Reshape(given.shape), {})).name
        return Output(name, given.shape, given.stack)
    return place.constant(0, "the input") if given is None else given


@operator("Reshape")
def _reshape(place: Place) -> Operand:
    given = place.inputs[0]
    target = _numbers(place.constant(1, "the shape", np.int64), "the shape of Reshape")
    if given is None:
        raise RefusedError("Reshape has no input")
    old = place.full_shape(given) if isinstance(given, Output) else given.shape
    new = _resolved(old, target, keeps_zeros=bool(place.attributes.get("allowzero", 0)))
    if not isinstance(given, Output):
        return given.reshape(new)
    stack = tuple(-1 if side == -1 else new[i] for i, side in enumerate(target))
    return _reshaped(place, given, new, stack)


def _resolved(old: Shape, target: Sequence[int], *, keeps_zeros: bool) -> Shape:
    """Return the shape that is meant: 0 is the side as it was, -1 what is left."""
    new = [
        old[i] if side == 0 and not keeps_zeros and i < len(old) else side
        for i, side in enumerate(target)
    ]
    known, total = math.prod(side for side in new if side != -1), math.prod(old)
    if new.count(-1) == 1 and known > 0:
        new[new.index(-1)] = total // known
    if len(new) > _MOST_AXES + 1 or any(side < 0 for side in new) or math.prod(new) != total:
        raise RefusedError(f"Reshape of {old} to {[*target][:8]}")
    return tuple(new)


def _reshaped(place: Place, given: Output, new: Shape, stack: Shape) -> Output:
    """Add a layer that gives numbers another shape; the first axis should be that of pictures."""
    if len(new) > 1 and new[0] == place.pictures:
        return place.chain(given, (layers.Reshape(new[1:]), {}))
    return Output(place.chain(given, (layers.Flatten(), {})).name, given.shape, stack)


@operator("Flatten")
def _flatten(place: Place) -> Operand:
    given = place.inputs[0]
    if given is None:
        raise RefusedError("Flatten has no input")
    old = place.full_shape(given) if isinstance(given, Output) else given.shape
    axis = place.attributes["axis"]
    axis = len(old) if axis == len(old) else place.axis(axis, len(old))
    new = math.prod(old[:axis]), math.prod(old[axis:])
    if not isinstance(given, Output):
        return given.reshape(new)
    if axis == 1 and given.stack is None:
        return place.chain(given, (layers.Flatten(), {}))
    return _reshaped(place, given, new, (1, -1) if axis == 0 else (-1, new[1]))


@operator("Transpose")
def _transpose(place: Place) -> Operand:
    given = place.inputs[0]
    rank = len(given.shape) + 1 if isinstance(given, Output) else np.ndim(given)  # type: ignore[arg-type]
    order = place.attributes.get("perm", [*range(rank)][::-1])
    if sorted(order) != [*range(rank)]:
        raise RefusedError(f"attribute 'perm' of Transpose is {order[:8]} for {rank} axes")
    if given is not None and not isinstance(given, Output):
        return given.transpose(order)
    given = place.output()
    if order[0] != 0:
        raise RefusedError("attribute 'perm' of Transpose moves the axis of the pictures")
    return place.chain(given, (layers.Transpose(tuple(axis - 1 for axis in order[1:])), {}))


@operator("Concat")
def _concat(place: Place) -> Operand:
    axis = place.attributes["axis"]
    if place.has_constants_only:
        return _joined(place, axis)
    outputs = [place.output(number) for number in range(len(place.inputs))]
    rank = len(outputs[0].shape) + 1
    axis = place.axis(axis, rank) - 1
    if any(len(each.shape) + 1 != rank for each in outputs):
        raise RefusedError("Concat of outputs with several numbers of axes")
    if axis < 0:
        raise RefusedError("attribute 'axis' of Concat is that of the pictures")
    if axis == 0:
        return place.chain(outputs, (layers.Concat(), {}))
    # the axis is brought to the front, and back
    order = (axis, *(i for i in range(rank - 1) if i != axis))
    turn = layers.Transpose(order)
    turned = [
        place.builder.add(f"{place.name}/{turn.kind}", turn, [each], {}, "") for each in outputs
    ]
    back = layers.Transpose(tuple(int(i) for i in np.argsort(order)))
    return place.chain(turned, (layers.Concat(), {}), (back, {}))


def _joined(place: Place, axis: int) -> Array:
    arrays = [each for each in place.inputs if each is not None and not isinstance(each, Output)]
    if len({(array.dtype, array.ndim) for array in arrays}) != 1 or not arrays[0].ndim:
        raise RefusedError("Concat of constants of several kinds")
    axis = place.axis(axis, arrays[0].ndim)
    if len({array.shape[:axis] + array.shape[axis + 1 :] for array in arrays}) != 1:
        raise RefusedError("Concat of constants of several shapes")
    for array in arrays:
        place.budget.spend(array.shape, array.itemsize)
    return np.concatenate(arrays, axis)


@operator("Pad")
def _pad(place: Place) -> Output:
    given = place.output()
    rank = len(given.shape) + 1
    if rank != 4:
        raise RefusedError(f"Pad of {rank} axes is not supported, of 4 it is")
    if place.version < _OPERANDS:
        widths, value = place.attributes["pads"], place.attributes["value"]
        axes = [*range(rank)]
    else:
        widths = _numbers(place.constant(1, "the widths", np.int64), "the widths of Pad")
        fill = place.optional(2, "the value")
        if fill is not None and fill.size != 1:
            raise RefusedError(f"Pad has {fill.size} values")
        value = 0.0 if fill is None else float(fill.reshape(())[()])
        axes = [place.axis(axis, rank) for axis in _axes(place, rank)]
    if len(widths) != 2 * len(axes) or len(set(axes)) != len(axes):
        raise RefusedError(f"Pad has {len(widths)} widths for {len(axes)} axes")
    if not np.isfinite(value):
        raise RefusedError("Pad has a value that is not finite")
    pads = [(0, 0)] * rank
    for i, axis in enumerate(axes):
        pads[axis] = widths[i], widths[i + len(axes)]
    if any(pads[0]):
        raise RefusedError("Pad of the axis of the pictures is not supported")
    steps: list[Step] = []
    if any(pads[1]):
        # maps are padded as if they were rows
        steps = [
            (layers.Transpose((2, 0, 1)), {}),
            (layers.Pad((pads[1], (0, 0)), value), {}),
            (layers.Transpose((1, 2, 0)), {}),
        ]
    if any(pads[2]) or any(pads[3]) or not steps:
        steps.append((layers.Pad((pads[2], pads[3]), value), {}))
    return place.chain(given, *steps)


def _axes(place: Place, rank: int) -> list[int]:
    for dtype in (np.int64, np.int32):
        given = place.inputs[3] if len(place.inputs) > 3 else None
        if given is None:
            return [*range(rank)]
        if isinstance(given, Output) or given.dtype == dtype:
            return _numbers(place.constant(3, "the axes", dtype), "the axes of Pad")
    raise RefusedError("the axes of Pad are no integers")


def _numbers(array: Array, what: str) -> list[int]:
    """Return the numbers of a short list."""
    if array.ndim != 1 or array.size > 2 * (_MOST_AXES + 1):
        raise RefusedError(f"{what} is an array {array.shape}")
    return [int(number) for number in array]
