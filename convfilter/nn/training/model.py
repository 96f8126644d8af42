"""A network that is being trained: its layers forward, and gradients back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import INPUT, Graph, Node, Weights
from convfilter.nn.training.crew import Crew
from convfilter.nn.training.steps import STEPS, Array, Arrays, Step


def batch_second(x: NDArray[Any], dtype: DTypeLike) -> Array:
    """Return pictures (N, maps, ...) as (maps, N, ...), as layers are trained."""
    return np.ascontiguousarray(np.moveaxis(x, 0, 1), dtype)


class Model:
    """A network with weights of its own, which can be trained.

    Parameters
    ----------
    graph : the network; every layer has to be one that training knows
    weights : its arrays, which are copied
    workers : threads, all CPUs where None; they change no bit of any result
    dtype : of all arithmetic; float64 is for checks of gradients

    Raises
    ------
    ArgumentError
        For a layer that cannot be trained; the message names it.

    Examples
    --------
    >>> from convfilter.nn import models
    >>> from convfilter.nn.training.start import start
    >>> graph = models.get("lenet5-modern")
    >>> model = Model(graph, start(graph, seed=0))
    >>> out = model.forward(np.ones((1, 2, 32, 32), np.float32))
    >>> model.backward(out)["conv1.weight"].shape
    (6, 1, 5, 5)
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        *,
        workers: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.graph, self.dtype = graph, np.dtype(dtype)
        self._crew = Crew(workers)
        self._steps = {node.name: self._step(node) for node in graph.nodes}
        self.weights: Arrays = {
            name: np.array(weights[name], self.dtype, order="C") for name in graph.arrays()
        }
        self._local = {node.name: self._weights_of(node) for node in graph.nodes}
        self.learned = tuple(
            f"{node.name}.{name}"
            for node in graph.nodes
            for name in node.layer.parameters(*graph.shapes_of(node.inputs))
        )
        """Names of the arrays that descent changes, in a fixed order."""
        self.gradients: dict[str, Array] = {}
        """Of the last `backward`: of the output of every layer, by its name."""

    def _step(self, node: Node) -> Step[Any]:
        kind = STEPS.get(type(node.layer))
        if kind is None:
            raise ArgumentError(
                f"layer {node.name!r} of {self.graph.name} cannot be trained:"
                f" {type(node.layer).__name__}"
            )
        step = kind(node.layer, self.graph.shapes_of(node.inputs), self._crew)
        if not step.is_trainable:
            raise ArgumentError(
                f"layer {node.name!r} of {self.graph.name} cannot be trained: {node.layer}"
            )
        return step

    def _weights_of(self, node: Node) -> Arrays:
        """Return the arrays of a layer by its own names, the same memory."""
        shapes = self.graph.shapes_of(node.inputs)
        names = [*node.layer.parameters(*shapes), *node.layer.buffers(*shapes)]
        return {name: self.weights[f"{node.name}.{name}"] for name in names}

    def forward(self, x: Array, *, training: bool = True, keep: tuple[str, ...] = ()) -> Array:
        """Return the output of the network.

        Parameters
        ----------
        x : (maps, N, rows, columns), as `batch_second` gives it
        training : batches are normalised by themselves, and running means are gathered
        keep : names of layers whose outputs are left in `kept`
        """
        values: dict[str, Array] = {INPUT: x}
        uses = self._uses()
        self.kept: dict[str, Array] = {}
        for node in self.graph.nodes:
            inputs = [values[name] for name in node.inputs]
            step = self._steps[node.name]
            values[node.name] = step.forward(inputs, self._local[node.name], training)
            for name in node.inputs:
                uses[name] -= 1
                if not uses[name] and name != self.graph.output:
                    values.pop(name, None)
            if node.name in keep:
                self.kept[node.name] = values[node.name]
        return values[self.graph.output]

    def _uses(self) -> dict[str, int]:
        uses: dict[str, int] = {}
        for node in self.graph.nodes:
            for name in node.inputs:
                uses[name] = uses.get(name, 0) + 1
        return uses

    def backward(
        self, gradient: Array, *, keep: bool = False, of_input: bool = False
    ) -> Mapping[str, Array]:
        """Return the gradient of every learned array, for that of the output.

        Parameters
        ----------
        gradient : of the output that `forward` has returned last
        keep : leave the gradients of all outputs in `gradients`
        of_input : the gradient of the input is wanted as well, under its name
        """
        arrived: dict[str, Array] = {self.graph.output: gradient}
        learned: dict[str, Array] = {}
        self.gradients = {}
        for node in reversed(self.graph.nodes):
            own = arrived.pop(node.name, None)
            if own is None:
                continue
            if keep:
                self.gradients[node.name] = own
            wanted = of_input or any(name != INPUT for name in node.inputs)
            inputs, arrays = self._steps[node.name].backward(own, wanted)
            learned.update({f"{node.name}.{name}": array for name, array in arrays.items()})
            for name, found in zip(node.inputs, inputs, strict=True):
                if found is None or (name == INPUT and not of_input):
                    continue
                # an array that several inputs share is never added to
                arrived[name] = arrived[name] + found if name in arrived else found
        if of_input:
            learned[INPUT] = arrived[INPUT]
        return learned
