"""A graph of layers and its weights as an ONNX model, for onnxruntime as a witness."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from convfilter.nn.graph import INPUT, Graph, Node, Weights
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.layers.pointwise import (
    Affine,
    BatchNorm,
    Clip,
    Combine,
    Dropout,
    LeakyRelu,
    LocalResponse,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)
from convfilter.nn.layers.pooling import DepthPool, GlobalPool, Pool, Subsample
from convfilter.nn.layers.shaping import Concat, Flatten, Pad, Reshape, Transpose
from convfilter.nn.layers.window import Window
from tests.nn.naive import mask

OPSET = 22
"""From it on, windows with gaps and windows beyond the end have the means that PyTorch has."""

IR_VERSION = 10


def model(
    graph: Graph, weights: Weights, layers: Sequence[str] = (), pictures: int | str = "N"
) -> onnx.ModelProto:
    """Return a model, for any number of pictures or for one number, in the names of the nodes.

    Its outputs are that of the graph, and those of some layers; weights are constants in it, since
    onnxruntime would arrange inputs anew each time.
    """
    writer = Writer(graph, weights)
    for node in graph.nodes:
        writer.write(node.layer, node)
    names = dict.fromkeys([graph.output, *layers])
    outputs = [tensor(name, graph.shapes[name], pictures) for name in names]
    given = tensor(INPUT, graph.input_shape, pictures)
    made = helper.make_graph(writer.nodes, graph.name, [given], outputs, writer.arrays)
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )


def run(proto: onnx.ModelProto, x: Any, threads: int = 1) -> dict[str, Any]:
    """Return what onnxruntime makes of an input: all outputs by name."""
    made = session(proto, threads)
    (given,) = made.get_inputs()
    names = [output.name for output in made.get_outputs()]
    return dict(zip(names, made.run(names, {given.name: x}), strict=True))


def session(proto: onnx.ModelProto, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return a model in onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def tensor(name: str, shape: Shape, pictures: int | str = "N") -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [pictures, *shape])


class Writer:
    """The nodes and constants of a model as they are written."""

    def __init__(self, graph: Graph, weights: Weights) -> None:
        self.graph, self.weights = graph, weights
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []

    def constant(self, name: str, array: Any) -> str:
        self.arrays.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def array(self, node: Node, name: str) -> Any:
        return self.weights[f"{node.name}.{name}"].astype(np.float32)

    def own(self, node: Node, *names: str) -> list[str]:
        """Return the names of constants that are arrays of the layer."""
        return [self.constant(f"{node.name}.{name}", self.array(node, name)) for name in names]

    def of_maps(self, node: Node, name: str) -> str:
        array = self.array(node, name)
        rank = len(self.graph.shapes[node.name])
        return self.constant(f"{node.name}.{name}", array.reshape(-1, *[1] * (rank - 1)))

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    @functools.singledispatchmethod
    def write(self, layer: Layer, node: Node) -> None:
        raise NotImplementedError(f"{type(layer).__name__} is not written")

    def walking(self, window: Window, node: Node) -> dict[str, Any]:
        """Return the attributes of a window."""
        _, rows, columns = self.graph.shapes[node.inputs[0]]
        (top, bottom), (left, right) = window.pads((rows, columns))
        return {
            "kernel_shape": list(window.kernel),
            "strides": list(window.stride),
            "dilations": list(window.dilation),
            "pads": [top, left, bottom, right],
        }

    # Weighted sums

    @write.register
    def _(self, layer: Conv2d, node: Node) -> None:
        weight = self.array(node, "weight")
        if layer.table is not None:
            weight = (weight * mask(layer, weight.shape[1])).astype(np.float32)
        names = [self.constant(f"{node.name}.weight", weight)]
        names += self.own(node, "bias") if layer.bias else []
        attributes = self.walking(layer.window, node)
        self.node("Conv", [*node.inputs, *names], node.name, group=layer.groups, **attributes)

    @write.register
    def _(self, layer: Linear, node: Node) -> None:
        names = self.own(node, "weight", *(["bias"] if layer.bias else []))
        self.node("Gemm", [*node.inputs, *names], node.name, transB=1)

    @write.register
    def _(self, layer: Rbf, node: Node) -> None:
        inner = f"{node.name}/"
        axes = [self.constant(f"{inner}{axis}", np.array([axis], np.int64)) for axis in (1, 2)]
        spread = self.node("Unsqueeze", [*node.inputs, axes[0]], f"{inner}spread")
        away = self.node("Sub", [spread, *self.own(node, "codes")], f"{inner}away")
        self.node("ReduceSumSquare", [away, axes[1]], node.name, keepdims=0)

    # Windows

    @write.register
    def _(self, layer: Pool, node: Node) -> None:
        attributes = self.walking(layer.window, node) | {"ceil_mode": int(layer.window.ceil)}
        if layer.reduce == "max":
            self.node("MaxPool", node.inputs, node.name, **attributes)
        else:
            counts = int(layer.counts_padding)
            self.node("AveragePool", node.inputs, node.name, count_include_pad=counts, **attributes)

    @write.register
    def _(self, layer: DepthPool, node: Node) -> None:
        (shape,) = self.graph.shapes_of(node.inputs)
        groups = [0, shape[0] // layer.size, layer.size, *shape[1:]]
        spread = self.constant(f"{node.name}/shape", np.array(groups, np.int64))
        cut = self.node("Reshape", [*node.inputs, spread], f"{node.name}/cut")
        axes = self.constant(f"{node.name}/axes", np.array([2], np.int64))
        operator = "ReduceMax" if layer.reduce == "max" else "ReduceMean"
        self.node(operator, [cut, axes], node.name, keepdims=0)

    @write.register
    def _(self, layer: GlobalPool, node: Node) -> None:
        operator = "GlobalMaxPool" if layer.reduce == "max" else "GlobalAveragePool"
        self.node(operator, node.inputs, node.name)

    @write.register
    def _(self, layer: Subsample, node: Node) -> None:
        sides = [layer.size, layer.size]
        mean = self.node(
            "AveragePool", node.inputs, f"{node.name}/mean", kernel_shape=sides, strides=sides
        )
        count = self.constant(f"{node.name}/count", np.float32(layer.size**2))
        total = self.node("Mul", [mean, count], f"{node.name}/total")
        self.scaled(node, total)

    def scaled(self, node: Node, given: str) -> None:
        grown = self.node("Mul", [given, self.of_maps(node, "weight")], f"{node.name}/grown")
        self.node("Add", [grown, self.of_maps(node, "bias")], node.name)

    # Number by number

    @write.register
    def _(self, layer: Relu, node: Node) -> None:
        self.node("Relu", node.inputs, node.name)

    @write.register
    def _(self, layer: LeakyRelu, node: Node) -> None:
        self.node("LeakyRelu", node.inputs, node.name, alpha=layer.slope)

    @write.register
    def _(self, layer: Tanh, node: Node) -> None:
        slope = self.constant(f"{node.name}/slope", np.float32(layer.slope))
        amplitude = self.constant(f"{node.name}/amplitude", np.float32(layer.amplitude))
        inside = self.node("Mul", [*node.inputs, slope], f"{node.name}/inside")
        bent = self.node("Tanh", [inside], f"{node.name}/bent")
        self.node("Mul", [bent, amplitude], node.name)

    @write.register
    def _(self, layer: Sigmoid, node: Node) -> None:
        self.node("Sigmoid", node.inputs, node.name)

    @write.register
    def _(self, layer: Clip, node: Node) -> None:
        low = self.constant(f"{node.name}/low", np.float32(layer.low))
        high = self.constant(f"{node.name}/high", np.float32(layer.high))
        self.node("Clip", [*node.inputs, low, high], node.name)

    @write.register
    def _(self, layer: Softmax, node: Node) -> None:
        self.node("Softmax", node.inputs, node.name, axis=1)

    @write.register
    def _(self, layer: Dropout, node: Node) -> None:
        ratio = self.constant(f"{node.name}/ratio", np.float32(layer.probability))
        self.node("Dropout", [*node.inputs, ratio], node.name)

    @write.register
    def _(self, layer: LocalResponse, node: Node) -> None:
        # ONNX divides by the size, as published nobody does
        alpha = layer.alpha if layer.divided else layer.alpha * layer.size
        self.node(
            "LRN",
            node.inputs,
            node.name,
            size=layer.size,
            alpha=alpha,
            beta=layer.beta,
            bias=layer.k,
        )

    @write.register
    def _(self, layer: BatchNorm, node: Node) -> None:
        names = self.own(node, "weight", "bias", "running_mean", "running_var")
        self.node("BatchNormalization", [*node.inputs, *names], node.name, epsilon=layer.epsilon)

    @write.register
    def _(self, layer: Affine, node: Node) -> None:
        self.scaled(node, node.inputs[0])

    @write.register
    def _(self, layer: Combine, node: Node) -> None:
        operator = {"sum": "Sum", "product": "Mul", "max": "Max"}[layer.how]
        first, *others = node.inputs
        if operator != "Mul":
            self.node(operator, node.inputs, node.name)
            return
        for number, other in enumerate(others, 1):
            name = node.name if number == len(others) else f"{node.name}/{number}"
            first = self.node(operator, [first, other], name)

    # Shapes

    @write.register
    def _(self, layer: Concat, node: Node) -> None:
        self.node("Concat", node.inputs, node.name, axis=1)

    @write.register
    def _(self, layer: Flatten, node: Node) -> None:
        self.node("Flatten", node.inputs, node.name)

    @write.register
    def _(self, layer: Reshape, node: Node) -> None:
        shape = self.constant(f"{node.name}/shape", np.array([-1, *layer.shape], np.int64))
        self.node("Reshape", [*node.inputs, shape], node.name)

    @write.register
    def _(self, layer: Transpose, node: Node) -> None:
        order = [0, *(axis + 1 for axis in layer.order)]
        self.node("Transpose", node.inputs, node.name, perm=order)

    @write.register
    def _(self, layer: Pad, node: Node) -> None:
        (top, bottom), (left, right) = layer.pads
        widths = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
        names = [
            self.constant(f"{node.name}/widths", widths),
            self.constant(f"{node.name}/value", np.float32(layer.value)),
        ]
        self.node("Pad", [*node.inputs, *names], node.name)
