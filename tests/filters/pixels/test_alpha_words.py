"""What the words of `alpha` mean: weigh, keep, filter, drop, over the registry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, engine, filters
from convfilter.errors import UnknownNameError
from convfilter.filters.declaring.chain_options import AlphaMode
from tests.filters.pictures import grey, opaque, rgb, uneven, white_of, with_alpha

NEEDED: dict[str, dict[str, Any]] = {
    name: {p.name: "gaussian-3" for p in filters.get(name).parameters if p.required}
    for name in filters.names()
}
SMOOTHING = {
    "box-blur", "gaussian-blur", "motion-blur", "disk-blur", "convolve", "median", "minimum",
    "maximum", "percentile", "erode", "dilate", "open", "close", "bilateral", "nl-means",
    "denoise", "max-pool", "min-pool", "mean-pool",
}  # fmt: skip
"""The filters that soften alpha, or shrink it, as they do colours."""


@pytest.mark.parametrize("name", filters.names())
def test_the_rule_of_each_filter(name: str) -> None:
    picture = opaque(rgb())
    picture[..., 3] = np.random.default_rng(2).normal(100, 5, rgb().shape[:2])
    picture[:30, :30, 3] = 0
    found = filters.get(name)
    weighed = found(picture, **NEEDED[name])
    kept = found(picture, alpha="keep", **NEEDED[name])
    keeps_size = weighed.shape[:2] == picture.shape[:2]
    assert keeps_size or found.family == "pooling"
    if keeps_size:
        np.testing.assert_array_equal(kept[..., -1], picture[..., -1])
        changed = bool((weighed[..., -1] != picture[..., -1]).any())
        assert changed == (name in SMOOTHING)
    if name not in ("open", "close"):  # their second half goes by what the first half made
        seen = (kept[..., -1] > 0) & (weighed[..., -1] > 0)
        np.testing.assert_array_equal(weighed[seen][:, :-1], kept[seen][:, :-1])


MIXED_SIGNS = ["sobel-x", "laplacian-4", "sharpen-8", "emboss"]


@pytest.mark.parametrize("kernel", MIXED_SIGNS)
def test_kernels_of_both_signs_keep_alpha(kernel: str) -> None:
    picture = uneven(np.random.default_rng(2), (20, 22, 4), "uint8")
    result = convfilter.apply("convolve", picture, kernel=kernel)
    np.testing.assert_array_equal(result[..., 3], picture[..., 3])
    strided = filters.convolve(picture, kernel=kernel, stride=2)
    assert {*strided[..., 3].flat} <= {*picture[..., 3].flat}


@pytest.mark.parametrize("name", sorted(n for n in SMOOTHING if "pool" not in n))
def test_brightness_alone_leaves_alpha_alone(name: str) -> None:
    picture = uneven(np.random.default_rng(2), (20, 22, 4), "uint8")
    result = filters.get(name)(picture, channels="luma", **NEEDED[name])
    if result.shape == picture.shape:
        np.testing.assert_array_equal(result[..., 3], picture[..., 3])
    else:  # a response is grey
        assert filters.get(name).response


@pytest.mark.parametrize("name", filters.names())
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("alpha", ["weigh", "keep"])
def test_opaque_stays_opaque(name: str, dtype: str, alpha: AlphaMode) -> None:
    white = white_of(dtype)
    picture = (opaque(rgb()[:40, :41]) / 255 * white).astype(dtype)
    found = filters.get(name)
    known = {parameter.name for parameter in found.parameters}
    ways: list[dict[str, Any]] = [{}]
    ways += [{"border": b} for b in engine.BORDERS if "border" in known]
    ways += [{"padding": p} for p in (1, "full") if "padding" in known]
    ways += [{"size": 7, "padding": 3}] if found.family == "pooling" and "padding" in known else []
    for way in ways:
        if found.family == "pooling" and way.get("padding") == "full":
            continue
        result = found(picture, alpha=alpha, **NEEDED[name], **way)
        assert (result[..., -1] == picture[0, 0, -1]).all(), way
        plain = found(picture[..., :-1], **NEEDED[name], **way)
        np.testing.assert_array_equal(result[..., :-1], np.atleast_3d(plain))


@pytest.mark.parametrize("name", filters.names())
@pytest.mark.parametrize("colour", [grey, rgb])
def test_filter_takes_alpha_for_one_more_colour(name: str, colour: Any) -> None:
    picture, found = with_alpha(colour()), filters.get(name)
    result = found(picture, alpha="filter", **NEEDED[name])
    plain = found(colour(), **NEEDED[name])
    np.testing.assert_array_equal(result[..., :-1], np.atleast_3d(plain))
    alone = picture[..., -1] if found.mixes else found(picture[..., -1], **NEEDED[name])
    np.testing.assert_array_equal(result[..., -1], alone)


@pytest.mark.parametrize("name", filters.names())
def test_only_what_mixes_channels_says_so(name: str) -> None:
    found = filters.get(name)
    each = {"channels": "each"} if "channels" in {p.name for p in found.parameters} else {}
    together = found(rgb(), **NEEDED[name], **each)
    assert found.mixes == (together.ndim == 2 or found(grey(), **NEEDED[name], **each).ndim == 3)


@pytest.mark.parametrize("name", filters.names())
@pytest.mark.parametrize("colour", [grey, rgb])
def test_drop_takes_alpha_away(name: str, colour: Any) -> None:
    picture = with_alpha(colour())
    before = picture.copy()
    result = filters.get(name)(picture, alpha="drop", **NEEDED[name])
    plain = filters.get(name)(colour(), **NEEDED[name])
    np.testing.assert_array_equal(result, np.atleast_3d(plain) if result.ndim == 3 else plain)
    assert result.flags.c_contiguous
    assert not np.shares_memory(result, picture)
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("alpha", ["weigh", "keep", "filter", "drop"])
def test_chains_and_images_take_the_word(alpha: AlphaMode) -> None:
    picture = with_alpha(rgb())
    chain = Pipeline.parse("gaussian-blur sigma=1 | max-pool")
    result = chain(picture, alpha=alpha)
    image = chain(Image(picture, alpha=True), alpha=alpha)
    assert image.alpha == (alpha != "drop")
    np.testing.assert_array_equal(image.pixels, result)
    alone = convfilter.apply("gaussian-blur", picture, sigma=1, alpha=alpha)
    np.testing.assert_array_equal(alone, filters.gaussian_blur(picture, sigma=1, alpha=alpha))
    # pictures without alpha do not care
    np.testing.assert_array_equal(chain(rgb(), alpha=alpha), chain(rgb()))
    four = Image(picture, alpha=False)
    np.testing.assert_array_equal(chain(four, alpha=alpha).pixels, chain(four).pixels)


def test_filter_runs_chains_channel_by_channel() -> None:
    picture = with_alpha(rgb())
    chain = Pipeline.parse("gaussian-blur sigma=1 | sobel-x signed=offset | max-pool")
    result = chain(picture, alpha="filter")
    for channel in range(4):
        np.testing.assert_array_equal(result[..., channel], chain(picture[..., channel]))


def test_weigh_is_the_default() -> None:
    picture = with_alpha(rgb())
    np.testing.assert_array_equal(
        filters.gaussian_blur(picture), filters.gaussian_blur(picture, alpha="weigh")
    )
    assert (filters.gaussian_blur(picture) != filters.gaussian_blur(picture, alpha="keep")).any()


def test_unknown_words_are_answered_with_the_nearest() -> None:
    calls = (
        lambda word: filters.sobel(rgb(), alpha=word),
        lambda word: convfilter.apply("sobel", rgb(), alpha=word),
        lambda word: Pipeline.parse("sobel")(Image(rgb()), alpha=word),
    )
    for call in calls:
        with pytest.raises(UnknownNameError, match=r"no alpha is called 'wiegh'.*weigh"):
            call("wiegh")


@pytest.mark.parametrize("name", ["gaussian-blur", "maximum", "mean-pool", "bilateral", "sobel"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_hidden_need_not_be_a_number(name: str, bad: float) -> None:
    picture = with_alpha(rgb()) / 255
    picture[30:60, 30:60, 3] = 0
    expected = filters.get(name)(picture)
    picture[40:50, 40:50, :3] = bad
    result = filters.get(name)(picture)
    seen = result[..., 3] > 0
    np.testing.assert_array_equal(result[seen], expected[seen])


def test_luma_of_grey_keeps_alpha_as_that_of_colours_does() -> None:
    random = np.random.default_rng(3)
    grey, alpha = random.integers(0, 256, (2, 20, 30), dtype=np.uint8)
    of_grey = filters.get("gaussian-blur")(np.dstack([grey, alpha]), channels="luma")
    of_colours = filters.get("gaussian-blur")(np.dstack([grey] * 3 + [alpha]), channels="luma")
    np.testing.assert_array_equal(of_grey[..., -1], alpha)
    np.testing.assert_array_equal(of_colours[..., -1], alpha)
    assert np.abs(of_grey[..., 0].astype(int) - of_colours[..., 0]).max() <= 1
