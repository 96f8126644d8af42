"""Arrays of any axes are taken apart into pictures, and put together again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.errors import ArgumentError
from convfilter.runtime.array_axes import layout_of
from convfilter.runtime.pictures import over_pictures
from tests.examples import examples
from tests.pictures import Array, is_known, one_by_one

FUNCTIONS: dict[str, Callable[[Array], Any]] = {
    "the same picture": lambda picture: picture + 1,
    "a smaller one": lambda picture: picture[::2, 1:],
    "a plane": lambda picture: picture.reshape(*picture.shape[:2], -1).sum(axis=2),
    "more channels": lambda picture: np.dstack([picture, picture]),
    "a number for each channel": lambda picture: picture.reshape(-1, *picture.shape[2:]).sum(
        axis=0
    ),
    "a number": lambda picture: picture.sum(),
    "bool": lambda picture: picture % 2 == 0,
}


@st.composite
def arrays_with_axes(draw: st.DrawFn) -> tuple[str, Array]:
    """Return the axes of an array of 1 to 6 of them, and the array."""
    count = draw(st.integers(2, 6))
    letters = ["Y", "X", *(["C"] if count > 2 and draw(st.booleans()) else [])]
    others = draw(st.permutations("ABDTZ"))[: count - len(letters)]
    axes = "".join(draw(st.permutations([*letters, *others])))
    lengths = {"Y": st.integers(1, 5), "X": st.integers(2, 5), "C": st.integers(1, 9)}
    shape = [draw(lengths.get(letter, st.integers(1, 3))) for letter in axes]
    return axes, np.random.default_rng(draw(st.integers(0, 99))).integers(0, 99, shape)


@pytest.mark.parametrize("what", FUNCTIONS)
@examples(60)
@given(case=arrays_with_axes())
def test_one_picture_after_the_other(what: str, case: tuple[str, Array]) -> None:
    axes, array = case
    before = array.copy()
    expected = one_by_one(FUNCTIONS[what], axes, array)
    result = np.asarray(over_pictures(FUNCTIONS[what], [array], axes))
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(array, before)
    if is_known(axes, array.shape):
        np.testing.assert_array_equal(over_pictures(FUNCTIONS[what], [array], None), expected)


@examples(60)
@given(case=arrays_with_axes())
def test_a_layout_is_that_of_its_letters(case: tuple[str, Array]) -> None:
    axes, array = case
    layout = layout_of(array.shape, axes)
    assert (axes[layout.rows], axes[layout.columns]) == ("Y", "X")
    assert (layout.channels is None) == ("C" not in axes)
    assert [axes[place] for place in layout.stack] == [a for a in axes if a not in "YXC"]
    if "C" in axes and len(axes) > 2:
        named = layout_of(array.shape, None, axes.index("C"))
        assert named.channels == layout.channels
        assert named.rows < named.columns


@pytest.mark.parametrize("channels", range(1, 10))
def test_more_than_four_channels_have_to_be_named(channels: int) -> None:
    shape = (12, 13, channels)
    if channels <= 4:
        assert layout_of(shape, None).channels == 2
        return
    with pytest.raises(ArgumentError, match="could be a stack of 12 pictures or one picture of"):
        layout_of(shape, None)


def test_no_picture_is_taken_before_it_is_its_turn() -> None:
    """Results are put in place one by one, so that a stack does not need its memory twice."""
    alive = []

    def function(picture: Array) -> Array:
        alive.append(picture[0, 0])
        if len(alive) > 3:
            raise KeyError("the fourth")
        return picture

    with pytest.raises(KeyError, match="the fourth"):
        over_pictures(function, [np.arange(80).reshape(8, 2, 5)], "ZYX")
    assert alive == [0, 10, 20, 30]
