"""Masks, arrays of bool: True is white, and what is black and white alone is a mask again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter import Image, Pipeline, filters, read, write
from convfilter.batch.filtering import filter_files
from convfilter.errors import ArgumentError
from tests.examples import every
from tests.filters.pictures import Array, grey, rgb
from tests.filters.registry import NAMES, case, variants

MASKS = [grey()[:60, :71] > 120, rgb()[:60, :61] > 120]


@pytest.mark.parametrize(
    ("name", "given"),
    every(3, [case(name, {**given}) for name in NAMES for given in variants(name)]),
)
def test_masks_are_filtered_as_black_and_white_pictures(name: str, given: dict[str, Any]) -> None:
    found = filters.get(name)
    if given.get("signed") == "raw":
        with pytest.raises(ArgumentError, match="signed raw"):
            found(MASKS[0], **given)
        return
    for mask in MASKS[given == {"size": 2} and name == "depth-pool" :]:  # which needs two channels
        expected = found(mask * np.uint8(255), **given)
        result = found(mask, **given)
        if result.dtype == np.bool_:
            assert {0, 255} >= {*expected.flat}
            np.testing.assert_array_equal(result, expected == 255)
        else:
            np.testing.assert_array_equal(result, expected)
            assert result.dtype == np.uint8


KEEPING = [
    ("minimum", {}),
    ("maximum", {}),
    ("median", {"size": 5}),
    ("percentile", {"percent": 30}),
    ("erode", {}),
    ("dilate", {"border": "constant", "fill": 255}),
    ("open", {}),
    ("close", {}),
    ("morphological-gradient", {}),
    ("max-pool", {"padding": 1}),
    ("min-pool", {}),
    ("depth-pool", {}),
    ("denoise", {"method": "median"}),
    ("invert", {}),
    ("threshold", {}),
    ("canny", {"sigma": 0, "high": 100}),
    ("relu", {}),
    ("add-noise", {"method": "salt-and-pepper"}),
    ("grayscale", {}),
]


@pytest.mark.parametrize(("name", "given"), KEEPING)
def test_results_that_are_black_and_white_are_masks(name: str, given: dict[str, Any]) -> None:
    assert filters.get(name)(MASKS[0], **given).dtype == np.bool_


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("gaussian-blur", {}),
        ("mean-pool", {}),
        ("depth-pool", {"reduce": "mean"}),
        ("denoise", {"method": "gaussian"}),
        ("dilate", {"border": "constant", "fill": 100}),
        ("add-noise", {}),
        ("sobel", {}),
    ],
)
def test_results_that_hold_greys_are_pictures(name: str, given: dict[str, Any]) -> None:
    assert filters.get(name)(MASKS[0], **given).dtype == np.uint8


def test_what_changes_the_brightness_of_colours_holds_greys() -> None:
    assert filters.dilate(MASKS[1], channels="luma").dtype == np.uint8
    assert filters.grayscale(MASKS[1]).dtype == np.uint8
    assert filters.dilate(MASKS[1]).dtype == np.bool_
    assert filters.threshold(MASKS[1]).dtype == np.bool_


def test_chains_of_masks() -> None:
    kept = Pipeline.parse("dilate | invert | max-pool")(MASKS[0])
    expected = Pipeline.parse("dilate | invert | max-pool")(MASKS[0] * np.uint8(255))
    assert kept.dtype == np.bool_
    np.testing.assert_array_equal(kept, expected == 255)
    assert Pipeline.parse("gaussian-blur | dilate")(MASKS[0]).dtype == np.uint8
    assert Pipeline.parse("gaussian-blur | threshold")(MASKS[0]).dtype == np.uint8
    in_light = Pipeline.parse("invert")(MASKS[0], linear=True)
    np.testing.assert_array_equal(in_light, ~MASKS[0])
    np.testing.assert_array_equal(filters.invert(Image(MASKS[0])), ~MASKS[0])


def test_a_mask_with_alpha_is_a_picture() -> None:
    both = np.dstack([MASKS[0], np.ones_like(MASKS[0])])
    result = filters.dilate(both, alpha="weigh")
    assert result.dtype == np.uint8
    assert (result[..., 1] == 255).all()
    np.testing.assert_array_equal(result[..., 0] == 255, filters.dilate(MASKS[0]))
    assert filters.dilate(both, alpha="drop").dtype == np.bool_


@pytest.mark.parametrize("chain", ["dilate", "invert", "canny", "median | erode", "gaussian-blur"])
def test_masks_in_files_are_as_pictures_of_one_bit(
    chain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mask: Array = MASKS[0]
    np.save("mask.npy", mask)
    write(mask, "mask.png")
    results = []
    for source, target in (("mask.npy", "a.npy"), ("mask.npy", "b.png"), ("mask.png", "c.png")):
        (done,) = filter_files(source, target, chain)
        assert done.ok, done.error
        results.append(read(target).pixels)
    np.testing.assert_array_equal(results[1], results[2])
    assert (results[0].dtype == np.bool_) == (chain != "gaussian-blur")
    picture = results[0] * np.uint8(255) if results[0].dtype == np.bool_ else results[0]
    np.testing.assert_array_equal(picture, results[2])
