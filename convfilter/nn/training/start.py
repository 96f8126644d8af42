"""Weights to begin with, drawn by chance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Shape
from convfilter.nn.layers.pointwise import BatchNorm, Tanh
from convfilter.nn.layers.pooling import Subsample
from convfilter.nn.training.codes import DIGITS

Drawn = dict[str, NDArray[np.float32]]


def start(graph: Graph, seed: int) -> Drawn:
    """Return weights for a network, the same for the same seed.

    Weights before a tanh are even between -2.4 / n and 2.4 / n of n inputs (LeCun et al. 1998),
    others normal of variance 2 / n (He et al. 2015). Biases are 0, windows of subsampling begin as
    means, the codes of `Rbf` are the digits as pictures of 7x12 pixels.

    Parameters
    ----------
    graph : the network
    seed : a whole number from 0

    Raises
    ------
    ArgumentError
        For an `Rbf` of more than ten classes, or of features other than 84.
    """
    rng = np.random.default_rng(seed)
    saturating = {
        name for node in graph.nodes if isinstance(node.layer, Tanh) for name in node.inputs
    }
    found: Drawn = {}
    for node in graph.nodes:
        shapes = graph.shapes_of(node.inputs)
        own = {**node.layer.parameters(*shapes), **node.layer.buffers(*shapes)}
        for name, shape in own.items():
            array = _begin(node, name, shape, rng, node.name in saturating)
            found[f"{node.name}.{name}"] = array.astype(np.float32)
    return found


def _begin(
    node: Node, name: str, shape: Shape, rng: np.random.Generator, saturates: bool
) -> NDArray[np.float64]:
    layer = node.layer
    if name == "weight" and isinstance(layer, Conv2d | Linear):
        return _weight(layer, shape, rng, saturates)
    if name == "weight" and isinstance(layer, Subsample):
        return np.full(shape, 1 / layer.size**2)
    if isinstance(layer, BatchNorm) and name in ("weight", "running_var"):
        return np.ones(shape)
    if isinstance(layer, Rbf):
        if shape[0] > len(DIGITS) or shape[1] != DIGITS.shape[1]:
            raise ArgumentError(
                f"layer {node.name!r} has no codes for {shape[0]} classes of {shape[1]} features:"
                f" there are pictures of {len(DIGITS)} digits, {DIGITS.shape[1]} pixels each"
            )
        return DIGITS[: shape[0]]
    return np.zeros(shape)


def _weight(
    layer: Conv2d | Linear, shape: Shape, rng: np.random.Generator, saturates: bool
) -> NDArray[np.float64]:
    inputs = np.full(shape[0], math.prod(shape[1:]))
    mask = np.ones(shape)
    if isinstance(layer, Conv2d) and layer.table is not None:
        mask[:] = 0
        for out, looked_at in enumerate(layer.table):
            mask[out, list(looked_at)] = 1
            inputs[out] = len(looked_at) * math.prod(shape[2:])
    counts = inputs.reshape(-1, *[1] * (len(shape) - 1))
    drawn: NDArray[np.float64]
    if saturates:
        drawn = rng.uniform(-2.4, 2.4, shape) / counts * mask
        return drawn
    drawn = rng.normal(0, 1, shape) * np.sqrt(2 / counts) * mask
    return drawn
