from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.kernels import shapes

SIGMAS = st.floats(0.01, 6.0)
ANGLES = st.floats(-720, 720)


def middle(filtered: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Cut the kernel's window out of the answer to an impulse."""
    rows, columns = (side // 2 for side in kernel.shape)
    row, column = (side // 2 for side in filtered.shape)
    return filtered[row - rows : row + rows + 1, column - columns : column + columns + 1]


def impulse() -> np.ndarray:
    image = np.zeros((81, 81))
    image[40, 40] = 1.0
    return image


def answer(image: np.ndarray, kernel: np.ndarray) -> float:
    """The answer to `image` in the middle of it."""
    return float((middle(image, kernel) * kernel).sum())


def plane() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[-40:41, -40:41].astype(np.float64)
    return rows, columns


def test_gaussian_of_sigma_0_leaves_a_direction_alone() -> None:
    along = shapes.gaussian((0, 2))
    assert along.shape == (1, 17)
    assert np.array_equal(along, shapes.gaussian((2, 0)).T)
    assert np.allclose(along[0], shapes.gaussian(2).sum(axis=0), rtol=1e-14)
    assert shapes.gaussian(0).tolist() == [[1.0]]


@pytest.mark.parametrize("sigma", [0.3, 0.8, 1.0, 2.5, 6.0, (1.0, 3.0), (0.0, 2.0), (1.5, 0.0)])
def test_gaussian_is_scipys(sigma: Any) -> None:
    kernel = shapes.gaussian(sigma)
    expected = ndimage.gaussian_filter(impulse(), sigma, mode="constant")
    assert np.allclose(middle(expected, kernel), kernel, rtol=1e-13, atol=1e-17)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-14)
    assert np.linalg.matrix_rank(kernel) == 1


def test_gaussian_is_opencvs() -> None:
    column = cv2.getGaussianKernel(17, 2.0).ravel()
    assert np.allclose(shapes.gaussian(2.0), np.outer(column, column), rtol=1e-12)
    assert shapes.gaussian(2.0, truncate=3.0).shape == (13, 13)


def test_tiny_and_flat_gaussians() -> None:
    assert shapes.gaussian(1e-300).tolist() == [[1.0]]
    assert np.isfinite(shapes.gaussian(0.01, truncate=500)).all()
    assert np.isfinite(shapes.gaussian(1e-300, truncate=2e300)).all()


@given(SIGMAS)
def test_derivatives_of_small_polynomials_are_exact(sigma: float) -> None:
    rows, columns = plane()
    log = shapes.laplacian_of_gaussian(sigma)
    assert answer((rows**2 + columns**2) / 2, log) == pytest.approx(2.0, rel=1e-10)
    assert answer(rows**2 / 2, log) == pytest.approx(1.0, rel=1e-10)
    assert answer(columns**2 / 2, log) == pytest.approx(1.0, rel=1e-10)
    assert answer(columns + rows + 3, log) == pytest.approx(0.0, abs=1e-10)
    assert log.sum() == pytest.approx(0.0, abs=1e-12)


def test_derivatives_without_smoothing_are_differences() -> None:
    assert np.allclose(
        shapes.laplacian_of_gaussian(0.001), [[0, 1, 0], [1, -4, 1], [0, 1, 0]], atol=1e-15
    )


def test_laplacian_and_difference_of_gaussians() -> None:
    log = shapes.laplacian_of_gaussian(2.0)
    expected = ndimage.gaussian_laplace(impulse(), 2.0, mode="constant")
    assert np.abs(middle(expected, log) - log).max() < 5e-3 * np.abs(log).max()
    dog = shapes.difference_of_gaussians(2.0)
    wide = int(4 * 3.2 + 0.5)
    expected = ndimage.gaussian_filter(impulse(), 2.0, radius=wide, mode="constant")
    expected -= ndimage.gaussian_filter(impulse(), 3.2, radius=wide, mode="constant")
    assert dog.shape == (2 * wide + 1, 2 * wide + 1)
    assert np.allclose(middle(expected, dog), dog, atol=1e-15)
    assert dog.sum() == pytest.approx(0.0, abs=1e-14)
    assert dog[wide, wide] > 0 > log[8, 8]
    assert shapes.difference_of_gaussians((1.0, 2.0)).shape == (13, 27)


@pytest.mark.parametrize("radius", [0.2, 0.5, 0.75, 1.0, 1.5, 3.0, 7.3])
def test_disk_is_the_covered_area(radius: float) -> None:
    kernel = shapes.disk(radius)
    reach = kernel.shape[0] // 2
    assert reach == max(0, math.ceil(radius - 0.5))
    assert kernel.sum() == pytest.approx(1.0, abs=1e-14)
    fine = 40
    points = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    inside = points[:, np.newaxis] ** 2 + points[np.newaxis, :] ** 2 <= radius**2
    side = 2 * reach + 1
    share = inside.reshape(side, fine, side, fine).mean(axis=(1, 3))
    assert np.abs(kernel - share / share.sum()).max() < 4e-3 * kernel.max()
    assert np.array_equal(kernel, kernel.T)
    assert (kernel[share == 0] < 1e-3 * kernel.max()).all()
    assert np.array_equal(kernel, kernel[::-1])


def test_motion_along_the_axes_is_a_row_or_a_column() -> None:
    assert np.allclose(shapes.motion(5), np.full((1, 5), 0.2))
    assert np.allclose(shapes.motion(5, 90), np.full((5, 1), 0.2))
    assert np.allclose(shapes.motion(4), [[0.125, 0.25, 0.25, 0.25, 0.125]])
    assert shapes.motion(1, 33).tolist() == [[1.0]]


@given(st.floats(1, 30), ANGLES)
def test_motion_is_a_line_at_its_angle(length: float, angle: float) -> None:
    kernel = shapes.motion(length, angle)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-13)
    assert np.array_equal(kernel, kernel[::-1, ::-1])
    assert kernel.min() >= 0
    if length > 5:
        up, across = (side // 2 for side in kernel.shape)
        y, x = np.mgrid[up : -up - 1 : -1, -across : across + 1]
        turn = math.radians(angle)
        along = ((x * math.cos(turn) + y * math.sin(turn)) ** 2 * kernel).sum()
        aside = ((x * math.sin(turn) - y * math.cos(turn)) ** 2 * kernel).sum()
        assert aside < 0.4 < along
        assert along == pytest.approx(length**2 / 12, rel=0.25)


def test_motion_rises_to_the_right_at_45_degrees() -> None:
    kernel = shapes.motion(7, 45)
    assert kernel[1, -2] > 0
    assert kernel[1, 1] == 0


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 135, 200])
@pytest.mark.parametrize("phase", [0, 40, -60])
def test_gabor_is_opencvs_up_to_its_scale(angle: float, phase: float) -> None:
    kernel = shapes.gabor(2.0, 5.0, angle, phase=phase, aspect=0.7, zero_mean=False)
    # OpenCV's angle turns the other way, seen from the left.
    theta, psi = math.radians(180 - angle), math.radians(phase)
    theirs = middle(cv2.getGaborKernel((41, 41), 2.0, theta, 5.0, 0.7, psi), kernel)
    ratio = float((kernel * theirs).sum() / (theirs * theirs).sum())
    assert np.allclose(kernel, ratio * theirs, atol=1e-15)


