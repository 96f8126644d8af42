"""Gradients of every layer that can be trained, against small changes in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.errors import ArgumentError
from convfilter.nn import models
from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.layers.pointwise import BatchNorm, Combine, Relu, Softmax, Tanh
from convfilter.nn.layers.pooling import GlobalPool, Pool, Subsample
from convfilter.nn.layers.shaping import Concat, Flatten
from convfilter.nn.layers.window import Window
from convfilter.nn.random_weights import random_weights
from convfilter.nn.training.losses import CrossEntropy, Distances, Loss
from convfilter.nn.training.model import Model
from convfilter.nn.training.steps import STEPS
from tests.examples import examples
from tests.nn.training.gradients import errors, one_layer, pictures, twin_apart

BOUND = 1e-6

LAYERS: list[tuple[Layer, Shape]] = [
    (Conv2d(4, Window((3, 2), (2, 1), ((1, 1), (0, 2)))), (3, 7, 6)),
    (Conv2d(6, Window((3, 3), padding="same", dilation=(2, 1)), groups=2, bias=False), (4, 6, 5)),
    (Conv2d(3, Window((2, 2)), table=((0,), (1, 2), (0, 1, 2))), (3, 4, 5)),
    (Conv2d(7, Window((4, 5))), (2, 4, 5)),
    (Linear(5), (7,)),
    (Linear(4, bias=False), (3,)),
    (Rbf(4), (6,)),
    (Pool("max", Window((3, 3), (2, 2), ((1, 1), (1, 1)))), (3, 7, 8)),
    (Pool("mean", Window((2, 3), (2, 2), ((1, 0), (1, 1)), ceil=True)), (2, 7, 6)),
    (
        Pool("mean", Window((3, 3), (1, 2), ((1, 1), (1, 1))), counts_padding=False),
        (2, 5, 6),
    ),
    (GlobalPool("mean"), (3, 4, 5)),
    (Subsample(2), (3, 6, 5)),
    (Relu(), (3, 4, 5)),
    (Tanh(1.7159, 2 / 3), (3, 4, 5)),
    (Softmax(), (5,)),
    (BatchNorm(), (3, 4, 5)),
    (Flatten(), (3, 2, 4)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: type(value).__name__)
def test_a_layer(layer: Layer, shape: Shape) -> None:
    graph = one_layer(layer, shape)
    x = pictures(graph, 5)
    found = errors(graph, x)
    assert max(found.values()) < BOUND, found
    assert twin_apart(graph, x) < 1e-5


@pytest.mark.parametrize("joint", [Combine("sum"), Concat()], ids=["sum", "concat"])
def test_what_joins_inputs(joint: Layer) -> None:
    nodes = (
        Node("a", Conv2d(3, Window((3, 3), padding="same")), (INPUT,)),
        Node("b", Tanh(), ("a",)),
        Node("c", Conv2d(3, Window((1, 1))), ("a",)),
        Node("joint", joint, ("b", "a", "c")),
        Node("end", Conv2d(2, Window((2, 2))), ("joint",)),
    )
    graph = Graph("joins", (2, 4, 5), nodes)
    x = pictures(graph, 4)
    assert max(errors(graph, x).values()) < BOUND
    assert twin_apart(graph, x) < 1e-5


def test_every_layer_that_can_be_trained_has_been_checked() -> None:
    checked = {type(layer) for layer, _ in LAYERS} | {Combine, Concat}
    assert checked == set(STEPS)


def test_normalisation_by_running_means() -> None:
    graph = one_layer(BatchNorm(), (3, 4, 5))
    assert max(errors(graph, pictures(graph, 5), training=False).values()) < BOUND


windows = st.builds(
    Window,
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["same", "same-lower", "valid", ((1, 1), (1, 1)), ((2, 0), (0, 1))]),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
)


@examples(60)
@given(
    windows,
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)),
    st.tuples(st.integers(5, 9), st.integers(5, 24)),
    st.integers(1, 20),
)
def test_any_convolution(
    window: Window, maps: tuple[int, int, int], size: tuple[int, int], count: int
) -> None:
    into, out, groups = maps
    graph = one_layer(Conv2d(out * groups, window, groups), (into * groups, *size))
    x = pictures(graph, count)
    assert twin_apart(graph, x) < 1e-5
    assert max(errors(graph, x, most=6).values()) < BOUND


@pytest.mark.parametrize(
    ("loss", "classes"), [(CrossEntropy(), 5), (Distances(2.0), 4), (Distances(50.0), 4)]
)
def test_a_loss(loss: Loss, classes: int) -> None:
    layer = Linear(classes) if isinstance(loss, CrossEntropy) else Rbf(classes)
    graph = one_layer(layer, (6,))
    labels = np.array([0, 3, 2, 3, 1])
    found = errors(graph, pictures(graph, 5), loss=(loss, labels))
    assert max(found.values()) < BOUND, found


def _small_residual() -> Graph:
    whole = models.get("resnet18").for_input((3, 24, 20))
    cut = next(i for i, node in enumerate(whole.nodes) if node.name.startswith("layer2.1"))
    return Graph("start of resnet18", whole.input_shape, whole.nodes[:cut])


@pytest.mark.parametrize(
    "name", ["lenet5", "lenet5-modern", pytest.param("resnet18", marks=pytest.mark.thorough)]
)
def test_a_whole_network(name: str) -> None:
    graph = _small_residual() if name == "resnet18" else models.get(name)
    loss: tuple[Loss, np.ndarray] | None = None  # type: ignore[type-arg]
    if name != "resnet18":
        labels = np.array([3, 9, 0])
        loss = (Distances() if name == "lenet5" else CrossEntropy(), labels)
    x = pictures(graph, 3) / 4
    found = errors(graph, x, most=4, loss=loss)
    assert max(found.values()) < BOUND, found


def test_a_wrong_gradient_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = one_layer(Linear(3), (4,))
    step = STEPS[Linear]
    right = step.backward

    def wrong(self, gradient, wanted):  # type: ignore[no-untyped-def]
        inputs, learned = right(self, gradient, wanted)
        return inputs, {**learned, "bias": learned["bias"] * 1.00001}

    monkeypatch.setattr(step, "backward", wrong)
    assert errors(graph, pictures(graph, 2))["layer.bias"] > BOUND


def test_threads_change_no_bit() -> None:
    graph = models.get("lenet5")
    x = np.moveaxis(pictures(graph, 70), 0, 1).astype(np.float32)
    results = []
    for workers in (1, 2, 5):
        model = Model(graph, random_weights(graph), workers=workers)
        out = model.forward(np.ascontiguousarray(x))
        results.append({"out": out, **model.backward(np.ones_like(out))})
    for other in results[1:]:
        assert all(np.array_equal(other[name], results[0][name]) for name in results[0])


@pytest.mark.parametrize("name", ["alexnet", "googlenet"])
def test_layers_without_a_way_back_are_refused_by_name(name: str) -> None:
    graph = models.get(name)
    with pytest.raises(ArgumentError, match="cannot be trained: LocalResponse"):
        Model(graph, {})


def test_only_means_of_maps_and_sums_are_trained() -> None:
    for layer in (GlobalPool("max"), replace(Combine("sum"), how="max")):
        with pytest.raises(ArgumentError, match=r"layer 'layer' of one cannot be trained"):
            Model(one_layer(layer, (2, 3, 3)), {})
