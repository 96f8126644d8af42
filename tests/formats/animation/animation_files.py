"""Animations made block by block, and drawn the slow and obvious way."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import numpy as np

from tests.formats.png.png_files import CHANNELS, encode, file_of


@dataclass(frozen=True)
class Sprite:
    """What is drawn of a frame: samples (H, W, C) and their place; how it is shown and goes.

    `disposal` is 0 to stay, 1 to be cleared, 2 to give way to what was there; `over` lays the
    sprite on what is there instead of replacing it. `delay` is in seconds.
    """

    samples: np.ndarray
    left: int = 0
    top: int = 0
    delay: Fraction = Fraction(1, 10)
    disposal: int = 0
    over: bool = False


def apng(
    sprites: Sequence[Sprite],
    size: tuple[int, int],
    colour: int,
    depth: int,
    *,
    plays: int = 0,
    poster: np.ndarray | None = None,
    before: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """Return an animated PNG; `size` is (columns, rows), `poster` a picture that is no frame."""
    random = Random(1)
    control = struct.pack(">II", len(sprites), plays)
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", head), *before, (b"acTL", control)]
    order = 0
    if poster is not None:
        parts += [(b"IDAT", data) for data in _data(encode(poster, colour, depth, random))]
    for number, sprite in enumerate(sprites):
        height, width = sprite.samples.shape[:2]
        delay = sprite.delay.numerator, sprite.delay.denominator
        place = (order, width, height, sprite.left, sprite.top, *delay)
        ends = struct.pack(">BB", sprite.disposal, sprite.over)
        parts.append((b"fcTL", struct.pack(">IIIIIHH", *place) + ends))
        order += 1
        for data in _data(encode(sprite.samples, colour, depth, random, data_bytes=40)):
            if number == 0 and poster is None:
                parts.append((b"IDAT", data))
            else:
                parts.append((b"fdAT", struct.pack(">I", order) + data))
                order += 1
    return file_of([*parts, (b"IEND", b"")])


def _data(file: bytes) -> list[bytes]:
    """Return the contents of a file's IDAT chunks."""
    found, at = [], 8
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        if kind == b"IDAT":
            found.append(file[at + 8 : at + 8 + length])
        at += 12 + length
    return found


def drawn(
    sprites: Sequence[Sprite], size: tuple[int, int], colour: int, depth: int
) -> list[np.ndarray]:
    """Return every frame as it is seen: values (H, W, C) with alpha, each rounded once drawn."""
    shades = CHANNELS[colour] - (colour in (4, 6))
    canvas = np.zeros((size[1], size[0], shades + 1))
    frames = []
    for sprite in sprites:
        white = 2**depth - 1
        cube = sprite.samples / white
        if colour not in (4, 6):
            cube = np.concatenate([cube, np.ones_like(cube[..., :1])], axis=2)
        before = canvas.copy()
        for y in range(cube.shape[0]):
            for x in range(cube.shape[1]):
                row, column = sprite.top + y, sprite.left + x
                laid = _laid(cube[y, x], canvas[row, column], sprite.over)
                canvas[row, column] = np.rint(laid * white) / white
        frames.append(np.rint(canvas * white))
        if sprite.disposal == 1:
            height, width = cube.shape[:2]
            canvas[sprite.top : sprite.top + height, sprite.left : sprite.left + width] = 0
        elif sprite.disposal == 2:
            canvas = before
    return frames


def _laid(top: np.ndarray, below: np.ndarray, over: bool) -> np.ndarray:
    if not over or top[-1] == 1:
        return top
    alpha = top[-1] + below[-1] * (1 - top[-1])
    if alpha == 0:
        return below
    colours = (top[:-1] * top[-1] + below[:-1] * below[-1] * (1 - top[-1])) / alpha
    return np.append(colours, alpha)


@dataclass(frozen=True)
class Cel:
    """A picture of a GIF file: palette indices (H, W), and its place; 3 shows nothing if `clear`.

    `disposal` is 0 or 1 to stay, 2 to be cleared, 3 to give way; `delay` is in hundredths of a
    second.
    """

    index: np.ndarray
    left: int = 0
    top: int = 0
    delay: int = 10
    disposal: int = 0
    clear: bool = False


PALETTE = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)], np.uint8)


def gif(cels: Sequence[Cel], size: tuple[int, int], *, again: int | None = None) -> bytes:
    """Return a GIF file of four colours; `again` is how often it repeats, 0 for ever."""
    file = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80 | 1, 0, 0) + PALETTE.tobytes()
    if again is not None:
        file += b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", again) + b"\0"
    for cel in cels:
        height, width = cel.index.shape
        packed = cel.disposal << 2 | cel.clear
        file += b"!\xf9\x04" + struct.pack("<BHB", packed, cel.delay, 3) + b"\0"
        file += b"," + struct.pack("<HHHHB", cel.left, cel.top, width, height, 0)
        file += b"\x02" + _plain_lzw(cel.index.ravel()) + b"\0"
    return file + b";"


def _plain_lzw(values: np.ndarray) -> bytes:
    """Return values below 4 as codes of 3 bits: a code for each, and a fresh start in time."""
    codes: list[int] = []
    for number, value in enumerate(values):
        if number % 2 == 0:
            codes.append(4)  # before the table grows to codes of 4 bits
        codes.append(int(value))
    codes.append(5)
    bits = "".join(f"{code:03b}"[::-1] for code in codes)
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    return b"".join(
        bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255)
    )


def shown(cels: Sequence[Cel], size: tuple[int, int]) -> list[np.ndarray]:
    """Return every frame as it is seen: uint8 (H, W, 4), nothing where nothing was drawn."""
    canvas = np.zeros((size[1], size[0], 4), np.uint8)
    frames = []
    for cel in cels:
        before = canvas.copy()
        height, width = cel.index.shape
        place = canvas[cel.top : cel.top + height, cel.left : cel.left + width]
        colours = np.dstack([PALETTE[cel.index], np.full((height, width, 1), 255, np.uint8)])
        visible = (cel.index != 3) if cel.clear else np.ones((height, width), bool)
        place[visible] = colours[visible]
        frames.append(canvas.copy())
        if cel.disposal == 2:
            place[:] = 0
        elif cel.disposal == 3:
            canvas = before
    return frames
