"""Vectors, noise and the surfaces of the still life: wood, plaster, peel, stone and print."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[Any]  # float32 throughout


def vector(*values: float) -> Floats:
    """Return three numbers as a float32 vector."""
    return np.array(values, dtype=np.float32)


def dot(a: Floats, b: Floats) -> Floats:
    """Inner product along the last axis, kept as an axis of length 1."""
    product: Floats = (a * b).sum(axis=-1, keepdims=True)
    return product


def unit(a: Floats) -> Floats:
    """Vectors scaled to length 1."""
    return a / np.sqrt(dot(a, a))


class Noise:
    """Smooth random values over the plane, repeating every 256 units."""

    def __init__(self, seed: int) -> None:
        self.grid = np.random.default_rng(seed).random((256, 256), dtype=np.float32)

    def __call__(self, x: Floats, y: Floats, octaves: int = 1) -> Floats:
        """Values from 0 to 1; each octave adds finer detail of half the weight."""
        total = np.zeros_like(x)
        weight, norm = 1.0, 0.0
        for _ in range(octaves):
            total += weight * self._single(x, y)
            norm += weight
            weight *= 0.5
            x, y = 2 * x + 17, 2 * y + 31
        return total / np.float32(norm)

    def _single(self, x: Floats, y: Floats) -> Floats:
        left, low = np.floor(x), np.floor(y)
        u, v = x - left, y - low
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
        i, j = np.mod(left, 256).astype(np.intp) & 255, np.mod(low, 256).astype(np.intp) & 255
        i1, j1 = (i + 1) & 255, (j + 1) & 255
        g = self.grid
        bottom = g[j, i] * (1 - u) + g[j, i1] * u
        value: Floats = bottom * (1 - v) + (g[j1, i] * (1 - u) + g[j1, i1] * u) * v
        return value


NOISE = Noise(7)


def column(values: Floats) -> Floats:
    """Turn a flat array into a column that multiplies colours."""
    return values[:, np.newaxis]


def wood(points: Floats) -> Floats:
    """Planks along x: each with its own shade, grain and dark joint."""
    x, y = points[:, 0], points[:, 1]
    plank = np.floor(y / 0.62)
    shift = plank * 13.7
    within = y / 0.62 - plank
    across = x / 4.3 + plank * 0.37
    board = np.floor(across)
    shade = NOISE(plank * 5.3 + board * 9.1, plank * 3.1 + 0.5)
    wave = NOISE(x * 0.7 + shift, y * 5 + shift, 2)
    rings = 0.5 + 0.5 * np.sin(38 * wave + 9 * y)
    fibre = NOISE(x * 5 + shift, y * 95 + shift, 2)
    tone = 0.62 + 0.34 * shade - 0.16 * rings - 0.24 * (fibre - 0.5)
    edge = np.minimum(np.minimum(within, 1 - within) * 0.62, np.abs(across - board) * 4.3)
    tone = tone * np.clip(edge / 0.014, 0.22, 1.0)
    return column(tone.astype(np.float32)) * vector(0.62, 0.40, 0.23)


def plaster(points: Floats) -> Floats:
    """Return the colour of a wall in muted green, a little uneven."""
    x, z = points[:, 0], points[:, 2]
    tone = 0.86 + 0.16 * NOISE(x * 1.1 + 40, z * 1.1 + 9, 3) + 0.08 * NOISE(x * 30, z * 30, 2)
    return column(tone) * vector(0.36, 0.43, 0.40)


def orange(normals: Floats) -> Floats:
    """Peel: fine dimples over slow patches of colour."""
    a = np.arctan2(normals[:, 1], normals[:, 0]) * 6
    b = np.arcsin(np.clip(normals[:, 2], -1, 1)) * 6
    patches = column(NOISE(a + 60, b + 20, 2))
    dimples = column(NOISE(a * 5 + 5, b * 5 + 5))
    return vector(0.86, 0.37, 0.035) * (0.8 + 0.25 * patches) * (0.9 + 0.18 * dimples)


def stone(normals: Floats) -> Floats:
    """Grey speckled stone with veins."""
    a = normals[:, 0] * 4 + normals[:, 2] * 1.3
    b = normals[:, 1] * 4 + normals[:, 2] * 2.1
    warp = NOISE(a + 9, b + 3, 4)
    veins = np.abs(np.sin(3 * a + 11 * warp)) ** 0.35
    specks = NOISE(a * 14, b * 14 + normals[:, 2] * 40, 2)
    tone = 0.25 + 0.5 * veins * (0.6 + 0.4 * specks)
    return column(tone.astype(np.float32)) * vector(0.92, 0.90, 0.86)


def printed_card(width: int = 640, height: int = 550) -> Floats:
    """Return the lettering of the card as linear reflectance of shape (height, width, 3)."""
    card = Image.new("RGB", (width, height), (246, 241, 229))
    draw = ImageDraw.Draw(card)
    ink, red = (28, 30, 36), (176, 38, 32)
    draw.rectangle((16, 16, width - 17, height - 17), outline=ink, width=4)
    draw.text((width / 2, 88), "STILL LIFE", font=ImageFont.load_default(84), fill=ink, anchor="mm")
    draw.line((60, 146, width - 61, 146), fill=red, width=6)
    small = ImageFont.load_default(42)
    draw.text((width / 2, 196), "with sphere & shadow", font=small, fill=ink, anchor="mm")
    for row, numbers in enumerate(("-1   0   1", "-2   0   2", "-1   0   1")):
        draw.text(
            (width / 2, 256 + 48 * row), numbers, font=small, fill=red, anchor="mm", stroke_width=1
        )
    return (np.asarray(card, dtype=np.float32) / 255) ** np.float32(2.2)
