"""Random weights of a realistic scale, for trying a network that has none."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.graph import Graph, Node
from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.layer import Shape
from convfilter.nn.layers.pointwise import Combine
from convfilter.nn.layers.pooling import Subsample

Array = NDArray[np.float32]

SPREAD = 0.1
"""The standard deviation of biases, and of what batch normalisation multiplies by around 1."""


def random_weights(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Return seeded random numbers for every array of a network, float32, by name.

    Convolutions and what is fully connected get normal numbers of variance 2 / inputs (He et al.
    2015, Delving deep into rectifiers), so that the outputs of all layers are of one size;
    variances are positive, codes are -1 or 1. The same seed gives the same numbers.

    >>> from convfilter.nn import models
    >>> random_weights(models.get("lenet5-modern"), seed=1)["conv1.weight"].shape
    (6, 1, 5, 5)
    """
    generator = np.random.default_rng(seed)
    added = _added(graph)
    weights: dict[str, Array] = {}
    for node in graph.nodes:
        shapes = graph.shapes_of(node.inputs)
        arrays = {**node.layer.parameters(*shapes), **node.layer.buffers(*shapes)}
        for name, shape in arrays.items():
            drawn = generator.standard_normal(shape, np.float32)
            weights[f"{node.name}.{name}"] = _scaled(node, name, shape, drawn, node.name in added)
    return weights


def _scaled(node: Node, name: str, shape: Shape, drawn: Array, is_added: bool) -> Array:
    """Return standard normal numbers, brought to what the array means."""
    if name == "codes":
        return np.copysign(np.float32(1), drawn)
    if name == "weight" and len(shape) > 1:
        return _of_kernels(node, drawn)
    small = drawn * np.float32(SPREAD)
    if name == "running_var":
        variance: Array = np.abs(1 + small)
        return variance
    if name == "weight":
        if isinstance(node.layer, Subsample):
            return (1 + small) / np.float32(node.layer.size**2)
        # else the numbers would double with every block
        return (1 + small) * np.float32(0.5 if is_added else 1)
    return small


def _of_kernels(node: Node, drawn: Array) -> Array:
    inputs = math.prod(drawn.shape[1:])
    layer = node.layer
    if isinstance(layer, Conv2d) and layer.table is not None:
        for row, looked_at in zip(drawn, layer.table, strict=True):
            row[[m for m in range(len(row)) if m not in looked_at]] = 0
        inputs = inputs * sum(map(len, layer.table)) // (drawn.shape[0] * drawn.shape[1])
    return drawn * np.float32(math.sqrt(2 / inputs))


def _added(graph: Graph) -> set[str]:
    """Return the nodes whose output is added to another one."""
    return {
        name
        for node in graph.nodes
        if isinstance(node.layer, Combine) and node.layer.how == "sum"
        for name in node.inputs
    }
