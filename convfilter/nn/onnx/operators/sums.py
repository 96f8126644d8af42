"""Products of matrices: layers that are fully connected, or convolutions of 1x1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.layers.convolution import Conv2d, Linear
from convfilter.nn.layers.shaping import Reshape, Transpose
from convfilter.nn.layers.window import Window
from convfilter.nn.onnx.building import Output, Place, Step
from convfilter.nn.onnx.operators.declaring import operator
from convfilter.nn.onnx.problems import RefusedError

Array = NDArray[Any]

_ONE = Window((1, 1))

_MATRIX = 2


@operator("Gemm")
def _gemm(place: Place) -> Output:
    given, weight = place.output(), place.constant(1, "the second matrix")
    of = place.attributes
    if weight.ndim != _MATRIX or len(given.shape) != 1:
        raise RefusedError(f"Gemm of {given.shape} with {weight.shape} is not supported")
    # by rows of outputs, as Linear has it
    weight = weight if of["transB"] else weight.T
    if weight.shape[1] != given.shape[0] or not weight.shape[0]:
        raise RefusedError(f"Gemm of {given.shape[0]} features has weights of {weight.shape[1]}")
    if of["alpha"] != 1:
        place.budget.spend(weight.shape, weight.itemsize)
        weight = (weight * of["alpha"]).astype(np.float32)
    arrays = {"weight": weight}
    bias = place.optional(2, "the third matrix")
    if bias is not None:
        arrays["bias"] = (_row(place, bias, len(weight)) * of["beta"]).astype(np.float32)
    return place.chain(given, (Linear(len(weight), bias is not None), arrays))


def _row(place: Place, bias: Array, features: int) -> Array:
    """Return what is added to each picture alike."""
    row = bias[0] if bias.ndim == _MATRIX and len(bias) == 1 else bias
    if row.ndim > 1 or row.size not in (1, features):
        raise RefusedError(f"Gemm to {features} features with a third matrix {bias.shape}")
    place.budget.spend((features,), row.itemsize)
    return np.broadcast_to(row, (features,))


@operator("MatMul")
def _matmul(place: Place) -> Output:
    given, weight = place.output(), place.constant(1, "the second matrix")
    is_vector = weight.ndim == 1
    matrix = weight[:, np.newaxis] if is_vector else weight
    if not 1 <= weight.ndim <= len(given.shape) + 1 or 0 in weight.shape:
        raise RefusedError(f"MatMul with a constant {weight.shape} is not supported")
    if matrix.shape[-2] != given.shape[-1] or len(given.shape) > 3:
        raise RefusedError(f"MatMul of {given.shape} with {weight.shape} is not supported")
    if len(given.shape) == 1:
        if is_vector:
            raise RefusedError("MatMul to a single number is not supported")
        return place.chain(given, (Linear(matrix.shape[1], bias=False), {"weight": matrix.T}))
    maps, rows, inner = (1, *given.shape)[-3:]
    shape = maps, rows, inner
    steps: list[Step] = [(Reshape(shape), {})] if shape != given.shape else []
    matrices = matrix.reshape(
        matrix.size // (matrix.shape[-2] * matrix.shape[-1]), *matrix.shape[-2:]
    )
    if matrix.shape[:-2] != (1,) * (matrix.ndim - 3) + matrices.shape[:1] and matrix.ndim > _MATRIX:
        raise RefusedError(f"MatMul with a constant {weight.shape} differs between pictures")
    if len(matrices) != 1 and (maps not in (1, len(matrices)) or len(given.shape) != 3):
        raise RefusedError(f"MatMul of {given.shape} with {weight.shape} is not supported")
    more, result = _products(shape, matrices)
    steps += more
    if is_vector:
        result = result[:-1]
    wanted = (*given.shape[:-2], rows, *result[2:]) if len(matrices) == 1 else result
    return place.chain(given, *steps, (Reshape(wanted), {}))


def _products(shape: tuple[int, int, int], matrices: Array) -> tuple[list[Step], tuple[int, ...]]:
    """Return layers that multiply the rows of maps by one matrix, or by one of each map."""
    maps, rows, inner = shape
    count, _, outer = matrices.shape
    weight = matrices.transpose(0, 2, 1).reshape(count * outer, inner, 1, 1)
    arrays = {"weight": weight}
    if count == 1:
        return [
            (Transpose((2, 0, 1)), {}),
            (Conv2d(outer, _ONE, bias=False), arrays),
            (Transpose((1, 2, 0)), {}),
        ], (maps, rows, outer)
    return [
        (Transpose((0, 2, 1)), {}),
        (Reshape((maps * inner, rows, 1)), {}),
        (Conv2d(count * outer, _ONE, groups=maps, bias=False), arrays),
        (Reshape((count, outer, rows)), {}),
        (Transpose((0, 2, 1)), {}),
    ], (count, rows, outer)
