"""Correlation with any kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage, signal

import convfilter
from convfilter import Pipeline, filters, kernels
from convfilter.errors import ArgumentError, KernelError, UnknownNameError
from tests.filters.pictures import grey, rgb

UNEVEN = [[0, 1, 2], [-3, 4, 0], [1, 0, -5]]


@pytest.mark.parametrize("name", kernels.names())
def test_every_kernel_of_the_catalogue(name: str) -> None:
    kernel = kernels.get(name)
    image = grey() / 255
    origin = tuple(-1 if side % 2 == 0 else 0 for side in kernel.shape)
    response = ndimage.correlate(image, kernel.array, mode="mirror", origin=origin)
    response += kernel.offset / 255
    match kernel.signed:
        case "abs":
            response = np.abs(response)
        case "offset":
            response += 128 / 255
    expected = np.clip(response * 255, 0, 255)
    result = filters.convolve(grey(), kernel=name)
    assert np.abs(result - expected).max() <= 0.52
    if name not in filters.names():  # of a filter and a kernel of one name, the filter is meant
        np.testing.assert_array_equal(convfilter.apply(name, grey()), result)


@pytest.mark.parametrize(
    "given",
    [
        "0 1 2, -3 4 0, 1 0 -5",
        UNEVEN,
        np.array(UNEVEN),
        kernels.from_array(UNEVEN),
    ],
    ids=["text", "list", "array", "kernel"],
)
def test_kernel_in_any_form(given: object) -> None:
    expected = ndimage.correlate(grey().astype(int), np.array(UNEVEN), mode="mirror")
    result = filters.convolve(grey(), kernel=given)
    np.testing.assert_array_equal(result, np.clip(expected, 0, 255))


def test_kernel_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('weights = [[1, 2], [3, 4]]\nscale = "1/10"\noffset = 5\n', "utf-8")
    expected = filters.convolve(grey(), kernel=[[1, 2], [3, 4]], scale=0.1, offset=5)
    np.testing.assert_array_equal(filters.convolve(grey(), kernel=path), expected)
    np.testing.assert_array_equal(filters.convolve(grey(), kernel=str(path)), expected)


def test_flip_is_convolution() -> None:
    expected = signal.convolve2d(grey().astype(int), UNEVEN, mode="valid")
    result = filters.convolve(grey(), kernel=UNEVEN, flip=True, padding="valid")
    np.testing.assert_array_equal(result, np.clip(expected, 0, 255))


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535), (float, 1)])
def test_scale_and_offset_replace_those_of_the_kernel(dtype: type, white: float) -> None:
    image = np.full((4, 4), white / 5).astype(dtype)
    result = filters.convolve(image, kernel="box-3", scale=0.1, offset=51)
    assert result[2, 2] == pytest.approx(white * (0.9 * 0.2 + 0.2), abs=0.5 if white > 1 else 1e-12)
    kernel = kernels.get("emboss")
    np.testing.assert_array_equal(
        filters.convolve(grey(), kernel="emboss"),
        filters.convolve(grey(), kernel=kernel.weights, offset=128),
    )
    assert filters.convolve(grey(), kernel="emboss", offset=0).mean() < 64


@pytest.mark.parametrize("signed", ["abs", "offset", "clamp", "scale"])
def test_signed_is_chosen(signed: str) -> None:
    response = ndimage.correlate(grey().astype(float), kernels.get("sobel-x").array, mode="mirror")
    expected = {
        "abs": np.abs(response),
        "offset": response + 128,
        "clamp": response,
        "scale": (response - response.min()) * 255 / np.ptp(response),
    }[signed]
    result = filters.convolve(grey(), kernel="sobel-x", signed=signed)
    assert np.abs(result - np.clip(expected, 0, 255)).max() <= 0.52


def test_a_blur_does_not_change_how_a_response_is_shown() -> None:
    response = ndimage.correlate(grey().astype(float), kernels.get("sobel-x").array, mode="mirror")
    blurred = ndimage.correlate(response, kernels.get("box-3").array, mode="mirror")
    result = Pipeline.parse("sobel-x | box-3")(grey())
    assert np.abs(result - np.clip(np.abs(blurred), 0, 255)).max() <= 0.52


def test_identity_changes_nothing() -> None:
    for image in (grey(), rgb(), rgb().astype(np.uint16) * 257, rgb() / 255):
        np.testing.assert_array_equal(filters.convolve(image, kernel="identity"), image)


def test_bad_kernels_are_refused() -> None:
    with pytest.raises(ArgumentError, match="convolve needs kernel"):
        filters.convolve(grey())
    with pytest.raises(UnknownNameError, match="sobel-x"):
        filters.convolve(grey(), kernel="sobelx")
    for bad in ([[1, 2], [3]], [[np.nan]], [], "1 2, 3"):
        with pytest.raises(KernelError):
            filters.convolve(grey(), kernel=bad)
    with pytest.raises(KernelError, match="not finite"):
        filters.convolve(grey(), kernel=[[1e305]], scale=1e6)
