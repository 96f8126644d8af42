"""What the header of a JPEG XL codestream says (ISO/IEC 18181-1, annexes A, D and E).

libjxl is reached through imagecodecs, which says neither how large a picture is before it decodes
it nor what its colours mean, and states linear light for values of 16 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["BITS_16", "CODESTREAM", "Header", "colours_of", "with_header"]

CODESTREAM = b"\xff\x0a"

_SIZE = ((9, 1), (13, 1), (18, 1), (30, 1))
_RATIOS = (None, (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_ENUM = (0, 1, (4, 2), (6, 18))
_ALPHA, _SPOT, _FILTERS = 0, 2, 5
_CUSTOM = 2
_RGB, _GREY_SPACE, _XYB = 0, 1, 2
_D65, _SRGB_CURVE, _RELATIVE = 1, 13, 1

_LONGEST = 1 << 16
"""Bytes of a header that are looked at; profiles and extensions lie behind what is read."""

Choice = int | tuple[int, int]
"""A value, or so many bits to which something is added."""

BITS_16 = ((0, 1), (3, 2), (15, 6))
"""Values of 16 bits, as bits: numbers, each with how many bits it takes."""

_PRIMARIES = {1: 1, 9: 9, 12: 11}
_CURVES = (1, 8, 13, 16, 17, 18)
"""Numbers that ITU-T H.273 gives to primaries and curves, and that JPEG XL knows."""


class _Bits:
    """Numbers of so many bits, the lowest ones first."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data[:_LONGEST], "little")
        self._length = 8 * min(len(data), _LONGEST)
        self.at = 0

    def take(self, count: int) -> int:
        if self.at + count > self._length:
            raise EOFError("the file is truncated")
        value = self._number >> self.at & ((1 << count) - 1)
        self.at += count
        return value

    def flag(self) -> bool:
        return self.take(1) == 1

    def choose(self, choices: Sequence[Choice]) -> int:
        """Return one of four values, of which two bits tell which."""
        choice = choices[self.take(2)]
        return choice if isinstance(choice, int) else self.take(choice[0]) + choice[1]

    def enum(self) -> int:
        return self.choose(_ENUM)


class Header(NamedTuple):
    """The header.

    Attributes
    ----------
    size : (columns, rows), as the picture is stored
    orientation : as in EXIF; the decoder applies it
    bits, is_float : of a value
    channels : of colour, 1 or 3
    extra : kinds of further channels, 0 for alpha
    premultiplied : whether colours are multiplied by alpha
    is_lossy : whether colours are stored in a space of their own (XYB)
    has_profile : whether an ICC profile says what colours mean
    colours : primaries and curve by their numbers (ITU-T H.273), None where they have none
    animated : whether there are frames
    depth_at, colours_at : the first bit and the one behind of what is said of these
    end : the bit behind the header, where no profile follows
    """

    size: tuple[int, int]
    orientation: int
    bits: int
    is_float: bool
    channels: int
    extra: tuple[int, ...]
    premultiplied: bool
    is_lossy: bool
    has_profile: bool
    colours: tuple[int, int] | None
    animated: bool
    depth_at: tuple[int, int]
    colours_at: tuple[int, int]
    end: int | None

    @classmethod
    def of(cls, codestream: bytes) -> Header:
        """Read the header.

        Raises
        ------
        EOFError
            The codestream ends before the header does.
        ValueError
            It makes no sense.
        """
        if not codestream.startswith(CODESTREAM):
            raise ValueError("no codestream")
        bits = _Bits(codestream)
        bits.take(16)
        size = _size(bits)
        if bits.flag():  # all as by default
            at = bits.at
            end = at + 1 if bits.flag() else None
            return cls(size, 1, 8, False, 3, (), False, True, False, (1, 13), False,
                       (at, at), (at, at), end)  # fmt: skip
        orientation, animated = 1, False
        has_more = bits.flag()
        if has_more:
            orientation = 1 + bits.take(3)
            if bits.flag():
                _size(bits)
            if bits.flag():
                _preview(bits)
            animated = bits.flag()
            if animated:
                _animation(bits)
        start = bits.at
        depth, is_float = _depth(bits)
        depth_at = start, bits.at
        bits.flag()  # whether 16 bits suffice the decoder
        extra, premultiplied = _extra_channels(bits)
        is_lossy = bits.flag()
        start = bits.at
        space, has_profile, colours = _colours(bits)
        colours_at = start, bits.at
        if has_more and not bits.flag():
            _tone_mapping(bits)
        end = None
        # extensions, and matrices other than the default ones, are nothing that encoders write
        if not has_profile and bits.take(2) == 0 and bits.flag():
            end = bits.at
        channels = 1 if space == _GREY_SPACE else 3
        return cls(size, orientation, depth, is_float, channels, extra, premultiplied, is_lossy,
                   has_profile, colours, animated, depth_at, colours_at, end)  # fmt: skip


