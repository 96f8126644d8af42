"""Colours that wait: what runs in one pass, what is rounded by the engine, what is let go."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from convfilter import Image, Pipeline, engine
from convfilter.engine.edge_preserving.bilateral import bilateral_smoothing
from convfilter.engine.pooling.pool import pooling
from convfilter.engine.rank.rank import ranking
from convfilter.engine.window.axes import Outline
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.waiting import Averages, Picks, Sums, Waiting
from convfilter.kernels import shapes
from tests.engine.accuracy import in_small_pieces
from tests.filters.pictures import Array, opaque, rgb

FLOATS = np.dtype(np.float32)
BYTES = np.dtype(np.uint8)
WALK = {"stride": 1, "dilation": 1, "padding": "same", "border": "reflect", "fill": 0.0}
GAUSSIAN = shapes.gaussian(1)


def sums() -> Sums:
    return Sums((GAUSSIAN,), None, WALK, scale=1.0, offset=0.0, middle=128.0)


def noise(*shape: int) -> Array:
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


def reasons(chain: str, picture: Array | Image) -> list[bool]:
    """Return for each step whether it ran in one pass with others."""
    with in_small_pieces(), engine.recorded_plans() as plans:
        Pipeline.parse(chain)(picture, workers=1)
    return [plan.reason.endswith("all steps in one pass") for plan in plans]


@pytest.mark.parametrize(
    ("chain", "together"),
    [
        ("gaussian-blur | sobel", [True, True]),
        ("max-pool | gaussian-blur | sobel", [False, True, True]),
        ("gaussian-blur | sobel | max-pool", [True, True, True]),
        ("gaussian-blur | sobel | mean-pool", [True, True, True]),
        ("mean-pool | gaussian-blur | sobel", [False, True, True]),
        ("median | gaussian-blur | sobel", [True, True, True]),
        ("gaussian-blur | median", [True, True]),
        ("open | maximum", [True, True, True]),
        ("bilateral | sobel", [True, True]),
    ],
)
def test_what_runs_in_one_pass(chain: str, together: list[bool]) -> None:
    assert reasons(chain, noise(70, 80)) == together


def test_even_alpha_does_not_part_a_chain() -> None:
    chain = Pipeline.parse("gaussian-blur sigma=1 | sobel | max-pool")
    picture = Image(opaque(noise(70, 80, 3)), alpha=True)
    assert reasons("gaussian-blur | sobel", picture) == [True, True]
    with in_small_pieces():
        result = chain(opaque(rgb()), alpha="weigh")
        plain = chain(rgb())
    np.testing.assert_array_equal(result[..., :3], plain)
    assert (result[..., 3] == 255).all()


def test_work_whose_colours_others_ask_for_runs_alone() -> None:
    image = noise(70, 80)
    results = []
    for only_next_asks in (True, False):
        work = Picks(pooling, 3, reduce="max", stride=1)
        first = Waiting(image, work, FLOATS, 1)
        first.only_next_asks = only_next_asks
        last = Waiting(first, sums(), FLOATS, 1)
        with in_small_pieces(), engine.recorded_plans() as plans:
            results.append(last.finished(None, BYTES))
        in_one_pass = [plan.reason.endswith("all steps in one pass") for plan in plans]
        assert in_one_pass == [only_next_asks] * 2
    assert results[0] is not None
    np.testing.assert_array_equal(*results)


def test_operations_are_made_with_the_arguments_of_the_function() -> None:
    """Of averages the dtype too: the first step of a chain is to make floats of bytes."""
    made: list[Any] = []

    def make(*arguments: Any, **named: Any) -> None:
        made.append((arguments, named))

    outline = Outline((7, 8, 3), BYTES)
    Picks(make, 5, border="edge").operation(outline, FLOATS)
    Averages(make, 5, 20.0, 2.0, border="edge").operation(outline, FLOATS)
    assert made == [
        ((outline, 5), {"border": "edge"}),
        ((outline, 5, 20.0, 2.0), {"border": "edge", "dtype": FLOATS}),
    ]


def test_colours_that_others_ask_for_are_computed_once() -> None:
    first = Waiting(noise(70, 80), sums(), FLOATS, 1)
    last = Waiting(first, sums(), FLOATS, 1)
    with engine.recorded_plans() as plans:
        last.finished(None, BYTES)
        raw = first.raw()
    assert len(plans) == 2
    assert first.raw() is raw
    assert not any("one pass" in plan.reason for plan in plans)


def test_the_dtype_is_known_before_the_colours() -> None:
    image = noise(9, 9)
    summed = Waiting(image, sums(), FLOATS, 1)
    for source, dtype in ((image, BYTES), (summed, FLOATS)):
        picked = Waiting(source, Picks(ranking, 3, 50, **WALK), FLOATS, 1)
        averaged = Waiting(source, Averages(bilateral_smoothing, 3, 20.0, 2.0), FLOATS, 1)
        for waiting, wanted in ((picked, dtype), (averaged, FLOATS), (summed, FLOATS)):
            assert waiting.dtype == wanted
            assert waiting.raw().dtype == wanted
            assert waiting.dtype == wanted


@pytest.mark.parametrize("signed", [None, "clamp", "abs", "offset", "scale"])
def test_the_engine_rounds_what_it_can(signed: str) -> None:
    image = noise(9, 9)
    gradient = Sums(([[-1.0, 0, 1]],), None, WALK, scale=1.0, offset=0.0, middle=128.0)
    finished = Waiting(image, gradient, FLOATS, 1).finished(signed, BYTES)
    assert (finished is None) == (signed == "scale")
    averaged = Waiting(image, Averages(bilateral_smoothing, 3, 20.0, 2.0), FLOATS, 1)
    assert (averaged.finished(signed, BYTES) is not None) == (signed in (None, "clamp"))
    assert Waiting(image, gradient, FLOATS, 1).finished(signed, FLOATS) is None
    after_floats = Waiting(averaged, Picks(ranking, 3, 50, **WALK), FLOATS, 1)
    assert (after_floats.finished(signed, BYTES) is not None) == (signed in (None, "clamp"))


def test_what_is_computed_lets_go_of_what_it_was_made_from() -> None:
    image = noise(20, 20)
    gone = weakref.ref(image)
    waiting = Waiting(image, sums(), FLOATS, 1)
    del image
    assert gone() is not None
    waiting.raw()
    gc.collect()
    assert gone() is None


def test_pictures_never_change() -> None:
    picture = Pixels.of(rgb())
    other = picture.with_colour(rgb() // 2, signed="abs").keeping_alpha()
    assert picture.signed is None
    assert not picture.keeps_alpha
    assert picture.colour is not other.colour
    with pytest.raises(TypeError, match="colours"):
        picture.changed(colours=rgb())
