"""Vectors of every length, as other processors have them, compiled and as Python."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LENGTHS = (16, 32, 64)

AS_PYTHON = """
import sys
import numpy as np
from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.window import Window
from convfilter.nn.running import forcing, prepare
from convfilter.nn.running.processor import lanes
from tests.nn import naive
from tests.nn.running.cases import KINDS, case_of
assert lanes() <= int(sys.argv[1]) // 4
for kind, make in KINDS.items():
    if "convolution" not in kind:
        case = make(np.random.default_rng(5))
        found = prepare(case.graph, case.weights, workers=1)(case.x[:1])["layer"]
        expected = naive.run(case.graph, case.weights, case.x[:1])["layer"]
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max(), kind
layer = Conv2d(5, Window((3, 3), padding=((1, 1), (1, 1))))
case = case_of(np.random.default_rng(0), layer, (16, 6, 5))
for way in ("direct", "winograd 2", "winograd 4"):
    with forcing(way):
        prepared = prepare(case.graph, case.weights, workers=2)
    assert prepared.steps[-1].way.startswith(way)
    found = prepared(case.x[:1])["layer"]
    expected = naive.run(case.graph, case.weights, case.x[:1])["layer"]
    assert np.abs(found - expected).max() <= 2e-5 * np.abs(expected).max(), way
"""

COMPILED = """
import sys
import numpy as np
from convfilter.nn import models
from convfilter.nn.random_weights import random_weights
from convfilter.nn.running import prepare
from convfilter.nn.running.processor import lanes
from tests.nn.running.cases import KINDS
from tests.nn.running.test_layers import WAYS, check
assert lanes() <= int(sys.argv[1]) // 4
for kind, make in KINDS.items():
    for way in WAYS if "convolution" in kind else WAYS[:1]:
        for seed in range(20):
            check(make(np.random.default_rng(seed)), way)
graph = models.get("squeezenet").for_input((3, 97, 110))
weights = random_weights(graph)
x = np.random.default_rng(1).standard_normal((1, *graph.input_shape)).astype(np.float32)
found = [prepare(graph, weights, workers=n)(x)[graph.output].tobytes() for n in (1, 2, 3)]
assert len({*found}) == 1
"""


def run(program: str, length: int, **environment: str) -> None:
    """Run a program whose vectors have so many bytes at most."""
    wanted = {**os.environ, "CONVFILTER_VECTOR_BYTES": str(length), **environment}
    subprocess.run([sys.executable, "-c", program, str(length)], env=wanted, check=True)


@pytest.mark.parametrize("length", LENGTHS)
def test_loops_run_as_python_where_nothing_is_compiled(length: int) -> None:
    run(AS_PYTHON, length, NUMBA_DISABLE_JIT="1")


@pytest.mark.thorough
@pytest.mark.parametrize("length", LENGTHS)
def test_compiled_loops_are_right_whatever_vectors_there_are(length: int) -> None:
    run(COMPILED, length)
