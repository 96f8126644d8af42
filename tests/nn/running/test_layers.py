"""Every layer, as it is run, against its twin in float64."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter.nn.layers.layer import Layer
from convfilter.nn.layers.pointwise import LocalResponse, Sigmoid
from convfilter.nn.running import Prepared, forcing, prepare
from tests.nn import naive
from tests.nn.onnx import export
from tests.nn.running.cases import KINDS, Case

TOLERANCE = 1e-5
"""Of the largest output."""

OF_LARGE_TILES = 2e-5

WAYS = ("", "direct", "winograd 2", "winograd 4")


def check(case: Case, way: str = "", workers: int = 2) -> None:
    """Compare what is run with the twin."""
    with forcing(way):
        prepared = prepare(case.graph, case.weights, workers=workers)
    found = prepared(case.x)["layer"]
    expected = naive.run(case.graph, case.weights, case.x)["layer"]
    assert found.shape == expected.shape
    largest = np.abs(expected).max()
    error = np.abs(found - expected).max()
    assert error <= tolerance(prepared) * largest, case.graph


def tolerance(prepared: Prepared) -> float:
    """Return the share of the largest output that others may be off by."""
    is_large = any(step.way.startswith("winograd 4") for step in prepared.steps)
    return OF_LARGE_TILES if is_large else TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
def test_layers_are_their_twins(kind: str) -> None:
    for seed in range(12):
        check(KINDS[kind](np.random.default_rng(seed)))


@pytest.mark.parametrize("way", WAYS[1:])
def test_every_way_of_a_convolution_is_right(way: str) -> None:
    for seed in range(12):
        check(KINDS["small convolution"](np.random.default_rng(seed)), way)


def test_there_are_cases_of_every_layer() -> None:
    rng = np.random.default_rng(0)
    made = {type(kind(rng).graph.nodes[-1].layer) for kind in KINDS.values()}
    known = {each for each in _all(Layer) if not each.__subclasses__()}
    assert made == known


def _all(kind: type) -> set[type]:
    return set(kind.__subclasses__()).union(*map(_all, kind.__subclasses__()))


def check_with_onnxruntime(kind: str, seed: int) -> bool:
    """Compare a random case with the twin, and with onnxruntime where that can be trusted.

    Return whether it can. It knows no local response of an even size; of an odd one it takes
    squares away from sums, which leaves nothing of small numbers beside large ones, and its sigmoid
    is off by 1e-8 near 0.
    """
    case = KINDS[kind](np.random.default_rng(seed))
    check(case)
    layer = case.graph.nodes[-1].layer
    if isinstance(layer, LocalResponse) and layer.size % 2 == 0:
        return False
    prepared = prepare(case.graph, case.weights)
    found = prepared(case.x)["layer"]
    twin = naive.run(case.graph, case.weights, case.x)["layer"]
    expected = export.run(export.model(case.graph, case.weights), case.x)["layer"]
    allowed = tolerance(prepared) * np.abs(twin).max()
    if (
        isinstance(layer, LocalResponse | Sigmoid)
        and not np.abs(expected - twin).max() < allowed / 2
    ):
        return False
    assert np.abs(found - expected).max() <= allowed, (kind, seed, case.graph)
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_layers_are_those_of_onnxruntime(kind: str) -> None:
    for seed in range(3):
        check_with_onnxruntime(kind, 1000 + seed)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_layers_are_those_of_onnxruntime_in_two_thousand_cases(kind: str) -> None:
    wanted = -(-2000 // len(KINDS))
    compared = seed = 0
    while compared < wanted:  # of local response one case in three can be compared
        compared += check_with_onnxruntime(kind, seed)
        seed += 1
        assert seed < 5 * wanted


@pytest.mark.thorough
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["convolution", "small convolution"])
def test_every_way_is_right_in_many_cases(kind: str, way: str) -> None:
    for seed in range(200):
        check(KINDS[kind](np.random.default_rng(seed)), way)
