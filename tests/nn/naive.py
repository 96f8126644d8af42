"""Slow and obvious twins of the layers of networks, and of whole networks, in float64.

Arrays are (N, maps, rows, columns) or (N, features), weights have the layers' own names. Every
function follows the formula in the docstring of its layer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from convfilter.nn.graph import INPUT, Graph, Weights
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Layer
from convfilter.nn.layers.pointwise import (
    Affine,
    BatchNorm,
    Clip,
    Combine,
    Dropout,
    LeakyRelu,
    LocalResponse,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)
from convfilter.nn.layers.pooling import DepthPool, GlobalPool, Pool, Subsample
from convfilter.nn.layers.shaping import Concat, Flatten, Pad, Reshape, Transpose
from convfilter.nn.layers.window import Window

Array = np.ndarray[Any, np.dtype[Any]]


def run(graph: Graph, weights: Weights, x: Array) -> dict[str, Array]:
    """Return the output of every node by its name, and the input as `INPUT`."""
    arrays: dict[str, Array] = {INPUT: x.astype(np.float64)}
    for node in graph.nodes:
        shapes = graph.shapes_of(node.inputs)
        names = {**node.layer.parameters(*shapes), **node.layer.buffers(*shapes)}
        own = {name: weights[f"{node.name}.{name}"] for name in names}
        arrays[node.name] = forward(node.layer, own, *(arrays[name] for name in node.inputs))
    return arrays


def forward(layer: Layer, weights: Mapping[str, Array], *inputs: Array) -> Array:
    """Return what a layer makes of its inputs."""
    own = {name: array.astype(np.float64) for name, array in weights.items()}
    with np.errstate(over="ignore"):
        return compute(layer, own, *(x.astype(np.float64) for x in inputs))


@functools.singledispatch
def compute(layer: Layer, w: Mapping[str, Array], *inputs: Array) -> Array:
    """Return what a layer makes of its inputs, all in float64."""
    raise NotImplementedError(f"no twin of {type(layer).__name__}")


# Weighted sums


@compute.register
def _(layer: Conv2d, w: Mapping[str, Array], x: Array) -> Array:
    weight = w["weight"] if layer.table is None else w["weight"] * mask(layer, x.shape[1])
    outputs = layer.maps // layer.groups
    inputs = x.shape[1] // layer.groups
    result = np.zeros((len(x), layer.maps, *layer.window.outputs(x.shape[2:], "a convolution")))
    for group in range(layer.groups):
        into = slice(group * outputs, (group + 1) * outputs)
        maps = x[:, group * inputs : (group + 1) * inputs]
        for (u, v), pixels in taps(layer.window, maps, 0.0):
            # every output map is a sum over input maps of weight times pixel
            result[:, into] += np.einsum(
                "kc,ncij->nkij", weight[into, :, u, v], pixels, optimize=True
            )
    return result + of_maps(w["bias"], result) if layer.bias else result


def mask(layer: Conv2d, maps: int) -> Array:
    """Return 1 where an output map looks at an input map by the table, else 0."""
    assert layer.table is not None
    looks = np.array([[float(m in row) for m in range(maps)] for row in layer.table])
    return looks[:, :, np.newaxis, np.newaxis]


@compute.register
def _(layer: Linear, w: Mapping[str, Array], x: Array) -> Array:
    result = x @ w["weight"].T
    return result + w["bias"] if layer.bias else result


@compute.register
def _(layer: Rbf, w: Mapping[str, Array], x: Array) -> Array:
    return ((x[:, np.newaxis, :] - w["codes"]) ** 2).sum(axis=2)


# Windows


def taps(window: Window, x: Array, fill: float) -> Iterator[tuple[tuple[int, int], Array]]:
    """Yield each tap of a window, and the pixels that lie under it for every output.

    What lies in the padding or beyond it is `fill`.
    """
    rows, columns = window.outputs(x.shape[2:], "a window")
    (top, _), (left, _) = window.pads(x.shape[2:])
    down, across = window.stride
    high = (rows - 1) * down + window.reach[0]
    wide = (columns - 1) * across + window.reach[1]
    padded = np.full(
        (*x.shape[:2], max(high, top + x.shape[2]), max(wide, left + x.shape[3])), fill
    )
    padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    for u in range(window.kernel[0]):
        for v in range(window.kernel[1]):
            i, j = u * window.dilation[0], v * window.dilation[1]
            last_row, last_column = i + (rows - 1) * down, j + (columns - 1) * across
            yield (u, v), padded[:, :, i : last_row + 1 : down, j : last_column + 1 : across]


@compute.register
def _(layer: Pool, w: Mapping[str, Array], x: Array) -> Array:
    if layer.reduce == "max":
        return functools.reduce(
            np.maximum, (pixels for _, pixels in taps(layer.window, x, -np.inf))
        )
    total = sum(pixels for _, pixels in taps(layer.window, x, 0.0))
    return total / counted(layer, x.shape[2:])


def counted(layer: Pool, size: tuple[int, int]) -> Array:
    """Return by what the mean of each window is divided, (rows, columns).

    That is how many of its taps lie within the maps, or within the padded maps.
    """
    window = layer.window
    counts = []
    for axis, outputs in enumerate(window.outputs(size, "pooling")):
        before, after = window.pads(size)[axis]
        low, high = (-before, size[axis] + after) if layer.counts_padding else (0, size[axis])
        firsts = np.arange(outputs) * window.stride[axis] - before
        places = firsts[:, np.newaxis] + np.arange(window.kernel[axis]) * window.dilation[axis]
        counts.append(((places >= low) & (places < high)).sum(axis=1))
    return counts[0][:, np.newaxis] * counts[1]


@compute.register
def _(layer: DepthPool, w: Mapping[str, Array], x: Array) -> Array:
    groups = x.reshape(len(x), x.shape[1] // layer.size, layer.size, *x.shape[2:])
    return groups.max(axis=2) if layer.reduce == "max" else groups.mean(axis=2)


@compute.register
def _(layer: GlobalPool, w: Mapping[str, Array], x: Array) -> Array:
    reduce = np.max if layer.reduce == "max" else np.mean
    result: Array = reduce(x, axis=(2, 3), keepdims=True)
    return result


@compute.register
def _(layer: Subsample, w: Mapping[str, Array], x: Array) -> Array:
    window = Window((layer.size, layer.size), (layer.size, layer.size))
    total = sum(pixels for _, pixels in taps(window, x, 0.0))
    return total * of_maps(w["weight"], x) + of_maps(w["bias"], x)


# Number by number


def of_maps(numbers: Array, like: Array) -> Array:
    """Return one number of each map or feature, to be laid on an array."""
    return numbers.reshape(1, -1, *[1] * (like.ndim - 2))


@compute.register
def _(layer: Relu, w: Mapping[str, Array], x: Array) -> Array:
    return np.maximum(x, 0)


@compute.register
def _(layer: LeakyRelu, w: Mapping[str, Array], x: Array) -> Array:
    return np.where(x < 0, layer.slope * x, x)


@compute.register
def _(layer: Tanh, w: Mapping[str, Array], x: Array) -> Array:
    return layer.amplitude * np.tanh(layer.slope * x)


@compute.register
def _(layer: Sigmoid, w: Mapping[str, Array], x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


@compute.register
def _(layer: Clip, w: Mapping[str, Array], x: Array) -> Array:
    return np.minimum(np.maximum(x, layer.low), layer.high)


@compute.register
def _(layer: Softmax, w: Mapping[str, Array], x: Array) -> Array:
    grown = np.exp(x - x.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


@compute.register
def _(layer: Dropout, w: Mapping[str, Array], x: Array) -> Array:
    return x


@compute.register
def _(layer: LocalResponse, w: Mapping[str, Array], x: Array) -> Array:
    alpha = layer.alpha / layer.size if layer.divided else layer.alpha
    below, above = (layer.size - 1) // 2, layer.size // 2
    result = np.empty_like(x)
    for m in range(x.shape[1]):
        neighbours = x[:, max(m - below, 0) : m + above + 1]
        squares = (neighbours**2).sum(axis=1)
        result[:, m] = x[:, m] / (layer.k + alpha * squares) ** layer.beta
    return result


@compute.register
def _(layer: BatchNorm, w: Mapping[str, Array], x: Array) -> Array:
    mean, variance = of_maps(w["running_mean"], x), of_maps(w["running_var"], x)
    weight, bias = of_maps(w["weight"], x), of_maps(w["bias"], x)
    return (x - mean) / np.sqrt(variance + layer.epsilon) * weight + bias


@compute.register
def _(layer: Affine, w: Mapping[str, Array], x: Array) -> Array:
    return x * of_maps(w["weight"], x) + of_maps(w["bias"], x)


@compute.register
def _(layer: Combine, w: Mapping[str, Array], *inputs: Array) -> Array:
    how = {"sum": np.add, "product": np.multiply, "max": np.maximum}[layer.how]
    return functools.reduce(how, inputs)


# Shapes


@compute.register
def _(layer: Concat, w: Mapping[str, Array], *inputs: Array) -> Array:
    return np.concatenate(inputs, axis=1)


@compute.register
def _(layer: Flatten, w: Mapping[str, Array], x: Array) -> Array:
    return x.reshape(len(x), -1)


@compute.register
def _(layer: Reshape, w: Mapping[str, Array], x: Array) -> Array:
    return x.reshape(len(x), *layer.shape)


@compute.register
def _(layer: Transpose, w: Mapping[str, Array], x: Array) -> Array:
    return x.transpose(0, *(axis + 1 for axis in layer.order))


@compute.register
def _(layer: Pad, w: Mapping[str, Array], x: Array) -> Array:
    added = tuple((max(before, 0), max(after, 0)) for before, after in layer.pads)
    grown = np.pad(x, ((0, 0), (0, 0), *added), constant_values=layer.value)
    (top, bottom), (left, right) = [(max(-b, 0), max(-a, 0)) for b, a in layer.pads]
    return grown[:, :, top : grown.shape[2] - bottom, left : grown.shape[3] - right]
