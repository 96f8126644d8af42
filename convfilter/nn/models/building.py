"""A network written down line by line, each layer behind the one before unless it says more."""

from __future__ import annotations

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.layers.pooling import Pool, Reduce
from convfilter.nn.layers.window import Window


class Stack:
    """Layers on their way to a graph."""

    def __init__(self, name: str, *input_shape: int) -> None:
        self._name = name
        self._input_shape: Shape = input_shape
        self._nodes: list[Node] = []
        self.last = INPUT

    def add(self, name: str, layer: Layer, *inputs: str, alias: str = "") -> str:
        """Put a layer on top of `inputs`, or of the last one, and return its name."""
        self._nodes.append(Node(name, layer, inputs or (self.last,), alias))
        self.last = name
        return name

    def graph(self) -> Graph:
        """Return the network."""
        return Graph(self._name, self._input_shape, tuple(self._nodes))


def convolution(
    maps: int, size: int, stride: int = 1, padding: int = 0, *, groups: int = 1, bias: bool = True
) -> Conv2d:
    """Return a convolution that is the same along rows and columns."""
    return Conv2d(maps, _window(size, stride, padding), groups, bias)


def pooling(
    reduce: Reduce, size: int, stride: int, padding: int = 0, *, ceil: bool = False
) -> Pool:
    """Return a pooling that is the same along rows and columns."""
    return Pool(reduce, _window(size, stride, padding, ceil))


def _window(size: int, stride: int, padding: int, ceil: bool = False) -> Window:
    around = (padding, padding)
    return Window((size, size), (stride, stride), (around, around), ceil=ceil)
