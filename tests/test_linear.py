"""Chains in linear light, against light worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import convfilter
from convfilter import Image, Pipeline, filters, kernels
from convfilter.engine.planning import forcing
from convfilter.errors import ArgumentError, ImageError
from convfilter.filters.declaring.run_options import AlphaMode
from convfilter.images import Metadata, Timing
from tests import naive
from tests.colour.profiles import curv, profile
from tests.engine.accuracy import in_small_pieces
from tests.examples import every
from tests.filters.registry import shown

Array = NDArray[Any]

DTYPES = ("uint8", "uint16", "float32", "float64")
GAMMAS = (1.8, 2.2, 2.4)
COLOURED = profile(*(curv(round(gamma * 256)) for gamma in GAMMAS))
GREY = profile(curv(512))


def white_of(dtype: Any) -> float:
    dtype = np.dtype(dtype)
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def light_of(values: Array) -> Array:
    """IEC 61966-2-1 for values of 0 to 1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def values_of(light: Array) -> Array:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def picture(dtype: str, *channels: int, seed: int = 0) -> Array:
    """Bright and dark noise: what is dark shows every error of arithmetic."""
    random = np.random.default_rng(seed)
    shares = random.random((40, 53, *channels)) * np.where(np.arange(53) < 20, 0.03, 1.0).reshape(
        1, 53, *[1] * len(channels)
    )
    white = white_of(dtype)
    return (shares if white == 1 else np.rint(shares * white)).astype(dtype)


def with_profile(pixels: Array, icc_profile: bytes, *, alpha: bool = False) -> Image:
    return Image(pixels, alpha, metadata=Metadata(icc_profile=icc_profile))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mean_of_black_and_white_is_half_the_light(dtype: str) -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2 * white_of(dtype)).astype(dtype)
    blurred = convfilter.apply("gaussian-blur", board, sigma=4, linear=True)
    assert blurred.dtype == dtype
    half = {"uint8": 188, "uint16": 48192}.get(dtype, 0.7353569830524495)
    np.testing.assert_allclose(blurred, half, rtol=0 if board.dtype.kind == "u" else 1e-6)
    plain = convfilter.apply("gaussian-blur", board, sigma=4)
    np.testing.assert_allclose(plain, white_of(dtype) / 2, rtol=0.005)


KERNELS = ("gaussian-5", "sharpen-8", "box-3", "emboss", "laplacian-8", "random", "large")


