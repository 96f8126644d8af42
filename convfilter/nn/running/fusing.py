"""From a graph to operations: layers are joined where one loop can do the work of several."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import INPUT, Graph, Node, Weights
from convfilter.nn.layers import convolution as sums
from convfilter.nn.layers import pointwise, pooling, shaping
from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.layers.window import Window
from convfilter.nn.running.convolution import Convolution
from convfilter.nn.running.convolving import without_others
from convfilter.nn.running.layout import (
    AFFINE,
    CLIP,
    LEAKY,
    MAXIMUM,
    PRODUCT,
    SIGMOID,
    SUM,
    TANH,
)
from convfilter.nn.running.operation import Floats, Operation, Weighted
from convfilter.nn.running.others import (
    Connecting,
    MapPooling,
    Moving,
    Normalising,
    Pointwise,
    Pooling,
)
from convfilter.nn.running.processor import lanes
from convfilter.nn.running.values import Value

COMBINED = {"sum": SUM, "product": PRODUCT, "max": MAXIMUM}


@dataclass
class Fused:
    """A graph as operations.

    Attributes
    ----------
    operations : in their order
    values : the output of every layer that is kept, and the input, by name
    """

    operations: list[Operation] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)


def fuse(graph: Graph, weights: Weights, kept: Sequence[str]) -> Fused:
    """Return the operations that compute the outputs of the nodes `kept`."""
    return _Fuser(graph, weights, kept).run()


def _needed(graph: Graph, kept: Iterable[str]) -> list[Node]:
    """Return the nodes that these outputs come from, in their order."""
    wanted = set(kept)
    for node in reversed(graph.nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
    return [node for node in graph.nodes if node.name in wanted]


class _Fuser:
    def __init__(self, graph: Graph, weights: Weights, kept: Sequence[str]) -> None:
        self._graph, self._weights, self._kept = graph, weights, kept
        self._nodes = _needed(graph, kept)
        self._uses = Counter(name for node in self._nodes for name in node.inputs)
        self._uses.update(kept)
        self._values: dict[str, Value] = {}
        self._made_by: dict[Value, Operation] = {}
        self._ready: dict[Value, int] = {}
        self._operations: list[Operation] = []

    def run(self) -> Fused:
        """Return the operations and the values that are kept."""
        given = Value(self._graph.input_shape, uses=self._uses[INPUT], is_kept=True)
        self._values[INPUT], self._ready[given] = given, -1
        for node in self._nodes:
            inputs = [self._values[name] for name in node.inputs]
            self._add(node.layer, node, inputs)
        for name in self._kept:
            self._values[name].root.is_kept = True
        users = [each for each in self._operations if given in each.inputs]
        is_summed = all(isinstance(each, Convolution) and each.layer.groups == 1 for each in users)
        given.dense = bool(users) and is_summed and given.maps < lanes()
        kept = {name: self._values[name] for name in (*self._kept, INPUT)}
        return Fused(self._operations, kept)

    # what every kind of layer becomes

    @functools.singledispatchmethod
    def _add(self, layer: Layer, node: Node, inputs: list[Value]) -> None:
        raise ArgumentError(f"layer {node.name!r}: {type(layer).__name__} cannot be run")

    @_add.register
    def _(self, layer: sums.Conv2d, node: Node, inputs: list[Value]) -> None:
        self._operate(
            Convolution(
                [node.name],
                inputs,
                self._value(node),
                shift=self._bias(node, layer.bias),
                layer=layer,
                weight=without_others(layer, self._array(node, "weight")),
            ),
            node,
        )

    @_add.register
    def _(self, layer: sums.Linear, node: Node, inputs: list[Value]) -> None:
        shift, weight = self._bias(node, layer.bias), self._array(node, "weight")
        out = self._value(node)
        self._operate(Connecting([node.name], inputs, out, shift=shift, weight=weight), node)

    @_add.register
    def _(self, layer: sums.Rbf, node: Node, inputs: list[Value]) -> None:
        codes, out = self._array(node, "codes"), self._value(node)
        self._operate(Connecting([node.name], inputs, out, weight=codes, is_squared=True), node)

    @_add.register
    def _(self, layer: pointwise.Relu, node: Node, inputs: list[Value]) -> None:
        self._clip(node, inputs, 0.0, np.inf)

    @_add.register
    def _(self, layer: pointwise.Clip, node: Node, inputs: list[Value]) -> None:
        self._clip(node, inputs, layer.low, layer.high)

    @_add.register
    def _(self, layer: pointwise.LeakyRelu, node: Node, inputs: list[Value]) -> None:
        self._pointwise(node, inputs, LEAKY, "leaky relu", slope=layer.slope)

    @_add.register
    def _(self, layer: pointwise.Tanh, node: Node, inputs: list[Value]) -> None:
        numbers = {"slope": layer.slope, "amplitude": layer.amplitude}
        self._pointwise(node, inputs, TANH, "tanh", **numbers)

    @_add.register
    def _(self, layer: pointwise.Sigmoid, node: Node, inputs: list[Value]) -> None:
        self._pointwise(node, inputs, SIGMOID, "sigmoid")

    @_add.register
    def _(self, layer: pointwise.Dropout, node: Node, inputs: list[Value]) -> None:
        self._same(node, inputs[0])

    @_add.register
    def _(self, layer: pointwise.Softmax, node: Node, inputs: list[Value]) -> None:
        self._operate(Normalising([node.name], inputs, self._value(node)), node)

    @_add.register
    def _(self, layer: pointwise.LocalResponse, node: Node, inputs: list[Value]) -> None:
        self._operate(Normalising([node.name], inputs, self._value(node), layer=layer), node)

    @_add.register
    def _(self, layer: pointwise.BatchNorm, node: Node, inputs: list[Value]) -> None:
        names = "weight", "bias", "running_mean", "running_var"
        weight, bias, mean, variance = (
            self._array(node, name).astype(np.float64) for name in names
        )
        scale = weight / np.sqrt(variance + layer.epsilon)
        self._multiply(node, inputs, scale, bias - mean * scale)

    @_add.register
    def _(self, layer: pointwise.Affine, node: Node, inputs: list[Value]) -> None:
        weight, bias = (self._array(node, name).astype(np.float64) for name in ("weight", "bias"))
        self._multiply(node, inputs, weight, bias)

    @_add.register
    def _(self, layer: pointwise.Combine, node: Node, inputs: list[Value]) -> None:
        if layer.how == "sum" and len(inputs) == 2 and self._add_residual(node, inputs):
            return
        if len(inputs) == 1:
            self._same(node, inputs[0])
            return
        self._pointwise(node, inputs, COMBINED[layer.how], layer.how)

    @_add.register
    def _(self, layer: pooling.Pool, node: Node, inputs: list[Value]) -> None:
        is_mean = layer.reduce == "mean"
        self._pool(node, inputs, layer.window, is_mean, layer.counts_padding)

    @_add.register
    def _(self, layer: pooling.GlobalPool, node: Node, inputs: list[Value]) -> None:
        window = Window((inputs[0].rows, inputs[0].columns))
        self._pool(node, inputs, window, layer.reduce == "mean", False)

    @_add.register
    def _(self, layer: pooling.DepthPool, node: Node, inputs: list[Value]) -> None:
        self._operate(MapPooling([node.name], inputs, self._value(node), layer=layer), node)

    @_add.register
    def _(self, layer: pooling.Subsample, node: Node, inputs: list[Value]) -> None:
        window = Window((layer.size, layer.size), (layer.size, layer.size))
        mean = Value(self._graph.shapes[node.name], uses=1)
        operation = Pooling(
            [node.name], inputs, mean, window=window, is_mean=True, counts_padding=False
        )
        self._append(operation)
        weight, bias = (self._array(node, name).astype(np.float64) for name in ("weight", "bias"))
        self._multiply(node, [mean], weight * layer.size**2, bias)

    @_add.register
    def _(self, layer: shaping.Concat, node: Node, inputs: list[Value]) -> None:
        out = self._value(node)
        per_map = out.maps // out.shape[0] if len(out.shape) != 3 else 1
        first = 0
        firsts = []
        for value in inputs:
            firsts.append(first)
            first += value.shape[0]
        for number, (value, first) in enumerate(zip(inputs, firsts, strict=True)):
            is_last = number == len(inputs) - 1
            if self._fits(value, first * per_map, is_last):
                value.whole, value.first = out, first * per_map
            else:
                reason = "copied: it cannot be computed where it is to be put"
                self._append(Moving([node.name], [value], out, reason=reason, first=first))
        self._values[node.name], self._ready[out] = out, len(self._operations) - 1

    def _fits(self, value: Value, first: int, is_last: bool) -> bool:
        """Tell whether a value can be computed where it is to be put."""
        is_free = value.whole is None and value is not self._values[INPUT]
        return is_free and first % lanes() == 0 and (is_last or value.maps % lanes() == 0)

    @_add.register
    def _(self, layer: shaping.Flatten, node: Node, inputs: list[Value]) -> None:
        self._reshape(node, inputs[0])

    @_add.register
    def _(self, layer: shaping.Reshape, node: Node, inputs: list[Value]) -> None:
        self._reshape(node, inputs[0])

    @_add.register
    def _(self, layer: shaping.Transpose, node: Node, inputs: list[Value]) -> None:
        self._operate(Moving([node.name], inputs, self._value(node), order=layer.order), node)

    @_add.register
    def _(self, layer: shaping.Pad, node: Node, inputs: list[Value]) -> None:
        pads = layer.pads[0][0], layer.pads[1][0]
        out = self._value(node)
        self._operate(Moving([node.name], inputs, out, pads=pads, fill=layer.value), node)

    # how that is done

    def _array(self, node: Node, name: str) -> Floats:
        array: Floats = np.ascontiguousarray(self._weights[f"{node.name}.{name}"], np.float32)
        return array

    def _bias(self, node: Node, is_there: bool) -> NDArray[np.float64]:
        return self._array(node, "bias").astype(np.float64) if is_there else np.zeros(1)

    def _value(self, node: Node) -> Value:
        return Value(self._graph.shapes[node.name], uses=self._uses[node.name])

    def _append(self, operation: Operation) -> None:
        self._operations.append(operation)
        self._made_by[operation.output] = operation
        self._ready[operation.output] = len(self._operations) - 1

    def _operate(self, operation: Operation, node: Node) -> None:
        """Append an operation that computes the output of a node."""
        operation.flops = self._flops(node)
        self._append(operation)
        self._values[node.name] = operation.output

    def _flops(self, node: Node) -> int:
        return 2 * node.layer.multiply_adds(*self._graph.shapes_of(node.inputs))

    def _same(self, node: Node, value: Value) -> None:
        """Let the output of a node be a value that is there; one of its uses was this node."""
        value.uses += self._uses[node.name] - 1
        self._values[node.name] = value

    def _weighted(self, value: Value) -> Weighted | None:
        """Return the sums that a value comes from, if nobody else looks at it."""
        operation = self._made_by.get(value)
        return operation if isinstance(operation, Weighted) and value.uses == 1 else None

    def _join(self, node: Node, operation: Operation) -> None:
        """Let an operation do the work of a further node."""
        operation.layers.append(node.name)
        operation.flops += self._flops(node)
        self._same(node, operation.output)

    def _clip(self, node: Node, inputs: list[Value], low: float, high: float) -> None:
        weighted = self._weighted(inputs[0])
        if weighted is not None and not weighted.is_clipped:
            weighted.low, weighted.high = low, high
            self._join(node, weighted)
            return
        name = "relu" if (low, high) == (0, np.inf) else "clip"
        self._pointwise(node, inputs, CLIP, name, low=low, high=high)

    def _multiply(
        self,
        node: Node,
        inputs: list[Value],
        scale: NDArray[np.float64],
        shift: NDArray[np.float64],
    ) -> None:
        weighted = self._weighted(inputs[0])
        is_squared = isinstance(weighted, Connecting) and weighted.is_squared
        if weighted is not None and weighted.takes_factors and not is_squared:
            weighted.scale, weighted.shift = weighted.scale * scale, weighted.shift * scale + shift
            self._join(node, weighted)
            return
        each = inputs[0].maps // scale.size
        operation = Pointwise(
            [node.name],
            inputs,
            self._value(node),
            reason=self._apart(inputs),
            how=AFFINE,
            name="numbers of each map",
            weight=np.repeat(scale, each),
            bias=np.repeat(shift, each),
        )
        self._operate(operation, node)

    def _pointwise(
        self, node: Node, inputs: list[Value], how: int, name: str, **numbers: float
    ) -> None:
        reason = "" if how in (LEAKY, TANH, SIGMOID) else self._apart(inputs)
        operation = Pointwise(
            [node.name],
            inputs,
            self._value(node),
            reason=reason,
            how=how,
            name=name,
            numbers=numbers,
        )
        self._operate(operation, node)

    def _apart(self, inputs: list[Value]) -> str:
        """Return why something is not done while what it looks at is computed."""
        makers = [self._made_by.get(value) for value in inputs]
        summing = next((each for each in makers if isinstance(each, Weighted)), None)
        if summing is None:
            return "by itself: no convolution, and nothing fully connected, comes before it"
        if summing.output.uses > 1:
            return f"by itself: others look at {summing.layers[-1]}, too"
        return f"by itself: {summing.layers[-1]} is the last that {summing.layers[0]} can take in"

    def _pool(
        self, node: Node, inputs: list[Value], window: Window, is_mean: bool, counts: bool
    ) -> None:
        out = self._value(node)
        operation = Pooling(
            [node.name], inputs, out, window=window, is_mean=is_mean, counts_padding=counts
        )
        self._operate(operation, node)

    def _add_residual(self, node: Node, inputs: list[Value]) -> bool:
        """Add one of two values while the other, sums that are not used otherwise, is computed."""
        for value, other in (inputs, inputs[::-1]):
            weighted = self._weighted(value)
            if (
                value.shape == other.shape
                and isinstance(weighted, Convolution)
                and weighted.takes_factors
                and self._ready[other] < self._ready[value]
            ):
                weighted.residual = other
                self._join(node, weighted)
                return True
        return False

    def _reshape(self, node: Node, given: Value) -> None:
        """Let numbers have another shape: where they lie in the same order, nothing is moved."""
        shape = self._graph.shapes[node.name]
        if shape == given.shape:
            self._same(node, given)
            return
        if _is_row(shape) and _is_row(given.shape):
            out = Value(shape, whole=given, uses=self._uses[node.name])
            self._values[node.name], self._ready[out] = out, self._ready[given]
            return
        if len(shape) == len(given.shape) == 3:
            row = Value((given.maps * given.rows * given.columns,), uses=1)
            self._append(Moving([node.name], [given], row))
            given = row
        self._operate(Moving([node.name], [given], self._value(node)), node)


def _is_row(shape: Shape) -> bool:
    """Tell whether numbers of a shape lie one after the other."""
    return len(shape) != 3 or shape[1:] == (1, 1)
