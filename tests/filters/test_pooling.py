"""Pools against plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter import Pipeline, engine, filters
from convfilter.errors import ArgumentError
from tests.filters.pictures import Array, grey, opaque, rgb

REDUCE = {"max-pool": np.max, "min-pool": np.min, "mean-pool": np.mean}


def blocks(image: Array, rows: int, columns: int) -> Array:
    """Return the image cut into blocks on axes 1 and 3, what is left over dropped."""
    height, width = image.shape[0] // rows, image.shape[1] // columns
    cut = image[: height * rows, : width * columns]
    return cut.reshape(height, rows, width, columns, *image.shape[2:])


@pytest.mark.parametrize("name", REDUCE)
@pytest.mark.parametrize("size", [2, 3, (4, 5)])
@pytest.mark.parametrize("colour", [grey, rgb])
def test_pool_reduces_blocks(name: str, size: Any, colour: Any) -> None:
    rows, columns = size if isinstance(size, tuple) else (size, size)
    expected = np.rint(REDUCE[name](blocks(colour(), rows, columns), axis=(1, 3)))
    np.testing.assert_array_equal(filters.get(name)(colour(), size=size), expected)


@pytest.mark.parametrize(("name", "reduce"), [("max-pool", "max"), ("min-pool", "min")])
def test_options_are_those_of_the_engine(name: str, reduce: str) -> None:
    walk = {"stride": (2, 3), "padding": 1, "dilation": 2, "ceil_mode": True}
    np.testing.assert_array_equal(
        filters.get(name)(grey(), size=3, **walk), engine.pool(grey(), 3, reduce=reduce, **walk)
    )


@pytest.mark.parametrize("count", [True, False])
def test_mean_counts_padding_if_asked(count: bool) -> None:
    image = np.full((4, 4), 90, np.uint8)
    result = filters.mean_pool(image, size=2, padding=1, count_include_pad=count)
    assert result[0, 0] == (22 if count else 90)  # 90 / 4 is 22.5, which is rounded to even
    assert result[1, 1] == 90


@pytest.mark.parametrize("name", REDUCE)
def test_opacity_is_pooled_alike(name: str) -> None:
    picture = opaque(rgb())
    result = filters.get(name)(picture)
    assert result.shape == (48, 48, 4)
    np.testing.assert_array_equal(result[:, :, :3], filters.get(name)(rgb()))


def test_means_are_rounded_once() -> None:
    image = np.array([[1, 2], [2, 2]] * 8, np.uint8).repeat(8, axis=1)
    twice = Pipeline.parse("mean-pool | convolve kernel=100 scale=1 | mean-pool")(image)
    exact = blocks(image.astype(float), 2, 2).mean(axis=(1, 3)) * 100
    exact = np.clip(blocks(exact, 2, 2).mean(axis=(1, 3)), 0, 255)
    np.testing.assert_array_equal(twice, np.rint(exact))
    np.testing.assert_array_equal(
        Pipeline.parse("mean-pool")(grey()), engine.pool(grey(), 2, reduce="mean")
    )


def test_pools_of_responses_stay_signed() -> None:
    """A pool between a signed response and the output sees the signs."""
    image = np.zeros((8, 8), np.uint8)
    image[:, 4:] = 100
    chain = Pipeline([("convolve", {"kernel": "laplacian-4"}), ("min-pool", {"size": 8})])
    assert chain(image)[0, 0] == 100  # the minimum is -100, shown as its size


@pytest.mark.parametrize("reduce", ["max", "mean", "min"])
def test_depth_pool_joins_channels(reduce: str) -> None:
    expected = getattr(np, reduce)(rgb(), axis=2)
    result = filters.depth_pool(rgb(), reduce=reduce)
    assert result.shape == rgb().shape[:2]
    np.testing.assert_array_equal(result, np.rint(expected))
    with_alpha = filters.depth_pool(opaque(rgb()), reduce=reduce, alpha="weigh")
    np.testing.assert_array_equal(with_alpha[:, :, 0], result)
    assert (with_alpha[:, :, 1] == 255).all()


def test_depth_pool_by_groups() -> None:
    image = np.random.default_rng(1).integers(0, 256, (5, 6, 9), np.uint8)
    with pytest.raises(ArgumentError, match="say so by axes"):
        filters.depth_pool(image, size=3)
    pairs = filters.depth_pool(image, size=3, axes="YXC")
    np.testing.assert_array_equal(pairs, image.reshape(5, 6, 3, 3).max(axis=3))
    steps = filters.depth_pool(image, size=3, stride=2, reduce="min", channel_axis=-1)
    np.testing.assert_array_equal(steps[:, :, 1], image[:, :, 2:5].min(axis=2))
    assert steps.shape == (5, 6, 4)
    np.testing.assert_array_equal(filters.depth_pool(grey()), grey())
    with pytest.raises(ArgumentError, match="channels"):
        filters.depth_pool(rgb(), size=4)


def test_pool_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no output"):
        filters.max_pool(grey(), size=200)
    with pytest.raises(ArgumentError, match="padding"):
        filters.max_pool(grey(), size=2, padding=5)
