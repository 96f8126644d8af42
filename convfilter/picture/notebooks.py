"""How pictures show themselves in notebooks: by an encoder that is handed down from above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["hand_down", "png_of"]

png_of: Callable[[Any], bytes | None] | None = None
"""Makes a PNG of an `Image`, None of what PNG cannot hold; the face of the package gives it."""


def hand_down(encoder: Callable[[Any], bytes | None]) -> None:
    """Have pictures show themselves by an encoder."""
    global png_of
    png_of = encoder
