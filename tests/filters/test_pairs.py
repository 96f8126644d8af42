"""Pipelines of every filter after every other: the bits of one filter at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from convfilter import engine, filters
from convfilter.errors import ConvfilterError
from convfilter.filters.declaring.reach import POINT
from convfilter.filters.pixels.picture import Pixels
from convfilter.pipeline import Pipeline
from tests.engine.accuracy import in_small_pieces
from tests.engine.chains import ONE_PASS
from tests.examples import every
from tests.filters.pictures import Array, grey, opaque, rgb
from tests.filters.registry import NAMES, bound, needed

pytestmark = pytest.mark.slow

PICTURES = {
    "colour of bytes, opaque": opaque(rgb()[:21, :25]),
    "grey of floats": (grey()[:23, :19] / 255).astype(np.float32),
}


BEFORE_OTHERS = [
    (first, kind)
    for first, kinds in zip(NAMES, itertools.cycle([[*PICTURES], [*PICTURES][::-1]]), strict=False)
    for kind in kinds
]
"""Every filter with every picture, which begin with one and the other by turns."""


def one_by_one(names: tuple[str, ...], picture: Array) -> Array:
    """Filter a picture, and ask for all raw values after each filter."""
    pixels = Pixels.of(picture)
    for name in names[:-1]:
        pixels = filters.get(name).run(pixels, bound(name))
        _ = pixels.colour
    return filters.get(names[-1]).run(pixels, bound(names[-1])).finish()


@pytest.mark.parametrize(("first", "kind"), every(4, BEFORE_OTHERS))
def test_every_filter_before_every_other(first: str, kind: str) -> None:
    picture = PICTURES[kind]
    with in_small_pieces():
        for second in NAMES:
            try:
                expected = one_by_one((first, second), picture)
            except ConvfilterError as error:  # of what the first gives there is nothing to take
                with pytest.raises(type(error)):
                    Pipeline([(name, needed(name)) for name in (first, second)])(picture)
                continue
            result = Pipeline([(name, needed(name)) for name in (first, second)])(picture)
            assert result.dtype == expected.dtype
            assert result.shape == expected.shape
            assert result.tobytes() == expected.tobytes(), f"{first} | {second}"


def test_most_pairs_run_in_one_pass() -> None:
    """What is compared above is a pass and single steps, not the same twice."""
    reaches = {name: filters.get(name).reach(bound(name)) for name in NAMES}
    around = [name for name, reach in reaches.items() if not (reach.whole or reach == POINT)]
    with in_small_pieces(), engine.recorded_plans() as plans:
        for first, second in itertools.pairwise(around):
            Pipeline([(name, needed(name)) for name in (first, second)])(grey())
    together = sum(plan.reason.endswith(ONE_PASS) for plan in plans)
    assert together > len(NAMES)
