"""Palettes of GIF: exact where colours fit, else nearer to them than a median cut."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImages

from convfilter.formats.gif.palette import indexed
from convfilter.images import Image, Timing, read, write

Pixels = NDArray[np.uint8]
SIZE = (160, 240)


def smooth(step: int = 0, size: tuple[int, int] = SIZE) -> Pixels:
    y, x = np.mgrid[: size[0], : size[1]]
    waves = [
        np.sin(x / 40 + step / 5) * np.cos(y / 50),
        np.cos((x + y) / 60 + step / 7),
        np.sin(y / 30 - step / 9),
    ]
    values: Pixels = (127.5 + 120 * np.stack(waves, axis=-1)).round().astype(np.uint8)
    return values


def noisy() -> Pixels:
    noise = np.random.default_rng(1).normal(0, 12, (*SIZE, 3))
    values: Pixels = (smooth() + noise).round().clip(0, 255).astype(np.uint8)
    return values


def dark() -> Pixels:
    values: Pixels = smooth() // 8
    return values


def error(pixels: Pixels, seen: Pixels) -> float:
    return float(np.mean((pixels.astype(float) - seen) ** 2))


@pytest.mark.parametrize("made", [smooth, noisy, dark])
def test_colours_are_nearer_than_those_of_a_median_cut(made: Callable[[], Pixels]) -> None:
    pixels, room = made(), 255
    numbers, palette, many = indexed(pixels.reshape(-1, 3), room)
    assert palette.shape == (room, 3)
    assert many == len(np.unique(pixels.reshape(-1, 3), axis=0))
    cut = PillowImages.fromarray(pixels).quantize(room)
    witness = np.array(cut.getpalette("RGB"), np.uint8).reshape(-1, 3)[np.asarray(cut)]
    assert error(pixels, palette[numbers].reshape(pixels.shape)) < error(pixels, witness)


@given(st.integers(0, 2**32 - 1), st.integers(2, 256), st.integers(1, 400), st.integers(0, 6))
def test_palettes_keep_their_promises(seed: int, room: int, count: int, shift: int) -> None:
    colours = np.random.default_rng(seed).integers(0, 256, (count, 3), np.uint8) >> shift
    numbers, palette, many = indexed(colours, room)
    distinct = np.unique(colours, axis=0)
    assert numbers.shape == (count,)
    assert len(palette) <= room
    assert numbers.max() < len(palette)
    if len(distinct) <= room:
        assert many == 0
        np.testing.assert_array_equal(palette[numbers], colours)
    else:
        assert many == len(distinct)


def test_what_shows_nothing_has_no_colours() -> None:
    numbers, palette, many = indexed(np.zeros((0, 3), np.uint8), 255)
    assert (numbers.shape, palette.shape, many) == ((0,), (0, 3), 0)
    clear = Image(np.zeros((5, 6, 4), np.uint8), alpha=True)
    file = io.BytesIO()
    assert write(clear, file, format="GIF") == []
    assert not read(io.BytesIO(file.getvalue())).pixels[..., -1].any()


def test_few_colours_take_their_own_cells() -> None:
    """A colour of a single pixel, far from all others, is kept."""
    pixels = smooth().reshape(-1, 3) // 4
    pixels[1234] = (255, 0, 255)
    numbers, palette, _ = indexed(pixels, 256)
    assert np.abs(palette[numbers[1234]].astype(int) - (255, 0, 255)).max() < 32


@pytest.mark.thorough
def test_long_animations_take_40_ms_a_frame_at_most() -> None:
    timing = Timing(50)
    first, *others = (Image(smooth(step, (350, 500)), timing=timing) for step in range(20))
    image = Image(first.pixels, timing=timing, plays=0, following=tuple(others))
    times = []
    for _ in range(3):
        started = time.thread_time()
        write(image, io.BytesIO(), format="GIF")
        times.append((time.thread_time() - started) / 20)
    assert min(times) < 0.04
