"""Filters look at nothing that is missing, and keep what they can make nothing of missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from convfilter import Image, Pipeline, Recipe, apply, filters, learn_kernel
from convfilter.errors import ArgumentError
from tests.filters.pictures import grey
from tests.filters.registry import NAMES, bound, needed

Array = np.ndarray[Any, np.dtype[Any]]

MASK = np.random.default_rng(3).random(grey().shape) < 0.9
MASK[8:22, 5:20] = False
COLOUR = np.dstack([grey(), grey()[::-1], grey()[:, ::-1]])

REFUSING = [name for name in NAMES if not filters.get(name).takes_gaps(bound(name))]
TAKING = [name for name in NAMES if name not in REFUSING]


def call(name: str, image: Any, **options: Any) -> Any:
    return filters.get(name)(image, **needed(name), **options)


def with_garbage(image: Array, seed: int) -> Array:
    """Return the image with other values where the mask says that nothing is."""
    there = MASK if image.ndim == 2 else MASK[:, :, np.newaxis]
    garbage = np.random.default_rng(seed).integers(0, 256, image.shape, np.uint8)
    if image.dtype.kind == "f":
        return np.where(there, image, garbage * image.dtype.type(1e3)).astype(image.dtype)
    return np.where(there, image, garbage)


@pytest.mark.parametrize("kind", ["grey", "colour", "floats"])
@pytest.mark.parametrize("name", TAKING)
def test_what_is_missing_does_not_matter(name: str, kind: str) -> None:
    image = {"grey": grey(), "colour": COLOUR, "floats": grey() / np.float32(255)}[kind]
    one, other = (call(name, with_garbage(image, seed), mask=MASK) for seed in (1, 2))
    assert isinstance(one, np.ma.MaskedArray)
    assert np.ma.getmaskarray(one).tobytes() == np.ma.getmaskarray(other).tobytes()
    assert one.tobytes(fill_value=0) == other.tobytes(fill_value=0)


@pytest.mark.parametrize("name", TAKING)
def test_the_rim_of_what_is_there_is_no_edge(name: str) -> None:
    flat = np.full(grey().shape, 77, np.uint8)
    result = call(name, with_garbage(flat, 1), mask=MASK)
    expected = call(name, flat)
    assert result.shape == expected.shape
    assert (result == expected).all()


@pytest.mark.parametrize("name", TAKING)
def test_nan_a_number_and_masked_arrays_mean_the_same(name: str) -> None:
    image = grey() / np.float32(255)
    masked = call(name, np.ma.MaskedArray(image, ~MASK))
    for code in (math.nan, -9999.0):
        coded = call(name, np.where(MASK, image, np.float32(code)), nodata=code)
        assert type(coded) is np.ndarray
        missing = np.isnan(coded) if math.isnan(code) else coded == code
        assert (missing == masked.mask).all()
        assert (coded[~missing] == masked.data[~missing]).all()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_missing_changes_nothing(name: str) -> None:
    image = np.maximum(grey(), 1)
    assert call(name, image, nodata=0).tobytes() == call(name, image).tobytes()
    masked = call(name, image, mask=np.full(image.shape, 255))
    assert np.asarray(masked).tobytes() == call(name, image).tobytes()


@pytest.mark.parametrize("name", REFUSING)
def test_what_needs_every_value_says_so(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} needs every value, and some are missing"):
        call(name, grey(), mask=MASK)


def test_denoising_refuses_by_its_method() -> None:
    assert REFUSING == ["bilateral", "nl-means"]
    for method in ("bilateral", "nl-means"):
        with pytest.raises(ArgumentError, match="denoise needs every value"):
            filters.denoise(grey(), mask=MASK, method=method)
    assert np.ma.is_masked(filters.denoise(grey(), mask=MASK, method="gaussian"))


def test_gaps_travel_through_a_pipeline() -> None:
    pipeline = Pipeline(["median", ("gaussian-blur", {"sigma": 1}), "sobel"])
    result = pipeline(grey(), mask=MASK)
    expected = filters.median(grey(), mask=MASK)
    assert isinstance(result, np.ma.MaskedArray)
    assert result.mask.sum() < expected.mask.sum()
    assert (pipeline(with_garbage(grey(), 1), mask=MASK) == result).all()
    linear = pipeline(grey(), mask=MASK, linear=True)
    assert (linear.mask == result.mask).all()
    assert (apply("median", grey(), mask=MASK) == expected).all()


def test_each_value_may_be_missing_alone() -> None:
    image = np.maximum(COLOUR, 1)
    image[10:14, 10:14, 1] = 0
    result = filters.box_blur(image, radius=1, nodata=0)
    assert (np.argwhere(result == 0) == [(i, j, 1) for i in (11, 12) for j in (11, 12)]).all()
    assert (filters.grayscale(image, nodata=0) == 0).sum() == 16


def test_a_picture_knows_its_number_for_no_data() -> None:
    values = np.where(MASK, grey(), 0)
    image = Image(values, nodata=0)
    assert (filters.median(image) == filters.median(values, nodata=0)).all()
    result = Pipeline(["median"])(image)
    assert result.nodata == 0
    assert (result.pixels == filters.median(values, nodata=0)).all()
    other = apply("median", Image(values), nodata=0)
    assert other.nodata == 0
    assert Pipeline(["median"])(Image(values)).nodata is None


def test_pictures_say_what_a_mask_left_without_a_number() -> None:
    result = Pipeline(["minimum"])(Image(grey()), mask=MASK)
    missing = filters.minimum(grey(), mask=MASK).mask
    assert result.nodata is None
    assert (result.pixels[missing] == 0).all()
    (line,) = result.left_out
    assert line == f"{missing.sum()} values had nothing to be made of, and are 0 (--nodata)"
    floats = Pipeline(["minimum"])(Image(grey() / np.float32(255)), mask=MASK)
    assert (np.isnan(floats.pixels) == missing).all()
    assert math.isnan(floats.nodata or 0)


def test_pictures_take_masked_arrays() -> None:
    floats = Image(np.ma.MaskedArray(grey() / np.float32(255), ~MASK))
    assert type(floats.pixels) is np.ndarray
    assert (np.isnan(floats.pixels) == ~MASK).all()
    assert math.isnan(floats.nodata or 0)
    with pytest.raises(ArgumentError, match="some pixels are masked, and uint8 has no number"):
        Image(np.ma.MaskedArray(grey(), ~MASK))
    coded = Image(np.ma.MaskedArray(grey(), ~MASK), nodata=3)
    assert (coded.pixels[~MASK] == 3).all()
    assert Image(np.ma.MaskedArray(grey())).nodata is None


def test_a_fill_that_is_no_data_is_a_gap() -> None:
    image = np.full((9, 9), 0.5, np.float32)
    blurred = filters.box_blur(image, border="constant", fill=math.nan, nodata=math.nan)
    np.testing.assert_allclose(blurred, 0.5)
    spread = filters.box_blur(image, border="constant", fill=math.nan)
    assert np.isnan(spread).sum() == 81 - 25
    with pytest.raises(ArgumentError, match="fill is nan, which pictures of uint8 cannot hold"):
        filters.median(grey(), border="constant", fill=math.nan)


def test_padding_of_pools_is_nothing() -> None:
    image = np.full((4, 4), 0.5, np.float32)
    image[:2, :2] = np.nan
    pooled = filters.max_pool(image, size=2, padding=1, nodata=math.nan)
    assert np.isnan(pooled[0, 0])
    assert pooled[0, 2] == 0.5


def test_uneven_alpha_beside_gaps_is_refused() -> None:
    alpha = np.random.default_rng(0).integers(0, 256, grey().shape, np.uint8)
    image = np.dstack([grey(), alpha])
    with pytest.raises(ArgumentError, match="some values are missing, and alpha is uneven"):
        filters.median(image, alpha="weigh", mask=MASK)
    for word in ("drop", "filter"):
        assert np.ma.is_masked(filters.median(image, alpha=word, mask=MASK))
    even = np.dstack([grey(), np.full_like(grey(), 255)])
    result = filters.median(even, alpha="weigh", mask=MASK)
    assert result.mask[:, :, 0].any()
    assert not result.mask[:, :, 1].any()


def test_sigma_0_leaves_a_direction_alone() -> None:
    image = grey()
    along = filters.gaussian_blur(image, sigma=(0, 2))
    rows = np.vstack([filters.gaussian_blur(row[np.newaxis], sigma=2) for row in image])
    assert np.abs(along - rows.astype(int)).max() <= 1  # halves may be rounded to either side
    assert (filters.gaussian_blur(image, sigma=0) == image).all()


def test_recipes_mind_masks() -> None:
    masked = np.ma.MaskedArray(grey(), ~MASK)
    result = Recipe("median").apply(masked)
    assert (result == filters.median(masked)).all()
    assert (result.mask == filters.median(masked).mask).all()
    deep = Recipe("median", depth="16").apply(masked)
    assert deep.dtype == np.uint16
    assert (deep.mask == result.mask).all()
    assert (deep == result.astype(np.uint16) * 257).all()


def test_kernels_are_learned_of_whole_pictures() -> None:
    with pytest.raises(ArgumentError, match="learn_kernel needs every value"):
        learn_kernel([(np.ma.MaskedArray(grey(), ~MASK), grey())])
