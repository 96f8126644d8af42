"""The twins of layers against onnxruntime and SciPy, which share no line with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnxruntime
import pytest
import scipy.signal
from onnx import TensorProto, helper, numpy_helper

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Layer
from convfilter.nn.layers.pointwise import (
    BatchNorm,
    Combine,
    LeakyRelu,
    LocalResponse,
    Relu,
    Softmax,
    Tanh,
)
from convfilter.nn.layers.pooling import DepthPool, GlobalPool, Pool, Subsample
from convfilter.nn.layers.shaping import Concat, Pad, Transpose
from convfilter.nn.layers.window import Window
from tests.nn import naive

Array = np.ndarray[Any, np.dtype[Any]]


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def onnx(operator: str, x: Array, *constants: Array, **attributes: Any) -> Array:
    """Return what onnxruntime makes of one operator."""
    names = [f"w{i}" for i in range(len(constants))]
    node = helper.make_node(operator, ["x", *names], ["y"], **attributes)
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(c, name) for c, name in zip(constants, names, strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=8)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (result,) = session.run(None, {"x": x})
    return np.asarray(result)


SIZE = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 2, 1]}
WINDOW = Window((3, 2), (2, 1), ((1, 2), (0, 1)))

CONVOLUTIONS: dict[str, tuple[Conv2d, dict[str, Any]]] = {
    "numbers": (Conv2d(6, WINDOW), SIZE),
    "groups": (Conv2d(6, WINDOW, groups=2), SIZE | {"group": 2}),
    "dilation": (
        Conv2d(6, Window((3, 2), padding="valid", dilation=(2, 3))),
        {"kernel_shape": [3, 2], "dilations": [2, 3]},
    ),
    "same": (
        Conv2d(6, Window((2, 2), (2, 3), "same")),
        {"kernel_shape": [2, 2], "strides": [2, 3], "auto_pad": "SAME_UPPER"},
    ),
    "same-lower": (
        Conv2d(6, Window((2, 4), padding="same-lower")),
        {"kernel_shape": [2, 4], "auto_pad": "SAME_LOWER"},
    ),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions_are_those_of_onnxruntime(case: str) -> None:
    layer, attributes = CONVOLUTIONS[case]
    x, bias = numbers(2, 4, 9, 8), numbers(6, seed=1)
    weight = numbers(*layer.parameters(x.shape[1:])["weight"], seed=2)
    found = naive.forward(layer, {"weight": weight, "bias": bias}, x)
    np.testing.assert_allclose(found, onnx("Conv", x, weight, bias, **attributes), atol=1e-5)


def test_a_convolution_is_the_correlation_of_scipy() -> None:
    x, weight = numbers(1, 2, 7, 9), numbers(1, 2, 3, 4, seed=1)
    found = naive.forward(Conv2d(1, Window((3, 4)), bias=False), {"weight": weight}, x)
    each = [scipy.signal.correlate2d(x[0, c], weight[0, c], "valid") for c in range(2)]
    np.testing.assert_allclose(found[0, 0], sum(each), atol=1e-5)


def test_a_table_leaves_out_what_it_does_not_name() -> None:
    x, weight = numbers(1, 3, 5, 5), numbers(2, 3, 3, 3, seed=1)
    layer = Conv2d(2, Window((3, 3)), bias=False, table=((0, 2), (1,)))
    found = naive.forward(layer, {"weight": weight}, x)
    weight[0, 1] = weight[1, 0] = weight[1, 2] = 0
    np.testing.assert_allclose(found, onnx("Conv", x, weight), atol=1e-5)


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("counts", [False, True])
def test_pools_are_those_of_onnxruntime(ceil: bool, counts: bool) -> None:
    # 10 rows: with ceil, a last window ends beyond the padding
    x = numbers(2, 3, 10, 9)
    window = Window((3, 3), (2, 3), ((1, 1), (1, 0)), ceil=ceil)
    shared = {"kernel_shape": [3, 3], "strides": [2, 3], "pads": [1, 1, 1, 0]}
    mean = onnx("AveragePool", x, **shared, ceil_mode=ceil, count_include_pad=counts)
    np.testing.assert_allclose(naive.forward(Pool("mean", window, counts), {}, x), mean, atol=1e-6)
    most = onnx("MaxPool", x, **shared, ceil_mode=ceil)
    np.testing.assert_array_equal(naive.forward(Pool("max", window), {}, x), most)


POINTWISE: dict[str, tuple[Layer, Callable[[Array], Array]]] = {
    "relu": (Relu(), lambda x: onnx("Relu", x)),
    "leaky": (LeakyRelu(0.2), lambda x: onnx("LeakyRelu", x, alpha=0.2)),
    "softmax": (Softmax(), lambda x: onnx("Softmax", x, axis=1)),
    "lrn": (
        LocalResponse(5, 0.3, 0.6, 1.5),
        lambda x: onnx("LRN", x, size=5, alpha=0.3, beta=0.6, bias=1.5),
    ),
    "lrn-published": (
        LocalResponse(3, 0.1, 0.75, 2.0, divided=False),
        lambda x: onnx("LRN", x, size=3, alpha=0.3, beta=0.75, bias=2.0),
    ),
    "global": (GlobalPool("mean"), lambda x: onnx("GlobalAveragePool", x)),
    "depth": (DepthPool("max", 3), lambda x: np.stack([x[:, :3].max(1), x[:, 3:].max(1)], 1)),
    "pad": (
        Pad(((1, -1), (0, 2)), 3.0),
        lambda x: onnx("Pad", x, np.array([0, 0, 1, 0, 0, 0, -1, 2]), np.float32([3])[0]),
    ),
    "transpose": (Transpose((2, 0, 1)), lambda x: onnx("Transpose", x, perm=[0, 3, 1, 2])),
    "tanh": (Tanh(1.7159, 2 / 3), lambda x: 1.7159 * onnx("Tanh", np.float32(2 / 3) * x)),
}


@pytest.mark.parametrize("case", POINTWISE)
def test_layers_without_weights_are_those_of_onnxruntime(case: str) -> None:
    layer, witness = POINTWISE[case]
    x = numbers(2, 6, 4, 5)
    found = naive.forward(layer, {}, x)
    assert found.shape[1:] == layer.output(x.shape[1:])
    np.testing.assert_allclose(found, witness(x), atol=2e-6)


def test_of_an_even_size_more_neighbours_lie_above() -> None:
    # onnxruntime has none; by ONNX's reference a size of 4 looks at one below and two above
    found = naive.forward(LocalResponse(4, 4.0, 1.0, 1.0), {}, np.ones((1, 5, 1, 1)))
    np.testing.assert_allclose(found.ravel(), [1 / 4, 1 / 5, 1 / 5, 1 / 4, 1 / 3])


def test_batch_normalisation_is_that_of_onnxruntime() -> None:
    x = numbers(2, 3, 4, 5)
    weights = {
        name: abs(numbers(3, seed=i)) for i, name in enumerate(BatchNorm().buffers((3, 1, 1)))
    }
    weights |= {"weight": numbers(3, seed=5), "bias": numbers(3, seed=6)}
    order = [weights[name] for name in ("weight", "bias", "running_mean", "running_var")]
    found = naive.forward(BatchNorm(1e-3), weights, x)
    witness = onnx("BatchNormalization", x, *order, epsilon=1e-3)
    np.testing.assert_allclose(found, witness, atol=1e-5)


def test_distances_and_subsampling_follow_the_paper() -> None:
    x, codes = numbers(2, 4), numbers(3, 4, seed=1)
    distances = naive.forward(Rbf(3), {"codes": codes}, x)
    assert distances[1, 2] == pytest.approx(sum((x[1].astype(float) - codes[2]) ** 2))
    maps, weight, bias = numbers(1, 2, 4, 6), numbers(2, seed=1), numbers(2, seed=2)
    found = naive.forward(Subsample(2), {"weight": weight, "bias": bias}, maps)
    assert found.shape == (1, 2, 2, 3)
    assert found[0, 1, 0, 2] == pytest.approx(maps[0, 1, :2, 4:].sum() * weight[1] + bias[1])


def test_a_graph_runs_node_by_node() -> None:
    graph = Graph(
        "small",
        (2, 4, 4),
        (
            Node("a", Conv2d(3, Window((1, 1)), bias=False), (INPUT,)),
            Node("b", Concat(), ("a", INPUT)),
            Node("c", GlobalPool("max"), ("b",)),
            Node("d", Combine("product"), ("c", "c", "c")),
        ),
    )
    x = numbers(2, 2, 4, 4)
    weights: Mapping[str, Array] = {"a.weight": numbers(3, 2, 1, 1, seed=3)}
    found = naive.run(graph, weights, x)
    assert set(found) == {INPUT, "a", "b", "c", "d"}
    assert all(found[name].shape == (2, *shape) for name, shape in graph.shapes.items())
    np.testing.assert_allclose(found["d"], found["c"] ** 3)


def test_a_fully_connected_layer_is_a_product() -> None:
    x, weight, bias = numbers(2, 4), numbers(3, 4, seed=1), numbers(3, seed=2)
    found = naive.forward(Linear(3), {"weight": weight, "bias": bias}, x)
    np.testing.assert_allclose(found, onnx("Gemm", x, weight, bias, transB=1), atol=1e-5)
