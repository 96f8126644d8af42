"""Graphs as ONNX models, so that onnxruntime can be asked what they compute, and how fast."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnx import NodeProto, TensorProto, helper, numpy_helper

from convfilter.nn.graph import INPUT, Graph, Node, Weights
from convfilter.nn.layers import convolution, pointwise, pooling, shaping
from convfilter.nn.layers.layer import Layer
from convfilter.nn.layers.window import Window

Array = np.ndarray[Any, np.dtype[Any]]

OPSET = 19


def session(
    graph: Graph, weights: Weights, pictures: int, outputs: Sequence[str] = (), threads: int = 2
) -> onnxruntime.InferenceSession:
    """Return a graph in onnxruntime; its input is called `INPUT`, outputs have the nodes' names."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    model = model_of(graph, weights, pictures, outputs or (graph.output,))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def model_of(graph: Graph, weights: Weights, pictures: int, outputs: Iterable[str]) -> bytes:
    """Return the ONNX file of a graph; weights are constants in it."""
    builder = _Builder(graph, weights)
    for node in graph.nodes:
        builder.add(node.layer, node)
    shape = (pictures, *graph.input_shape)
    made = helper.make_graph(
        builder.nodes,
        "graph",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        builder.constants,
    )
    opset = [helper.make_opsetid("", OPSET)]
    model: bytes = helper.make_model(made, opset_imports=opset, ir_version=8).SerializeToString()
    return model


