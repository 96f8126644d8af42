"""Pictures show themselves in notebooks."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from convfilter.files.showing import MOST_SHOWN
from convfilter.picture.image import Image


def shown(image: Image) -> Any:
    """Return the pixels that a notebook shows."""
    data = image._repr_png_()
    assert data is not None
    return np.asarray(PillowImage.open(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("pixels", "alpha", "wanted"),
    [
        (np.array([[0, 128, 255]], np.uint8), False, [[0, 128, 255]]),
        (np.array([[0, 65535]], np.uint16), False, [[0, 255]]),
        (np.array([[-1.0, 0.2, 1, 7, np.nan]], np.float32), False, [[0, 51, 255, 255, 0]]),
        (np.array([[-5, 257, 514]], np.int16), False, [[0, 1, 2]]),
        (np.array([[True, False]]), False, [[255, 0]]),
        (np.array([[[1, 2, 3, 4]]], np.uint8), True, [[[1, 2, 3, 4]]]),
    ],
)
def test_pixels_are_shown_as_8_bits(pixels: Any, alpha: bool, wanted: Any) -> None:
    assert shown(Image(pixels, alpha)).tolist() == wanted


def test_the_first_of_several_frames_is_shown() -> None:
    pages = [Image(np.full((1, 2), value, np.uint8)) for value in (7, 9)]
    assert (shown(Image(pages[0].pixels, following=(pages[1],))) == 7).all()


def test_large_pictures_are_shown_smaller() -> None:
    pixels = np.zeros((4, MOST_SHOWN + 2, 4), np.uint8)
    pixels[:, ::2] = 200, 100, 50, 255  # and what lies between is transparent
    seen = shown(Image(pixels, alpha=True))
    assert seen.shape == (2, MOST_SHOWN // 2 + 1, 4)
    assert (seen == [200, 100, 50, 128]).all()
    assert shown(Image(np.ones((1, 5 * MOST_SHOWN), np.bool_))).all()


def test_what_png_does_not_hold_is_not_shown() -> None:
    for channels in (2, 4, 5):
        assert Image(np.zeros((2, 3, channels), np.uint8))._repr_png_() is None
