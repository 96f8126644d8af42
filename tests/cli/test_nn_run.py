"""The command `nn run`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convfilter.nn.onnx import load_onnx
from tests.cli.conftest import COMPILING, Runner
from tests.nn import naive
from tests.nn.onnx.small import convolution, model, node, saved

X = np.random.default_rng(3).standard_normal((2, 3, 8, 8)).astype(np.float32)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    source = tmp_path / "in.npy"
    np.save(source, X)
    return saved(convolution(), tmp_path), source, tmp_path / "out.npy"


def test_the_output_is_that_of_the_network(
    convfilter: Runner, files: tuple[Path, Path, Path]
) -> None:
    ended = convfilter("nn", "run", *files)
    assert (ended.code, ended.out) == (0, b"")
    assert ended.err == "" or COMPILING in ended.err
    found = np.load(files[2])
    graph, weights, _ = load_onnx(files[0])
    expected = naive.run(graph, weights, X)
    assert found.dtype == np.float32
    assert np.abs(found - expected["y"]).max() < 1e-6
    assert convfilter("nn", "run", *files, "--layer", "Conv-c", "--overwrite").code == 0
    layer = np.load(files[2])
    assert layer.shape == (2, 4, 8, 8)
    assert np.abs(layer - expected["c"]).max() < 1e-5 * np.abs(expected["c"]).max()


def test_how_the_layers_ran_is_explained(
    convfilter: Runner, files: tuple[Path, Path, Path]
) -> None:
    ended = convfilter("nn", "run", *files, "--explain", "--workers", "1")
    assert (ended.code, ended.out) == (0, b"")
    lines = [line for line in ended.err.splitlines() if COMPILING not in line]
    assert lines[0].startswith("model for 3x8x8, 1 thread: ")
    assert lines[1].split() == ["ms", "GFLOP/s"]
    (line,) = [line for line in lines if " direct " in line]
    milliseconds, speed, _, layers = line.split(None, 3)
    assert float(milliseconds) > 0
    assert float(speed) > 0
    assert layers.startswith("c")


def test_a_file_that_leaves_its_size_open_takes_that_of_the_array(
    convfilter: Runner, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    saved(model([node("Relu", "x")], shape=("N", 3, "height", "width")), tmp_path)
    assert convfilter("nn", "run", *files).code == 0
    assert np.array_equal(np.load(files[2]), np.maximum(X, 0))


def test_pictures_may_be_mixed_as_the_file_says(
    convfilter: Runner, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    saved(model([node("Flatten", "x", axis=2)], shape=(2, 3, 8, 8)), tmp_path)
    assert convfilter("nn", "run", *files).code == 0
    assert np.array_equal(np.load(files[2]), X.reshape(6, 64))


def test_an_output_that_exists_stays(convfilter: Runner, files: tuple[Path, Path, Path]) -> None:
    files[2].write_bytes(b"mine")
    ended = convfilter("nn", "run", *files)
    assert ended.code == 1
    assert "--overwrite" in ended.err
    assert files[2].read_bytes() == b"mine"
    ended = convfilter("nn", "run", *files[:2], files[1], "--overwrite")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert np.array_equal(np.load(files[1]), X)


def claiming(folder: Path, header: str) -> None:
    """Write a file of an array that holds less than it says."""
    text = header.encode().ljust(118) + b"\n"
    (folder / "in.npy").write_bytes(b"\x93NUMPY\x01\x00" + bytes([len(text), 0]) + text + bytes(64))


FLOATS = "'descr': '<f4', 'fortran_order': False"

HEADERS = {
    "huge": f"{{{FLOATS}, 'shape': (1, 3, 1000000, 1000000)}}",
    "beyond integers": f"{{{FLOATS}, 'shape': (9, 4611686018427387904)}}",
    "negative": f"{{{FLOATS}, 'shape': (1, -3, 8, 8)}}",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (2, 4)}",
    "no header": "{'descr': ",
}


@pytest.mark.parametrize("name", HEADERS)
def test_arrays_that_lie_are_refused_in_a_line(
    convfilter: Runner, files: tuple[Path, Path, Path], tmp_path: Path, name: str
) -> None:
    claiming(tmp_path, HEADERS[name])
    ended = convfilter("nn", "run", *files)
    assert (ended.code, len(ended.lines)) == (1, 1)
    assert "in.npy is no file of an array" in ended.err
    assert not files[2].exists()


WRONG = {
    "integers": (X.astype(np.int32), 1, "holds int32"),
    "another size": (X[:, :, :7], 2, "takes arrays (N, 3, 8, 8), not N, 3, 7, 8"),
    "one axis": (X.ravel(), 2, "has the shape"),
    "nothing": (X[:0], 2, "has the shape"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arrays_are_refused_in_a_line(
    convfilter: Runner, files: tuple[Path, Path, Path], name: str
) -> None:
    array, code, expected = WRONG[name]
    np.save(files[1], array)
    ended = convfilter("nn", "run", *files)
    assert (ended.code, len(ended.lines)) == (code, 1)
    assert expected in ended.err
    assert not files[2].exists()


def test_missing_files_and_layers_are_named(
    convfilter: Runner, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    ended = convfilter("nn", "run", tmp_path / "none.onnx", *files[1:])
    assert (ended.code, len(ended.lines)) == (1, 1)
    assert "none.onnx: No such file" in ended.err
    ended = convfilter("nn", "run", *files, "--layer", "q")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "no layer 'q'" in ended.err
