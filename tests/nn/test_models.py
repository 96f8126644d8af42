"""The tables of networks: counts of parameters and connections, names, shapes, random weights."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter.errors import UnknownNameError
from convfilter.nn import models
from convfilter.nn.graph import Graph
from convfilter.nn.layers.layer import elements
from convfilter.nn.random_weights import random_weights
from tests.nn import naive

PARAMETERS = {
    "lenet5": 60_000,
    "lenet5-modern": 61_706,
    "alexnet": 60_965_224,
    "alexnet-torchvision": 61_100_840,
    "googlenet": 6_998_552,
    "googlenet-torchvision": 6_624_904,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet50-v1": 25_557_032,
    "squeezenet": 1_235_496,
    "squeezenet-torchvision": 1_235_496,
}
"""As published, or as torchvision counts them."""

LENET5_CONNECTIONS = {
    "conv1": 122_304,
    "subsample2": 5_880,
    "conv3": 151_600,
    "subsample4": 2_000,
    "conv5": 48_120,
    "fc6": 10_164,
    "rbf": 840,
}
"""As section II.B of the paper counts them, layer by layer."""

BY_TORCHVISION = {
    "alexnet-torchvision": {
        "features.0.weight": (64, 3, 11, 11),
        "features.10.bias": (256,),
        "classifier.1.weight": (4096, 9216),
    },
    "googlenet-torchvision": {
        "conv1.conv.weight": (64, 3, 7, 7),
        "inception3a.branch2.1.bn.running_var": (128,),
        "inception5b.branch3.1.conv.weight": (128, 48, 3, 3),
        "fc.weight": (1000, 1024),
    },
    "resnet18": {"layer2.0.downsample.0.weight": (128, 64, 1, 1), "fc.bias": (1000,)},
    "resnet34": {"layer3.5.bn2.running_mean": (256,)},
    "resnet50": {
        "layer1.0.downsample.1.weight": (256,),
        "layer4.2.conv3.weight": (2048, 512, 1, 1),
    },
    "squeezenet-torchvision": {
        "features.12.expand3x3.weight": (256, 64, 3, 3),
        "classifier.1.bias": (1000,),
    },
}
"""A few arrays of each state dictionary that torchvision's weights come as."""

OUTPUTS = {
    ("alexnet", "S8"): (256, 6, 6),
    ("alexnet-torchvision", "C1"): (64, 55, 55),
    ("googlenet", "3a"): (256, 28, 28),
    ("googlenet", "inception5b"): (1024, 7, 7),
    ("googlenet-torchvision", "inception4e.branch3"): (128, 14, 14),
    ("lenet5", "C3"): (16, 10, 10),
    ("lenet5-modern", "S4"): (16, 5, 5),
    ("resnet18", "layer3"): (256, 14, 14),
    ("resnet34", "conv5_3"): (512, 7, 7),
    ("resnet50", "layer2.0.downsample"): (512, 28, 28),
    ("squeezenet", "fire5"): (256, 27, 27),
}
"""Layers by the papers' names and by those of torchvision's modules."""


def test_torchvisions_squeezenet_differs_where_rows_are_left_over() -> None:
    sides = {
        name: [
            models.get(name).for_input((3, side, side)).shapes["features.8"][1]
            for side in (224, 227)
        ]
        for name in ("squeezenet", "squeezenet-torchvision")
    }
    assert sides == {"squeezenet": [13, 13], "squeezenet-torchvision": [13, 14]}


def parameters(graph: Graph) -> int:
    return sum(node.layer.trained(*graph.shapes_of(node.inputs)) for node in graph.nodes)


def test_every_network_is_counted() -> None:
    assert set(PARAMETERS) == set(models.names())


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_as_many_as_published(name: str) -> None:
    graph = models.get(name)
    assert graph.name == name
    assert parameters(graph) == PARAMETERS[name]
    # all that is trained is in the arrays, next to what is given and what a table leaves out
    assert sum(map(elements, graph.arrays().values())) >= PARAMETERS[name]
    assert graph.shapes[graph.output] == (10 if name.startswith("lenet") else 1000,)


def test_connections_of_lenet5_are_as_many_as_published() -> None:
    graph = models.get("lenet5")
    found = {n.name: n.layer.connections(*graph.shapes_of(n.inputs)) for n in graph.nodes}
    assert {name: count for name, count in found.items() if count} == LENET5_CONNECTIONS
    assert sum(found.values()) == 340_908


@pytest.mark.parametrize("name", BY_TORCHVISION)
def test_arrays_are_called_as_in_torchvision(name: str) -> None:
    arrays = models.get(name).arrays()
    assert {array: arrays.get(array) for array in BY_TORCHVISION[name]} == BY_TORCHVISION[name]


@pytest.mark.parametrize(("name", "layer"), OUTPUTS)
def test_layers_have_the_names_of_papers_and_modules(name: str, layer: str) -> None:
    graph = models.get(name)
    node = graph.node(layer)
    assert node is not None
    assert graph.shapes[node.name] == OUTPUTS[name, layer]


def test_no_layer_has_a_name_that_is_not_there() -> None:
    graph = models.get("resnet18")
    assert graph.node("layer5") is None
    assert graph.node("layer") is None


def test_version_1_halves_before_the_large_kernel() -> None:
    halved = {
        name: models.get(name).shapes["layer2.0.conv1"] for name in ("resnet50", "resnet50-v1")
    }
    assert halved == {"resnet50": (128, 56, 56), "resnet50-v1": (128, 28, 28)}


def test_an_unknown_network_is_refused_with_those_that_are_near() -> None:
    with pytest.raises(UnknownNameError, match="no network is called 'resnet'; did you mean"):
        models.get("resnet")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.thorough if count > 2e6 else ())
        for name, count in PARAMETERS.items()
        if count < 12e6
    ],
)
def test_random_weights_fit_and_keep_numbers_of_one_size(name: str) -> None:
    graph = models.get(name)
    if graph.input_shape[0] == 3:
        graph = graph.for_input((3, 96, 96))
    weights = random_weights(graph, seed=3)
    assert graph.check_weights(weights, "random weights").keys() == weights.keys()
    assert all((array > 0).all() for array_name, array in weights.items() if "var" in array_name)
    x = np.random.default_rng(1).standard_normal((2, *graph.input_shape)).astype(np.float32)
    x[1] = 0
    found = naive.run(graph, weights, x)
    assert all(np.abs(array).max() < 1000 for array in found.values())
    # what the network is given arrives at its end
    assert np.abs(found[graph.output][0] - found[graph.output][1]).max() > 0.01


def test_random_weights_depend_on_the_seed_alone() -> None:
    graph = models.get("lenet5")
    first, again, other = (random_weights(graph, seed) for seed in (5, 5, 6))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["conv1.weight"], other["conv1.weight"])
    # zero where the table of C3 has no connection
    assert np.count_nonzero(first["conv3.weight"]) == 1500
    assert set(first["rbf.codes"].ravel()) == {-1, 1}
