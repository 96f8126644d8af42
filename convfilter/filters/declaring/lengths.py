"""Lengths such as 0.5um in place of pixels, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction


__all__ = ["Length", "has_lengths", "is_length", "lengths_in"]

_NUMBER = r"(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?"
_UNIT = r"[^\W\d_]+|\""
_OF_NUMBERS = "xeE"
"""Letters that stand between numbers and in them; every unit has others."""


class Length:
    """A length as a person wrote it, "0.5um": pixels as soon as their spacing is known."""

    __slots__ = ("metres", "text")

    def __init__(self, text: str, metres: Fraction) -> None:
        self.text = text
        self.metres = metres

    def __repr__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Length) and (self.text, self.metres) == (other.text, other.metres)

    def __hash__(self) -> int:
        return hash((self.text, self.metres))


def has_lengths(values: Iterable[Any]) -> bool:
    """Tell whether one of the values is a length."""
    return any(map(is_length, values))


def is_length(value: Any) -> bool:
    """Tell whether a value, or a part of a pair, is a length."""
    kind = type(value)
    return kind is Length or (kind is tuple and any(type(part) is Length for part in value))


def lengths_in(text: str) -> Any:
    """Return the length, the number of pixels or the pair of them that a text states.

    None where it is no such thing, or states no unit.
    """
    if not any(
        letter == '"' or (letter.isalpha() and letter not in _OF_NUMBERS) for letter in text
    ):
        return None  # as most are, for which nothing has to be imported or compiled
    from convfilter.picture.spacing import unit_named

    one = re.compile(rf"({_NUMBER})\s*({_UNIT})?")
    between = re.compile(r"\s*[,x]\s*|\s+")
    found: list[tuple[str, str | None, str | None]] = []
    place = 0
    while True:
        match = one.match(text, place)
        if match is None:
            return None
        number, word = match.groups()
        unit = None if word is None else unit_named(word)
        # a word that is no unit may be the x of 3x5
        place = match.end() if word is None or unit else match.end(1)
        found.append((number, unit, word))
        if place == len(text):
            break
        gap = between.match(text, place)
        if gap is None:
            return None
        place = gap.end()
    if len(found) > 2 or all(unit is None for _, unit, _ in found):
        return None
    parts = [_part(*each) for each in found]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _part(number: str, unit: str | None, word: str | None) -> Any:
    from fractions import Fraction

    from convfilter.picture.spacing import PIXELS, UNITS

    if unit is None or unit == PIXELS:
        return int(number) if number.isdecimal() else float(number)
    return Length(f"{number}{word}", Fraction(number) * UNITS[unit])
