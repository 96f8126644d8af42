"""Networks loaded and called from Python: names, weights that fit or do not, layers, sizes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save

import convfilter
from convfilter.errors import ArgumentError, ArgumentTypeError, NetworkError, UnknownNameError
from convfilter.nn import models
from convfilter.nn.network import Network
from convfilter.nn.preprocessing.description import KEY, Preprocessing
from convfilter.nn.random_weights import random_weights
from convfilter.nn.scores import best, probabilities
from tests.nn import naive
from tests.nn.onnx import export

GRAPH = models.get("lenet5-modern")
WEIGHTS = random_weights(GRAPH, 1)
X = np.random.default_rng(2).standard_normal((2, 1, 32, 32)).astype(np.float32)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_network_is_called_like_a_function() -> None:
    network = convfilter.nn.load("lenet5-modern", WEIGHTS)
    expected = naive.run(GRAPH, WEIGHTS, X)
    close(network(X), expected[GRAPH.output])
    output, layers = network(X, layers=["pool2", "C1"])
    close(output, expected[GRAPH.output])
    assert [*layers] == ["pool2", "C1"]
    close(layers["pool2"], expected["pool2"])
    close(layers["C1"], expected["relu1"])
    assert network.summary().parameters == 61_706


def test_workers_change_no_bit() -> None:
    one, two = (convfilter.nn.load("lenet5-modern", WEIGHTS, workers=n)(X) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_file_brings_weights_and_preprocessing(tmp_path: Path) -> None:
    path = tmp_path / "lenet.safetensors"
    how = Preprocessing(resize=(32, 32), channels="grey", labels=tuple("0123456789"))
    extra = {"conv1.num_batches_tracked": np.array(3), "aux1.fc.weight": np.zeros(3)}
    path.write_bytes(save({**WEIGHTS, **extra}, {KEY: how.to_json()}))
    network = convfilter.nn.load("lenet5-modern", path)
    assert network.preprocessing == how
    np.testing.assert_array_equal(network(X), convfilter.nn.load("lenet5-modern", WEIGHTS)(X))


def test_preprocessing_that_is_given_comes_before_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    weights = random_weights(models.get("squeezenet"))
    path.write_bytes(save(weights, {KEY: Preprocessing(crop=(227, 227)).to_json()}))
    how = Preprocessing(crop=(96, 80))
    for given in (path, weights, "random", None):
        network = convfilter.nn.load("squeezenet", given, preprocessing=how)
        assert network.preprocessing == how
        assert network.graph.input_shape == (3, 96, 80)
    assert convfilter.nn.load("squeezenet", path).graph.input_shape == (3, 227, 227)


def test_names_of_the_paper_are_taken_as_well() -> None:
    graph = models.get("lenet5")
    weights = random_weights(graph, 0)
    named = {name.replace("rbf.", "Out."): array for name, array in weights.items()}
    assert named.keys() != weights.keys()
    assert Network(graph, named).weights is not None


def test_whatever_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    bad = dict(WEIGHTS)
    del bad["conv1.bias"], bad["fc7.weight"]
    bad |= {
        "conv3.weight": np.zeros((6, 16, 5, 5), np.float32),
        "fc5.bias": np.zeros(120, np.int64),
        "fc6.bias": np.full(84, np.nan, np.float32),
        "head.weight": np.zeros(3, np.float32),
    }
    np.savez(path, **bad)
    with pytest.raises(ArgumentError) as caught:
        convfilter.nn.load("lenet5-modern", path)
    assert str(caught.value) == (
        f"{path} does not fit lenet5-modern: conv1.bias is missing; fc7.weight is missing;"
        " head.weight is superfluous; conv3.weight is (6, 16, 5, 5) instead of (16, 6, 5, 5);"
        " fc5.bias is of int64, not of floats; fc6.bias holds NaN or infinity"
    )


def test_large_weights_are_finite() -> None:
    large = WEIGHTS | {"fc6.bias": np.full(84, 3e38, np.float32)}
    assert GRAPH.check_weights(large, "large").keys() == WEIGHTS.keys()


def test_other_sizes_go_through_where_layers_take_them() -> None:
    network = convfilter.nn.load("squeezenet", "random", seed=1)
    x = np.random.default_rng(0).standard_normal((1, 3, 64, 80)).astype(np.float32)
    graph = network.graph.for_input((3, 64, 80))
    close(network(x), naive.run(graph, network.weights or {}, x)[graph.output])
    with pytest.raises(ArgumentError, match=r"takes inputs of \(1, 32, 32\) alone"):
        convfilter.nn.load("lenet5-modern", WEIGHTS)(np.zeros((1, 1, 40, 40), np.float32))


def test_wrong_calls_are_refused() -> None:
    network = convfilter.nn.load("lenet5-modern", WEIGHTS)
    with pytest.raises(ArgumentTypeError, match="takes float32, not uint8"):
        network(np.zeros((1, 1, 32, 32), np.uint8))
    with pytest.raises(ArgumentError, match=r"takes arrays \(N, 1, 32, 32\), not \(1, 32, 32\)"):
        network(X[0])
    with pytest.raises(ArgumentError, match="no layer 'pool9'; did you mean pool"):
        network(X, layers=["pool9"])
    with pytest.raises(ArgumentTypeError, match="a list of names"):
        network(X, layers="pool2")
    with pytest.raises(NetworkError, match="has no weights"):
        convfilter.nn.load("lenet5-modern")(X)
    with pytest.raises(UnknownNameError, match="did you mean"):
        convfilter.nn.load("lenet-5")
    with pytest.raises(ArgumentError, match="weights of its own"):
        convfilter.nn.load("net.onnx", WEIGHTS)


def test_probabilities_follow_from_the_last_layer() -> None:
    outputs = np.array([[1.0, 3.0, 2.0]], np.float32)
    exponentials = np.exp([1.0, 3.0, 2.0])
    found = probabilities(GRAPH, outputs)[0]
    np.testing.assert_allclose(found, exponentials / exponentials.sum())
    assert [index for index, _ in best(found, 2)] == [1, 2]
    distances = probabilities(models.get("lenet5"), outputs)[0]
    assert [index for index, _ in best(distances)] == [0, 2, 1]
    with pytest.raises(ArgumentError, match="gives maps"):
        probabilities(GRAPH, np.zeros((1, 2, 3, 3), np.float32))


def test_importing_the_package_and_filtering_load_nothing_of_networks(tmp_path: Path) -> None:
    program = (
        "import sys, numpy, convfilter\n"
        "convfilter.filters.sobel(numpy.zeros((8, 8), numpy.uint8))\n"
        "from convfilter.cli.main import run\n"
        "convfilter.write(numpy.zeros((8, 8), numpy.uint8), sys.argv[1] + '/a.png')\n"
        "assert run(['sobel', sys.argv[1] + '/a.png', sys.argv[1] + '/b.png']) == 0\n"
        "print([name for name in sys.modules if name.startswith('convfilter.nn')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_an_onnx_file_brings_its_own_weights(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(export.model(GRAPH, WEIGHTS), path)
    close(convfilter.nn.load(path)(X), naive.run(GRAPH, WEIGHTS, X)[GRAPH.output])


@pytest.mark.parametrize("options", [[], ["--model", "lenet5-modern", "--weights", "random"]])
def test_a_warm_prediction_imports_no_compiler(tmp_path: Path, options: list[str]) -> None:
    program = (
        "import sys\n"
        "from convfilter.cli.main import run\n"
        "assert run(['nn', 'predict', *sys.argv[1:]]) == 0\n"
        "heavy = {'numba', 'llvmlite', 'numpy.ma', 'scipy', 'onnx', 'safetensors', 'rich'}\n"
        "print(heavy & {*sys.modules})\n"
    )
    path = tmp_path / "one.png"
    one = np.full((40, 40), 255, np.uint8)
    one[8:32, 18:22] = 0
    convfilter.write(one, path)
    for _ in range(2):  # the first one may compile
        command = [sys.executable, "-c", program, *options, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
