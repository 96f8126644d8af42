"""Colours that nobody sees must not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter import Pipeline, apply, engine, filters
from convfilter.filters.declaring.run_options import AlphaMode
from tests.examples import every
from tests.filters.pictures import Array, grey, opaque, rgb, white_of
from tests.filters.registry import NAMES, beside, declaring, keeping_size, needed

GREEN, RED = (0, 255, 0), (200, 30, 10)


def red_on_clear_green(dtype: type = np.uint8) -> Array:
    """Return a red square on green that is wholly transparent, (24, 24, 4)."""
    picture = np.zeros((24, 24, 4), np.uint8)
    picture[:, :, :3] = GREEN
    picture[6:18, 6:18] = (*RED, 255)
    if dtype is np.uint16:
        return picture.astype(np.uint16) * 257
    return picture if dtype is np.uint8 else picture / 255


@pytest.mark.parametrize("name", every(4, NAMES))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
@pytest.mark.parametrize("alpha", ["weigh", "keep"])
def test_one_visible_colour_is_all_there_is(name: str, dtype: type, alpha: AlphaMode) -> None:
    """Red on clear green becomes what red alone becomes: no fringe, no edge at its rim."""
    picture = red_on_clear_green(dtype)
    result = filters.get(name)(picture, alpha=alpha, **needed(name))
    flat = np.broadcast_to(picture[12, 12, :3], (*picture.shape[:2], 3)).copy()
    expected = np.atleast_3d(filters.get(name)(flat, **needed(name)))
    visible = result[:, :, -1] > 0
    assert np.mean(visible) > 0.15
    np.testing.assert_allclose(
        result[visible][:, :-1], expected[visible], rtol=1e-6, atol=1e-6 * white_of(dtype)
    )
    if alpha == "keep" and name in keeping_size():
        np.testing.assert_array_equal(result[:, :, -1], picture[:, :, 3])


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_edges_that_are_seen_stay(norm: str) -> None:
    picture = red_on_clear_green()
    picture[6:18, 12:18, :3] = (10, 30, 200)
    result = filters.sobel(picture, norm=norm, alpha="weigh")
    assert result[8:16, 11:13, 0].min() == 255
    assert not result[8:16, 6:10, :3].any()


def test_half_clear_pixels_weigh_half() -> None:
    picture = np.zeros((1, 3, 2))
    picture[0, :, 0] = (0.4, 0.8, 0.2)
    picture[0, :, 1] = (1.0, 0.5, 0.0)
    result = filters.convolve(picture, kernel="1/3 1/3 1/3", border="edge", alpha="weigh")
    assert result[0, 0, 0] == pytest.approx((0.4 + 0.4 + 0.5 * 0.8) / 2.5)
    assert result[0, 1, 0] == pytest.approx((0.4 + 0.5 * 0.8) / 1.5)
    difference = filters.convolve(
        picture, kernel="-1 0 1", border="edge", signed="clamp", alpha="weigh"
    )
    # from the first pixel to the second; the third is hidden, so the middle stands for it
    assert difference[0, 0, 0] == pytest.approx(0.8 - 0.4)
    assert difference[0, 1, 0] == pytest.approx(0.8 - 0.4)


@pytest.mark.parametrize("name", every(2, NAMES))
@pytest.mark.parametrize("alpha", [0, 1, 77])
def test_even_opacity_changes_nothing(name: str, alpha: int) -> None:
    picture = np.dstack([rgb(), np.full(rgb().shape[:2], alpha, np.uint8)])
    plain = filters.get(name)(rgb(), **needed(name))
    result = filters.get(name)(picture, alpha="weigh", **needed(name))
    np.testing.assert_array_equal(result[:, :, :-1], np.atleast_3d(plain))
    assert (result[:, :, -1] == alpha).all()


def test_a_corner_of_other_opacity_changes_only_its_neighbours() -> None:
    picture = opaque(rgb())
    picture[0, 0, 3] = 0
    for name in ("gaussian-blur", "sobel", "kirsch", "sharpen", "laplacian"):
        result = filters.get(name)(picture, alpha="weigh")[:, :, :3]
        plain = filters.get(name)(rgb())
        assert np.abs(result[9:, 9:].astype(int) - plain[9:, 9:]).max() <= 1
        assert np.mean(result[9:, 9:] != plain[9:, 9:]) < 0.001


@pytest.mark.parametrize("options", [{"stride": 2}, {"padding": "full"}, {"padding": 3}])
def test_size_and_opacity_stay_in_step(options: dict[str, Any]) -> None:
    picture = red_on_clear_green()
    result = filters.gaussian_blur(picture, sigma=1, alpha="weigh", **options)
    alone = filters.gaussian_blur(picture[:, :, 3], sigma=1, **options)
    np.testing.assert_array_equal(result[:, :, 3], alone)
    kept = filters.gaussian_blur(picture, sigma=1, alpha="keep", **options)
    assert kept.shape == result.shape
    assert {0, 255} == {*kept[:, :, 3].flat}
    seen = result[:, :, 3] > 0
    assert seen.any()
    assert (result[seen][:, :3] == RED).all()


def test_mean_pool_weighs_by_opacity() -> None:
    picture = red_on_clear_green()[1:, 1:]
    result = filters.mean_pool(picture, alpha="weigh")
    seen = result[:, :, 3] > 0
    assert (result[seen][:, :3] == RED).all()
    assert {64, 128, 255} == {*result[:, :, 3][seen].tolist()}
    padded = filters.mean_pool(picture[5:17, 5:17], size=3, padding=1, alpha="weigh")
    np.testing.assert_array_equal(
        padded[:, :, :3], filters.mean_pool(picture[5:17, 5:17, :3], size=3, padding=1)
    )


@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("colours", [1, 3])
def test_mean_pool_of_uneven_opacity_with_padding(count: bool, colours: int) -> None:
    """The mean of what is seen, times the share of the window that is no padding if that counts."""
    random = np.random.default_rng(4)
    colour, alpha = random.random((6, 7, colours)), random.choice([0.0, 0.25, 1.0], (6, 7))
    picture = np.dstack([colour, alpha])
    walk = {"size": 3, "stride": 2, "padding": 1, "count_include_pad": count}
    result = filters.mean_pool(picture, alpha="weigh", **walk)
    checked = 0
    for row, column in np.ndindex(result.shape[:2]):
        top, left = 2 * row - 1, 2 * column - 1
        window = np.s_[max(top, 0) : top + 3, max(left, 0) : left + 3]
        weights = alpha[window]
        if weights.any():
            share = weights.size / 9 if count else 1
            mean = np.average(colour[window].reshape(-1, colours), axis=0, weights=weights.ravel())
            np.testing.assert_allclose(result[row, column, :-1], mean * share, rtol=1e-12)
            checked += 1
    assert checked > 10


@pytest.mark.parametrize("chain", ["gaussian-blur | sobel", "max-pool | sharpen", "emboss | relu"])
def test_opaque_pictures_are_served_as_ever(chain: str) -> None:
    for image in (grey(), rgb()):
        plain = Pipeline.parse(chain)(image)
        result = Pipeline.parse(chain)(opaque(image), alpha="weigh")
        np.testing.assert_array_equal(result[:, :, :-1], np.atleast_3d(plain))


def hiding(seed: int, seen: str) -> Array:
    """Return noise whose seen pixels are always the same; those that are clear depend on `seed`.

    `seen` is "island", a rectangle that stands alone, or "scattered", most pixels but not all.
    """
    random = np.random.default_rng(11)
    picture = random.integers(60, 200, (28, 30, 4), np.uint8)
    if seen == "island":
        picture[:, :, 3] = 0
        picture[8:20, 8:24, 3] = 255
        picture[8:20, 14, 3] = 90
    else:
        picture[:, :, 3] = random.choice([0, 90, 255], picture.shape[:2], p=[0.15, 0.25, 0.6])
    hidden = picture[:, :, 3] == 0
    others = np.random.default_rng(seed).integers(0, 256, (28, 30, 3), np.uint8)
    picture[hidden, :3] = others[hidden]
    return picture


def assert_hidden_colours_do_not_show(
    name: str, seen: str, alpha: AlphaMode = "weigh", **given: Any
) -> None:
    given = {**needed(name), "alpha": alpha, **given}
    first, second = (filters.get(name)(hiding(seed, seen), **given) for seed in (1, 2))
    opacity = first[:, :, -1]
    np.testing.assert_array_equal(opacity, second[:, :, -1])
    assert opacity.any()
    np.testing.assert_array_equal(first[opacity > 0], second[opacity > 0])


@pytest.mark.parametrize("alpha", ["weigh", "keep"])
@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize("name", every(4, NAMES))
def test_hidden_colours_do_not_show(name: str, seen: str, alpha: AlphaMode) -> None:
    assert_hidden_colours_do_not_show(name, seen, alpha=alpha)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", ["weigh", "keep"])
@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize("border", ["constant", "edge", "symmetric", "wrap"])
@pytest.mark.parametrize("name", every(4, declaring("border")))
def test_hidden_colours_do_not_show_beyond_the_edge(
    name: str, border: str, seen: str, alpha: AlphaMode
) -> None:
    assert_hidden_colours_do_not_show(name, seen, border=border, alpha=alpha)


@pytest.mark.parametrize("alpha", ["weigh", "keep"])
@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize("border", engine.BORDERS)
@pytest.mark.parametrize("padding", ["full", 9])
@pytest.mark.parametrize(
    "step", ["identity", "gaussian-3", "laplacian-4", "median", "percentile", "maximum"]
)
def test_windows_beyond_the_edge_uncover_nothing(
    step: str, padding: Any, border: str, seen: str, alpha: AlphaMode
) -> None:
    first, second = (
        apply(step, hiding(seed, seen), alpha=alpha, padding=padding, border=border)
        for seed in (1, 2)
    )
    opacity = first[..., -1]
    np.testing.assert_array_equal(opacity, second[..., -1])
    np.testing.assert_array_equal(first[opacity > 0], second[opacity > 0])


@pytest.mark.parametrize("alpha", ["weigh", "keep"])
@pytest.mark.parametrize(
    "chain", ["gaussian-blur sigma=1 | sobel", "median | gaussian-blur", "max-pool | box-blur",
              "box-blur | threshold", "dilate | erode | sharpen", "bilateral | laplacian"],
)  # fmt: skip
def test_hidden_colours_do_not_show_in_chains(chain: str, alpha: AlphaMode) -> None:
    first, second = (Pipeline.parse(chain)(hiding(seed, "island"), alpha=alpha) for seed in (1, 2))
    seen = first[..., -1] > 0
    assert seen.any()
    np.testing.assert_array_equal(first[..., -1], second[..., -1])
    np.testing.assert_array_equal(first[seen], second[seen])


@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize("dilation", [1, 3, (2, 3)])
@pytest.mark.parametrize("name", every(4, declaring("dilation")))
def test_hidden_colours_do_not_show_between_taps(name: str, dilation: Any, seen: str) -> None:
    assert_hidden_colours_do_not_show(name, seen, dilation=dilation)


@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("size", [2, 3, 4, (3, 5)])
@pytest.mark.parametrize("name", declaring("dilation", "size"))
def test_hidden_colours_do_not_show_in_windows(
    name: str, size: Any, dilation: int, seen: str
) -> None:
    assert_hidden_colours_do_not_show(name, seen, size=size, dilation=dilation)


@pytest.mark.parametrize("name", [name for name in declaring("dilation") if name in keeping_size()])
def test_dilated_taps_find_no_edges_in_hidden_colours(name: str) -> None:
    picture = red_on_clear_green()
    flat = np.broadcast_to(picture[12, 12, :3], (*picture.shape[:2], 3)).copy()
    result = filters.get(name)(picture, dilation=3, alpha="weigh", **needed(name))
    expected = filters.get(name)(flat, dilation=3, **needed(name))
    np.testing.assert_array_equal(result[6:18, 6:18, :-1], expected[6:18, 6:18])


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("name", declaring("stride", "dilation"))
def test_one_step_is_one_step_each_way(name: str, dilation: int) -> None:
    for seen in ("island", "scattered"):
        given = {"dilation": dilation, "alpha": "weigh", **needed(name)}
        one = filters.get(name)(hiding(1, seen), stride=1, **given)
        two = filters.get(name)(hiding(1, seen), stride=(1, 1), **given)
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize("name", declaring("signed"))
def test_hidden_responses_do_not_set_the_scale(name: str, seen: str) -> None:
    assert_hidden_colours_do_not_show(name, seen, signed="scale", **beside(name, "signed"))


@pytest.mark.parametrize("seen", ["island", "scattered"])
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("threshold", {"channels": "each"}),
        ("canny", {"channels": "each"}),
        ("canny", {"sigma": 0}),
        ("denoise", {"method": "gaussian"}),
        ("denoise", {"method": "bilateral"}),
    ],
)
def test_hidden_colours_do_not_set_the_strength(
    name: str, given: dict[str, Any], seen: str
) -> None:
    assert_hidden_colours_do_not_show(name, seen, **given)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_hidden_colours_that_are_no_numbers_do_not_set_the_strength(value: float) -> None:
    picture = (hiding(1, "island") / 255).astype(np.float32)
    hidden = picture[..., 3] == 0
    expected = filters.denoise(picture, method="gaussian", alpha="keep")
    picture[hidden, :3] = value
    result = filters.denoise(picture, method="gaussian", alpha="keep")
    np.testing.assert_array_equal(result[~hidden], expected[~hidden])


def test_a_kernel_that_moves_colours_does_not_uncover_them() -> None:
    picture = np.zeros((5, 6, 4), np.uint8)
    picture[:, :3] = (0, 255, 0, 0)  # green that nobody sees
    picture[:, 3:] = (255, 0, 0, 255)
    for kernel in ("1 0 0", "0 0 1", "0, 0, 1", "0 1"):
        result = filters.convolve(picture, kernel=kernel, alpha="weigh")
        assert not result[result[..., 3] > 0][:, 1].any(), kernel
    same = filters.convolve(picture, kernel="0 1 0", alpha="weigh")
    np.testing.assert_array_equal(same, picture)
