"""What formats declare, for tests that hold every one of them against its own declaration."""

from __future__ import annotations

from collections.abc import Callable

from convfilter.formats.declaring import Format, Holds
from convfilter.images import FORMATS

GREY, GREY_ALPHA, RGB, RGBA = 1, 2, 3, 4
DEPTHS = {"uint8": 8, "uint16": 16, "float32": 32}


def written(suits: Callable[[Holds], object] = lambda _: True, keeps: str = "") -> list[str]:
    """Return the formats that are written, hold what is asked for, and keep these things."""
    return [
        name
        for name, form in FORMATS.items()
        if form.write is not None and suits(form.holds) and form.keeps.issuperset(keeps.split())
    ]


def exact_kinds(form: Format, dtype: str) -> tuple[int, ...]:
    """Return how many channels pixels of a dtype have that the format stores exactly.

    Few colours are stored exactly by more formats; of many, every shade of grey fits.
    """
    holds = form.holds
    if holds.floats_alone and dtype != "float32":
        return ()
    if holds.lossy or form.write is None or (DEPTHS[dtype] > holds.depth and not holds.arrays):
        return ()
    if holds.colours:
        return (GREY,)
    kinds = {GREY: holds.grey, GREY_ALPHA: holds.grey and holds.alpha, RGB: holds.colour,
             RGBA: holds.colour and holds.alpha}  # fmt: skip
    if holds.premultiplied:
        kinds[GREY_ALPHA] = kinds[RGBA] = False
    return tuple(channels for channels, is_held in kinds.items() if is_held)


def exact(dtype: str) -> list[tuple[str, int]]:
    """Return formats, each with a number of channels that it stores exactly."""
    return [(name, n) for name, form in FORMATS.items() for n in exact_kinds(form, dtype)]
