"""A network as a list of layers with their figures, and their totals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from convfilter.nn.graph import Graph, Node
from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.layer import Shape, elements
from convfilter.nn.layers.pointwise import Activation, Affine, BatchNorm
from convfilter.nn.layers.pooling import Pool, Subsample
from convfilter.nn.layers.window import Pads, Pair, Window
from convfilter.nn.summary.fields import Field, fields
from convfilter.nn.summary.memory import BYTES, inference_bytes, training_bytes


@dataclass(frozen=True)
class Row:
    """A layer with the normalisation and the activation that follow it.

    Attributes
    ----------
    name, alias : of the layer, and what the paper calls it
    type : such as conv2d or max-pool
    maps : of the output, or its features
    size : rows and columns of the output; None for features
    kernel, stride, padding, dilation, groups : of its window; None where there is none
    normalisation, activation : what follows, or an empty string
    parameters : that are trained
    multiply_adds, connections : for one picture
    activation_bytes : of its output, for one picture, as float32
    receptive_field : of a number of its output
    dense_weights : of a fully connected layer in its place, for a convolution
    dense_weights_per_map : the same for one map of the output
    """

    name: str
    alias: str
    type: str
    maps: int
    size: Pair | None
    kernel: Pair | None
    stride: Pair | None
    padding: Pads | None
    dilation: Pair | None
    groups: int | None
    normalisation: str
    activation: str
    parameters: int
    multiply_adds: int
    connections: int
    activation_bytes: int
    receptive_field: Field
    dense_weights: int | None
    dense_weights_per_map: int | None


@dataclass(frozen=True)
class Summary:
    """A network's layers and what they cost together, for one picture.

    Attributes
    ----------
    name : of the network
    input : (maps, rows, columns)
    parameters, connections, multiply_adds : of all layers
    parameter_bytes : of all arrays, as float32
    activation_bytes : of the outputs of all layers
    inference_bytes : of what lives at the same time, at the worst moment
    training_bytes : of the input and every step's output, all of which training keeps
    dense_weights : of fully connected layers in place of the convolutions
    layers : in their order
    """

    name: str
    input: Shape
    parameters: int
    connections: int
    multiply_adds: int
    parameter_bytes: int
    activation_bytes: int
    inference_bytes: int
    training_bytes: int
    dense_weights: int
    layers: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as lists, dictionaries and numbers, as JSON has them."""
        return asdict(self)


def summarise(graph: Graph) -> Summary:
    """Return the layers of a network with their figures.

    Raises
    ------
    ArgumentError
        Where a layer cannot take what it is given.
    """
    seen = fields(graph)
    rows = tuple(_row(graph, group, seen) for group in _groups(graph))
    return Summary(
        graph.name,
        graph.input_shape,
        sum(row.parameters for row in rows),
        sum(row.connections for row in rows),
        sum(row.multiply_adds for row in rows),
        BYTES * sum(map(elements, graph.arrays().values())),
        sum(row.activation_bytes for row in rows),
        inference_bytes(graph),
        training_bytes(graph),
        sum(row.dense_weights or 0 for row in rows),
        rows,
    )


def _groups(graph: Graph) -> Iterator[list[Node]]:
    """Yield each layer with the normalisation and activation that alone look at it."""
    followers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in node.inputs:
            followers.setdefault(name, []).append(node)
    taken: set[str] = set()
    for node in graph.nodes:
        if node.name in taken:
            continue
        group = [node]
        while (
            len(behind := followers.get(group[-1].name, [])) == 1
            and group[-1].name != graph.output
            and _follows(behind[0], group)
        ):
            group += behind
        taken.update(member.name for member in group)
        yield group


def _follows(node: Node, group: Sequence[Node]) -> bool:
    if any(isinstance(member.layer, Activation) for member in group):
        return False
    if isinstance(node.layer, BatchNorm | Affine):
        return len(group) == 1 and isinstance(group[0].layer, Conv2d)
    return isinstance(node.layer, Activation)


def _row(graph: Graph, group: Sequence[Node], seen: dict[str, Field]) -> Row:
    first, last = group[0], group[-1]
    before, shape = graph.shapes[first.inputs[0]], graph.shapes[last.name]
    size = (shape[1], shape[2]) if len(shape) == 3 else None
    window = _window(first)
    is_convolution = isinstance(first.layer, Conv2d)
    per_map = elements(before) * math.prod(shape[1:]) if is_convolution else None
    return Row(
        name=first.name,
        alias=next((member.alias for member in group if member.alias), ""),
        type=first.layer.kind,
        maps=shape[0],
        size=size,
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        padding=window.pads((before[1], before[2])) if window else None,
        dilation=window.dilation if window else None,
        groups=first.layer.groups if isinstance(first.layer, Conv2d) else None,
        normalisation=_kind_of(group[1:], (BatchNorm, Affine)),
        activation=_kind_of(group[1:], (Activation,)),
        parameters=_total(graph, group, "trained"),
        multiply_adds=_total(graph, group, "multiply_adds"),
        connections=_total(graph, group, "connections"),
        activation_bytes=BYTES * elements(shape),
        receptive_field=seen[last.name],
        dense_weights=None if per_map is None else per_map * shape[0],
        dense_weights_per_map=per_map,
    )


def _window(node: Node) -> Window | None:
    if isinstance(node.layer, Conv2d | Pool):
        return node.layer.window
    if isinstance(node.layer, Subsample):
        return Window((node.layer.size,) * 2, (node.layer.size,) * 2)
    return None


def _kind_of(nodes: Sequence[Node], classes: tuple[type, ...]) -> str:
    return next((node.layer.kind for node in nodes if isinstance(node.layer, classes)), "")


def _total(graph: Graph, group: Sequence[Node], figure: str) -> int:
    return sum(getattr(node.layer, figure)(*graph.shapes_of(node.inputs)) for node in group)
