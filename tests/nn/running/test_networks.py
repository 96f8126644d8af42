"""Whole networks: against onnxruntime and the twin, with several pictures, threads and outputs."""

from __future__ import annotations

import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ArgumentError
from convfilter.nn import models
from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear
from convfilter.nn.layers.layer import Layer
from convfilter.nn.layers.pointwise import Affine, BatchNorm, Combine, Dropout, Relu, Softmax
from convfilter.nn.layers.pooling import DepthPool, GlobalPool, Pool
from convfilter.nn.layers.shaping import Concat, Flatten, Pad, Reshape, Transpose
from convfilter.nn.layers.window import Window
from convfilter.nn.random_weights import random_weights
from convfilter.nn.running import prepare
from convfilter.nn.running.ways import direct, packing, winograd
from convfilter.nn.summary.memory import inference_bytes
from tests.nn import naive
from tests.nn.onnx import export

SMALL = Window((3, 3), padding=((1, 1), (1, 1)))

SUM = Combine("sum")

MIXED = Graph(
    "mixed",
    (3, 21, 18),
    (
        Node("pad", Pad(((1, 0), (0, 2)), 0.5), (INPUT,)),
        Node("conv1", Conv2d(20, Window((5, 5), (2, 1), "same")), ("pad",)),
        Node("bn1", BatchNorm(), ("conv1",)),
        Node("relu1", Relu(), ("bn1",)),
        Node("pool", Pool("max", Window((3, 3), (2, 2), ceil=True)), ("relu1",)),
        Node("conv2", Conv2d(20, SMALL), ("pool",)),
        Node("bn2", BatchNorm(), ("conv2",)),
        Node("add", Combine("sum"), ("pool", "bn2")),
        Node("relu2", Relu(), ("add",)),
        Node("left", Conv2d(32, SMALL, bias=False), ("relu2",)),
        Node("right", Conv2d(7, Window((1, 1))), ("relu2",)),
        Node("together", Concat(), ("left", "right", "relu2")),
        Node("further", Conv2d(16, SMALL), ("left",)),
        Node("twice", Combine("sum"), ("further", "further")),
        Node("all", Concat(), ("together", "twice", "left")),
        Node("drop", Dropout(), ("all",)),
        Node("affine", Affine(), ("drop",)),
        Node("mean", GlobalPool("mean"), ("affine",)),
        Node("flat", Flatten(), ("mean",)),
        Node("fc", Linear(11), ("flat",)),
        Node("softmax", Softmax(), ("fc",)),
    ),
)
"""A network in which layers are joined, put together, used twice, and end at different places."""


