"""Ranks and morphology against peers and their laws."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage

from convfilter import filters
from convfilter.errors import ArgumentError
from tests.filters.pictures import grey, rgb

MODES = {
    "constant": "constant",
    "edge": "nearest",
    "reflect": "mirror",
    "symmetric": "reflect",
    "wrap": "wrap",
}
PEERS = {
    "minimum": ndimage.minimum_filter,
    "maximum": ndimage.maximum_filter,
    "erode": ndimage.grey_erosion,
    "dilate": ndimage.grey_dilation,
    "morphological-gradient": ndimage.morphological_gradient,
}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("size", [(3, 3), (1, 7), (9, 5)])
@pytest.mark.parametrize("border", MODES)
def test_ranks_are_those_of_scipy(name: str, size: tuple[int, int], border: str) -> None:
    expected = PEERS[name](grey(), size, mode=MODES[border], cval=90)
    result = filters.get(name)(grey(), size=size, border=border, fill=90)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("name", "operation"), [("open", "MORPH_OPEN"), ("close", "MORPH_CLOSE")])
@pytest.mark.parametrize("colour", [grey, rgb])
def test_open_and_close_are_those_of_opencv(name: str, operation: str, colour: Any) -> None:
    expected = cv2.morphologyEx(colour(), getattr(cv2, operation), np.ones((5, 7), np.uint8))
    result = filters.get(name)(colour(), size=(5, 7), border="edge")
    np.testing.assert_array_equal(result[6:-6, 6:-6], expected[6:-6, 6:-6])


@pytest.mark.parametrize("border", ["edge", "reflect", "symmetric", "wrap"])
def test_laws_of_morphology(border: str) -> None:
    image = grey()
    opened = filters.open(image, border=border)
    closed = filters.close(image, border=border)
    assert (opened <= image).all()
    assert (closed >= image).all()
    np.testing.assert_array_equal(filters.open(opened, border=border), opened)
    np.testing.assert_array_equal(filters.close(closed, border=border), closed)
    np.testing.assert_array_equal(closed, 255 - filters.open(255 - image, border=border))


def test_open_and_close_choose_by_size() -> None:
    image = np.zeros((40, 40), np.uint8)
    image[5:8, 5:8] = 200
    image[20:30, 20:30] = 200
    opened = filters.open(image)
    assert not opened[:15, :15].any()
    np.testing.assert_array_equal(opened[15:, 15:], image[15:, 15:])
    np.testing.assert_array_equal(filters.close(255 - image), 255 - opened)


@pytest.mark.parametrize("percent", [0, 10, 25, 50, 75, 99.9, 100])
def test_percentile_is_a_rank(percent: float) -> None:
    rank = int(percent / 100 * 24 + 0.5)
    expected = ndimage.rank_filter(grey(), rank, size=5, mode="mirror")
    np.testing.assert_array_equal(filters.percentile(grey(), size=5, percent=percent), expected)


def test_percentile_fifty_is_the_median() -> None:
    for size in (3, 4, (2, 5)):
        np.testing.assert_array_equal(
            filters.percentile(rgb(), size=size, percent=50), filters.median(rgb(), size=size)
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_fill_is_an_intensity(dtype: type) -> None:
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    image = np.zeros((5, 5), dtype)
    result = filters.maximum(image, border="constant", fill=51)
    assert result[0, 0] == pytest.approx(0.2 * white)
    assert result[2, 2] == 0
    assert filters.median(image, border="constant", fill=25.4).max() <= 0.2 * white


def test_windows_walk() -> None:
    whole = filters.maximum(grey())
    np.testing.assert_array_equal(filters.maximum(grey(), stride=2), whole[1::2, ::2][:48])
    np.testing.assert_array_equal(filters.maximum(grey(), padding="valid"), whole[1:-1, 1:-1])
    spread = ndimage.maximum_filter(
        grey(), footprint=np.kron(np.ones((3, 3)), [[1, 0], [0, 0]])[:5, :5], mode="mirror"
    )
    np.testing.assert_array_equal(filters.maximum(grey(), dilation=2), spread)


@pytest.mark.parametrize("name", ["open", "close", "morphological-gradient"])
def test_even_windows_would_shift(name: str) -> None:
    with pytest.raises(ArgumentError, match="size is 4: give an odd number"):
        filters.get(name)(grey(), size=4)
