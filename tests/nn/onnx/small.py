"""Small ONNX models, right ones and wrong ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE = (1, 3, 8, 8)


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, Any] | None = None,
    shape: Sequence[Any] = SHAPE,
    opset: int = 22,
    output: str = "y",
) -> onnx.ModelProto:
    """Return a model from x to y."""
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(a), name) for name, a in (constants or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def saved(made: onnx.ModelProto, folder: Path) -> Path:
    """Write a model into a folder."""
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return path


def node(operator: str, *inputs: str, to: str = "y", **attributes: Any) -> onnx.NodeProto:
    """Return a node."""
    return helper.make_node(operator, list(inputs), [to], name=f"{operator}-{to}", **attributes)


def convolution() -> onnx.ModelProto:
    """Return a small network of the usual parts."""
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((4, 3, 3, 3)).astype(np.float32)
    dense = rng.standard_normal((5, 64)).astype(np.float32)
    nodes = [
        node("Conv", "x", "w", "b", to="c", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c", "s", "o", "m", "v", to="n"),
        node("Relu", "n", to="r"),
        node("MaxPool", "r", to="p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", "p", "shape", to="f"),
        node("Gemm", "f", "d", to="g", transB=1),
        node("Add", "g", "e", to="a"),
        node("Softmax", "a"),
    ]
    of_maps = {name: np.full(4, 0.5, np.float32) for name in ("b", "s", "o", "m", "v")}
    constants = {"w": weight, "d": dense, "e": np.ones(5, np.float32)}
    return model(nodes, {**constants, **of_maps, "shape": np.array([1, -1], np.int64)})
