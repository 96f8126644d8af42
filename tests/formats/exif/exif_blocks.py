"""EXIF blocks as cameras write them, made and read by Pillow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import Image as PillowImages

MAKER_NOTE = bytes(range(256)) * 2 + b"\x01"  # of odd length, as some are
EXIF, GPS, INTEROPERABILITY = 34665, 34853, 40965


@dataclass(frozen=True)
class Told:
    """What a picture tells, whatever holds it."""

    make: Any
    orientation: Any
    taken: Any
    maker_note: Any
    latitude: Any
    interoperability: Any


TOLD = Told("Maker", 1, "2024:05:06 07:08:09", MAKER_NOTE, (48.0, 8.0, 30.25), "R98")


def exif_block(order: str = "<", orientation: int | None = 1) -> bytes:
    """Return a block in this byte order."""
    exif = PillowImages.Exif()
    exif.endian = order
    exif[271], exif[270] = "Maker", "ab"
    if orientation is not None:
        exif[274] = orientation
    exif[256], exif[282] = 4000, 72.0  # what lays out a file is none of another's business
    exif.get_ifd(EXIF).update(
        {36867: "2024:05:06 07:08:09", 37500: MAKER_NOTE, INTEROPERABILITY: {1: "R98"}}
    )
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 8.0, 30.25)})
    return exif.tobytes().removeprefix(b"Exif\0\0")


def told_by(exif: PillowImages.Exif) -> Told:
    """Return what Pillow finds."""
    inner = exif.get_ifd(EXIF)
    return Told(
        exif.get(271),
        exif.get(274, 1),
        inner.get(36867),
        inner.get(37500),
        tuple(map(float, exif.get_ifd(GPS).get(2, ()))),
        exif.get_ifd(INTEROPERABILITY).get(1),
    )


def told_in(block: bytes | None) -> Told:
    """Return what Pillow finds in a block."""
    assert block is not None
    exif = PillowImages.Exif()
    exif.load(b"Exif\0\0" + block)
    return told_by(exif)
