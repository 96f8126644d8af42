"""One value far larger than all others: what does not see it is as accurate as without it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from convfilter import engine, filters
from convfilter.engine.correlation import tiles
from convfilter.engine.planning import forcing, recorded_plans
from convfilter.runtime.checks import IMAGE_DTYPES
from tests import naive
from tests.engine.accuracy import Case, check, check_paths
from tests.engine.cases import BORDERS, chance, draw_gradient, numbers
from tests.examples import every

Array = np.ndarray[Any, np.dtype[Any]]


def disk(radius: int) -> Array:
    """Return equal weights within a radius, which add up to 1."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    inside = (x * x + y * y <= radius * radius).astype(float)
    return inside / inside.sum()


def laplacian(radius: int) -> Array:
    """Return a Laplacian of a Gaussian, which adds up to 0."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1] * (4 / (radius + 1))
    squares = (x * x + y * y) / 2
    weights = (squares - 1) * np.exp(-squares)
    return weights - weights.mean()


def draw_pixels(random: Random, dtype: np.dtype[Any]) -> Array:
    """Return a picture whose values are alike, or zero over large parts, and some that are not."""
    rng = numbers(random)
    side = 300 if chance(random, 60) else random.choice([12, 24, 40, 60])
    shape = (side, random.randint(9, side), *random.choice([(), (), (), (1,), (2,), (3,)]))
    kind = random.randrange(6)
    pixels = rng.random(shape)
    if kind == 0:
        pixels = 0.001 + 0.009 * pixels
    elif kind == 1:
        pixels = np.full(shape, 0.5)
    elif kind == 2:
        pixels = rng.normal(size=shape)
    elif kind == 3:
        pixels[: random.randrange(side)] = 0
    elif kind == 4:
        pixels *= 10.0 ** -rng.integers(0, 12, (shape[0], 1, *shape[2:]))
    if dtype.kind != "f":
        limits = np.iinfo(dtype)
        pixels = np.clip(np.rint(pixels * 9), limits.min, limits.max)
    pixels = pixels.astype(dtype)
    flat = pixels.reshape(-1)
    for _ in range(random.choice([1, 1, 2, 5])):
        flat[random.randrange(flat.size)] = draw_outlier(random, dtype)
    return pixels


def draw_outlier(random: Random, dtype: np.dtype[Any]) -> float:
    """Return a value of 1e2 to 1e300, or the last one of its dtype."""
    if dtype.kind != "f":
        limits = np.iinfo(dtype)
        return int(random.choice([limits.max, limits.max, limits.min]))
    most = 300 if dtype == np.float64 else 38
    return random.choice([1, 1, -1]) * 10.0 ** random.uniform(2, most)


def draw_weights(random: Random) -> Array:
    """Return a kernel for every algorithm: boxes, disks, of rank 1, of 3x3, of both signs."""
    rng, radius = numbers(random), random.choice([1, 2, 4, 4, 5])
    shape = (2 * radius + 1, random.randint(2, 2 * radius + 1))
    kind = random.randrange(8)
    if kind < 2:
        shape = (random.randint(1, 14), random.randint(2, 24))
        return np.full(shape, random.choice([1 / (shape[0] * shape[1]), 1.0, -3.0]))
    if kind == 2:
        return disk(radius)
    if kind == 3:
        return laplacian(radius)
    if kind == 4:
        return np.outer(rng.random(shape[0]), rng.random(shape[1]))
    if kind == 5:
        return rng.normal(size=(3, 3))
    if kind == 6:
        return np.eye(2 * radius + 1)
    return rng.normal(size=shape)


def draw_case(random: Random) -> Case:
    """Draw a call whose image holds outliers."""
    dtype = np.dtype(random.choice(["float32", "float32", "float64", *IMAGE_DTYPES]))
    image = draw_pixels(random, dtype)
    options: dict[str, Any] = {"border": random.choice(BORDERS)}
    if chance(random, 3):
        options["padding"] = random.choice(["valid", "full", 2])
    if chance(random, 4):
        options["offset"] = random.choice([0.5, -3.0, 100.0])
    kind = random.randrange(10)
    if kind == 0:
        size = random.randint(1, 6)
        stride = random.randint(1, size)
        return Case("pool", image, (size,), {"reduce": "mean", "stride": stride})
    if kind == 1:
        return Case("correlate_bank", image, (draw_gradient(random), "l2"), options)
    if dtype.kind != "f" and chance(random, 2):
        options["dtype"] = random.choice(["float32", "float64"])
    if kind == 2:
        kernel = draw_weights(random)
        how = random.choice(["l1", "l2", "max", "max-abs"])
        kernels = [kernel, kernel[::-1] * 0.5]
        return Case("correlate_bank", image, (kernels, how), options)
    return Case("correlate", image, (draw_weights(random),), options)


@pytest.mark.parametrize(
    ("first", "cases"),
    [
        (0, 40),
        *(pytest.param(n, 500, marks=pytest.mark.thorough) for n in range(22)),
    ],
)
def test_outliers_spoil_nothing_that_does_not_see_them(first: int, cases: int) -> None:
    ran: set[str] = set()
    for number in range(cases):
        seed = 1000 * first + number
        case = draw_case(Random(seed))
        try:
            ran |= set(check_paths(case, check, workers=(2,)))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {case}: {error}") from error
    algorithms = {name.split()[0] for name in ran} - {"blocks"}
    assert algorithms == {"direct", "separable", "box", "fft", "nine", "gradient"}


FAR = (slice(-30, None), slice(-30, None))
"""Outputs that are far from what stands at row and column 100."""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("large", [1e2, 1e8, 1e20, 1e37])
@pytest.mark.parametrize(
    "blur",
    [
        lambda image: filters.disk_blur(image, radius=10),
        lambda image: filters.box_blur(image, radius=10),
        lambda image: filters.gaussian_blur(image, sigma=3),
    ],
    ids=["disk", "box", "gaussian"],
)
def test_a_hot_pixel_is_not_seen_from_afar(
    blur: Callable[[Array], Array], large: float, dtype: Any
) -> None:
    image = np.full((200, 200), 0.5, dtype)
    image[100, 100] = large
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    found = blur(image)
    np.testing.assert_allclose(found[FAR], 0.5, rtol=tolerance)
    np.testing.assert_allclose(found[100, 140:], 0.5, rtol=tolerance)
    np.testing.assert_allclose(found[140:, 100], 0.5, rtol=tolerance)


@pytest.mark.parametrize("name", ["fft", "separable", "direct", "box"])
@pytest.mark.parametrize("kernel", [laplacian(12), disk(10), np.full((15, 15), 1 / 225)])
def test_scenes_of_high_dynamic_range(kernel: Array, name: str) -> None:
    rng = np.random.default_rng(2)
    image = rng.uniform(0.001, 0.01, (150, 160)).astype(np.float32)
    image[40, 50] = image[90:93, 100] = 60000
    with forcing(name):
        check(Case("correlate", image, (kernel,)))


@pytest.mark.parametrize("kernel", [disk(9), np.full((13, 11), 1 / 143), laplacian(9)])
def test_what_sees_zeros_is_zero(kernel: Array) -> None:
    image = np.zeros((300, 310), np.float32)
    image[100:130, 140:150] = np.random.default_rng(1).random((30, 10))
    image[5, 300] = 1e-12
    for name in ("fft", "box", "direct"):
        with forcing(name):
            check(Case("correlate", image, (kernel,), {"border": "constant"}))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_of_what_is_not_negative_are_not_negative(dtype: Any, sign: int) -> None:
    rng = np.random.default_rng(5)
    image = (sign * rng.random((90, 100)) ** 40).astype(dtype)
    image[20:70, 30:60] = 0
    for kernel in (disk(7), np.full((9, 21), 1 / 189), np.outer(np.hanning(9), np.hanning(11))):
        for name in ("fft", "box", "separable", "direct"):
            with forcing(name):
                found = engine.correlate(image, kernel)
                assert (found * sign >= 0).all()
                check(Case("correlate", image, (kernel,)))


@pytest.mark.parametrize("dtype", every(2, [np.uint16, np.int16]))
def test_large_kernels_on_integers_beside_outliers(dtype: Any) -> None:
    image = np.random.default_rng(3).integers(0, 5, (80, 90)).astype(dtype)
    image[30, 30], image[60, 20:23] = np.iinfo(dtype).max, np.iinfo(dtype).min
    for kernel in (disk(10), laplacian(10) / 9, np.full((21, 21), 1 / 441)):
        for options in ({}, {"dtype": np.float32}, {"dtype": np.float64}):
            check_paths(Case("correlate", image, (kernel,), options), check, workers=(1, 3))


def ways_taken(image: Array, kernel: Array, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the arithmetic of each pair of tiles that is tried, and planes of sums of products."""
    taken: list[str] = []
    correlate_pair, by_products = tiles.Work._correlate_pair, tiles.by_products

    def pair(work: tiles.Work, *arguments: Any) -> bool:
        taken.append(str(work._dtype))
        return correlate_pair(work, *arguments)

    def products(*arguments: Any) -> None:
        taken.append("products")
        by_products(*arguments)

    with forcing("fft of 256x256"), monkeypatch.context() as patch, recorded_plans() as plans:
        engine.correlate(image, kernel)  # all loops are there after this
        patch.setattr(tiles.Work, "_correlate_pair", pair)
        patch.setattr(tiles, "by_products", products)
        engine.correlate(image, kernel, workers=1)
    assert plans[-1].algorithm == "fft"
    return taken


