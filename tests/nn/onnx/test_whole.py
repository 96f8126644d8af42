"""Whole networks, every layer of them, against onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from convfilter.nn import models
from convfilter.nn.graph import Graph, Weights
from convfilter.nn.layers.pointwise import Softmax
from convfilter.nn.onnx import load_onnx
from convfilter.nn.random_weights import random_weights
from convfilter.nn.running import prepare
from tests.nn.onnx import export, light

TOLERANCE = 1e-4
"""Of the largest number of a layer."""

TABLES = ("alexnet", "googlenet", "googlenet-torchvision", "resnet18", "resnet50", "squeezenet")

QUICK = "squeezenet"

SLOW = [pytest.param(each, marks=pytest.mark.thorough) for each in TABLES if each != QUICK]
SLOW_LIGHT = [
    pytest.param(each, marks=pytest.mark.thorough) for each in light.CHOSEN if each != QUICK
]


def given(graph: Graph) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((1, *graph.input_shape)).astype(np.float32)


def compare(model: onnx.ModelProto, graph: Graph, weights: Weights) -> None:
    """Hold every layer against that of onnxruntime, and the output of an empty picture."""
    x = given(graph)
    names = [node.name for node in graph.nodes]
    witness = export.run(model, x)
    prepared = prepare(graph, weights)
    found = prepared(x, names)
    compared = [name for name in names if name in witness]
    assert len(compared) > len(names) // 2
    for name in compared:
        expected = witness[name].reshape(found[name].shape)
        error = np.abs(found[name] - expected).max()
        assert error <= TOLERANCE * np.abs(expected).max(), name
    logits = before_softmax(graph)
    quick = prepared(x, [logits])[logits].ravel()
    expected = witness[logits].ravel()
    assert np.abs(quick - expected).max() <= TOLERANCE * np.abs(expected).max()
    assert [*np.argsort(quick)[-5:]] == [*np.argsort(expected)[-5:]]
    # a test of the test: another picture has to give something else
    empty = prepared(np.zeros_like(x), [logits])[logits].ravel()
    assert np.abs(empty - expected).max() > 100 * TOLERANCE * np.abs(expected).max()


def before_softmax(graph: Graph) -> str:
    last = graph.nodes[-1]
    return last.inputs[0] if isinstance(last.layer, Softmax) else last.name


@pytest.mark.parametrize("name", [QUICK, *SLOW_LIGHT])
def test_networks_that_onnx_brings_are_those_of_onnxruntime(name: str, tmp_path: Path) -> None:
    model = light.filled(name)
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    network = load_onnx(path)
    every = [node.output[0] for node in model.graph.node]
    compare(light.with_outputs(model, every), network.graph, network.weights)


@pytest.mark.parametrize("name", [QUICK, *SLOW])
def test_tables_are_networks_of_onnxruntime(name: str) -> None:
    graph = models.get(name)
    weights = random_weights(graph, 0)
    names = [node.name for node in graph.nodes]
    compare(export.model(graph, weights, names), graph, weights)


@pytest.mark.parametrize("name", ["lenet5", "lenet5-modern"])
def test_a_table_is_the_same_after_a_way_through_a_file(name: str, tmp_path: Path) -> None:
    graph = models.get(name)
    weights = random_weights(graph, 0)
    x = given(graph)
    expected = export.run(export.model(graph, weights), x)[graph.output]
    found = prepare(graph, weights)(x)[graph.output]
    assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max()
    if name == "lenet5-modern":
        path = tmp_path / "model.onnx"
        path.write_bytes(export.model(graph, weights).SerializeToString())
        network = load_onnx(path)
        again = prepare(network.graph, network.weights)(x)[network.graph.output]
        assert np.abs(again - expected).max() <= TOLERANCE * np.abs(expected).max()


def test_there_are_no_other_networks() -> None:
    assert set(light.CHOSEN) <= set(light.NAMES)
    assert set(TABLES) <= set(models.names())