class _Builder:
    def __init__(self, graph: Graph, weights: Weights) -> None:
        self._graph, self._weights = graph, weights
        self.nodes: list[NodeProto] = []
        self.constants: list[Any] = []

    def _constant(self, numbers: Any, dtype: Any = np.float32) -> str:
        name = f"constant {len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(numbers), dtype)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def _own(self, node: Node, *names: str) -> list[str]:
        return [self._constant(self._weights[f"{node.name}.{name}"]) for name in names]

    def _node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))

    def _of_maps(self, node: Node, name: str, factor: float = 1.0) -> str:
        """Return the name of one number of each map, to be laid on arrays."""
        numbers = self._weights[f"{node.name}.{name}"] * np.float32(factor)
        sides = len(self._graph.shapes_of(node.inputs)[0]) - 1
        return self._constant(numbers.reshape(1, -1, *[1] * sides))

    def _window(self, window: Window, node: Node) -> dict[str, Any]:
        _, rows, columns = self._graph.shapes_of(node.inputs)[0]
        (top, bottom), (left, right) = window.pads((rows, columns))
        found = {
            "kernel_shape": window.kernel,
            "strides": window.stride,
            "pads": (top, left, bottom, right),
        }
        return found if window.dilation == (1, 1) else found | {"dilations": window.dilation}

    @functools.singledispatchmethod
    def add(self, layer: Layer, node: Node) -> None:
        """Add what computes a node."""
        raise NotImplementedError(type(layer).__name__)

    @add.register
    def _(self, layer: convolution.Conv2d, node: Node) -> None:
        inputs = [*node.inputs, *self._own(node, "weight", *["bias"] * layer.bias)]
        around = self._window(layer.window, node)
        self._node("Conv", inputs, node.name, group=layer.groups, **around)

    @add.register
    def _(self, layer: convolution.Linear, node: Node) -> None:
        inputs = [*node.inputs, *self._own(node, "weight", *["bias"] * layer.bias)]
        self._node("Gemm", inputs, node.name, transB=1)

    @add.register
    def _(self, layer: convolution.Rbf, node: Node) -> None:
        codes = self._weights[f"{node.name}.codes"][np.newaxis]
        axis = self._constant([1], np.int64)
        self._node("Unsqueeze", [*node.inputs, axis], f"{node.name} a")
        self._node("Sub", [f"{node.name} a", self._constant(codes)], f"{node.name} b")
        self._node("Mul", [f"{node.name} b", f"{node.name} b"], f"{node.name} c")
        last = self._constant([2], np.int64)
        self._node("ReduceSum", [f"{node.name} c", last], node.name, keepdims=0)

    @add.register
    def _(self, layer: pointwise.Relu, node: Node) -> None:
        self._node("Relu", node.inputs, node.name)

    @add.register
    def _(self, layer: pointwise.LeakyRelu, node: Node) -> None:
        self._node("LeakyRelu", node.inputs, node.name, alpha=layer.slope)

    @add.register
    def _(self, layer: pointwise.Tanh, node: Node) -> None:
        slope, amplitude = self._constant(layer.slope), self._constant(layer.amplitude)
        self._node("Mul", [*node.inputs, slope], f"{node.name} a")
        self._node("Tanh", [f"{node.name} a"], f"{node.name} b")
        self._node("Mul", [f"{node.name} b", amplitude], node.name)

    @add.register
    def _(self, layer: pointwise.Sigmoid, node: Node) -> None:
        self._node("Sigmoid", node.inputs, node.name)

    @add.register
    def _(self, layer: pointwise.Clip, node: Node) -> None:
        limits = self._constant(layer.low), self._constant(layer.high)
        self._node("Clip", [*node.inputs, *limits], node.name)

    @add.register
    def _(self, layer: pointwise.Softmax, node: Node) -> None:
        self._node("Softmax", node.inputs, node.name, axis=1)

    @add.register
    def _(self, layer: pointwise.Dropout, node: Node) -> None:
        self._node("Identity", node.inputs, node.name)

    @add.register
    def _(self, layer: pointwise.LocalResponse, node: Node) -> None:
        alpha = layer.alpha if layer.divided else layer.alpha * layer.size
        numbers = {"alpha": alpha, "beta": layer.beta, "bias": layer.k}
        self._node("LRN", node.inputs, node.name, size=layer.size, **numbers)

    @add.register
    def _(self, layer: pointwise.BatchNorm, node: Node) -> None:
        own = self._own(node, "weight", "bias", "running_mean", "running_var")
        inputs = [*node.inputs, *own]
        self._node("BatchNormalization", inputs, node.name, epsilon=layer.epsilon)

    @add.register
    def _(self, layer: pointwise.Affine, node: Node) -> None:
        self._node("Mul", [*node.inputs, self._of_maps(node, "weight")], f"{node.name} a")
        self._node("Add", [f"{node.name} a", self._of_maps(node, "bias")], node.name)

    @add.register
    def _(self, layer: pointwise.Combine, node: Node) -> None:
        operator = {"sum": "Add", "product": "Mul", "max": "Max"}[layer.how]
        first, *others = node.inputs
        for number, other in enumerate(others):
            is_last = number == len(others) - 1
            name = node.name if is_last else f"{node.name} {number}"
            self._node(operator, [first, other], name)
            first = name

    @add.register
    def _(self, layer: pooling.Pool, node: Node) -> None:
        around = self._window(layer.window, node) | {"ceil_mode": int(layer.window.ceil)}
        if layer.reduce == "max":
            self._node("MaxPool", node.inputs, node.name, **around)
        else:
            counts = {"count_include_pad": int(layer.counts_padding)}
            self._node("AveragePool", node.inputs, node.name, **around, **counts)

    @add.register
    def _(self, layer: pooling.GlobalPool, node: Node) -> None:
        operator = "GlobalMaxPool" if layer.reduce == "max" else "GlobalAveragePool"
        self._node(operator, node.inputs, node.name)

    @add.register
    def _(self, layer: pooling.DepthPool, node: Node) -> None:
        maps, rows, columns = self._graph.shapes_of(node.inputs)[0]
        parted = self._constant([-1, maps // layer.size, layer.size, rows, columns], np.int64)
        self._node("Reshape", [*node.inputs, parted], f"{node.name} a")
        operator = "ReduceMax" if layer.reduce == "max" else "ReduceMean"
        axis = self._constant([2], np.int64)
        self._node(operator, [f"{node.name} a", axis], node.name, keepdims=0)

    @add.register
    def _(self, layer: pooling.Subsample, node: Node) -> None:
        sides = (layer.size, layer.size)
        self._node("AveragePool", node.inputs, f"{node.name} a", kernel_shape=sides, strides=sides)
        weight = self._of_maps(node, "weight", layer.size**2)
        self._node("Mul", [f"{node.name} a", weight], f"{node.name} b")
        self._node("Add", [f"{node.name} b", self._of_maps(node, "bias")], node.name)

    @add.register
    def _(self, layer: shaping.Concat, node: Node) -> None:
        self._node("Concat", node.inputs, node.name, axis=1)

    @add.register
    def _(self, layer: shaping.Flatten, node: Node) -> None:
        self._node("Flatten", node.inputs, node.name)

    @add.register
    def _(self, layer: shaping.Reshape, node: Node) -> None:
        shape = self._constant([0, *layer.shape], np.int64)
        self._node("Reshape", [*node.inputs, shape], node.name)

    @add.register
    def _(self, layer: shaping.Transpose, node: Node) -> None:
        order = [0, *(axis + 1 for axis in layer.order)]
        self._node("Transpose", node.inputs, node.name, perm=order)

    @add.register
    def _(self, layer: shaping.Pad, node: Node) -> None:
        (top, bottom), (left, right) = layer.pads
        pads = self._constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
        self._node("Pad", [*node.inputs, pads, self._constant(layer.value)], node.name)
