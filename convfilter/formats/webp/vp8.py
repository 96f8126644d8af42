"""How well a lossy WebP was compressed, as the header of its frame tells (RFC 6386, 9)."""

from __future__ import annotations

import math
import operator

__all__ = ["quality_of"]

_KEY_FRAME = b"\x9d\x01\x2a"
_START = 10
"""Bytes before what is coded bit by bit."""

_SEGMENTS = 4
_WORST = 127


class _Bits:
    """Bits that are both as likely, from the arithmetic coder of VP8 (section 7)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 2
        self._value = int.from_bytes(data[:2], "big")
        self._range = 255
        self._count = 0

    def take(self, count: int) -> int:
        number = 0
        for _ in range(count):
            split = 1 + ((self._range - 1) * 128 >> 8)
            bit = self._value >= split << 8
            if bit:
                self._range -= split
                self._value -= split << 8
            else:
                self._range = split
            while self._range < 128:
                self._value <<= 1
                self._range <<= 1
                self._count += 1
                if self._count == 8:
                    self._count = 0
                    self._value |= self._data[self._at]
                    self._at += 1
            number = number << 1 | bit
        return number

    def signed(self, count: int) -> int | None:
        """Return a number with its sign, None if there is none."""
        if not self.take(1):
            return None
        number = self.take(count)
        return -number if self.take(1) else number


def quality_of(frame: bytes) -> int | None:
    """Return about which quality of libwebp, 1 to 100, a key frame has; None if it tells none.

    libwebp makes a quantiser of a quality, and moves it up and down for parts of the picture by an
    exponent that is 1 on average (`VP8SetSegmentParams`): the mean of these is turned back.
    """
    if frame[3:6] != _KEY_FRAME:
        return None
    try:
        quantisers, weights = _quantisers(_Bits(frame[_START:]))
    except IndexError:
        return None
    finest = 0.5 / _WORST
    logarithms = [math.log(max(finest, 1 - each / _WORST)) for each in quantisers]
    mean = sum(map(operator.mul, weights, logarithms)) / (sum(weights) or 1)
    evenly = math.exp(mean) ** 3
    quality = 1.5 * evenly if evenly < 0.5 else (evenly + 1) / 2
    return max(1, min(100, round(100 * quality)))


def _quantisers(bits: _Bits) -> tuple[list[int], list[float]]:
    """Return the quantisers of the parts of a picture, and how much of it each part is."""
    bits.take(2)
    moved: list[int] = []
    first, second, third = 1.0, 1.0, 1.0
    is_absolute = False
    if bits.take(1):
        has_map, has_values = bits.take(1), bits.take(1)
        if has_values:
            is_absolute = bits.take(1) == 1
            moved = [bits.signed(7) or 0 for _ in range(_SEGMENTS)]
            for _ in range(_SEGMENTS):
                bits.signed(6)
        if has_map:
            # how likely it is, of 255, that a part is of the first two, and of these the first
            first, second, third = (
                bits.take(8) / 255 if bits.take(1) else 1.0 for _ in range(_SEGMENTS - 1)
            )
    bits.take(10)
    if bits.take(1) and bits.take(1):
        for _ in range(2 * _SEGMENTS):
            bits.signed(6)
    bits.take(2)
    of_all = bits.take(7)
    if not moved:
        return [of_all], [1.0]
    quantisers = [each if is_absolute else of_all + each for each in moved]
    weights = [first * second, first * (1 - second), (1 - first) * third, (1 - first) * (1 - third)]
    return [min(_WORST, max(0, each)) for each in quantisers], weights
