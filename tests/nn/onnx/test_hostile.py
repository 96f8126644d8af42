"""Files that are damaged, or lie: one line each, and nothing is allocated that they do not hold."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from convfilter.errors import ConvfilterError
from convfilter.nn.onnx import load_onnx
from convfilter.nn.running import prepare
from tests.nn.onnx.small import convolution, model, node, saved

MOST_BYTES = 8_000_000
"""More than reading a small file takes, far less than what the files below claim."""


def refusal(path: Path) -> str:
    """Return the line with which a file is refused."""
    tracemalloc.start()
    try:
        with pytest.raises(ConvfilterError) as refused:
            load_onnx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    text = str(refused.value)
    assert text.isprintable()
    assert peak < MOST_BYTES
    return text


def claiming(dims: list[int], kind: int = TensorProto.FLOAT, data: bytes = b"") -> Any:
    made = convolution()
    weight = made.graph.initializer[0]
    del weight.dims[:]
    weight.dims.extend(dims)
    weight.data_type = kind
    weight.raw_data = data or weight.raw_data
    return made


def elsewhere(location: str, **place: str) -> Any:
    made = convolution()
    weight = made.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **place}.items():
        weight.external_data.add(key=key, value=value)
    return made


def constant_of(shape: list[int], dtype: Any = np.int64) -> Any:
    nodes = [node("ConstantOfShape", "s", to="c"), node("Add", "x", "c")]
    return model(nodes, {"s": np.array(shape, dtype)})


def with_nan() -> Any:
    made = convolution()
    weight = made.graph.initializer[0]
    array = numpy_helper.to_array(weight).copy()
    array[0, 0, 0, 0] = np.nan
    weight.CopyFrom(numpy_helper.from_array(array, weight.name))
    return made


def cycle() -> Any:
    return model([node("Add", "x", "b", to="a"), node("Relu", "a", to="b"), node("Relu", "b")])


def twice() -> Any:
    return model([node("Relu", "x"), node("Tanh", "x")])


ROWS = np.zeros((1, 1, 40_000, 1), np.float32), np.zeros((1, 1, 1, 40_000), np.float32)

HOSTILE: dict[str, tuple[Any, str]] = {
    "shape without data": (claiming([2**20, 2**20, 3, 3]), "instead of 39582418599936"),
    "shape beyond integers": (claiming([2**62, 2**62, 3, 3]), "bytes instead of"),
    "negative shape": (claiming([-1, 3, 3, 3]), "has the shape (-1, 3, 3, 3)"),
    "many axes": (claiming([1] * 2000), "has the shape"),
    "other type": (claiming([4, 3, 3, 3], TensorProto.INT64), "instead of 864"),
    "no type": (claiming([4, 3, 3, 3], 999), "type number 999"),
    "weights of integers": (
        claiming([4, 3, 3, 3], TensorProto.INT64, bytes(864)),
        "the weight of Conv is of int64",
    ),
    "NaN": (with_nan(), "c.weight holds NaN or infinity"),
    "cycle": (cycle(), "computed after it (a cycle"),
    "itself": (model([node("Relu", "y")]), "computed after it (a cycle"),
    "nothing": (model([node("Relu", "z")]), "'z' that nothing gives"),
    "two of one name": (twice(), "two tensors are called 'y'"),
    "name of several lines": (model([node("Relu", "a\nb", to="c\nd")]), "'a?b' that nothing gives"),
    "NaN under a name of two lines": (
        model(
            [node("Add", "x", "n", to="a\nb"), node("Relu", "a\nb")],
            {"n": np.full((1, 3, 1, 1), np.nan, np.float32)},
        ),
        "a?b.bias holds NaN",
    ),
    "no output": (model([node("Relu", "x")], output="z"), "'z' is not computed"),
    "output is the input": (model([node("Relu", "x")], output="x"), "'x' is not computed"),
    "huge constant": (constant_of([2**31, 2**31]), "much larger than the file"),
    "negative constant": (constant_of([-5]), "ConstantOfShape has the shape"),
    "shape of floats": (constant_of([2], np.float32), "is of float32"),
    "row plus column": (
        model([node("Add", "r", "c", to="s"), node("Add", "x", "s")], {"r": ROWS[0], "c": ROWS[1]}),
        "much larger than the file",
    ),
    "huge input": (model([node("Relu", "x")], shape=(1, 3, 2**30, 2**30)), "is too large"),
    "huge padding": (
        model([node("Pad", "x", "p")], {"p": np.array([0, 0, 0, 0, 0, 0, 2**40, 2**40], np.int64)}),
        "are too many",
    ),
    "many large outputs": (
        model(
            [
                node("Pad", "x", "p", to="r0"),
                *(node("Relu", f"r{i}", to=f"r{i + 1}") for i in range(9)),
                node("Sum", *(f"r{i}" for i in range(10))),
            ],
            {"p": np.array([0, 0, 0, 0, 0, 0, 3000, 3000], np.int64)},
        ),
        "numbers together are too many",
    ),
    "huge pads of a window": (
        model(
            [node("MaxPool", "x", kernel_shape=[2**40, 2**40], pads=[2**39] * 4)],
        ),
        "attribute 'kernel_shape' of MaxPool",
    ),
    "wide pads of a window": (
        model(
            [
                node(
                    "AveragePool",
                    "x",
                    kernel_shape=[16000, 16000],
                    strides=[16000, 16000],
                    pads=[15999] * 4,
                )
            ],
        ),
        "are too many",
    ),
    "windows in the padding": (
        model([node("MaxPool", "x", kernel_shape=[2, 2], pads=[5, 0, 0, 0])]),
        "lie in its padding",
    ),
    "stride of nothing": (
        model([node("MaxPool", "x", kernel_shape=[2, 2], strides=[0, 1])]),
        "attribute 'strides' of MaxPool is [0, 1]",
    ),
    "groups of nothing": (
        model([node("Conv", "x", "w", group=0)], {"w": np.ones((3, 3, 1, 1), np.float32)}),
        "in 0 groups",
    ),
    "data outside": (elsewhere("../secret"), "in the folder of the ONNX file"),
    "data anywhere": (elsewhere("/etc/passwd"), "in the folder of the ONNX file"),
    "data of a link": (elsewhere("link"), "in the folder of the ONNX file"),
    "data missing": (elsewhere("missing"), "there is no file 'missing'"),
    "data in a folder": (elsewhere("."), "in the folder of the ONNX file"),
    "data too short": (elsewhere("beside", offset="1"), "which has 432"),
    "data before the file": (elsewhere("beside", offset="-1"), "at -1"),
    "data without a place": (elsewhere("beside", offset="x"), "has no numbers as its place"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_a_line(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(432))
    (folder / "beside").write_bytes(bytes(432))
    (folder / "link").symlink_to(tmp_path / "secret")
    made, expected = HOSTILE[name]
    text = refusal(saved(made, folder))
    assert expected in text
    assert str(folder / "model.onnx") in text


def test_data_beside_the_file_are_read(tmp_path: Path) -> None:
    weight = convolution().graph.initializer[0]
    (tmp_path / "beside").write_bytes(bytes(16) + weight.raw_data)
    network = load_onnx(saved(elsewhere("beside", offset="16", length="432"), tmp_path))
    assert np.array_equal(network.weights["c.weight"], numpy_helper.to_array(weight))


def test_whole_files_that_are_no_networks(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    whole = convolution().SerializeToString()
    texts = {b"": "empty", b"\x00" * 50: "damaged", b"not a network": "damaged"}
    for data, expected in texts.items():
        path.write_bytes(data)
        assert expected in refusal(path)
    for length in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        refusal(path)
    with pytest.raises(ConvfilterError, match="No such file"):
        load_onnx(tmp_path / "other.onnx")
    with pytest.raises(ConvfilterError):
        load_onnx(tmp_path)


def test_everything_that_is_not_supported_is_named_at_once(tmp_path: Path) -> None:
    nodes = [
        node("GRU", "x", "w", "w", to="a"),
        *(node("Erf", "a", to=f"e{i}") for i in range(5)),
        node("MaxPool", "x", to="b", kernel_shape=[2, 2], storage_order=1),
        node("Pad", "x", "p", to="c", mode="reflect"),
        node("Relu", "x", to="d", slope=1.0),
        helper.make_node("Relu", ["d"], ["y"], domain="com.example"),
    ]
    constants = {"w": np.ones((1, 1), np.float32), "p": np.zeros(8, np.int64)}
    made = model(nodes, constants, opset=26)
    assert refusal(saved(made, tmp_path)).partition(": ")[2].split("; ") == [
        "opset 26 is not supported, 6 to 25 are",
        "operator 'GRU' is not supported (at 'GRU-a')",
        "operator 'Erf' is not supported (at 'Erf-e0', 'Erf-e1', 'Erf-e2' and 2 more)",
        "attribute 'storage_order' of MaxPool is 1, which is not supported (at 'MaxPool-b')",
        "attribute 'mode' of Pad is 'reflect', which is not supported (at 'Pad-c')",
        "attribute 'slope' of Relu is not supported in opset 25 (at 'Relu-d')",
        "operator 'com.example.Relu' is not supported (at 'y')",
    ]


def mutated(whole: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with bytes changed, left out, or put in."""
    data = bytearray(whole)
    for _ in range(rng.integers(1, 6)):
        place, length = int(rng.integers(len(data))), int(rng.integers(1, 9))
        new = bytes(rng.integers(0, 256, length, np.uint8))
        how = rng.integers(3)
        data[place : place + length * (how != 0)] = b"" if how == 1 else new
    return bytes(data)


