"""The whole networks that the package onnx brings without their weights, with weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from tests.nn.onnx.export import tensor
from tests.nn.onnx.official import DATA

NAMES = tuple(sorted(path.stem.removeprefix("light_") for path in (DATA / "light").glob("*.onnx")))

CHOSEN = ("bvlc_alexnet", "inception_v1", "resnet50", "squeezenet")

SHAPE = (3, 224, 224)


def filled(name: str, seed: int = 0) -> onnx.ModelProto:
    """Return a network whose constant weights are random numbers of a realistic scale.

    Its outputs are those of all nodes, so that each can be compared.
    """
    model = onnx.load(DATA / "light" / f"light_{name}.onnx")
    model.ir_version = 8
    rng = np.random.default_rng(seed)
    graph = model.graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    kinds: dict[str, str] = {}
    for node in graph.node:
        if node.op_type == "BatchNormalization":
            kinds |= dict(zip(node.input[1:], ("scale", "bias", "mean", "variance"), strict=True))
    nodes = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            nodes.append(node)
            continue
        shape = tuple(int(side) for side in constants.pop(node.input[0]))
        array = _numbers(rng, shape, kinds.get(node.output[0], ""))
        constants[node.output[0]] = array.astype(np.float32)
    # what the package gives as a constant already, as a first example of its kind, is one number
    for key, array in constants.items():
        if array.dtype == np.float32 and array.size > 1 and np.ptp(array) == 0:
            constants[key] = _numbers(rng, array.shape, kinds.get(key, "")).astype(np.float32)
    del graph.node[:], graph.initializer[:], graph.input[:]
    graph.node.extend(nodes)
    used = {each for node in nodes for each in node.input}
    (given,) = (each for each in nodes[0].input if each not in constants)
    value = tensor(given, SHAPE)
    value.type.tensor_type.shape.dim[0].dim_value = 1
    graph.input.append(value)
    graph.initializer.extend(
        numpy_helper.from_array(array, key) for key, array in constants.items() if key in used
    )
    return model


def _numbers(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> Any:
    if kind in ("scale", "variance"):
        return 1 + rng.random(shape) / 10
    if kind or len(shape) < 2:
        return rng.standard_normal(shape) / 10
    return rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))


def with_outputs(model: onnx.ModelProto, names: list[str]) -> onnx.ModelProto:
    """Return the model with further outputs."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    known = {each.name for each in made.graph.output}
    for name in names:
        if name not in known:
            made.graph.output.append(onnx.ValueInfoProto(name=name))
    return made
