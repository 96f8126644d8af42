"""Every filter takes arrays of named axes, as one picture after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, filters
from convfilter.errors import ArgumentError, ConvfilterError
from tests.filters.pictures import Array
from tests.filters.registry import NAMES, declaring, needed
from tests.pictures import LAYOUTS, is_known, one_by_one

KERNEL = "gaussian-3"


def outcome(function: Any, *given: Any, **named: Any) -> Array | str:
    """Return a result, or the words of a refusal."""
    try:
        return np.asarray(function(*given, **named))
    except ConvfilterError as error:
        return str(error)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alpha", [None, "weigh", "keep", "filter", "drop"])
def test_picture_by_picture(name: str, alpha: Any) -> None:
    found, given = filters.get(name), needed(name, KERNEL)
    random = np.random.default_rng(3)
    for axes, shape in LAYOUTS:
        array = random.integers(0, 256, shape, np.uint8)

        def each(picture: Array) -> Array:
            named = {} if picture.ndim == 2 else {"axes": "YXC"}
            return found(picture, alpha=alpha, **named, **given)

        try:
            expected: Array | str = one_by_one(each, axes, array)
        except ConvfilterError as error:
            expected = str(error)
        result = outcome(found, array, alpha=alpha, axes=axes, **given)
        if isinstance(expected, str):
            assert result == expected
        else:
            assert isinstance(result, np.ndarray)
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)
        plain = outcome(found, array, alpha=alpha, **given)
        if is_known(axes, shape):
            np.testing.assert_array_equal(plain, expected)
        elif len(shape) > 3 or (len(shape) == 3 and shape[2] > 4):
            assert "(--axes)" in str(plain)
        if axes == "YXC" and shape[2] not in (1, 3):
            image = Image(array, alpha=alpha is not None)
            np.testing.assert_array_equal(outcome(found, image, alpha=alpha, **given), expected)


OF_COLOURS = ("add-noise", "bilateral", "denoise", "nl-means")
"""Filters whose channels have to do with one another: likeness of colours, one strength for all."""


@pytest.mark.parametrize("name", sorted({*declaring("channels")} - {*OF_COLOURS}))
@pytest.mark.parametrize("channels", range(1, 10))
def test_channel_by_channel(name: str, channels: int) -> None:
    found, given = filters.get(name), {**needed(name, KERNEL), "channels": "each"}
    array = np.random.default_rng(4).integers(0, 256, (12, 13, channels), np.uint8)
    result = found(array, axes="YXC", **given)
    for channel in range(channels):
        np.testing.assert_array_equal(result[..., channel], found(array[..., channel], **given))


@pytest.mark.parametrize("linear", [False, True])
def test_pipelines_and_apply_take_axes(linear: bool) -> None:
    stack = np.random.default_rng(5).integers(0, 256, (2, 4, 20, 21), np.uint8)
    chain = Pipeline.parse("gaussian-blur sigma=1 | sobel | max-pool")
    result = chain(stack, axes="ZCYX", linear=linear)
    assert result.shape == (2, 4, 10, 10)
    for index in np.ndindex(2, 4):
        np.testing.assert_array_equal(result[index], chain(stack[index], linear=linear))
    np.testing.assert_array_equal(chain(stack, channel_axis=1, linear=linear), result)
    alone = convfilter.apply("median", stack, axes="ZCYX", linear=linear)
    for index in np.ndindex(2, 4):
        expected = convfilter.apply("median", stack[index], linear=linear)
        np.testing.assert_array_equal(alone[index], expected)
    for call in (chain, filters.sobel, lambda image: convfilter.apply("sobel-x", image)):
        with pytest.raises(ArgumentError, match=r"4 axes: .*as in TZYX"):
            call(stack)
        with pytest.raises(ArgumentError, match="say so by axes"):
            call(stack[0])


def test_images_say_themselves_what_their_axes_are() -> None:
    image = Image(np.zeros((5, 6, 7), np.uint8))
    assert filters.median(image).shape == (5, 6, 7)
    assert convfilter.apply("median", image).shape == (5, 6, 7)
    for call in (filters.median, Pipeline(["median"])):
        with pytest.raises(ArgumentError, match="an Image says itself"):
            call(image, axes="ZYX")


def test_frames_are_not_dropped_in_silence() -> None:
    page = Image(np.zeros((5, 6), np.uint8))
    both = Image(page.pixels, following=(page,))
    with pytest.raises(ArgumentError, match=r"2 frames.*take image\.stack"):
        filters.median(both)
    assert len(convfilter.apply("median", both).frames) == 2
