"""Correlation by transforms: as accurate, exact and alike as by sums of products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convfilter.engine import correlate, plan, recorded_plans
from convfilter.engine.correlation import accuracy
from convfilter.engine.correlation.algorithms import fft
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.correlation.layout import COMBINE_NAMES
from convfilter.engine.planning import forcing, reckoning_for
from convfilter.engine.window.axes import Outline
from tests.engine.accuracy import Case, check
from tests.engine.cases import BORDERS, IMAGE_DTYPES, noise

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(7)


@pytest.fixture(autouse=True, scope="module")
def forced() -> Any:
    """Let everything go through transforms that may."""
    with forcing("fft"):
        yield


def by_products(image: Array, kernel: Array, **options: Any) -> Array:
    with forcing("direct"):
        return correlate(image, kernel, **options)


def has_run(image: Array, kernel: Array, **options: Any) -> str:
    with recorded_plans() as plans:
        correlate(image, kernel, **options)
    return plans[0].algorithm


sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@given(
    sizes,
    st.sampled_from([None, 1, 2, 3]),
    st.tuples(st.integers(1, 17), st.integers(1, 17)),
    st.sampled_from(["uint8", "uint16", "int16", "float32", "float64"]),
    st.sampled_from([None, *IMAGE_DTYPES]),
    st.booleans(),
    st.fixed_dictionaries(
        {
            "border": st.sampled_from(BORDERS),
            "padding": st.sampled_from(["same", "full", "valid", 2]),
            "dilation": st.tuples(st.integers(1, 3), st.integers(1, 3)),
            "fill": st.sampled_from([0, 7, 0.5]),
            "offset": st.sampled_from([0, 3, -0.25]),
            "scale": st.sampled_from([1, 0.01]),
        }
    ),
    st.integers(0, 2**32 - 1),
)
def test_all_that_is_promised(
    size: tuple[int, int],
    channels: int | None,
    window: tuple[int, int],
    dtype: str,
    output_dtype: Any,
    whole: bool,
    how: dict[str, Any],
    seed: int,
) -> None:
    spans = [(w - 1) * d + 1 for w, d in zip(window, how["dilation"], strict=True)]
    padding = {"valid": 0, 2: 4}.get(how["padding"])
    assume(padding is None or all(n + padding >= s for n, s in zip(size, spans, strict=True)))
    shape = size if channels is None else (*size, channels)
    rng = np.random.default_rng(seed)
    kernel = rng.integers(-9, 10, window) if whole else rng.normal(size=window)
    kernel.flat[0] = 1
    image = noise(shape, dtype, seed % 1000)
    check(Case("correlate", image, (kernel,), {**how, "dtype": output_dtype}))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("window", [(230, 3), (2, 230), (211, 204)])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_leave_no_seam(window: tuple[int, int], channels: int, dtype: str) -> None:
    image = noise((70, 85, channels), dtype)
    if image.dtype.kind == "f":
        image = np.rint(image * 100).astype(dtype)
    kernel = RNG.integers(-3, 4, window)
    chosen = plan(image, kernel)
    assert chosen.algorithm == "fft"
    for border in BORDERS if dtype == "uint8" else BORDERS[:1]:
        how: dict[str, Any] = {"border": border, "dtype": np.float64}
        expected = by_products(image, kernel, **how)
        results = [correlate(image, kernel, workers=workers, **how) for workers in (1, 2, 5)]
        assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()
        largest = np.abs(expected).max()
        np.testing.assert_allclose(results[0], expected, rtol=0, atol=1e-12 * largest)
        if image.dtype.kind != "f":
            np.testing.assert_array_equal(results[0], expected)


def test_the_larger_tiles() -> None:
    image = noise((300, 280))
    kernel = RNG.integers(-3, 4, (240, 251))
    assert "512x512" in plan(image, kernel).reason
    result = correlate(image, kernel, dtype=np.float64)
    np.testing.assert_array_equal(result, by_products(image, kernel, dtype=np.float64))
    flat = kernel / np.abs(kernel).sum()
    assert "float32" in plan(image, flat).reason
    difference = correlate(image, flat).astype(int) - by_products(image, flat)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_reaches_what_weighs_it(value: float, dtype: Any) -> None:
    image = noise((30, 31), dtype)
    image[4, 5] = value
    kernel = RNG.normal(size=(9, 9))
    kernel[2:5, 3] = 0
    assert plan(image, kernel).algorithm == "fft"
    assert has_run(image, kernel) == "direct"
    check(Case("correlate", image, (kernel,)))
    check(Case("correlate", image, (kernel,), {"padding": "valid"}))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("large", [1e6, 1e18, 1e30])
@pytest.mark.parametrize("small", [1e-3, 1e-12, 1e-22])
def test_a_pixel_that_outweighs_all_others(small: float, large: float, dtype: Any) -> None:
    image = noise((20, 20), dtype)
    image[0, 0] = large
    kernel = RNG.normal(size=(9, 9))
    kernel[0, 0] = small  # the only weight that sees the corner
    for output_dtype in (dtype, np.uint8):
        check(Case("correlate", image, (kernel,), {"padding": "valid", "dtype": output_dtype}))


@pytest.mark.parametrize("level", [0.0, 1e-300, 1e-310, 1e300])
def test_the_ends_of_the_range_of_floats(level: float) -> None:
    image = noise((20, 20), np.float64) * level
    for weight in (1.0, 1e-200, 1e200, 1e-320):
        if weight * level > 1e305:
            continue
        check(Case("correlate", image, (np.full((7, 8), weight) * RNG.normal(size=(7, 8)),)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
@pytest.mark.parametrize("weight", [1, 255, 2**20, 2**31, 2**40])
def test_integers_are_exact_or_refused(weight: int, dtype: Any) -> None:
    limits = np.iinfo(dtype)
    kernel = RNG.integers(-weight, weight + 1, (15, 17))
    kernel[7, 8] = weight
    for image in (
        noise((40, 50), dtype),
        np.full((40, 50), limits.max, dtype),
        np.where(noise((40, 50)) > 127, limits.max, limits.min).astype(dtype),
    ):
        check(Case("correlate", image, (kernel,), {"dtype": np.float64}))
        check(Case("correlate", image, (np.abs(kernel),), {"dtype": np.float64, "offset": 3}))
    if weight != 2**20:
        expected = "fft" if weight < 2**20 else "direct"
        assert plan(noise((40, 50), dtype), kernel).algorithm == expected


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("combine", COMBINE_NAMES)
@pytest.mark.parametrize("whole", [False, True])
def test_responses_of_several_kernels(whole: bool, combine: Any, dtype: str) -> None:
    image = noise((23, 31, 2), dtype)
    kernels = [
        RNG.integers(-5, 6, (7, 8)) if whole else RNG.normal(size=(7, 8)) / 20 for _ in range(3)
    ]
    kernels = kernels[:1] if combine == "abs" else kernels
    for output_dtype in (None, np.int16, np.float32, np.float64):
        with recorded_plans() as plans:
            check(
                Case("correlate_bank", image, (kernels, combine), {"dtype": output_dtype}),
                workers=(2,),
            )
        if not whole or combine != "l2":
            assert {plan.algorithm for plan in plans} == {"fft"}


def test_what_transforms_do_not_serve() -> None:
    image, kernel = noise((40, 40)), RNG.normal(size=(9, 9))
    assert plan(image, kernel / 20).algorithm == "fft"
    for other in (
        plan(image, kernel, stride=2),
        plan(image, np.zeros((9, 9))),
        plan(image, RNG.normal(size=(500, 9))),
        plan(image, kernel * 1e30),
    ):
        assert other.algorithm == "direct"


def test_transforms_are_taken_where_they_are_faster() -> None:
    image = np.zeros((1200, 1600), np.uint8)
    with forcing(""):
        for taps, expected in ((3, "direct"), (5, "direct"), (15, "fft"), (51, "fft")):
            kernel = RNG.random((taps, taps))
            assert plan(image, kernel / kernel.sum()).algorithm == expected
        assert plan(image, np.ones((25, 25))).algorithm == "box"
        small, kernel = image[:20, :20], RNG.normal(size=(15, 15)) / 20
        assert plan(small, kernel).algorithm == "direct"
        with reckoning_for(1500):
            assert plan(small, kernel).algorithm == "fft"
        assert plan(small, kernel).algorithm == "direct"


def hard_images(rng: np.random.Generator) -> dict[str, Array]:
    """Return images whose transforms are large at few frequencies, or at all."""
    y, x = np.mgrid[:300, :400]
    return {
        "white": np.full((300, 400), 255.0),
        "noise": rng.integers(0, 256, (300, 400)).astype(float),
        "black and white": 255.0 * rng.integers(0, 2, (300, 400)),
        "chequers": 255.0 * ((x + y) % 2),
        "bars": 255.0 * (x // 7 % 2),
        "wave": np.rint(127.5 + 127.5 * np.cos(0.7 * x + 0.31 * y)),
        "dot": 255.0 * ((x == 100) & (y == 150)),
        "edge": 255.0 * (x > 180),
    }


def hard_kernels(rng: np.random.Generator) -> dict[str, Array]:
    """Return kernels whose absolute weights add up to 1."""
    y, x = np.mgrid[-12:13, -12:13]
    kernels = {
        "disk": (x * x + y * y <= 150).astype(float),
        "noise": rng.normal(size=(25, 25)),
        "signs": rng.choice([-1.0, 1.0], (25, 25)),
        "wave": np.cos(0.7 * x + 0.31 * y),
        "dot": ((x == 3) & (y == -5)).astype(float),
        "chequers": 1.0 - 2 * ((x + y) % 2),
        "bump": np.exp(-(x * x + y * y) / 40),
    }
    return {name: kernel / np.abs(kernel).sum() for name, kernel in kernels.items()}


def by_transforms(pixels: Array, kernel: Array, size: int, dtype: Any) -> Array:
    """Return the response (float64) computed in the given dtype."""
    operation = correlation(Outline.of(pixels), [kernel], None, dtype=np.float64)
    result, bad = fft._run(size, dtype, operation, pixels, 1)
    assert not bad
    return result


@pytest.mark.parametrize("size", fft.SIZES)
def test_errors_stay_far_below_their_bounds(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accuracy.RELATIVE_ALLOWANCE, "float64", 1e300)
    rng = np.random.default_rng(3)
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    shares = []
    for image in hard_images(rng).values():
        pixels = image[:, :, np.newaxis].astype(np.uint8)
        for kernel in hard_kernels(rng).values():
            responses = [by_transforms(pixels, kernel, size, t) for t in (single, double)]
            error = np.abs(responses[0] - responses[1]).max()
            likely = fft.likely_error([kernel], single, 255.0, 255.0)
            proven = fft.proven_error([kernel], size, single, 255 * 2**0.5 * size)
            assert error < proven
            shares.append(error / likely)
    assert max(shares) < 0.5


@pytest.mark.parametrize(
    ("of_image", "of_kernel"), [(1.0, 1e-39), (1e5, 1e-40), (1e-37, 1.0), (1e-30, 1e9)]
)
def test_numbers_of_few_bits_are_left_to_sums(of_image: float, of_kernel: float):
    image = (noise((50, 60), float) * of_image).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(17, 17)) * of_kernel
    with forcing("fft of 256x256 in float32"):
        check(Case("correlate", image, (kernel,), {}))


def test_a_fill_that_no_border_shows_leaves_integers_exact() -> None:
    image, kernel = noise((9, 9)), [[1.0]]
    found = correlate(image, kernel, border="edge", fill=0.5, dtype=np.float32)
    np.testing.assert_array_equal(found, image)
    assert plan(image, kernel, border="edge", fill=0.5).exact
    assert not plan(image, kernel, border="constant", fill=0.5).exact
