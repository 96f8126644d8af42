"""Filters of several orientations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from convfilter import filters, kernels
from convfilter.errors import KernelError
from convfilter.kernels import shapes
from tests.filters.pictures import Array, grey


def wave(degrees: float, wavelength: float = 6, size: int = 61) -> Array:
    """Return stripes from 0 to 1 whose wave runs towards an angle, counterclockwise."""
    half = size // 2
    y, x = np.mgrid[half : -half - 1 : -1, -half : half + 1]
    along = x * np.cos(np.radians(degrees)) + y * np.sin(np.radians(degrees))
    return 0.5 + 0.5 * np.cos(2 * np.pi * along / wavelength)


@pytest.mark.parametrize("degrees", [0, 22.5, 45, 90, 112.5, 157.5])
def test_gabor_answers_stripes_in_any_direction(degrees: float) -> None:
    """A stripe whose wave is met exactly is answered with half of white."""
    result = filters.gabor(wave(degrees), scale=1)
    assert result[30, 30] == pytest.approx(0.5, abs=0.01)


def test_gabor_of_one_orientation_is_blind_to_others() -> None:
    along = filters.gabor(wave(30), orientations=1, angle=30, scale=1)
    across = filters.gabor(wave(30), orientations=1, angle=120, scale=1)
    assert along[30, 30] == pytest.approx(0.5, abs=0.01)
    assert across[20:41, 20:41].max() < 0.01


def test_gabor_is_the_maximum_of_its_kernels() -> None:
    image = grey() / 255
    responses = [
        ndimage.correlate(image, shapes.gabor(3, 5, 30 + 60 * i, aspect=0.7), mode="mirror")
        for i in range(3)
    ]
    expected = np.maximum(np.max(responses, axis=0), 0)
    result = filters.gabor(
        image, wavelength=5, sigma=3, angle=30, orientations=3, aspect=0.7, scale=1
    )
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_gabor_of_edges_looks_both_ways() -> None:
    image = np.zeros((40, 40))
    image[:, 20:] = 1
    for picture in (image, 1 - image):
        result = filters.gabor(picture, phase=90, orientations=4)
        assert result[20, 18:22].max() > 0.5


@pytest.mark.parametrize("name", ["gabor", "oriented-max"])
def test_flat_field_is_black(name: str) -> None:
    assert not filters.get(name)(np.full((30, 30), 200, np.uint8)).any()


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("name", ["gabor", "oriented-max"])
def test_turned_pictures_turn_the_answer(name: str, turns: int) -> None:
    image = grey()[:81]
    expected = np.rot90(filters.get(name)(image), turns)
    np.testing.assert_array_equal(filters.get(name)(np.rot90(image, turns)), expected)


def test_oriented_max_of_compass_kernels() -> None:
    for kernel in ("kirsch-e", "robinson-sw"):
        family = kernel.partition("-")[0]
        np.testing.assert_array_equal(
            filters.oriented_max(grey(), kernel=kernel), filters.get(family)(grey())
        )


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in kernels.names()
        if len({*kernels.get(n).shape}) == 1 and kernels.get(n).shape[0] % 2
    ],
)
def test_oriented_max_of_every_square_kernel(name: str) -> None:
    kernel = kernels.get(name)
    image = grey()[:48, :48] / 255
    responses = [
        ndimage.correlate(image, kernel.rotated(steps).array, mode="mirror") for steps in range(8)
    ]
    expected = np.maximum(np.max(responses, axis=0) + kernel.offset / 255, 0)
    np.testing.assert_allclose(filters.oriented_max(image, kernel=name), expected, atol=1e-11)


def test_oriented_max_refuses_what_cannot_be_turned() -> None:
    for kernel in ("roberts-x", "central-difference", "1 2, 3 4"):
        with pytest.raises(KernelError, match="odd size"):
            filters.oriented_max(grey(), kernel=kernel)


def test_oriented_max_finds_lines_of_any_direction() -> None:
    for line in (np.eye(15), np.eye(15)[::-1], np.eye(15)[[7] * 15], np.eye(15)[[7] * 15].T):
        result = filters.oriented_max(line)
        assert result[7, 7] > 1.9
        assert result[2, 8] <= 1.01
