"""Colours by their names."""

from __future__ import annotations

from typing import TypeAlias

from PIL import ImageColor

from convfilter.errors import ArgumentError

__all__ = ["Colour", "colour_named"]

Colour: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


def colour_named(text: str, what: str = "colour") -> Colour:
    """Return the RGB value of a colour name, ``#rrggbb``, ``rgb(r, g, b)`` or ``hsl(...)``.

    Names are those of CSS: ``"white"`` is (255, 255, 255). `what` names the argument in the
    message.

    Raises
    ------
    ArgumentError
        For what is no colour.
    """
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        raise ArgumentError(
            f"{what} {text!r} is not a colour: give a name such as white, or #rrggbb"
        ) from None
    return red, green, blue
