"""Operators that keep the shape: activations, normalisations, and what only training changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from convfilter.nn.layers import pointwise as layers
from convfilter.nn.layers.layer import elements
from convfilter.nn.layers.shaping import Reshape, Transpose
from convfilter.nn.onnx.building import Operand, Output, Place, Step
from convfilter.nn.onnx.operators.declaring import operator
from convfilter.nn.onnx.problems import RefusedError

_AXIS_OF_ITS_OWN = 13
"""The opset since which Softmax looks along one axis, not at all from one axis on."""

_OPERANDS = 11
"""The opset since which the limits of Clip are inputs."""


@operator("Relu")
def _relu(place: Place) -> Output:
    return _of_each(place, layers.Relu())


@operator("LeakyRelu")
def _leaky_relu(place: Place) -> Output:
    return _of_each(place, layers.LeakyRelu(place.attributes["alpha"]))


@operator("Sigmoid")
def _sigmoid(place: Place) -> Output:
    return _of_each(place, layers.Sigmoid())


@operator("Tanh")
def _tanh(place: Place) -> Output:
    return _of_each(place, layers.Tanh())


@operator("Clip")
def _clip(place: Place) -> Output:
    largest = float(np.finfo(np.float32).max)
    limits = [-largest, largest]
    for number, name in enumerate(("min", "max")):
        if place.version < _OPERANDS:
            limits[number] = place.attributes[name]
            continue
        array = place.optional(number + 1, f"the {name}imum")
        if array is not None:
            if array.size != 1:
                raise RefusedError(f"Clip with a {name}imum {array.shape} is not supported")
            limits[number] = float(array.reshape(())[()])
    if np.isnan(limits).any():
        raise RefusedError("Clip has a limit that is NaN")
    # where the limits are in the wrong order, the upper one counts
    low, high = min(limits), limits[1]
    return _of_each(place, layers.Clip(low, high))


@operator("Dropout")
def _dropout(place: Place) -> Operand:
    given = place.inputs[0]
    mode = place.optional(2, "the mode", np.bool_)
    if mode is not None and mode.any():
        raise RefusedError("Dropout in training is not supported")
    ratio = place.optional(1, "the ratio")
    probability = place.attributes.get("ratio", 0.5) if ratio is None else float(ratio.mean())
    if not 0 <= probability < 1:
        raise RefusedError(f"Dropout with a ratio of {probability} is not supported")
    if given is not None and not isinstance(given, Output):
        return given
    return _of_each(place, layers.Dropout(probability))


@operator("LRN")
def _local_response(place: Place) -> Output:
    of = place.attributes
    given = place.output()
    if not 1 <= of["size"] <= 2 * given.shape[0] + 1:
        raise RefusedError(f"attribute 'size' of LRN is {of['size']}")
    return place.chain(
        given, (layers.LocalResponse(of["size"], of["alpha"], of["beta"], of["bias"]), {})
    )


@operator("BatchNormalization")
def _batch_norm(place: Place) -> Output:
    given = place.output()
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {name: place.constant(i, f"the {name}") for i, name in enumerate(names, 1)}
    for name, array in arrays.items():
        if array.shape != given.shape[:1]:
            raise RefusedError(f"BatchNormalization of {given.shape} has a {name} {array.shape}")
    epsilon = place.attributes["epsilon"]
    if (arrays["running_var"] + epsilon <= 0).any():
        raise RefusedError("BatchNormalization has variances that are not positive")
    return place.chain(given, (layers.BatchNorm(epsilon), arrays))


@operator("Softmax")
def _softmax(place: Place) -> Output:
    given, softmax = place.output(), layers.Softmax()
    rank = len(given.shape) + 1
    axis = place.axis(place.attributes["axis"], rank)
    if axis == 0:
        raise RefusedError("attribute 'axis' of Softmax is that of the pictures")
    if axis == 1 and rank == 2:
        return place.chain(given, (softmax, {}))
    before = elements(given.shape[: axis - 1])
    if place.version < _AXIS_OF_ITS_OWN:
        middle, after = elements(given.shape[axis - 1 :]), 1
    else:
        middle, after = given.shape[axis - 1], elements(given.shape[axis:])
    if axis == 1 and rank == 4 and middle == given.shape[0]:
        return place.chain(given, (softmax, {}))
    turned: Step = Transpose((1, 0, 2)), {}
    there: Step = Reshape((before, middle, after)), {}
    return place.chain(given, there, turned, (softmax, {}), turned, (Reshape(given.shape), {}))


def _of_each(place: Place, layer: layers.Pointwise) -> Output:
    """Add a layer that looks at each number alone, wherever the axis of pictures is."""
    given = place.inputs[0]
    if not isinstance(given, Output):
        raise RefusedError(f"{place.operator} of a constant is not supported")
    return replace(place.chain(given, (layer, {})), stack=given.stack)
