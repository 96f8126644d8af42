"""What the words of `alpha` mean: weigh, keep, filter, drop, over the registry."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, engine, filters
from convfilter.errors import UnknownNameError
from convfilter.filters.declaring.reach import POINT, AlphaRule
from convfilter.filters.declaring.run_options import AlphaMode
from tests.examples import every
from tests.filters.pictures import grey, opaque, rgb, uneven, white_of, with_alpha
from tests.filters.registry import NAMES, bound, case, declaring, keeping_size, needed, variants

KERNEL = "gaussian-3"


def rule(name: str, **given: Any) -> AlphaRule:
    """Return what a filter declares of alpha."""
    return filters.get(name).alpha_rule(bound(name, **given))


def keeping_size_with(name: str) -> list[Any]:
    """Return the parameters, defaults or others, with which a filter gives as many pixels."""
    found = filters.get(name)
    known = {parameter.name for parameter in found.parameters}
    return [
        case(name, given)
        for given in variants(name)
        if not {"stride", "padding"} & known & {*given}
    ]


@pytest.mark.parametrize(
    ("name", "given"),
    every(2, [each for name in keeping_size() for each in keeping_size_with(name)]),
)
def test_the_rule_of_each_filter(name: str, given: dict[str, Any]) -> None:
    picture = opaque(rgb())
    picture[..., 3] = np.random.default_rng(2).normal(100, 5, rgb().shape[:2])
    picture[:30, :30, 3] = 0
    if given.get("signed") == "raw":
        picture = picture / 255
    found = filters.get(name)
    values = bound(name, **given)
    weighed = found(picture, alpha="weigh", **given)
    kept = found(picture, alpha="keep", **given)
    np.testing.assert_array_equal(kept[..., -1], picture[..., -1])
    changed = bool((weighed[..., -1] != picture[..., -1]).any())
    of_luma = given.get("channels") == "luma"  # which is not all that there is to a pixel
    nothing_around = found.reach(values) == POINT
    assert changed == (
        found.alpha_rule(values) == "smooths"
        and not nothing_around
        and not (of_luma and not found.response)
    )
    if name not in ("open", "close"):  # their second half goes by what the first half made
        seen = (kept[..., -1] > 0) & (weighed[..., -1] > 0)
        np.testing.assert_array_equal(weighed[seen][:, :-1], kept[seen][:, :-1])


@pytest.mark.parametrize("name", sorted({*NAMES} - {*keeping_size()}))
def test_what_shrinks_a_picture_shrinks_its_alpha(name: str) -> None:
    assert rule(name) == "smooths"
    picture = opaque(rgb())
    picture[..., 3] = np.random.default_rng(2).normal(100, 5, rgb().shape[:2])
    weighed = filters.get(name)(picture, alpha="weigh")
    kept = filters.get(name)(picture, alpha="keep")
    np.testing.assert_array_equal(weighed, kept)
    assert weighed.shape[0] < picture.shape[0]
    assert np.ptp(weighed[..., -1].astype(int)) > 5


@pytest.mark.parametrize("name", [name for name in NAMES if rule(name) != "smooths"])
def test_neighbours_count_by_their_alpha_unless_they_are_not_looked_at(name: str) -> None:
    given = {"channels": "each"} if name in declaring("channels") else {}
    found, colours = filters.get(name), rgb() / 255
    plain = np.atleast_3d(found(colours, **needed(name), **given))
    random = np.random.default_rng(3)

    def alike(*alphas: float) -> bool:
        alpha = random.choice(alphas, colours.shape[:2])
        result = found(np.dstack([colours, alpha]), alpha="weigh", **needed(name), **given)
        visible = result[..., -1] > 0
        assert visible.any()
        return bool((result[visible][:, :-1] == plain[visible]).all())

    if rule(name) == "point":
        assert alike(0.1, 1.0)
    else:
        assert not (alike(0.1, 1.0) and alike(0.0, 1.0))


MIXED_SIGNS = ["sobel-x", "laplacian-4", "sharpen-8", "emboss"]


@pytest.mark.parametrize("kernel", MIXED_SIGNS)
def test_kernels_of_both_signs_keep_alpha(kernel: str) -> None:
    picture = uneven(np.random.default_rng(2), (20, 22, 4), "uint8")
    result = convfilter.apply("convolve", picture, kernel=kernel, alpha="weigh")
    np.testing.assert_array_equal(result[..., 3], picture[..., 3])
    strided = filters.convolve(picture, kernel=kernel, stride=2, alpha="weigh")
    assert {*strided[..., 3].flat} <= {*picture[..., 3].flat}


@pytest.mark.parametrize("name", declaring("channels"))
def test_brightness_alone_leaves_alpha_alone(name: str) -> None:
    picture = uneven(np.random.default_rng(2), (20, 22, 4), "uint8")
    result = filters.get(name)(picture, channels="luma", alpha="weigh", **needed(name, KERNEL))
    if result.shape == picture.shape:
        np.testing.assert_array_equal(result[..., 3], picture[..., 3])
    else:  # a response is grey
        assert filters.get(name).response


@pytest.mark.slow
@pytest.mark.parametrize("name", every(2, NAMES))
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
        result = found(picture, alpha=alpha, **needed(name, KERNEL), **way)
        assert (result[..., -1] == picture[0, 0, -1]).all(), way
        plain = found(picture[..., :-1], **needed(name, KERNEL), **way)
        np.testing.assert_array_equal(result[..., :-1], np.atleast_3d(plain))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colour", [grey, rgb])
def test_filter_takes_alpha_for_one_more_colour(name: str, colour: Any) -> None:
    picture, found = with_alpha(colour()), filters.get(name)
    result = found(picture, alpha="filter", **needed(name, KERNEL))
    plain = found(colour(), **needed(name, KERNEL))
    np.testing.assert_array_equal(result[..., :-1], np.atleast_3d(plain))
    alone = picture[..., -1] if found.mixes else found(picture[..., -1], **needed(name, KERNEL))
    np.testing.assert_array_equal(result[..., -1], alone)


@pytest.mark.parametrize("name", NAMES)
def test_only_what_mixes_channels_says_so(name: str) -> None:
    found = filters.get(name)
    each = {"channels": "each"} if "channels" in {p.name for p in found.parameters} else {}
    together = found(rgb(), **needed(name, KERNEL), **each)
    assert found.mixes == (
        together.ndim == 2 or found(grey(), **needed(name, KERNEL), **each).ndim == 3
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colour", [grey, rgb])
def test_drop_takes_alpha_away(name: str, colour: Any) -> None:
    picture = with_alpha(colour())
    before = picture.copy()
    result = filters.get(name)(picture, alpha="drop", **needed(name, KERNEL))
    plain = filters.get(name)(colour(), **needed(name, KERNEL))
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
    opaque_picture = Image(rgb())
    np.testing.assert_array_equal(
        chain(opaque_picture, alpha=alpha).pixels, chain(opaque_picture).pixels
    )
    four = Image(picture, alpha=False)
    np.testing.assert_array_equal(chain(four, alpha=alpha).pixels, chain(four).pixels)


def test_filter_runs_chains_channel_by_channel() -> None:
    picture = with_alpha(rgb())
    chain = Pipeline.parse("gaussian-blur sigma=1 | sobel-x signed=offset | max-pool")
    result = chain(picture, alpha="filter")
    for channel in range(4):
        np.testing.assert_array_equal(result[..., channel], chain(picture[..., channel]))


def test_weigh_is_the_default_of_images_and_arrays_have_no_alpha() -> None:
    picture = with_alpha(rgb())
    image = Image(picture, alpha=True)
    weighed = filters.gaussian_blur(picture, alpha="weigh")
    np.testing.assert_array_equal(filters.gaussian_blur(image), weighed)
    np.testing.assert_array_equal(convfilter.apply("gaussian-blur", image).pixels, weighed)
    assert (weighed != filters.gaussian_blur(picture, alpha="keep")).any()
    plain = np.dstack([filters.gaussian_blur(picture[..., channel]) for channel in range(4)])
    np.testing.assert_array_equal(filters.gaussian_blur(picture), plain)


def test_unknown_words_are_answered_with_the_nearest() -> None:
    calls = (
        lambda word: filters.sobel(rgb(), alpha=word),
        lambda word: convfilter.apply("sobel", rgb(), alpha=word),
        lambda word: Pipeline.parse("sobel")(Image(rgb()), alpha=word),
        lambda word: filters.sobel(Image(rgb()), alpha=word),
    )
    for call in calls:
        with pytest.raises(UnknownNameError, match=r"no alpha is called 'wiegh'.*weigh"):
            call("wiegh")


@pytest.mark.parametrize("name", ["gaussian-blur", "maximum", "mean-pool", "bilateral", "sobel"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_hidden_need_not_be_a_number(name: str, bad: float) -> None:
    picture = with_alpha(rgb()) / 255
    picture[30:60, 30:60, 3] = 0
    expected = filters.get(name)(picture, alpha="weigh")
    picture[40:50, 40:50, :3] = bad
    result = filters.get(name)(picture, alpha="weigh")
    seen = result[..., 3] > 0
    np.testing.assert_array_equal(result[seen], expected[seen])


def test_luma_of_grey_keeps_alpha_as_that_of_colours_does() -> None:
    random = np.random.default_rng(3)
    grey, alpha = random.integers(0, 256, (2, 20, 30), dtype=np.uint8)
    blur = functools.partial(filters.gaussian_blur, channels="luma", alpha="weigh")
    of_grey, of_colours = blur(np.dstack([grey, alpha])), blur(np.dstack([grey] * 3 + [alpha]))
    np.testing.assert_array_equal(of_grey[..., -1], alpha)
    np.testing.assert_array_equal(of_colours[..., -1], alpha)
    assert np.abs(of_grey[..., 0].astype(int) - of_colours[..., 0]).max() <= 1
