"""Receptive fields: what part of the picture a number of a layer depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Shape
from convfilter.nn.layers.pooling import GlobalPool, Pool, Subsample
from convfilter.nn.layers.shaping import Flatten, Pad, Reshape, Transpose
from convfilter.nn.layers.window import Pair, Window


@dataclass(frozen=True)
class Field:
    """The receptive fields of a layer's outputs, in pixels of the picture, rows and columns.

    Attributes
    ----------
    size : of each field; what lies in the padding counts
    stride : from one field to the next; 0 where there is none
    offset : where the first one begins; negative in the padding
    """

    size: Pair
    stride: Pair
    offset: Pair


def fields(graph: Graph) -> dict[str, Field]:
    """Return the receptive field of every output.

    The rules are those of Araujo, Norris and Sim 2019, Computing receptive fields of convolutional
    neural networks. Where branches meet, the field is the smallest rectangle around theirs.
    """
    found = {INPUT: Field((1, 1), (1, 1), (0, 0))}
    for node in graph.nodes:
        before = _around([found[name] for name in node.inputs])
        found[node.name] = _behind(node, before, graph.shapes[node.inputs[0]])
    return found


def _behind(node: Node, before: Field, shape: Shape) -> Field:
    layer = node.layer
    if isinstance(layer, Conv2d | Pool):
        return _windowed(before, layer.window, shape[1:])
    if isinstance(layer, Subsample):
        return _windowed(before, Window((layer.size,) * 2, (layer.size,) * 2), shape[1:])
    if isinstance(layer, GlobalPool | Flatten | Linear | Rbf | Reshape | Transpose):
        return _all(before, shape)
    if isinstance(layer, Pad):
        (top, _), (left, _) = layer.pads
        down, across = before.stride
        offset = before.offset[0] - top * down, before.offset[1] - left * across
        return Field(before.size, before.stride, offset)
    return before


def _windowed(before: Field, window: Window, sides: Sequence[int]) -> Field:
    pads = window.pads((sides[0], sides[1]))
    axes = [
        (
            before.size[axis] + (window.reach[axis] - 1) * before.stride[axis],
            before.stride[axis] * window.stride[axis],
            before.offset[axis] - pads[axis][0] * before.stride[axis],
        )
        for axis in (0, 1)
    ]
    return _of_axes(axes)


def _all(before: Field, shape: Shape) -> Field:
    """Return the field of what looks at all rows and columns; features have none of them left."""
    sides = shape[1:3] if len(shape) == 3 else (1, 1)
    axes = [
        (size + (side - 1) * stride, 0, offset)
        for size, side, stride, offset in zip(
            before.size, sides, before.stride, before.offset, strict=True
        )
    ]
    return _of_axes(axes)


def _around(several: Sequence[Field]) -> Field:
    """Return the smallest field around several."""
    axes = []
    for axis in (0, 1):
        first = min(field.offset[axis] for field in several)
        last = max(field.offset[axis] + field.size[axis] for field in several)
        axes.append((last - first, max(field.stride[axis] for field in several), first))
    return _of_axes(axes)


def _of_axes(axes: Sequence[tuple[int, int, int]]) -> Field:
    rows, columns = axes
    return Field((rows[0], columns[0]), (rows[1], columns[1]), (rows[2], columns[2]))
