"""Gradients by small changes: what those of training are held against."""

from __future__ import annotations

from typing import Any

import numpy as np

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.random_weights import random_weights
from convfilter.nn.training.losses import Loss
from convfilter.nn.training.model import Model, batch_second
from tests.nn import naive

Array = np.ndarray[Any, np.dtype[Any]]

STEP = 1e-6


def one_layer(layer: Layer, shape: Shape) -> Graph:
    """Return a network of one layer."""
    return Graph("one", shape, (Node("layer", layer, (INPUT,)),))


def pictures(graph: Graph, count: int, seed: int = 0) -> Array:
    """Return random pictures (N, maps, rows, columns), or features."""
    rng = np.random.default_rng([seed, 1])
    return rng.normal(size=(count, *graph.input_shape))


def apart(analytic: Array, numeric: Array) -> float:
    """Return how far two gradients are apart, compared with their length."""
    length = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    return float(np.linalg.norm(analytic - numeric) / max(length, 1e-8))


def errors(
    graph: Graph,
    x: Array,
    *,
    most: int = 10**6,
    training: bool = True,
    loss: tuple[Loss, Array] | None = None,
) -> dict[str, float]:
    """Return the relative error of the gradient of every learned array, and of the input.

    At most `most` numbers of each array are changed, up and down, in float64. Without a loss the
    outputs are added up with random weights.
    """
    rng = np.random.default_rng(5)
    model = Model(graph, random_weights(graph, seed=3), dtype=np.float64)
    given = batch_second(x, np.float64)
    out = model.forward(given, training=training)
    weights = rng.normal(size=out.shape)

    def value() -> float:
        out = model.forward(given, training=training)
        return loss[0](out, loss[1])[0] if loss else float((out * weights).sum())

    gradient = loss[0](out, loss[1])[1] if loss else weights
    gradients = model.backward(gradient, of_input=True)
    found = {}
    for name in (*model.learned, INPUT):
        array = (given if name == INPUT else model.weights[name]).reshape(-1)
        # weights of a table are 0 where a map does not look at another
        free = np.flatnonzero(array)
        chosen = rng.permutation(free)[:most]
        numeric = np.empty(len(chosen))
        for index, place in enumerate(chosen):
            before = array[place]
            array[place] = before + STEP
            above = value()
            array[place] = before - STEP
            numeric[index] = (above - value()) / (2 * STEP)
            array[place] = before
        gradient = gradients[name].reshape(-1)
        found[name] = apart(gradient[chosen], numeric)
        assert not np.delete(gradient, free).any()
    return found


def twin_apart(graph: Graph, x: Array) -> float:
    """Return how far a forward pass in float32 is from the slow twin, of the largest output."""
    weights = random_weights(graph, seed=3)
    out = Model(graph, weights).forward(batch_second(x, np.float32), training=False)
    wanted = naive.run(graph, weights, x.astype(np.float32))[graph.output]
    wanted = np.moveaxis(wanted, 0, 1)
    return float(np.abs(out - wanted).max() / max(np.abs(wanted).max(), 1e-30))