def check_mutations(first: int, last: int, folder: Path) -> None:
    """Mutate the structure of a file, too, not its numbers alone."""
    made = convolution()
    for tensor in made.graph.initializer:
        if tensor.name == "d":
            tensor.raw_data = bytes(len(tensor.raw_data))
    whole = made.SerializeToString()
    x = np.zeros((1, 3, 8, 8), np.float32)
    path = folder / "model.onnx"
    refused: list[str] = []
    for seed in range(first, last):
        path.write_bytes(mutated(whole, np.random.default_rng(seed)))
        try:
            network = load_onnx(path)
        except ConvfilterError as error:
            refused.append(str(error))
            continue
        if network.graph.input_shape == x.shape[1:]:
            prepare(network.graph, network.weights, workers=1)(x)
    assert all(text.isprintable() for text in refused)
    assert 0 < len(refused) < last - first


def test_mutations_are_refused_or_run(tmp_path: Path) -> None:
    check_mutations(0, 100, tmp_path)


@pytest.mark.thorough
def test_many_mutations_are_refused_or_run(tmp_path: Path) -> None:
    check_mutations(100, 1100, tmp_path)


def test_the_model_that_is_mutated_is_right(tmp_path: Path) -> None:
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(convolution()))
    assert load_onnx(saved(convolution(), tmp_path)).graph.output == "y"
