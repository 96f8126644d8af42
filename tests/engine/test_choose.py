"""The choice among plans: by cost, and every one of them keeps the promises."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from convfilter.engine import correlate, plan, recorded_plans
from convfilter.engine.planning import forcing
from tests.engine.accuracy import Case, check, check_paths
from tests.engine.cases import draw_case, noise

IMAGE = noise((40, 50))


@pytest.mark.parametrize("kind", ["correlate", "bank"])
def test_every_plan_keeps_the_promises(kind: str) -> None:
    random = Random(kind)
    paths = set()
    for _ in range(60):
        paths |= check_paths(draw_case(random, kind), workers=(2,))
    ways = {"direct", "separable"} | ({"box", "fft"} if kind == "correlate" else set())
    assert ways <= {path.split()[0] for path in paths}


def test_the_cheapest_plan_is_taken() -> None:
    for kernel in (np.ones((9, 9)), np.outer([1, 2, 1], [1, 0, 3]), np.eye(3), [[0.1, 0.7]]):
        chosen = plan(IMAGE, kernel)
        assert all(chosen.cost <= cost for _, cost in chosen.alternatives)
        assert chosen.name not in [name for name, _ in chosen.alternatives]


def test_a_forced_plan_is_taken_where_there_is_one() -> None:
    box = np.ones((5, 5))
    for name in ("direct", "separable", "box", "direct in float64", "separable in int16"):
        with forcing(name), recorded_plans() as plans:
            correlate(IMAGE, box)
        assert plans[0].name.startswith(name)
    with forcing("box"):
        assert plan(IMAGE, np.eye(3)).algorithm == "direct"
    assert plan(IMAGE, box).algorithm == "box"


def test_values_that_a_plan_cannot_tell_are_given_to_sums() -> None:
    image = noise((30, 30), np.float32)
    image[3, 4] = np.nan
    for name in ("box", "fft"):
        with forcing(name), recorded_plans() as plans:
            correlate(image, np.ones((3, 3)))
        assert plans[0].algorithm in ("separable", "direct")
        with forcing(name):
            check(Case("correlate", image, (np.ones((3, 3)),)))
