"""Colours by their names."""

from __future__ import annotations

import pytest

from convfilter.colour.named import colour_named
from convfilter.errors import ArgumentError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("white", (255, 255, 255)),
        ("Red", (255, 0, 0)),
        ("#0080ff", (0, 128, 255)),
        ("#0080ff40", (0, 128, 255)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("hsl(120, 100%, 50%)", (0, 255, 0)),
    ],
)
def test_names_and_numbers(text: str, wanted: tuple[int, int, int]) -> None:
    assert colour_named(text) == wanted


def test_what_is_no_colour() -> None:
    with pytest.raises(ArgumentError, match="background 'whitte' is not a colour: give a name"):
        colour_named("whitte", "background")
