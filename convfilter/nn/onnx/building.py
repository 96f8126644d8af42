"""A graph of layers as it grows, and what an operator of a file is given to add to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import INPUT, Node
from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.layer import Layer, Shape, elements
from convfilter.nn.layers.pooling import Pool
from convfilter.nn.onnx.problems import RefusedError, printable
from convfilter.nn.onnx.tensors import Budget, Tensors

__all__ = ["LARGEST_INPUT", "Builder", "Operand", "Output", "Place", "Step"]

Array = NDArray[Any]

LARGEST_INPUT = 2**26
"""Numbers of an input, for one picture: 256 MB."""

_LARGEST_OUTPUT = 2**26

_GROWTH = 1024
"""An output may have so many times the numbers of the input, or `_LARGEST_OUTPUT`."""

_LARGEST_TOTAL = 2**28

_TOTAL_GROWTH = 4096
"""All outputs together; those of ResNet-152 have 400 times as many numbers as its input."""


@dataclass(frozen=True)
class Output:
    """What a layer gives, for one picture.

    Attributes
    ----------
    name : of the layer, or `INPUT`
    shape : of one picture
    stack : the shape that the file gives to the outputs of all pictures together, where their axis
        is no longer the first one; one side may be -1. None where it is.
    """

    name: str
    shape: Shape
    stack: Shape | None = None


Operand = Output | Array
"""An output of a layer, or a constant."""

Step = tuple[Layer, Mapping[str, Array]]
"""A layer with its arrays."""


@dataclass
class Builder:
    """The nodes and weights of a graph, as far as they are built."""

    input_shape: Shape
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    _names: set[str] = field(default_factory=lambda: {INPUT})
    _total: int = 0

    def add(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[Output],
        arrays: Mapping[str, Array],
        alias: str,
    ) -> Output:
        """Add a layer; return its output.

        Raises
        ------
        RefusedError
            It cannot take its inputs, or needs far more memory than the input of the network.
        """
        try:
            shape = layer.output(*(each.shape for each in inputs))
        except ArgumentError as error:
            raise RefusedError(str(error)) from error
        self._check_size(elements(shape))
        self._total += elements(shape)
        if self._total > max(_LARGEST_TOTAL, _TOTAL_GROWTH * elements(self.input_shape)):
            raise RefusedError(f"outputs of {self._total} numbers together are too many")
        if isinstance(layer, Conv2d | Pool):
            maps, rows, columns = inputs[0].shape
            (top, bottom), (left, right) = layer.window.pads((rows, columns))
            self._check_size(maps * (rows + top + bottom) * (columns + left + right))
        name = printable(name)
        while name in self._names:
            name += "_"
        self._names.add(name)
        self.nodes.append(Node(name, layer, tuple(each.name for each in inputs), alias))
        self.weights |= {f"{name}.{array}": numbers for array, numbers in arrays.items()}
        return Output(name, shape)

    def _check_size(self, numbers: int) -> None:
        if numbers > max(_LARGEST_OUTPUT, _GROWTH * elements(self.input_shape)):
            raise RefusedError(f"{numbers} numbers of one picture are too many")


@dataclass
class Place:
    """An operator in its graph.

    Attributes
    ----------
    operator : its name
    name : of its first output
    alias : the name of the node
    version : the opset
    attributes : with defaults
    inputs : None where one is left out
    pictures : how many the file says that there are; 1 where it leaves that open
    """

    operator: str
    name: str
    alias: str
    version: int
    attributes: Mapping[str, Any]
    inputs: Sequence[Operand | None]
    pictures: int
    builder: Builder
    tensors: Tensors

    @property
    def budget(self) -> Budget:
        """How much may be made of constants."""
        return self.tensors.budget

    @property
    def has_constants_only(self) -> bool:
        """Whether it can be computed now."""
        return not any(isinstance(each, Output) for each in self.inputs)

    def chain(self, given: Output | Sequence[Output], *steps: Step) -> Output:
        """Add layers one after the other; the last one has the name of the operator's output."""
        inputs = [given] if isinstance(given, Output) else [*given]
        for layer, arrays in steps[:-1]:
            inside = f"{self.name}/{layer.kind}"
            inputs = [self.builder.add(inside, layer, inputs, arrays, "")]
        layer, arrays = steps[-1]
        return self.builder.add(self.name, layer, inputs, arrays, self.alias)

    def output(self, number: int = 0) -> Output:
        """Return an input that a layer gives, picture by picture."""
        given = self.inputs[number]
        if not isinstance(given, Output):
            raise RefusedError(f"{self.operator} of a constant is not supported")
        if given.stack is not None:
            raise RefusedError(f"{self.operator} of what mixes several pictures is not supported")
        return given

    def constant(self, number: int, what: str, dtype: type = np.float32) -> Array:
        """Return an input that has to be a constant, and there."""
        array = self.optional(number, what, dtype)
        if array is None:
            raise RefusedError(f"{self.operator} has no {what}")
        return array

    def optional(self, number: int, what: str, dtype: type = np.float32) -> Array | None:
        """Return an input that has to be a constant, or None where it is left out."""
        given = self.inputs[number] if number < len(self.inputs) else None
        if isinstance(given, Output):
            raise RefusedError(f"{what} of {self.operator} is not supported unless it is constant")
        if given is not None and given.dtype != dtype:
            raise RefusedError(f"{what} of {self.operator} is of {given.dtype}")
        return given

    def full_shape(self, given: Output) -> Shape:
        """Return the shape of an output of all pictures, as the file sees it."""
        if given.stack is None:
            return self.pictures, *given.shape
        total = self.pictures * elements(given.shape)
        known = -elements(given.stack)
        return tuple(total // known if side == -1 else side for side in given.stack)

    def axis(self, number: int, rank: int) -> int:
        """Return an axis counted from the first one."""
        if not -rank <= number < rank:
            raise RefusedError(f"{self.operator} has no axis {number}")
        return number % rank
