"""Sums and products of outputs and constants."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.layers.layer import elements
from convfilter.nn.layers.pointwise import Affine, Combine
from convfilter.nn.layers.shaping import Reshape
from convfilter.nn.onnx.building import Operand, Output, Place, Step
from convfilter.nn.onnx.operators.declaring import operator
from convfilter.nn.onnx.problems import RefusedError

Array = NDArray[Any]
How = Literal["sum", "product"]

_NUMPY: dict[How, Callable[[Array, Array], Array]] = {"sum": np.add, "product": np.multiply}


@operator("Add")
def _add(place: Place) -> Operand:
    return _combined(place, "sum")


@operator("Mul")
def _mul(place: Place) -> Operand:
    return _combined(place, "product")


@operator("Sum")
def _sum(place: Place) -> Operand:
    return _combined(place, "sum")


def _combined(place: Place, how: How) -> Operand:
    if any(each is None for each in place.inputs):
        raise RefusedError(f"{place.operator} has inputs that are left out")
    numbers = range(len(place.inputs))
    outputs = [place.output(i) for i in numbers if isinstance(place.inputs[i], Output)]
    arrays = [each for each in place.inputs if each is not None and not isinstance(each, Output)]
    if not outputs:
        return functools.reduce(lambda a, b: _folded(place, how, a, b), arrays)
    combined = Combine(how)
    try:
        given = Output("", combined.output(*(each.shape for each in outputs)))
    except ArgumentError:
        shapes = " and ".join(str(each.shape) for each in outputs)
        raise RefusedError(f"{place.operator} of outputs of several shapes, {shapes}") from None
    steps: list[Step] = []
    if len(outputs) > 1:
        steps.append((combined, {}))
    if arrays:
        aligned = (_aligned(place, array, len(given.shape) + 1) for array in arrays)
        array = functools.reduce(lambda a, b: _folded(place, how, a, b), aligned)
        steps += _with_constant(place, given, array, how)
    return place.chain(outputs, *(steps or [(Reshape(given.shape), {})]))


def _folded(place: Place, how: How, first: Array, second: Array) -> Array:
    if first.dtype != second.dtype:
        raise RefusedError(f"{place.operator} of {first.dtype} and {second.dtype}")
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise RefusedError(
            f"{place.operator} of constants {first.shape} and {second.shape}"
        ) from None
    place.budget.spend(shape, first.itemsize)
    with np.errstate(all="ignore"):
        return _NUMPY[how](first, second)


def _aligned(place: Place, array: Array, rank: int) -> Array:
    """Return the constant with its axes where opset 6 says that they belong; later: as it is."""
    axis = place.attributes.get("axis")
    if not place.attributes.get("broadcast") or axis is None:
        return array
    missing = rank - place.axis(axis, rank) - array.ndim
    if missing < 0:
        raise RefusedError(f"attribute 'axis' of {place.operator} is {axis}")
    return array.reshape(*array.shape, *[1] * missing)


def _with_constant(place: Place, given: Output, array: Array, how: How) -> list[Step]:
    """Return the layers that add a constant or multiply by it."""
    if array.dtype != np.float32:
        raise RefusedError(f"{place.operator} with a constant of {array.dtype}")
    full = place.full_shape(given)
    # a constant stays small where one number is said of whole maps
    sides = (1,) * (len(full) - array.ndim) + array.shape
    if len(sides) > len(full) or any(
        side not in (1, whole) for side, whole in zip(sides, full, strict=True)
    ):
        raise RefusedError(f"{place.operator} of {full} with a constant {array.shape}")
    if sides[0] != 1:
        raise RefusedError(f"{place.operator} with a constant that differs between pictures")
    array = array.reshape(sides[1:])
    if len(given.shape) in (1, 3) and set(array.shape[1:]) <= {1}:
        return [(Affine(), _arrays(array.reshape(-1), given.shape[:1], how))]
    place.budget.spend((2, *given.shape), array.itemsize)
    features = (elements(given.shape),)
    row = np.broadcast_to(array, given.shape).reshape(features)
    steps: list[Step] = [(Reshape(features), {}), (Affine(), _arrays(row, features, how))]
    return [*steps, (Reshape(given.shape), {})]


def _arrays(numbers: Array, shape: tuple[int, ...], how: How) -> dict[str, Array]:
    row = np.broadcast_to(numbers, shape)
    if how == "sum":
        return {"weight": np.ones(shape, np.float32), "bias": row}
    return {"weight": row, "bias": np.zeros(shape, np.float32)}