def numbers(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


def test_joined_layers_compute_what_each_computes() -> None:
    weights, x = random_weights(MIXED), numbers(3, *MIXED.input_shape)
    prepared = prepare(MIXED, weights)
    assert sum(len(step.layers) > 1 for step in prepared.steps) == 2
    expected = naive.run(MIXED, weights, x)
    names = [node.name for node in MIXED.nodes]
    found = prepared(x)
    assert list(found) == ["softmax"]
    np.testing.assert_allclose(found["softmax"], expected["softmax"], atol=1e-5)
    # one further layer at a time, as it is asked for most, and all at once
    for wanted in ([INPUT], *([name] for name in names), names):
        found = prepared(x, wanted)
        assert found.keys() == {*wanted, "softmax"}
        for name, array in found.items():
            largest = np.abs(expected[name]).max()
            np.testing.assert_allclose(array, expected[name], atol=1e-5 * largest, rtol=0)


def test_neither_threads_nor_other_pictures_change_a_bit() -> None:
    graph = models.get("squeezenet").for_input((3, 97, 110))
    weights, x = random_weights(graph), numbers(2, *graph.input_shape)
    one = prepare(graph, weights, workers=1)(x)[graph.output]
    for workers in (2, 3):
        prepared = prepare(graph, weights, workers=workers)
        for _ in range(5):
            np.testing.assert_array_equal(prepared(x)[graph.output], one)
    np.testing.assert_array_equal(prepared(x[1:])[graph.output], one[1:])


def test_several_networks_run_at_the_same_time() -> None:
    graph = models.get("squeezenet").for_input((3, 97, 110))
    weights, x = random_weights(graph), numbers(1, *graph.input_shape)
    prepared = [prepare(graph, weights, workers=workers) for workers in (1, 2, 3)]
    expected = prepared[0](x)[graph.output].tobytes()
    with ThreadPoolExecutor(6) as pool:
        # each is called by two threads at once, and its helpers wait between the calls
        found = pool.map(lambda n: prepared[n % 3](x)[graph.output].tobytes(), range(60))
        assert {*found} == {expected}


@pytest.mark.posix
def test_a_network_runs_in_the_child_of_a_fork() -> None:
    graph = models.get("squeezenet").for_input((3, 97, 110))
    x = numbers(1, *graph.input_shape)
    prepared = prepare(graph, random_weights(graph), workers=2)
    expected = prepared(x)[graph.output].tobytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there are other threads
        child = os.fork()
    if not child:
        os._exit(prepared(x)[graph.output].tobytes() != expected)
    assert os.waitpid(child, 0)[1] == 0
    assert prepared(x)[graph.output].tobytes() == expected


def compare(name: str, size: int | None) -> None:
    """Compare all layers of a network, run as they are asked for, and its output as it is run."""
    graph = models.get(name)
    if size is not None:
        graph = graph.for_input((graph.input_shape[0], size, size))
    weights, x = random_weights(graph), numbers(1, *graph.input_shape)
    names = [node.name for node in graph.nodes]
    prepared = prepare(graph, weights)
    expected = export.run(export.model(graph, weights, names), x, threads=2)
    (last,) = [node for node in graph.nodes if node.name == graph.output]
    before = last.inputs[0] if isinstance(last.layer, Softmax) else last.name
    for found in (prepared(x, names), prepared(x, [before])):
        for layer, array in found.items():
            largest = np.abs(expected[layer]).max()
            np.testing.assert_allclose(array, expected[layer], atol=1e-4 * largest, rtol=0)
    ours, theirs = (np.argsort(-each[0].ravel())[:5] for each in (array, expected[before]))
    assert before != layer or ours.tolist() == theirs.tolist()
    blank = prepared(np.zeros_like(x), [before])[before]
    assert np.abs(blank - expected[before]).max() > 1e-2 * np.abs(expected[before]).max()


@pytest.mark.parametrize(
    ("name", "size"),
    [("resnet18", 96), ("squeezenet", 97), ("googlenet", 224), ("lenet5", None)],
)
def test_networks_are_those_of_onnxruntime(name: str, size: int | None) -> None:
    compare(name, None if size == 224 else size)


@pytest.mark.thorough
@pytest.mark.parametrize("name", models.names())
def test_all_networks_are_those_of_onnxruntime(name: str) -> None:
    compare(name, None)


def test_what_cannot_be_run_is_told() -> None:
    graph = Graph("one", (4, 5, 5), (Node("conv", Conv2d(2, Window((3, 3))), (INPUT,)),))
    weights = random_weights(graph)
    with pytest.raises(ArgumentError, match=r"conv\.bias is missing"):
        prepare(graph, {"conv.weight": weights["conv.weight"]})
    prepared = prepare(graph, weights)
    with pytest.raises(ArgumentError, match=r"one takes arrays \(N, 4, 5, 5\), not \(1, 3, 5, 5\)"):
        prepared(np.zeros((1, 3, 5, 5), np.float32))
    with pytest.raises(ArgumentError, match="one has no layer 'fire'"):
        prepared(np.zeros((1, 4, 5, 5), np.float32), ["fire"])
    assert prepared(np.zeros((0, 4, 5, 5), np.float32))["conv"].shape == (0, 2, 3, 3)


def test_shapes_that_no_loop_takes_are_refused() -> None:
    depth = Node("depth", DepthPool("max", 2), ("shaped",))
    with pytest.raises(
        ArgumentError, match=r"layer 'depth': depth pooling needs maps or features, not \(4, 6\)"
    ):
        prepare(Graph("deep", (2, 3, 4), (Node("shaped", Reshape((4, 6)), (INPUT,)), depth)), {})
    axes = (1, 2, 2, 1, 2, 1, 1)
    nodes = (
        Node("shaped", Reshape(axes), (INPUT,)),
        Node("turned", Transpose((6, 5, 4, 3, 2, 1, 0)), ("shaped",)),
    )
    with pytest.raises(ArgumentError, match="layer 'turned': 7 axes are more than 6"):
        prepare(Graph("turned", (8,), nodes), {})


def test_weights_are_arranged_once_whatever_layers_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arranged = []

    def counted(*given: Any) -> Any:
        arranged.append(given[0].shape)
        return packing.pack(*given)

    monkeypatch.setattr(direct, "pack", counted)
    monkeypatch.setattr(winograd, "pack", counted)
    x = numbers(1, *MIXED.input_shape)
    prepared = prepare(MIXED, random_weights(MIXED))
    assert len(arranged) == 5
    prepared(x, ["relu2"])
    prepared(x, ["pool", "right"])
    assert len(arranged) == 5
    prepared(x, ["conv2"])  # what follows it can no longer be done to its weights
    assert len(arranged) == 6


def test_steps_tell_layers_ways_and_operations() -> None:
    graph = models.get("resnet18")
    prepared = prepare(graph, random_weights(graph))
    steps = prepared.steps
    named = {name for step in steps for name in step.layers}
    computed = {node.name for node in graph.nodes if not isinstance(node.layer, Flatten)}
    assert named == computed | {INPUT}
    products = sum(
        node.layer.multiply_adds(*graph.shapes_of(node.inputs))
        for node in graph.nodes
        if isinstance(node.layer, Conv2d | Linear)
    )
    assert 2 * products <= sum(step.flops for step in steps) <= 2.1 * products
    assert {step.way.split(":")[0] for step in steps} >= {"direct", "winograd 4x4", "mean"}


def test_what_runs_is_explained() -> None:
    graph = models.get("googlenet").for_input((3, 64, 64))
    prepared = prepare(graph, random_weights(graph), workers=1)
    explanation = prepared.explain(numbers(1, *graph.input_shape), rounds=1)
    assert [(step.layers, step.way) for step in explanation.steps] == [
        (step.layers, step.way) for step in prepared.steps
    ]
    assert all(step.milliseconds > 0 for step in explanation.steps)
    assert all(
        (step.gflops is None) == (not given.flops)
        for step, given in zip(explanation.steps, prepared.steps, strict=True)
    )
    reasons = {step.layers[0]: step.reason for step in explanation.steps}
    assert reasons["conv1.conv"] == "not by fewer products: windows are 7x7, not 3x3"
    assert re.fullmatch(
        r"estimate [\d.]+ ms in one thread; instead of \S+( \dx\d)? [\d.]+ ms, .* ms",
        reasons["conv3.conv"],
    )
    lines = str(explanation).splitlines()
    assert re.match(
        r"googlenet for 3x64x64, 1 thread: [\d.]+ ms in \d+ steps, [\d.]+ MiB", lines[0]
    )
    assert any(line.endswith("  conv1.conv + conv1.relu") and "direct" in line for line in lines)
    assert reasons["conv2.conv"] == ""  # 1x1
    assert lines.count(f"{'':21}{reasons['conv1.conv']}") == 1


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (
            [
                ("conv", Conv2d(4, SMALL), INPUT),
                ("relu", Relu(), "conv"),
                ("add", SUM, "conv relu"),
            ],
            "by itself: others look at conv, too",
        ),
        (
            [("pool", Pool("max", SMALL), INPUT), ("relu", Relu(), "pool")],
            "by itself: no convolution, and nothing fully connected, comes before it",
        ),
        (
            [
                ("conv", Conv2d(4, SMALL), INPUT),
                ("relu", Relu(), "conv"),
                ("bn", BatchNorm(), "relu"),
            ],
            "by itself: relu is the last that conv can take in",
        ),
        (
            [("conv", Conv2d(4, SMALL), INPUT), ("both", Concat(), f"{INPUT} conv")],
            "copied: it cannot be computed where it is to be put",
        ),
        (
            [("conv", Conv2d(8, Window((3, 3), (2, 2))), INPUT)],
            "not by fewer products: the stride is 2x2, not 1x1",
        ),
        (
            [("conv", Conv2d(8, Window((3, 3), dilation=(1, 2))), INPUT)],
            "not by fewer products: the dilation is 1x2, not 1x1",
        ),
    ],
)
def test_why_a_layer_is_not_faster_is_told(
    nodes: list[tuple[str, Layer, str]], reason: str
) -> None:
    made = (Node(name, layer, tuple(inputs.split())) for name, layer, inputs in nodes)
    graph = Graph("small", (4, 9, 9), tuple(made))
    prepared = prepare(graph, random_weights(graph))
    assert reason in {step.reason for step in prepared.steps}


def test_memory_is_used_again() -> None:
    graph = models.get("resnet50")
    prepared = prepare(graph, random_weights(graph))
    kept = 4 * sum(int(np.prod(shape)) for shape in graph.shapes.values())
    assert inference_bytes(graph) < prepared.memory_bytes < kept / 4
    assert prepared.explain(numbers(1, *graph.input_shape), 1).memory_bytes == prepared.memory_bytes
