"""The choice among plans: by cost, and each of them keeps what is promised."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

import numpy as np
import pytest

from convfilter import engine
from convfilter.engine import correlate, plan, recorded_plans
from convfilter.engine.correlation import correlate as correlate_module
from convfilter.engine.explain import OPERATIONS
from convfilter.engine.operation import Operation, algorithms
from convfilter.engine.planning import forcing
from convfilter.engine.rank import rank as rank_module
from convfilter.engine.window.axes import Outline
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import check_image
from tests.engine.accuracy import Case, check, check_paths
from tests.engine.cases import DRAWS, draw_case, noise
from tests.engine.chains import EACH

IMAGE = noise((40, 50))


@pytest.mark.slow
@pytest.mark.parametrize("kind", DRAWS)
def test_every_plan_keeps_the_promises(kind: str) -> None:
    random, paths = Random(kind), set[str]()
    for _ in range(60):
        paths |= set(check_paths(draw_case(random, kind), check, (2,)))
    assert len(paths) > 1, "nothing was forced"


@pytest.mark.parametrize(
    ("package", "family", "kinds"),
    [
        (correlate_module.ALGORITHMS, correlate_module.Correlation, ("correlate", "bank")),
        (rank_module.ALGORITHMS, rank_module.Rank, ("rank",)),
    ],
)
def test_every_algorithm_is_drawn(
    package: str, family: type[Operation], kinds: tuple[str, ...]
) -> None:
    unseen = set(algorithms(package))
    for number in range(300):
        case = draw_case(Random(number), kinds[number % len(kinds)])
        outline = Outline.of(check_image(case.image))
        with suppress(ArgumentError):  # of a window that is too large
            operation = OPERATIONS[case.function](outline, *case.arguments, **case.options)
            if isinstance(operation, family):
                unseen -= {module for module in unseen if any(module.ways(operation))}
    assert not unseen


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("name", EACH)
def test_what_is_planned_is_done(name: str, dtype: str) -> None:
    image, step = noise((40, 50), dtype), EACH[name]
    arguments, options = step.arguments, dict(step.options)
    chosen = plan(image, *arguments, **options, of=name)
    assert all(chosen.cost <= cost for _, cost in chosen.alternatives)
    for wanted in (chosen.name, *(other for other, _ in chosen.alternatives)):
        with forcing(wanted):
            forced = plan(image, *arguments, **options, of=name)
            with recorded_plans() as plans:
                getattr(engine, name)(image, *arguments, **options)
        # Canny's gradients are calls of their own
        assert (plans[-1].name, plans[-1].reason) == (forced.name, forced.reason)
        assert forced.name == wanted
        assert {chosen.name, *dict(chosen.alternatives)} <= {wanted, *dict(forced.alternatives)}


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


def test_plans_are_recorded_inside_the_block_alone() -> None:
    correlate(IMAGE, [[1]])
    with recorded_plans() as plans:
        correlate(IMAGE, np.eye(3))
        correlate(IMAGE, np.outer([1, 4, 6], [1, 2, 1]))
    correlate(IMAGE, [[1]])
    assert len(plans) == 2
    assert plans[0].algorithm == "direct"
    assert plans[1].reason == plan(IMAGE, np.outer([1, 4, 6], [1, 2, 1])).reason


def test_the_same_call_is_planned_once() -> None:
    assert plan(IMAGE, [[1, 2]]) is plan(IMAGE.copy(), [[1, 2]])
    assert plan(IMAGE, [[1, 2]]) is not plan(IMAGE, [[1, 3]])
    assert plan(IMAGE, 5, of="median") is plan(IMAGE, 5, of="median")


def test_planning_checks_the_arguments() -> None:
    wrong: Any = "refelct"
    with pytest.raises(LookupError, match="did you mean reflect"):
        plan(IMAGE, [[1]], border=wrong)
