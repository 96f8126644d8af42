"""From one depth to another, on purpose."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from convfilter.errors import ImageError, UnknownNameError
from convfilter.images import DEPTHS, Image, is_deeper, to_depth

WHITE = {"uint8": 255, "uint16": 65535}


@pytest.mark.parametrize("given", ["uint8", "uint16"])
@pytest.mark.parametrize("depth", ["8", "16"])
def test_whole_numbers_are_rounded_to_nearest(given: str, depth: str):
    wanted = {"8": "uint8", "16": "uint16"}[depth]
    values = np.arange(WHITE[given] + 1, dtype=given).reshape(-1, 16)
    result = to_depth(Image(values), depth).pixels
    share = Fraction(WHITE[wanted], WHITE[given])
    assert result.dtype == wanted
    assert result.ravel().tolist() == [round(int(v) * share) for v in values.ravel()]


@pytest.mark.parametrize("given", ["uint8", "uint16"])
def test_floats_span_0_to_1_and_come_back(given: str):
    values = np.arange(WHITE[given] + 1, dtype=given).reshape(-1, 16)
    floats = to_depth(Image(values), "float")
    assert floats.dtype == np.float32
    np.testing.assert_allclose(floats.pixels, values / WHITE[given], rtol=1e-7)
    back = to_depth(floats, "8" if given == "uint8" else "16")
    np.testing.assert_array_equal(back.pixels, values)


def test_floats_are_saturated_and_bools_are_black_and_white():
    values = np.array([[-0.5, 0.5, 1.5, np.inf]])
    assert to_depth(Image(values), "8").pixels.tolist() == [[0, 128, 255, 255]]
    assert to_depth(Image(values), "16").pixels.tolist() == [[0, 32768, 65535, 65535]]
    assert to_depth(Image(values), "float").pixels.dtype == np.float32
    mask = np.array([[False, True]])
    for depth, white in (("8", 255), ("16", 65535), ("float", 1)):
        assert to_depth(Image(mask), depth).pixels.tolist() == [[0, white]]


def test_alpha_and_metadata_stay():
    image = Image(np.zeros((2, 3, 4), np.uint8), alpha=True, format="PNG")
    result = to_depth(image, "16")
    assert result.alpha
    assert (result.format, result.metadata) == (image.format, image.metadata)
    assert to_depth(image, "8") is image


def test_deeper():
    images = [Image(np.zeros((1, 1), dtype)) for dtype in ("uint8", "uint16", "float32")]
    deeper = [[is_deeper(image, depth) for depth in DEPTHS] for image in images]
    assert deeper == [[False, True, True], [False, False, True], [False, False, False]]


def test_refused():
    with pytest.raises(ImageError, match="depth 8: signed int16 pixels have no white"):
        to_depth(Image(np.full((1, 1), -1, np.int16)), "8")
    with pytest.raises(ImageError, match="depth 16: holds no NaN"):
        to_depth(Image(np.full((1, 1), np.nan)), "16")
    with pytest.raises(UnknownNameError, match="depth"):
        to_depth(Image(np.zeros((1, 1), np.uint8)), "12")


def test_signed_numbers_without_a_negative_one_are_those_of_16_bits():
    image = Image(np.array([[0, 257, 32767]], np.int16))
    assert to_depth(image, "16").pixels.tolist() == [[0, 257, 32767]]
    assert to_depth(image, "8").pixels.tolist() == [[0, 1, 127]]
    assert to_depth(image, "float").pixels[0, 2] == np.float32(32767 / 65535)
