"""The background that a PNG file proposes (chunk bKGD), for pictures of other kinds than its."""

from __future__ import annotations

import struct

__all__ = ["fitting", "told"]

_WHITE = 65535
_PALETTE = 3


def told(data: bytes, depth: int, colour_type: int, palette: bytes) -> bytes | None:
    """Return a background in 16 bits, of a shade or of three colours; None for damage."""
    if colour_type == _PALETTE:
        start = 3 * data[0] if len(data) == 1 else len(palette)
        colour = palette[start : start + 3]
        return struct.pack(">3H", *(257 * value for value in colour)) if len(colour) == 3 else None
    if len(data) != (6 if colour_type & 2 else 2):
        return None
    white = (1 << depth) - 1
    values = struct.unpack(f">{len(data) // 2}H", data)
    if max(values) > white:
        return None
    return struct.pack(
        f">{len(values)}H", *((value * _WHITE + white // 2) // white for value in values)
    )


def fitting(background: bytes, bits: int, is_colour: bool) -> bytes | None:
    """Return a background for a picture of so many bits; None for colours of a grey picture."""
    values = struct.unpack(f">{len(background) // 2}H", background)
    if not is_colour and len(set(values)) > 1:
        return None
    values = (values * 3)[:3] if is_colour else values[:1]
    if bits == 8:
        values = tuple((value + 128) // 257 for value in values)
    return struct.pack(f">{len(values)}H", *values)