def test_each_pair_of_tiles_is_done_as_its_values_ask_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = disk(8)
    image = np.random.default_rng(4).uniform(0.2, 1, (700, 700)).astype(np.float32)
    assert set(ways_taken(image, kernel, monkeypatch)) == {"float32"}
    image[5, 5] = 1e6
    taken = ways_taken(image, kernel, monkeypatch)
    assert (taken.count("float32"), taken.count("float64")) == (5, 1)
    image[5, 5] = 1e25
    taken = ways_taken(image, kernel, monkeypatch)
    assert [taken.count(way) for way in ("float32", "float64", "products")] == [5, 1, 2]
    image[5, 5] = 0
    image[:, 350:] = 0  # zeros are no small values
    taken = ways_taken(image, kernel, monkeypatch)
    assert taken.count("float64") <= 3  # tiles in which they begin
    assert "products" not in taken


@pytest.mark.parametrize("combine", [None, "l1", "l2", "max"])
def test_bounds_on_sums_of_absolute_products_hold(
    combine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[float] = []
    allowed = tiles.Work._allowed

    def note(work: tiles.Work, least: float) -> float:
        bounds.append(least)
        return allowed(work, least)

    monkeypatch.setattr(tiles.Work, "_allowed", note)
    rng = np.random.default_rng(6)
    shares = []
    for size in ((1, 9), (3, 8), (5, 5), (9, 4), (12, 21)):
        image = 10.0 ** -rng.integers(0, 9, (40, 50)) * rng.uniform(0.5, 1, (40, 50))
        kernels = [rng.normal(size=size) * (rng.random(size) < 0.7) for _ in range(2)]
        kernels = kernels[:1] if combine is None else kernels
        for options in ({}, {"padding": "valid"}, {"dilation": 2, "padding": "full"}):
            bounds.clear()
            with forcing("fft of 256x256 in float64"):
                engine.correlate_bank(image, kernels, combine, **options)
            each = [naive.absolute_sums(image, kernel, **options) for kernel in kernels]
            sums = each[0] if combine is None else naive.combine(each, combine)
            dilation = options.get("dilation", 1)
            nearby = naive.largest_of_overlapping(sums, size, dilation=dilation)
            assert bounds[-1] <= nearby.min() * (1 + 1e-9)
            shares.append(bounds[-1] / nearby.min())
    assert np.median(np.array(shares, float)) > 0.01
