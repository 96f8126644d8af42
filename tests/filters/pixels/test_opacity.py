"""Opacity is said, never guessed; what cannot be opacity is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, filters
from convfilter.errors import ArgumentError
from tests.filters.pictures import Array, uneven
from tests.filters.registry import NAMES, needed

KERNEL = "gaussian-3"
MODES = ("weigh", "keep", "filter", "drop")


def test_a_field_of_two_components_stays_within_its_values() -> None:
    flow = np.random.default_rng(1).uniform(-8, 8, (30, 40, 2)).astype(np.float32)
    result = filters.gaussian_blur(flow)
    assert np.abs(result).max() <= 8
    for component in range(2):
        np.testing.assert_array_equal(
            result[..., component], filters.gaussian_blur(flow[..., component])
        )


def test_floats_of_0_to_255_are_channels_or_refused() -> None:
    picture = np.random.default_rng(2).uniform(0, 255, (20, 22, 4)).astype(np.float32)
    picture[..., 3] = 255
    result = filters.gaussian_blur(picture)
    np.testing.assert_allclose(result[..., 3], 255, rtol=1e-6)
    with pytest.raises(
        ArgumentError, match=r"alpha is 255 at row 0, column 0: it goes from 0 to 1"
    ):
        filters.gaussian_blur(picture, alpha="weigh")
    for call in (filters.sobel, Pipeline(["sobel"]), lambda i: convfilter.apply("median", i)):
        with pytest.raises(ArgumentError, match="alpha is 255"):
            call(Image(picture, alpha=True))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("float32", np.nan),
        ("float64", np.nan),
        ("float32", np.inf),
        ("float64", -0.001),
        ("float32", 1.001),
        ("int16", -1),
    ],
)
def test_alpha_beyond_its_range_is_refused_by_name(mode: Any, dtype: str, value: float) -> None:
    picture = np.zeros((6, 7, 4), dtype)
    picture[2, 3, 3] = value
    if mode == "drop":
        assert filters.sobel(picture, alpha=mode).shape == (6, 7, 3)
        return
    with pytest.raises(ArgumentError, match=r"alpha is .* at row 2, column 3: it goes from 0 to"):
        filters.sobel(picture, alpha=mode)
    with pytest.raises(ArgumentError, match=r"alpha is .* at row 2, column 3"):
        Pipeline(["invert"])(Image(picture, alpha=True), alpha=mode)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [2, 4])
def test_images_without_alpha_are_taken_at_their_word(name: str, channels: int) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (20, 22, channels), np.uint8)
    picture[:, :8, -1] = 0
    found, given = filters.get(name), needed(name, KERNEL)
    image = Image(picture, alpha=False)
    if name == "grayscale" or name == "gradient-direction":
        for call in (found, Pipeline([(name, given)])):
            with pytest.raises(ArgumentError, match=f"{channels} colour channels"):
                call(image)
        return
    expected = found(picture, **given)
    np.testing.assert_array_equal(found(image, **given), expected)
    filtered = Pipeline([(name, given)])(image)
    assert not filtered.alpha
    np.testing.assert_array_equal(filtered.pixels, expected)
    # and no word makes alpha of what the image says is none
    np.testing.assert_array_equal(found(image, alpha="weigh", **given), expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", range(1, 10))
def test_the_word_says_that_the_last_channel_is_alpha(mode: Any, channels: int) -> None:
    picture = uneven(np.random.default_rng(4), (20, 22, channels), "uint8")
    named = {"alpha": mode, "axes": "YXC"}
    if channels in (1, 3):
        with pytest.raises(ArgumentError, match="says that the last channel of the array is alpha"):
            filters.gaussian_blur(picture, **named)
        return
    result = filters.gaussian_blur(picture, **named)
    np.testing.assert_array_equal(
        result, filters.gaussian_blur(Image(picture, alpha=True), alpha=mode)
    )
    assert result.shape[2] == channels - (mode == "drop")
    with pytest.raises(ArgumentError, match="it has one channel"):
        filters.gaussian_blur(picture[..., 0], alpha=mode)


@pytest.mark.parametrize("mode", ["weigh", "keep", "filter"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_what_comes_back_can_be_filtered_again(mode: Any, dtype: str) -> None:
    white = 1 if dtype != "int16" else 32767
    picture: Array = np.random.default_rng(5).random((30, 31, 4)) * white
    picture[::3, :, 3] = white
    picture = picture.astype(dtype)
    for name in ("gaussian-blur", "sharpen", "box-blur", "unsharp-mask", "laplacian", "mean-pool"):
        result = filters.get(name)(picture, alpha=mode)
        assert 0 <= result[..., -1].min() <= result[..., -1].max() <= white
        filters.get(name)(result, alpha=mode)