def weights_of(name: str) -> Array:
    random = np.random.default_rng(4)
    if name == "random":
        return 4 * random.normal(size=(5, 7))  # sums that nearly cancel are dark
    if name == "large":
        return random.random((27, 25)) / 300
    kernel = kernels.get(name)
    return kernel.array * 1.0


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_results_are_those_of_arithmetic_in_float64(
    dtype: str, channels: tuple[int, ...], kernel: str
) -> None:
    pixels, weights = picture(dtype, *channels), weights_of(kernel)
    white = white_of(dtype)
    exact = values_of(naive.correlate(light_of(pixels / white), weights)) * white
    found = convfilter.apply("convolve", pixels, kernel=weights, signed="clamp", linear=True)
    assert found.dtype == dtype
    assert np.abs(found - exact).max() <= (0.52 if dtype == "uint8" else 0.6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_are_those_of_arithmetic_in_float64(dtype: str) -> None:
    pixels, weights = picture(dtype, 3), weights_of("gaussian-5")
    exact = values_of(naive.correlate(light_of(pixels.astype(float)), weights))
    found = convfilter.apply("convolve", pixels, kernel=weights, linear=True)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, exact, atol=1e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("name", every(2, filters.names()))
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_filter_sees_a_picture_of_light(name: str, dtype: str) -> None:
    pixels = picture(dtype, 3)
    needed = {p.name: "sobel-x" for p in filters.get(name).parameters if p.required}
    needed |= shown(name)  # floats would keep their sign, integers do not
    working = np.float64 if dtype == "uint16" else np.float32
    white = white_of(dtype)
    light = light_of(pixels / white).astype(working)
    exact = values_of(filters.get(name)(light, **needed).astype(float)) * white
    found = convfilter.apply(name, pixels, linear=True, **needed)
    assert (found.dtype, found.shape) == (dtype, exact.shape)
    apart = np.abs(np.clip(found, 0, white) - exact)
    # thresholds may fall between two roundings of one value
    assert (apart <= (1e-4 if dtype == "float32" else 0.6)).mean() > 0.999


CHAINS = (
    "gaussian-blur sigma=2 | sobel | max-pool size=2",
    "gaussian-blur sigma=1 | sharpen-8 | gaussian-blur sigma=1",
    "median size=3 | gaussian-blur sigma=1 | invert",
    "sobel-x | sobel-x signed=offset",
)


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_all_steps_of_a_chain_see_light_and_the_end_is_rounded_once(chain: str, dtype: str) -> None:
    pixels, white = picture(dtype, 3), white_of(dtype)
    exact = values_of(Pipeline.parse(chain)(light_of(pixels / white))) * white
    with in_small_pieces():
        found = [Pipeline.parse(chain)(pixels, workers=n, linear=True) for n in (1, 2)]
    assert found[0].dtype == dtype
    assert np.abs(found[0] - exact).max() <= (0.52 if dtype == "uint8" else 0.6)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("profiled", [None, "RGB"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_kernel_that_changes_nothing_changes_nothing(dtype: str, profiled: str | None) -> None:
    pixels = picture(dtype, 3)
    image = with_profile(pixels, COLOURED) if profiled else Image(pixels)
    back = convfilter.apply("identity", image, linear=True)
    assert back.metadata == image.metadata
    if pixels.dtype.kind == "u":
        np.testing.assert_array_equal(back.pixels, pixels)
    else:
        np.testing.assert_allclose(back.pixels, pixels, rtol=2e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("chain", ["gaussian-blur sigma=2", "median | sharpen-8", "sobel", "relu"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_keeps_every_bit(channels: int, dtype: str, chain: str) -> None:
    pixels = picture(dtype, channels)
    random = np.random.default_rng(7).permutation(np.arange(0, 65536, 30))[: 40 * 53]
    alpha = random.reshape(40, 53) % (white_of(dtype) + 1) if pixels.dtype.kind == "u" else None
    pixels[..., -1] = random.reshape(40, 53) / 65535 if alpha is None else alpha
    found = Pipeline.parse(chain)(pixels, linear=True, alpha="keep")
    assert found.dtype == dtype
    assert found[..., -1].tobytes() == pixels[..., -1].tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("word", ["weigh", "filter"])
def test_alpha_itself_is_no_light(word: AlphaMode, dtype: str) -> None:
    pixels = picture(dtype, 4)
    white = white_of(dtype)
    found = convfilter.apply("box-blur", pixels, radius=2, linear=True, alpha=word)
    box = np.full((5, 5), 1 / 25)
    exact = naive.correlate(pixels[..., 3].astype(float), box)
    tolerance = {"uint8": 0.52, "uint16": 0.6}.get(dtype, 1e-6)
    assert np.abs(found[..., 3] - exact).max() <= tolerance
    share = pixels[..., 3:] / white if word == "weigh" else np.ones_like(pixels[..., 3:])
    light = light_of(pixels[..., :3] / white)
    with np.errstate(invalid="ignore"):
        mean = naive.correlate(light * share, box) / naive.correlate(share.astype(float), box)
    seen = exact > 0
    apart = np.abs(found[..., :3] - white * values_of(mean))[seen]
    assert apart.max() <= max(tolerance, 1e-5)


def test_alpha_is_dropped_before_light_is_filtered() -> None:
    pixels = picture("uint8", 4)
    found = convfilter.apply("box-blur", pixels, linear=True, alpha="drop")
    plain = convfilter.apply("box-blur", pixels[..., :3], linear=True)
    np.testing.assert_array_equal(found, plain)


def test_alpha_is_pooled_as_it_is_and_weighs_light() -> None:
    pixels = picture("uint8", 4)[:40, :52]
    pixels[..., 3] = np.where(np.arange(52) % 2, 0, 255)
    found = convfilter.apply("mean-pool", pixels, size=2, alpha="weigh", linear=True)
    np.testing.assert_array_equal(found[..., 3], 128)
    seen = light_of(pixels[:, ::2, :3] / 255)  # what is clear weighs nothing
    exact = values_of((seen[::2] + seen[1::2]) / 2) * 255
    assert np.abs(found[..., :3] - exact).max() <= 0.52


def test_each_channel_has_the_curve_of_its_profile() -> None:
    pixels = picture("uint8", 3)
    found = convfilter.apply("gaussian-3", with_profile(pixels, COLOURED), linear=True)
    gammas = np.round(np.array(GAMMAS) * 256) / 256
    light = naive.correlate((pixels / 255) ** gammas, kernels.get("gaussian-3").array)
    assert np.abs(found.pixels - 255 * light ** (1 / gammas)).max() <= 0.52
    assert found.metadata.icc_profile == COLOURED


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("alpha", [False, True])
def test_grey_has_the_curve_of_its_profile(dtype: str, alpha: bool) -> None:
    pixels = picture(dtype, 2) if alpha else picture(dtype)
    if alpha:
        pixels[..., 1] = 77
    found = convfilter.apply("box-3", with_profile(pixels, GREY, alpha=alpha), linear=True)
    grey = pixels[..., 0] if alpha else pixels
    white = white_of(dtype)
    exact = white * np.sqrt(naive.correlate((grey / white) ** 2, np.full((3, 3), 1 / 9)))
    result = found.pixels[..., 0] if alpha else found.pixels
    assert np.abs(result - exact).max() <= (0.52 if dtype == "uint8" else 0.6)


@pytest.mark.parametrize("gamma", [256, 461, 563, 666])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("way", ["fft", "direct"])
def test_steep_curves_show_no_rounding(gamma: int, dtype: str, way: str) -> None:
    random, white = np.random.default_rng(5), white_of(dtype)
    pixels = random.integers(0, int(white) + 1, (150, 300)).astype(dtype)
    pixels[:, :150] //= 64  # nearly black beside bright, whose rounding reaches it
    weights = 2 * random.normal(size=(5, 5))
    light = naive.correlate((pixels / white) ** (gamma / 256), weights)
    exact = np.clip(light, 0, 1) ** (256 / gamma) * white
    image = with_profile(pixels, profile(curv(gamma)))
    with forcing(way):
        found = convfilter.apply("convolve", image, kernel=weights, signed="clamp", linear=True)
    assert np.abs(found.pixels - exact).max() <= (0.52 if dtype == "uint8" else 0.6)


def test_what_becomes_grey_has_the_curve_of_green() -> None:
    image = with_profile(
        np.full((8, 8, 3), 100, np.uint8), profile(curv(256), curv(512), curv(256))
    )
    # green of 39 in light, red and blue of 100
    light = 100 + 0.587 * (100 * 100 / 255 - 100)
    found = convfilter.apply("grayscale", image, linear=True)
    np.testing.assert_array_equal(found.pixels, round((light * 255) ** 0.5))


def test_intensities_are_of_light() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    parted = convfilter.apply("threshold", ramp, threshold=127.5, linear=True)
    assert (parted == np.where(ramp >= 188, 255, 0)).all()
    moved = convfilter.apply("convolve", np.zeros((4, 4), np.uint8), kernel="1", offset=127.5)
    lit = convfilter.apply(
        "convolve", np.zeros((4, 4), np.uint8), kernel="1", offset=127.5, linear=True
    )
    assert (moved[0, 0], lit[0, 0]) == (128, 188)


def test_apply_and_pipeline_are_one() -> None:
    pixels = picture("uint8", 3)
    np.testing.assert_array_equal(
        convfilter.apply("gaussian-blur", pixels, sigma=2, linear=True),
        Pipeline.parse("gaussian-blur sigma=2")(pixels, linear=True),
    )
    np.testing.assert_array_equal(
        convfilter.apply("sobel", pixels, linear=False), convfilter.apply("sobel", pixels)
    )


def test_the_picture_is_left_as_it_was() -> None:
    pixels = picture("float32", 3)
    before = pixels.copy()
    convfilter.apply("gaussian-blur", pixels, linear=True)
    np.testing.assert_array_equal(pixels, before)


def test_floats_beyond_black_and_white_and_nan() -> None:
    pixels = np.full((9, 9), 0.5, np.float32)
    pixels[0, 0], pixels[0, 4], pixels[0, 8], pixels[8, 0] = np.nan, -0.25, 3.0, np.inf
    back = convfilter.apply("identity", pixels, linear=True)
    np.testing.assert_allclose(back, pixels, rtol=1e-6)
    blurred = convfilter.apply("box-3", pixels, linear=True)
    assert np.isnan(blurred[:2, :2]).all()
    assert np.isfinite(blurred[:7, 2:]).all()


def test_bool_is_taken_as_uint8() -> None:
    mask = picture("uint8") > 99
    np.testing.assert_array_equal(
        convfilter.apply("maximum", mask, linear=True),
        convfilter.apply("maximum", mask.astype(np.uint8), linear=True),
    )


def test_signed_integers_are_refused() -> None:
    with pytest.raises(ArgumentError, match="int16 pixels have no white"):
        convfilter.apply("sobel", np.zeros((4, 4), np.int16), linear=True)


def test_a_profile_that_does_not_fit_is_refused() -> None:
    image = with_profile(picture("uint8", 3), GREY)
    with pytest.raises(ImageError, match="leave out --linear, or convert the picture to sRGB"):
        convfilter.apply("sobel", image, linear=True)
    assert convfilter.apply("sobel", image).shape == image.shape


def test_an_animation_has_one_profile_and_each_page_its_own() -> None:
    first, second = picture("uint8", 3), picture("uint8", 3, seed=1)
    of_first, of_second = (
        convfilter.apply("box-blur", with_profile(pixels, COLOURED), linear=True).pixels
        for pixels in (first, second)
    )
    metadata = Metadata(icc_profile=COLOURED)
    frames = Image(
        first, metadata=metadata, timing=Timing(), following=(Image(second, timing=Timing()),)
    )
    blurred = convfilter.apply("box-blur", frames, linear=True)
    np.testing.assert_array_equal(blurred.pixels, of_first)
    np.testing.assert_array_equal(blurred.following[0].pixels, of_second)
    pages = Image(first, metadata=metadata, following=(Image(second),))
    blurred = convfilter.apply("box-blur", pages, linear=True)
    np.testing.assert_array_equal(blurred.pixels, of_first)
    plain = convfilter.apply("box-blur", second, linear=True)
    assert (plain != of_second).any()
    np.testing.assert_array_equal(blurred.following[0].pixels, plain)
