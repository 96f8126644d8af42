"""The engine beside onnxruntime: graphs of one node, whose strides and paddings are PyTorch's."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import pytest
from onnx import TensorProto, helper

from convfilter.engine import correlate, pool
from tests.engine.cases import noise
from tests.examples import every

Array = np.ndarray[Any, np.dtype[Any]]
OPSET = 19  # before it, averages under ceil_mode divide by something else


def run_node(operator: str, image: Array, weights: Array | None = None, **attributes: Any) -> Array:
    """Run one operator on an (H, W) image; return (H', W')."""
    inputs = ["x"] if weights is None else ["x", "w"]
    node = helper.make_node(operator, inputs, ["y"], **attributes)
    types = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in [*inputs, "y"]
    ]
    graph = helper.make_graph([node], "one", types[:-1], types[-1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feeds = {"x": image[np.newaxis, np.newaxis].astype(np.float32)}
    if weights is not None:
        feeds["w"] = weights[np.newaxis, np.newaxis].astype(np.float32)
    result: Array = session.run(None, feeds)[0][0, 0]
    return result


IMAGE = noise((13, 16), np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4), (5, 3)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (1, 3), (5, 4)])
@pytest.mark.parametrize("dilations", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (2, 2)), ((0, 3), (2, 1))])
def test_conv(shape: Any, strides: Any, dilations: Any, padding: Any) -> None:
    kernel = noise(shape, np.float32, seed=1)
    (top, bottom), (left, right) = padding
    expected = run_node(
        "Conv", IMAGE, kernel, strides=strides, dilations=dilations, pads=[top, left, bottom, right]
    )
    result = correlate(
        IMAGE, kernel, stride=strides, dilation=dilations, padding=padding, border="constant"
    )
    assert result.shape == expected.shape
    assert np.allclose(result, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4), (7, 7)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 1), (4, 5)])
def test_conv_same(shape: Any, strides: Any) -> None:
    kernel = noise(shape, np.float32, seed=1)
    expected = run_node("Conv", IMAGE, kernel, strides=strides, auto_pad="SAME_UPPER")
    result = correlate(IMAGE, kernel, stride=strides, border="constant")
    assert result.shape == expected.shape
    assert np.allclose(result, expected, rtol=0, atol=1e-5)


def windows() -> list[tuple[int, int, int, int]]:
    """List sizes, strides, dilations and paddings that PyTorch allows."""
    return [
        (size, stride, dilation, padding)
        for size, stride, dilation in itertools.product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2))
        for padding in range(((size - 1) * dilation + 1) // 2 + 1)
    ]


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("size", "stride", "dilation", "padding"), every(3, windows()))
def test_max_pool(size: int, stride: int, dilation: int, padding: int, ceil_mode: bool) -> None:
    expected = run_node(
        "MaxPool",
        IMAGE,
        kernel_shape=(size, size),
        strides=(stride, stride),
        dilations=(dilation, dilation),
        pads=[padding] * 4,
        ceil_mode=int(ceil_mode),
    )
    result = pool(
        IMAGE, size, stride=stride, dilation=dilation, padding=padding, ceil_mode=ceil_mode
    )
    assert np.array_equal(result, expected)


@pytest.mark.parametrize("count_include_pad", [False, True])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("size", "stride", "dilation", "padding"), every(3, windows()))
def test_average_pool(
    size: int, stride: int, dilation: int, padding: int, ceil_mode: bool, count_include_pad: bool
) -> None:
    expected = run_node(
        "AveragePool",
        IMAGE,
        kernel_shape=(size, size),
        strides=(stride, stride),
        dilations=(dilation, dilation),
        pads=[padding] * 4,
        ceil_mode=int(ceil_mode),
        count_include_pad=int(count_include_pad),
    )
    result = pool(
        IMAGE,
        size,
        reduce="mean",
        stride=stride,
        dilation=dilation,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    )
    assert result.shape == expected.shape
    assert np.allclose(result, expected, rtol=0, atol=1e-6)
