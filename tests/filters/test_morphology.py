"""Ranks and morphology against peers and their laws."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage

from convfilter import filters
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


SIZES = [1, 2, 4, 7, (1, 2), (2, 1), (2, 3), (4, 7), (8, 3)]


@pytest.mark.parametrize("border", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colour", [grey, rgb])
def test_even_windows_move_nothing(size: Any, border: str, colour: Any) -> None:
    image, named = colour(), {"size": size, "border": border}
    opened, closed = filters.open(image, **named), filters.close(image, **named)
    assert (opened <= image).all()
    assert (closed >= image).all()
    np.testing.assert_array_equal(filters.open(opened, **named), opened)
    np.testing.assert_array_equal(filters.close(closed, **named), closed)
    eroded, dilated = filters.erode(image, **named), filters.dilate(image, **named)
    np.testing.assert_array_equal(filters.dilate(eroded, **named), opened)
    np.testing.assert_array_equal(filters.erode(dilated, **named), closed)
    gradient = filters.morphological_gradient(image, **named)
    np.testing.assert_array_equal(gradient, dilated - eroded)
    square = np.zeros((40, 40), np.uint8)
    square[10:20, 12:25] = 200
    for name in ("open", "close"):
        np.testing.assert_array_equal(filters.get(name)(square, **named), square)
        np.testing.assert_array_equal(filters.get(name)(255 - square, **named), 255 - square)


@pytest.mark.parametrize("size", SIZES)
def test_even_windows_beside_scipy_and_opencv(size: Any) -> None:
    """Theirs reach one further up and left, ours down and right."""
    rows, columns = size if isinstance(size, tuple) else (size, size)
    image, inner = grey(), (slice(9, -9), slice(9, -9))
    origin = [0 if side % 2 else -1 for side in (rows, columns)]
    for name in ("minimum", "maximum"):
        expected = getattr(ndimage, f"{name}_filter")(image, (rows, columns), origin=origin)
        result = filters.get(name)(image, size=size)
        np.testing.assert_array_equal(result[inner], expected[inner])
    anchor = ((columns - 1) // 2, (rows - 1) // 2)
    kernel = np.ones((rows, columns), np.uint8)
    eroded = cv2.erode(image, kernel, anchor=anchor)
    np.testing.assert_array_equal(filters.erode(image, size=size)[inner], eroded[inner])
    anchor = (columns // 2, rows // 2)
    dilated = cv2.dilate(image, kernel, anchor=anchor)
    np.testing.assert_array_equal(filters.dilate(image, size=size)[inner], dilated[inner])


@pytest.mark.parametrize("name", ["minimum", "maximum", "erode", "dilate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_nothing_outside_an_even_window_is_seen(name: str, dtype: type) -> None:
    image = np.random.default_rng(6).permutation(63).reshape(7, 9).astype(dtype)
    find = np.min if name in ("minimum", "erode") else np.max
    for size in ((1, 2), (2, 1), (2, 2), (4, 3), (3, 4), (6, 6)):
        before = [side // 2 if name == "dilate" else (side - 1) // 2 for side in size]
        result = filters.get(name)(image, size=size)
        for row, column in np.ndindex(image.shape):
            top, left = max(row - before[0], 0), max(column - before[1], 0)
            bottom, right = row - before[0] + size[0], column - before[1] + size[1]
            assert result[row, column] == find(image[top:bottom, left:right])
    assert filters.maximum(np.array([[1, 9, 2]], dtype), size=(1, 2)).tolist() == [[9, 9, 2]]


def test_even_windows_of_uneven_opacity() -> None:
    image = np.dstack([rgb(), rgb()[:, ::-1, 1]])
    for size in (2, (4, 3)):
        eroded = filters.erode(image, size=size)
        turned = 255 - filters.dilate(255 - image[::-1, ::-1, 3], size=size)
        assert eroded.shape == image.shape
        np.testing.assert_array_equal(eroded[:, :, 3], turned[::-1, ::-1])
        opened = filters.open(image, size=size)
        assert (opened[:, :, 3] <= image[:, :, 3]).all()
