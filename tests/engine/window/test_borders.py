"""Borders are declared in one place: a rule there is a border for every function."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter import engine
from convfilter.engine.window import borders
from convfilter.engine.window.borders import BORDERS, Border, Positions, source_indices
from convfilter.runtime.checks import Array
from tests.engine.cases import noise
from tests.engine.chains import EACH

MARGIN = 8
"""Pixels beyond the edge, more than any window reaches here."""


def reversed_copies(position: Positions, size: int) -> Positions:
    """Put the image beyond its edges again, mirrored at its middle: cba|abcd -> dcba|abcd."""
    inside = (position >= 0) & (position < size)
    return np.where(inside, position, size - 1 - position % size)


def test_names_for_type_checkers_are_those_with_rules() -> None:
    assert get_args(Border) == BORDERS


@pytest.mark.parametrize("border", BORDERS)
@given(size=st.integers(1, 12), before=st.integers(0, 60), after=st.integers(0, 60))
def test_borders_are_numpys(border: Border, size: int, before: int, after: int) -> None:
    places = np.arange(size)
    if border == "constant":
        expected = np.pad(places, (before, after), mode="constant", constant_values=-1)
    else:
        expected = np.pad(places, (before, after), mode=border)
    sources = source_indices(size, before, before + size + after, border)
    assert sources.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize(
    "name",
    [each for each in EACH if "border" in inspect.signature(getattr(engine, each)).parameters],
)
def test_a_new_rule_is_a_border_for_every_function(
    name: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule: Any = borders._Rule("dcba|abcd|dcba", reversed_copies, reads_far_side=True)
    monkeypatch.setitem(borders._RULES, "copies", rule)  # type: ignore[misc]
    image = noise((13, 17), dtype)
    places = [reversed_copies(np.arange(-MARGIN, side + MARGIN), side) for side in image.shape]
    extended = image[np.ix_(*places)]
    expected = run(name, extended, "edge")[MARGIN:-MARGIN, MARGIN:-MARGIN]
    result = run(name, image, "copies")
    if name == "canny":  # compares pixels at the edge with nothing beyond it
        result, expected = result[1:-1, 1:-1], expected[1:-1, 1:-1]
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def run(name: str, image: Array, border: str) -> Array:
    """Call a function; Canny with thresholds that let no edge grow from one pixel to the next."""
    step = EACH[name]
    arguments = (9.0, 9.0) if name == "canny" else step.arguments
    options = {**dict(step.options), "border": border}
    result: Array = getattr(engine, name)(image, *arguments, **options)
    return result