@given(st.floats(0.8, 4), st.floats(2.5, 9), ANGLES, st.floats(0, 360), st.floats(0.3, 2))
def test_gabor_ignores_flat_fields_and_answers_its_wave_with_1(
    sigma: float, wavelength: float, angle: float, phase: float, aspect: float
) -> None:
    kernel = shapes.gabor(sigma, wavelength, angle, phase=phase, aspect=aspect)
    assert abs(kernel.sum()) < 1e-10 * np.abs(kernel).sum()
    up, across = (side // 2 for side in kernel.shape)
    y, x = np.mgrid[up : -up - 1 : -1, -across : across + 1]
    turn = math.radians(angle)
    along = x * math.cos(turn) + y * math.sin(turn)
    wave = np.cos(2 * math.pi * along / wavelength + math.radians(phase))
    assert (kernel * wave).sum() == pytest.approx(1.0, rel=1e-6)


def test_gabor_phases_are_even_and_odd() -> None:
    even, odd = (shapes.gabor(2.0, 6.0, 30, phase=phase) for phase in (0, 90))
    assert np.array_equal(even, even[::-1, ::-1])
    assert np.array_equal(odd, -odd[::-1, ::-1])
    falling = shapes.gabor(2.0, 6.0, 0, phase=90)
    assert falling[:, falling.shape[1] // 2 + 1].max() < 0


def test_gabor_refuses_a_wave_that_vanishes() -> None:
    with pytest.raises(ArgumentError, match="vanishes"):
        shapes.gabor(2.0, 2.0, 0, phase=90)
    with pytest.raises(ArgumentError, match="vanishes"):
        shapes.gabor(0.01, 5.0)


def test_emboss_is_lit_from_its_angle() -> None:
    rows, columns = plane()
    kernel = shapes.emboss(0)
    assert np.allclose(kernel, np.outer([1, 1, 1], [1, 0, -1]) / 3)
    assert answer(-columns, kernel) > 0
    assert answer(rows + columns, shapes.emboss(135)) > 0
    assert answer(rows - columns, shapes.emboss(135)) == pytest.approx(0.0, abs=1e-15)
    assert np.allclose(shapes.emboss(90), np.rot90(kernel))


@given(ANGLES, st.floats(0.01, 100))
def test_emboss_sums_to_zero(angle: float, strength: float) -> None:
    kernel = shapes.emboss(angle, strength)
    assert kernel.sum() == pytest.approx(0.0, abs=1e-13 * strength)
    assert kernel[kernel > 0].sum() == pytest.approx(strength)


def test_angles_repeat_after_a_turn() -> None:
    for angle in (0, 45, 90, 180, 270, -90):
        assert np.array_equal(shapes.emboss(angle), shapes.emboss(angle + 360))
    assert np.array_equal(shapes.motion(9, 30), shapes.motion(9, 390))


BAD: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], str]] = [
    (shapes.gaussian, (-1,), {}, "sigma is -1: give at least 0"),
    (shapes.gaussian, (math.nan,), {}, "sigma is nan: give at least 0"),
    (shapes.gaussian, (10**400,), {}, "sigma is 1000.*: give a number that fits"),
    (shapes.gaussian, ((1, 2, 3),), {}, r"sigma has 3 parts: give one number or \(rows, columns\)"),
    (shapes.gaussian, ((1, -0.1),), {}, "sigma is -0.1: give at least 0"),
    (shapes.gaussian, (1,), {"truncate": 0}, "truncate is 0: give a number above 0"),
    (shapes.gaussian, (1e300,), {"truncate": 1e300}, "not finite"),
    (shapes.gaussian, (1e308,), {"truncate": 1}, "sigma is too large"),
    (shapes.gaussian, (2000,), {}, "sigma is too large"),
    (shapes.gaussian, (1e12,), {}, "sigma is too large"),
    (shapes.laplacian_of_gaussian, (1e9,), {}, "sigma is too large"),
    (shapes.difference_of_gaussians, (1,), {"ratio": 1}, "ratio is 1: give a number above 1"),
    (
        shapes.difference_of_gaussians,
        (1e300, 1e300),
        {},
        "ratio times sigma is inf: give a",
    ),
    (shapes.difference_of_gaussians, (0.001,), {}, "sigma is too small"),
    (shapes.disk, (0,), {}, "radius is 0: give a number above 0"),
    (shapes.disk, (1e308,), {}, "radius is too large"),
    (shapes.motion, (0.5,), {}, "length is 0.5: give at least 1 pixels"),
    (shapes.motion, (1e12, 45), {}, "length is too large"),
    (shapes.motion, (5, math.inf), {}, "angle is inf: give a finite number"),
    (shapes.gabor, (1, 1.5), {}, "wavelength is 1.5: give at least 2 pixels"),
    (shapes.gabor, (1, 5), {"aspect": 0}, "aspect is 0: give a number above 0"),
    (shapes.gabor, (1e9, 5), {}, "sigma is too large"),
    (shapes.gabor, (1, 5), {"aspect": 5e-324}, "divided by aspect is inf: give a finite number"),
    (shapes.emboss, (0, 0), {}, "strength is 0: give a number above 0"),
]


@pytest.mark.parametrize(("shape", "args", "options", "message"), BAD)
def test_values_out_of_range_are_refused(
    shape: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        shape(*args, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["2", None, True, 1j, [[1]], (1, "2")])
def test_other_types_are_refused(value: Any) -> None:
    with pytest.raises((ArgumentTypeError, ArgumentError), match=r"sigma (is|has)"):
        shapes.gaussian(value)