def colours_of(primaries: int, curve: int, *, is_grey: bool) -> list[tuple[int, int]] | None:
    """Return colours of these numbers (ITU-T H.273) as bits; None if JPEG XL does not know them."""
    if curve not in _CURVES or not (is_grey or primaries in _PRIMARIES):
        return None
    neither_default_nor_profile = [(0, 1), (0, 1)]
    space = _enumerated(_GREY_SPACE if is_grey else _RGB)
    named = [] if is_grey else _enumerated(_PRIMARIES[primaries])
    no_power = [(0, 1)]
    return [*neither_default_nor_profile, *space, *_enumerated(_D65), *named, *no_power,
            *_enumerated(curve), *_enumerated(_RELATIVE)]  # fmt: skip


def _enumerated(value: int) -> list[tuple[int, int]]:
    if value < 2:
        return [(value, 2)]
    return [(2, 2), (value - 2, 4)] if value < 18 else [(3, 2), (value - 18, 6)]


def with_header(
    codestream: bytes, depth: Sequence[tuple[int, int]], colours: Sequence[tuple[int, int]]
) -> bytes:
    """Return a codestream that says something else of its values' depth and its colours.

    Both are bits as in `BITS_16`; no bits leave what is said as it is.
    """
    header = Header.of(codestream)
    if header.end is None:
        raise ValueError("a header of a kind that is not known here")
    number = int.from_bytes(codestream[:_LONGEST], "little")
    out, length = 0, 0

    def put(value: int, count: int) -> None:
        nonlocal out, length
        out |= value << length
        length += count

    def copy(first: int, stop: int) -> None:
        put(number >> first & ((1 << (stop - first)) - 1), stop - first)

    copy(0, header.depth_at[0])
    for part, (first, stop), following in (
        (depth, header.depth_at, header.colours_at[0]),
        (colours, header.colours_at, header.end),
    ):
        for value, count in part:
            put(value, count)
        copy(stop if part else first, following)
    return out.to_bytes(-(-length // 8), "little") + codestream[-(-header.end // 8) :]


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.flag()
    rows = 8 * (bits.take(5) + 1) if small else bits.choose(_SIZE)
    ratio = _RATIOS[bits.take(3)]
    if ratio is not None:
        return rows * ratio[0] // ratio[1], rows
    return (8 * (bits.take(5) + 1) if small else bits.choose(_SIZE)), rows


def _preview(bits: _Bits) -> None:
    sides = ((16, 32, (5, 1), (9, 33)), ((6, 1), (8, 65), (10, 321), (12, 1345)))[not bits.flag()]
    bits.choose(sides)
    if bits.take(3) == 0:
        bits.choose(sides)


def _animation(bits: _Bits) -> None:
    bits.choose((100, 1000, (10, 1), (30, 1)))
    bits.choose((1, 1001, (8, 1), (10, 1)))
    bits.choose((0, (3, 0), (16, 0), (32, 0)))
    bits.flag()


def _depth(bits: _Bits) -> tuple[int, bool]:
    """Return how many bits a value has, and whether it is a float."""
    if bits.flag():
        depth = bits.choose((32, 16, 24, (6, 1)))
        bits.take(4)
        return depth, True
    return bits.choose((8, 10, 12, (6, 1))), False


def _extra_channels(bits: _Bits) -> tuple[tuple[int, ...], bool]:
    kinds, premultiplied = [], False
    for _ in range(bits.choose((0, 1, (4, 2), (12, 1)))):
        if bits.flag():
            kinds.append(_ALPHA)
            continue
        kind = bits.enum()
        kinds.append(kind)
        _depth(bits)
        bits.choose((0, 3, 4, (3, 1)))
        bits.take(8 * bits.choose((0, (4, 0), (5, 16), (10, 48))))
        if kind == _ALPHA:
            premultiplied = bits.flag() or premultiplied
        elif kind == _SPOT:
            bits.take(64)
        elif kind == _FILTERS:
            bits.choose((1, (2, 0), (4, 3), (8, 19)))
    return tuple(kinds), premultiplied


def _colours(bits: _Bits) -> tuple[int, bool, tuple[int, int] | None]:
    """Return the space, whether a profile follows, and primaries and curve by their numbers."""
    if bits.flag():
        return _RGB, False, (1, _SRGB_CURVE)
    has_profile = bits.flag()
    space = bits.enum()
    if has_profile:
        return space, True, None
    white = primaries = _D65
    if space != _XYB:
        white = bits.enum()
        if white == _CUSTOM:
            _chromaticity(bits)
        if space != _GREY_SPACE:
            primaries = bits.enum()
            if primaries == _CUSTOM:
                for _ in range(3):
                    _chromaticity(bits)
    has_power = bits.flag()
    curve = bits.take(24) if has_power else bits.enum()
    bits.enum()  # the intent of rendering
    if has_power or white != _D65 or primaries == _CUSTOM or curve == _CUSTOM:
        return space, False, None
    return space, False, (12 if primaries == 11 else primaries, curve)


def _chromaticity(bits: _Bits) -> None:
    for _ in range(2):
        bits.choose(((19, 0), (19, 524288), (20, 1048576), (21, 2097152)))


def _tone_mapping(bits: _Bits) -> None:
    bits.take(16 + 16 + 1 + 16)
