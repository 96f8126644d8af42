"""ICC profiles made by hand: a header, a table of tags, and tone curves (ICC.1:2022)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

COLORANTS = {
    b"rXYZ": (0.43604, 0.22249, 0.01392),
    b"gXYZ": (0.38512, 0.71690, 0.09706),
    b"bXYZ": (0.14305, 0.06061, 0.71393),
}
"""Those of sRGB, adapted to D50."""
D50 = (0.9642, 1.0, 0.8249)

LINEAR = b"curv" + bytes(8)


def fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def curv(*entries: int) -> bytes:
    """No entry for the identity, one for a gamma times 256, several for a table."""
    return struct.pack(f">4s4xI{len(entries)}H", b"curv", len(entries), *entries)


def para(function_type: int, *numbers: float) -> bytes:
    return struct.pack(">4s4xHxx", b"para", function_type) + fixed(*numbers)


def text(words: str) -> bytes:
    """A tag of the type multiLocalizedUnicodeType."""
    encoded = words.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(encoded), 28) + encoded


def profile(
    *curves: bytes, space: bytes | None = None, pcs: bytes = b"XYZ ", count: int | None = None
) -> bytes:
    """A profile for grey of one curve, for RGB of three; `count` is what it says of its tags."""
    grey = len(curves) == 1
    tags = {b"desc": text("made by hand"), b"cprt": text("none"), b"wtpt": xyz(D50)}
    if not grey:
        tags |= {name: xyz(value) for name, value in COLORANTS.items()}
    names: Sequence[bytes] = (b"kTRC",) if grey else (b"rTRC", b"gTRC", b"bTRC")
    tags |= dict(zip(names, curves, strict=False))
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, start + len(data), len(tag))
        data += tag + bytes(-len(tag) % 4)
    body = struct.pack(">I", len(tags) if count is None else count) + table + data
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x12s48x",
        128 + len(body),
        b"lcms",
        0x04400000,
        b"mntr",
        space or (b"GRAY" if grey else b"RGB "),
        pcs,
        b"acsp",
        fixed(*D50),
    )
    return header + body


def xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + fixed(*value)
