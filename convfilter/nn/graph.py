"""Networks as graphs: layers by name, each with the names of what it looks at."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.layers.layer import Layer, Shape

INPUT = "input"
"""The name of what a network is given."""

Weights = Mapping[str, NDArray[Any]]
"""Arrays by name: ``f"{node}.{parameter}"``, as torchvision spells them."""


@dataclass(frozen=True)
class Node:
    """A layer at its place in a network.

    Attributes
    ----------
    name : of the node and of its output, as torchvision or the ONNX file calls it
    layer : what it computes
    inputs : names of the nodes whose outputs it takes, or `INPUT`
    alias : the name that the paper gives it, such as C1
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    alias: str = ""


@dataclass(frozen=True)
class Graph:
    """A network without its weights.

    Attributes
    ----------
    name : of the network
    input_shape : (maps, rows, columns) that it is given
    nodes : each after all that it looks at
    output : the name of the node whose output is that of the network
    """

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    output: str = ""
    _by_name: dict[str, Node] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every node stands behind what it looks at, and that names differ."""
        known = {INPUT}
        for node in self.nodes:
            if node.name in known:
                raise ArgumentError(f"two layers are called {node.name!r}")
            missing = [name for name in node.inputs if name not in known]
            if missing:
                raise ArgumentError(
                    f"layer {node.name!r} looks at {missing[0]!r}, which is not there"
                )
            known.add(node.name)
            self._by_name[node.name] = node
        if not self.nodes:
            raise ArgumentError("a network needs a layer")
        if not self.output:
            object.__setattr__(self, "output", self.nodes[-1].name)
        for node in self.nodes:
            if node.alias:
                self._by_name.setdefault(node.alias, node)

    def node(self, name: str) -> Node | None:
        """Return the node of a name or an alias, or the last one within a module of this name.

        So `layer1` is what torchvision's module of this name gives, `layer1.1.relu_1`.
        """
        inside = [node for node in self.nodes if node.name.startswith(f"{name}.")]
        return self._by_name.get(name) or (inside[-1] if inside else None)

    @functools.cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of the input and of every output, for one picture.

        Raises
        ------
        ArgumentError
            Where a layer cannot take what it is given; the message names the layer.
        """
        shapes: dict[str, Shape] = {INPUT: self.input_shape}
        for node in self.nodes:
            try:
                shapes[node.name] = node.layer.output(*self.shapes_of(node.inputs, shapes))
            except ArgumentError as error:
                raise ArgumentError(f"layer {node.name!r}: {error}") from error
        return shapes

    def shapes_of(
        self, names: Iterable[str], shapes: Mapping[str, Shape] | None = None
    ) -> list[Shape]:
        """Return the shapes of some outputs."""
        known = self.shapes if shapes is None else shapes
        return [known[name] for name in names]

    def for_input(self, shape: Shape) -> Graph:
        """Return the same network for inputs of another size."""
        return Graph(self.name, shape, self.nodes, self.output)

    def arrays(self) -> dict[str, Shape]:
        """Return the name and the shape of every array that the network needs."""
        found: dict[str, Shape] = {}
        for node in self.nodes:
            shapes = self.shapes_of(node.inputs)
            for name, shape in {
                **node.layer.parameters(*shapes),
                **node.layer.buffers(*shapes),
            }.items():
                found[f"{node.name}.{name}"] = shape
        return found

    def check_weights(self, weights: Weights, where: str) -> dict[str, NDArray[np.float32]]:
        """Return the arrays as float32, in C order.

        Raises
        ------
        ArgumentError
            For arrays that are missing, superfluous, of another shape, of no floats, or not finite:
            one line that names all of them. `where` names the file.
        """
        wanted = self.arrays()
        problems = [f"{name} is missing" for name in wanted if name not in weights]
        problems += [f"{name} is superfluous" for name in weights if name not in wanted]
        for name, shape in wanted.items():
            array = weights.get(name)
            if array is None:
                continue
            if array.shape != shape:
                problems.append(f"{name} is {array.shape} instead of {shape}")
            elif array.dtype.kind != "f":
                problems.append(f"{name} is of {array.dtype}, not of floats")
            elif not _is_finite(array):
                problems.append(f"{name} holds NaN or infinity")
        if problems:
            raise ArgumentError(f"{where} does not fit {self.name}: {'; '.join(problems)}")
        return {name: np.ascontiguousarray(weights[name], np.float32) for name in wanted}


def _is_finite(array: NDArray[Any]) -> bool:
    """Whether all numbers are finite; one sum tells it of most arrays, in a third of the time."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum())) or bool(np.isfinite(array).all())
