"""Every filter looks as far as it declares: at nothing beyond, and at what lies at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter import filters
from convfilter.engine.window.axes import lay_out
from convfilter.filters.declaring.reach import POINT, WHOLE, Reach, around, around_ranks
from convfilter.filters.pixels.picture import Pixels
from tests.examples import every
from tests.filters.pictures import Array
from tests.filters.registry import NAMES, as_pair, bound, case, strides_of, variants

AROUND = 6
"""Pixels around what an output looks at."""

TRIES = 60
"""Pictures among which one must show that a change matters."""


def cases(whole: bool) -> list[Any]:
    """Return the filters and parameters with which they need the whole picture, or do not."""
    return [
        case(name, given)
        for name in NAMES
        for given in variants(name)
        if filters.get(name).reach(bound(name, **given)).whole == whole
    ]


def picture_of(random: np.random.Generator, shape: tuple[int, int], alpha: bool) -> Array:
    """Return noise of three colours and little contrast; with alpha, a third of it is hidden."""
    values = 0.5 + 0.03 * random.standard_normal((*shape, 3))
    return np.dstack([values, random.choice([0.0, 0.5, 1.0], shape)]) if alpha else values


def result_at(name: str, picture: Array, values: dict[str, Any], output: tuple[int, int]) -> Array:
    """Return the raw value, and the alpha, of one output; of what is clear the alpha alone."""
    pixels = Pixels.of(picture, alpha=picture.shape[2:] == (4,), workers=1)
    result = filters.get(name).run(pixels, values)
    colour = np.atleast_1d(result.values[output])
    if result.alpha is None:
        return colour
    alpha = np.atleast_1d(np.asarray(result.alpha[output], colour.dtype))
    return np.concatenate([colour if alpha > 0 else np.zeros_like(colour), alpha])


def walk(
    name: str, values: dict[str, Any], reach: Reach
) -> tuple[tuple[int, int], tuple[int, int], Any]:
    """Return a shape of a picture, an output in the midst of it, and the middle of its window."""
    sides = (reach.above + reach.below, reach.left + reach.right)
    shape = (sides[0] + 4 * AROUND, sides[1] + 4 * AROUND)
    strides = strides_of(name, values)
    padding = values.get("padding", "same")
    if "ceil_mode" in values:  # a pool, whose padding is as wide on both sides
        before = as_pair(padding)
    else:
        axes = lay_out(shape, reach.window, strides, 1, padding)
        before = (axes[0].before, axes[1].before)
    half = [(side - 1) // 2 for side in reach.window]
    start = (reach.above + AROUND, reach.left + AROUND)
    output = [-(-(s + b - h) // d) for s, b, h, d in zip(start, before, half, strides, strict=True)]
    middle = [o * d - b + h for o, d, b, h in zip(output, strides, before, half, strict=True)]
    return shape, (output[0], output[1]), middle


@pytest.mark.parametrize("alpha", [False, True], ids=["plain", "alpha"])
@pytest.mark.parametrize(("name", "given"), every(4, cases(whole=False)))
def test_nothing_beyond_the_reach_matters(name: str, given: dict[str, Any], alpha: bool) -> None:
    values = bound(name, **given)
    reach = filters.get(name).reach(values)
    shape, output, (row, column) = walk(name, values, reach)
    rows = slice(row - reach.above, row + reach.below + 1)
    columns = slice(column - reach.left, column + reach.right + 1)
    assert 0 <= rows.start < rows.stop <= shape[0]
    assert 0 <= columns.start < columns.stop <= shape[1]
    random = np.random.default_rng(1)
    picture, other = (picture_of(random, shape, alpha) for _ in range(2))
    other[rows, columns] = picture[rows, columns]
    first, second = (result_at(name, each, values, output) for each in (picture, other))
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("name", "given"), every(4, cases(whole=False)))
def test_what_lies_at_the_edge_of_the_reach_matters(name: str, given: dict[str, Any]) -> None:
    values = bound(name, **given)
    reach = filters.get(name).reach(values)
    shape, output, (row, column) = walk(name, values, reach)
    across = slice(column - reach.left, column + reach.right + 1)
    down = slice(row - reach.above, row + reach.below + 1)
    edges = {
        "above": np.s_[row - reach.above, across],
        "below": np.s_[row + reach.below, across],
        "left": np.s_[down, column - reach.left],
        "right": np.s_[down, column + reach.right],
    }
    unseen = set(edges)
    for seed in range(TRIES):
        random = np.random.default_rng(seed)
        picture = picture_of(random, shape, alpha=seed % 2 == 1)
        before = result_at(name, picture, values, output)
        for side in sorted(unseen):
            changed = picture.copy()
            colours = changed[..., :3]
            size = colours[edges[side]].shape
            colours[edges[side]] = random.random(size) * random.integers(0, 2, size)
            after = result_at(name, changed, values, output)
            if before.shape == after.shape and np.abs(before - after).max() > 1e-12:
                unseen.remove(side)
        if not unseen:
            return
    assert not unseen


@pytest.mark.parametrize("name", sorted({each.values[0] for each in cases(whole=True)}))
def test_what_needs_the_whole_picture_differs_on_a_part_of_it(name: str) -> None:
    found = filters.get(name)
    far = 16
    picture = np.random.default_rng(2).random((80, 90))
    picture[far:-far, far:-far] = 0.5 + 0.1 * picture[far:-far, far:-far]  # the rim is stronger
    differences = []
    for values in (bound(name, **given) for given in variants(name)):
        if found.reach(values).whole:
            whole = found.run(Pixels.of(picture, workers=1), values).values
            part = np.ascontiguousarray(picture[far:-far, far:-far])
            alone = found.run(Pixels.of(part, workers=1), values).values
            inside = whole[2 * far : -2 * far, 2 * far : -2 * far]
            differences.append(np.abs(inside - alone[far:-far, far:-far]).max())
    assert max(differences) > 1e-6


def test_reaches_follow_one_another() -> None:
    assert around(3) == Reach(1, 1, 1, 1)
    assert around((2, 5)) == Reach(0, 1, 2, 2)
    assert around((2, 5)).window == (2, 5)
    assert around(3).then(around((2, 5))) == Reach(1, 2, 3, 3)
    assert around(3).then(WHOLE).whole
    assert WHOLE.then(around(3)).whole
    assert around(2).dilated((3, 1)) == Reach(1, 2, 0, 1)
    assert around(3).dilated(4) == around(9)
    assert WHOLE.dilated(2).whole
    ranks = around_ranks((3, 2))
    assert ranks == Reach(3, 3, 1, 2, window=(3, 2))
    assert ranks.dilated(2) == Reach(6, 6, 3, 3, window=(5, 3))
    assert Reach(0, 0, 0, 0) == POINT
    assert WHOLE != POINT
    assert len({POINT, around(1), WHOLE}) == 2
    assert repr(around(3)) == "Reach(1, 1, 1, 1, window=(3, 3))"
    assert repr(WHOLE) == "WHOLE"


def test_a_stride_is_the_size_where_it_is_not_given() -> None:
    assert strides_of("max-pool", bound("max-pool", size=(2, 3))) == (2, 3)
    assert strides_of("max-pool", bound("max-pool", stride=4)) == (4, 4)
    assert strides_of("sobel", bound("sobel")) == (1, 1)
    assert strides_of("depth-pool", bound("depth-pool", stride=2)) == (1, 1)
