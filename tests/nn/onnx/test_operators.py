"""Operators in the forms that opsets had, and what surrounds layers, against onnxruntime."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from convfilter.errors import ArgumentError, NetworkError
from convfilter.nn import load
from convfilter.nn.onnx import load_onnx, read_onnx
from convfilter.nn.preprocessing.description import Preprocessing
from convfilter.nn.running import prepare
from tests.nn.onnx import export
from tests.nn.onnx.small import convolution, model, node, saved

RNG = np.random.default_rng(5)


def numbers(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def whole(*values: int) -> Any:
    return np.array(values, np.int64)


X = numbers(1, 3, 8, 6)

FORMS: dict[str, onnx.ModelProto] = {
    f"{name}, opset {opset}": model(nodes, constants, X.shape, opset)
    for name, nodes, constants, opsets in (
        ("Clip of attributes", [node("Clip", "x", min=-0.5, max=0.25)], {}, (7, 10)),
        ("Clip", [node("Clip", "x", "", "h")], {"h": np.float32(0.25)}, (11, 13, 22)),
        (
            "Pad of attributes",
            [node("Pad", "x", pads=[0, 1, 2, 0, 0, 2, 0, -1], value=3.0)],
            {},
            (7,),
        ),
        (
            "Pad",
            [node("Pad", "x", "p", "v")],
            {"p": whole(0, 0, -1, 2, 0, 0, 0, 3), "v": np.float32(2)},
            (11, 18),
        ),
        ("Softmax from an axis on", [node("Softmax", "x", axis=2)], {}, (7, 11)),
        ("Softmax", [node("Softmax", "x")], {}, (7, 11, 13)),
        ("Softmax of columns", [node("Softmax", "x", axis=-1)], {}, (13,)),
        ("Softmax of maps", [node("Softmax", "x", axis=1)], {}, (13,)),
        ("Dropout", [node("Dropout", "x")], {}, (7, 10)),
        ("Dropout of inputs", [node("Dropout", "x", "r")], {"r": np.float32(0.2)}, (13, 22)),
        ("Add to maps", [node("Add", "x", "c")], {"c": numbers(3, 1, 1)}, (7, 14)),
        ("Add to rows", [node("Add", "c", "x")], {"c": numbers(8, 1)}, (7, 14)),
        ("Add to pixels", [node("Add", "x", "c")], {"c": numbers(1, 1, 8, 6)}, (14,)),
        ("Mul by a number", [node("Mul", "x", "c")], {"c": np.float32(3)}, (7, 14)),
        ("Mul by everything", [node("Mul", "x", "c")], {"c": numbers(1, 3, 8, 6)}, (14,)),
        ("Mul by itself", [node("Mul", "x", "x")], {}, (14,)),
        (
            "Mul of each map by a number",
            [
                node("GlobalAveragePool", "x", to="m"),
                node("Conv", "m", "w", "b", to="c"),
                node("Sigmoid", "c", to="s"),
                node("Mul", "x", "s"),
            ],
            {"w": numbers(3, 3, 1, 1), "b": numbers(3)},
            (8, 14),
        ),
        (
            "Add of a number to each map",
            [node("GlobalMaxPool", "x", to="m"), node("Add", "m", "x")],
            {},
            (8, 14),
        ),
        (
            "Sum of rows, columns and a constant",
            [
                node("MaxPool", "x", to="r", kernel_shape=[8, 1]),
                node("MaxPool", "x", to="c", kernel_shape=[1, 6]),
                node("Sum", "r", "n", "c"),
            ],
            {"n": numbers(3, 8, 1)},
            (8, 13),
        ),
        (
            "windows without a rest",
            [
                node(
                    "MaxPool",
                    "x",
                    kernel_shape=[2, 3],
                    strides=[2, 3],
                    auto_pad="VALID",
                    ceil_mode=1,
                )
            ],
            {},
            (10, 22),
        ),
        ("Sum", [node("Sum", "x", "c", "x")], {"c": numbers(3, 1, 1)}, (8, 13)),
        ("Sum of one", [node("Sum", "x")], {}, (8,)),
        ("Concat of columns", [node("Concat", "x", "x", axis=3)], {}, (11,)),
        ("Concat of rows", [node("Concat", "x", "x", "x", axis=-2)], {}, (13,)),
        ("Transpose", [node("Transpose", "x", perm=[0, 3, 1, 2])], {}, (7, 21)),
        ("Reshape", [node("Reshape", "x", "s")], {"s": whole(0, -1, 4)}, (7, 21)),
        ("Reshape to maps", [node("Reshape", "x", "s")], {"s": whole(1, 8, 6, 3)}, (7, 21)),
        ("Reshape of pictures", [node("Reshape", "x", "s")], {"s": whole(3, -1)}, (14,)),
        ("MatMul", [node("MatMul", "x", "w")], {"w": numbers(6, 5)}, (9, 13)),
        ("MatMul of maps", [node("MatMul", "x", "w")], {"w": numbers(3, 6, 5)}, (13,)),
        ("MatMul by a vector", [node("MatMul", "x", "w")], {"w": numbers(6)}, (13,)),
        (
            "Gemm",
            [node("Flatten", "x", to="f"), node("Gemm", "f", "w", "c", alpha=0.5, beta=2.0)],
            {"w": numbers(144, 4), "c": numbers(1, 4)},
            (7, 11, 13),
        ),
        (
            "Gemm without a bias",
            [node("Flatten", "x", to="f"), node("Gemm", "f", "w", transB=1)],
            {"w": numbers(4, 144)},
            (11,),
        ),
        (
            "MatMul and Add",
            [node("Flatten", "x", to="f"), node("MatMul", "f", "w", to="m"), node("Add", "m", "c")],
            {"w": numbers(144, 4), "c": numbers(4)},
            (13,),
        ),
        (
            "constants that are computed",
            [
                node("Constant", to="c", value_floats=[1.0, 2.0, 3.0]),
                node("Reshape", "c", "s", to="d"),
                node("Transpose", "d", to="e"),
                node("Identity", "e", to="g"),
                node("Concat", "g", "g", to="h", axis=0),
                node("Mul", "h", "k", to="i"),
                node("ConstantOfShape", "t", to="j"),
                node("Add", "i", "j", to="l"),
                node("Concat", "x", "x", to="m", axis=1),
                node("Mul", "l", "m"),
            ],
            {"s": whole(1, 1, 3), "t": whole(6, 1, 1), "k": np.float32(0.5)},
            (14, 22),
        ),
        (
            "windows",
            [
                node("AveragePool", "x", to="a", kernel_shape=[3, 2], auto_pad="SAME_LOWER"),
                node("MaxPool", "a", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
            ],
            {},
            (11, 22),
        ),
    )
    for opset in opsets
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_are_those_of_onnxruntime(name: str, tmp_path: Path) -> None:
    made = FORMS[name]
    expected = export.run(made, X)["y"]
    network = load_onnx(saved(made, tmp_path))
    prepared = prepare(network.graph, network.weights, workers=1)
    found = network.arranged(prepared(X)[network.graph.output])
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_axes_of_opset_6_say_where_a_constant_belongs(tmp_path: Path) -> None:
    # onnxruntime has forgotten these
    c = numbers(3)
    made = model([node("Add", "x", "c", broadcast=1, axis=1)], {"c": c}, X.shape, 6)
    network = load_onnx(saved(made, tmp_path))
    found = prepare(network.graph, network.weights)(X)["y"]
    assert np.abs(found - (X + c[:, np.newaxis, np.newaxis])).max() < 1e-6


REFUSED: dict[str, tuple[onnx.ModelProto, str]] = {
    "a missing attribute": (model([node("MaxPool", "x")]), "'kernel_shape' of MaxPool is missing"),
    "an older operator": (
        model(
            [node("ConstantOfShape", "s", to="c"), node("Add", "x", "c")], {"s": whole(1)}, opset=7
        ),
        "there is no operator ConstantOfShape in opset 7",
    ),
    "an attribute of a later opset": (
        model([node("MaxPool", "x", kernel_shape=[2, 2], ceil_mode=1)], opset=9),
        "attribute 'ceil_mode' of MaxPool is not supported in opset 9",
    ),
    "weights that are computed": (
        model([node("Conv", "x", "x")]),
        "the weight of Conv is not supported unless it is constant",
    ),
    "three dimensions": (
        model([node("MaxPool", "x", kernel_shape=[2, 2])], shape=(1, 3, 4, 4, 4)),
        "MaxPool of 5 axes",
    ),
    "a second output": (
        model(
            [
                onnx.helper.make_node("MaxPool", ["x"], ["a", "i"], kernel_shape=[2, 2]),
                node("Relu", "i"),
            ]
        ),
        "'i', a second output",
    ),
    "several shapes": (
        model([node("Transpose", "x", to="a", perm=[0, 2, 1, 3]), node("Mul", "x", "a")]),
        "of outputs of several shapes, (3, 8, 8) and (8, 3, 8)",
    ),
    "training": (
        model([node("Dropout", "x", "r", "t")], {"r": np.float32(0.5), "t": np.True_}),
        "Dropout in training",
    ),
    "a size that is open": (model([node("Relu", "x")], shape=("N", 3, "H", 8)), "(N, 3, ?, 8)"),
    "pictures that are turned": (
        model([node("Transpose", "x", perm=[1, 0, 2, 3])]),
        "'perm' of Transpose moves the axis of the pictures",
    ),
    "a rest without padding": (
        model(
            [
                node(
                    "MaxPool",
                    "x",
                    kernel_shape=[3, 3],
                    strides=[2, 2],
                    ceil_mode=1,
                    auto_pad="VALID",
                )
            ]
        ),
        "'ceil_mode' of MaxPool with auto_pad VALID and a rest at the end",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_said(name: str, tmp_path: Path) -> None:
    made, expected = REFUSED[name]
    with pytest.raises(NetworkError) as refused:
        load_onnx(saved(made, tmp_path))
    assert expected in str(refused.value)


def test_open_sizes_are_given(tmp_path: Path) -> None:
    path = saved(model([node("Relu", "x")], shape=("N", 3, "H", 8)), tmp_path)
    assert load_onnx(path, (3, 5, 8)).graph.input_shape == (3, 5, 8)
    assert load_onnx(path, usual=(3, 5, 8)).graph.input_shape == (3, 5, 8)
    for shape in ((3, 5, 9), (4, 5, 8), (3, 5)):
        with pytest.raises(ArgumentError, match="takes arrays"):
            load_onnx(path, shape)
    with pytest.raises(NetworkError, match="too large"):
        load_onnx(path, (3, -5, 8))


def test_open_sizes_are_told_from_python_and_beside_the_file(tmp_path: Path) -> None:
    path = saved(model([node("Relu", "x")], shape=("N", 3, "H", "W")), tmp_path)
    with pytest.raises(NetworkError, match=r"\(N, 3, \?, \?\): say which it is, by shape="):
        load(path)
    assert load(path, shape=(3, 5, 7)).graph.input_shape == (3, 5, 7)
    path.with_suffix(".toml").write_text("crop = [6, 9]", "utf-8")
    assert load(path).graph.input_shape == (3, 6, 9)
    assert load(path, shape=(3, 5, 7)).graph.input_shape == (3, 5, 7)
    how = Preprocessing(crop=(4, 8))
    network = load(path, preprocessing=how)
    assert (network.graph.input_shape, network.preprocessing) == ((3, 4, 8), how)
    with pytest.raises(ArgumentError, match="shape= is for ONNX files"):
        load("squeezenet", shape=(3, 64, 64))


def test_outputs_that_mix_pictures_are_for_those_who_ask(tmp_path: Path) -> None:
    path = saved(model([node("Flatten", "x", axis=0)], shape=(2, 3, 8, 8)), tmp_path)
    with pytest.raises(NetworkError, match="mixes the pictures"):
        read_onnx(path)
    network = load_onnx(path)
    assert network.arranged(np.zeros((2, 192))).shape == (1, 384)


def test_nodes_have_their_names_as_aliases(tmp_path: Path) -> None:
    graph, weights = read_onnx(saved(convolution(), tmp_path))
    assert [node.name for node in graph.nodes] == ["c", "n", "r", "p", "f", "g", "a", "y"]
    node = graph.node("Conv-c")
    assert node is not None
    assert node.name == "c"
    assert {"c.weight", "c.bias", "n.running_var", "g.weight"} <= weights.keys()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *others: Any, **named: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return imported(name, *others, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NetworkError) as refused:
        load_onnx(tmp_path / "model.onnx")
    assert "pip install 'convfilter[onnx]'" in str(refused.value)
