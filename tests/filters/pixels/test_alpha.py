"""What is seen of colours, filtered, and what becomes of alpha: against slow, obvious twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convfilter import Pipeline, engine, filters, kernels
from convfilter.engine.planning import forcing
from tests import naive
from tests.examples import examples
from tests.filters.pictures import Array, opaque, rgb, uneven, white_of

ALLOWED = {"uint8": 0.52, "uint16": 0.6, "float32": 1e-4, "float64": 1e-9}
"""How far results may be from the exact ones, which integers are rounded from."""


def premultiplied(picture: Array, kernel: Array, fill: float, **walk: Any) -> tuple[Array, Array]:
    """Return colours and shares of opacity: multiplied, all filtered, divided, in long floats."""
    white = white_of(picture.dtype)
    share = picture[..., -1].astype(naive.Real) / white
    seen = naive.correlate(share, kernel, fill=1, **walk)
    planes = [
        naive.correlate(picture[..., c].astype(naive.Real) * share, kernel, fill=fill, **walk)
        for c in range(picture.shape[2] - 1)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(planes, axis=2) / seen[..., np.newaxis], seen


@st.composite
def walks(draw: st.DrawFn) -> dict[str, Any]:
    """Return ways to walk over a picture."""
    pairs = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return {
        "border": draw(st.sampled_from(engine.BORDERS)),
        "fill": draw(st.sampled_from([0, 100, 255])),
        "stride": draw(pairs),
        "dilation": draw(pairs),
        "padding": draw(st.sampled_from(["same", "valid", "full", 1, (2, 1)])),
    }


@examples(150)
@given(
    walk=walks(),
    shape=st.tuples(st.integers(2, 14), st.integers(2, 14), st.sampled_from([2, 4])),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    sign=st.sampled_from([1, -1]),
    dtype=st.sampled_from(["uint8", "uint16", "float32", "float64"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_smoothing_premultiplies_filters_and_divides(
    walk: dict[str, Any], shape: Any, size: Any, sign: int, dtype: str, seed: int
) -> None:
    random = np.random.default_rng(seed)
    picture = uneven(random, shape, dtype)
    assume(np.ptp(picture[..., -1]) > 0)
    kernel = random.integers(0, 4, size).astype(float)
    assume(kernel.any())
    kernel /= kernel.sum()
    white = white_of(dtype)
    try:
        fill = walk["fill"] / 255 * white
        exact, seen = premultiplied(picture, kernel, **{**walk, "fill": fill})
    except naive.NothingLeftError:
        return
    # the sign of the weights is that of the response; opacity has none
    options = {"kernel": sign * kernel, "scale": sign, **walk}
    result = filters.convolve(picture, alpha="weigh", **options)
    allowed = ALLOWED[dtype]
    assert np.abs(result[..., -1] - seen * white).max() <= allowed
    visible = result[..., -1] > 0
    assert np.abs(result[visible][:, :-1] - exact[visible]).max(initial=0) <= allowed
    kept = filters.convolve(picture, alpha="keep", **options)
    middle = {"kernel": middle_of(size, walk["dilation"]), "fill": 255, "dilation": 1}
    sampled = filters.convolve(picture[..., -1], **{**walk, **middle})
    np.testing.assert_array_equal(kept[..., -1], sampled)
    visible = seen > 1e-8
    assert np.abs(kept[visible][:, :-1] - exact[visible]).max(initial=0) <= allowed


def middle_of(size: tuple[int, int], dilation: Any) -> Array:
    """Return a kernel that takes the pixel in the middle of a window, or above and left of it."""
    kernel = np.zeros([*map(naive.reach, size, naive.as_pair(dilation))])
    kernel[(kernel.shape[0] - 1) // 2, (kernel.shape[1] - 1) // 2] = 1
    return kernel


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("algorithm", ["direct", "separable", "box", "fft"])
def test_the_faintest_opacity_counts_whatever_the_algorithm(algorithm: str, dtype: str) -> None:
    """Pixels of opacity 1 among clear ones, far from opaque ones, lend their colours unmixed."""
    random = np.random.default_rng(3)
    picture = random.integers(0, white_of(dtype), (90, 200, 4), dtype, endpoint=True)
    picture[:, :100, 3] = random.random((90, 100)) < 0.05
    picture[:, 150:, 3] = white_of(dtype)
    picture[:, 100:110, 3] = 0
    kernel = {
        "direct": kernels.shapes.disk(6),
        "fft": kernels.shapes.disk(6),
        "separable": kernels.shapes.gaussian(2),
        "box": np.full((13, 13), 1 / 169),
    }[algorithm]
    exact, seen = premultiplied(picture, kernel, 0.0)
    with forcing(algorithm), engine.recorded_plans() as plans:
        result = filters.convolve(picture, kernel=kernel, alpha="weigh")
        kept = filters.convolve(picture, kernel=kernel, alpha="keep")
    served = "separable" if (algorithm, dtype) == ("box", "uint16") else algorithm
    assert {plan.algorithm for plan in plans} == {served}
    visible = result[..., 3] > 0
    assert 0 < np.mean(visible) < 1
    assert np.abs(result[..., 3] - seen * white_of(dtype)).max() <= ALLOWED[dtype]
    assert np.abs(result[visible][:, :3] - exact[visible]).max() <= ALLOWED[dtype]
    visible = kept[..., 3] > 0
    assert visible[:, :100].any()
    assert np.abs(kept[visible][:, :3] - exact[visible]).max() <= ALLOWED[dtype]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_nothing_is_rounded_between_steps(dtype: str) -> None:
    white = white_of(dtype)
    picture = uneven(np.random.default_rng(5), (20, 24, 4), dtype)
    narrow, wide = kernels.shapes.gaussian(0.8), kernels.shapes.gaussian(2.5)
    colours, seen = premultiplied(picture, narrow, 0.0)
    between = np.dstack([np.nan_to_num(colours), seen]).astype(np.float64)
    between[..., :3] /= white
    exact, seen = premultiplied(between, wide, 0.0)
    result = Pipeline.parse("gaussian-blur sigma=0.8 | gaussian-blur sigma=2.5")(
        picture, alpha="weigh"
    )
    assert np.abs(result[..., 3] - seen * white).max() <= ALLOWED[dtype]
    visible = result[..., 3] > 0
    assert np.abs(result[visible][:, :3] - exact[visible] * white).max() <= ALLOWED[dtype]


def extreme(picture: Array, size: Any, highest: bool, **walk: Any) -> Array:
    """Return the largest or smallest of the seen colours of each window; NaN where none is seen."""
    colours = picture[..., :-1].astype(float)
    colours[picture[..., -1] == 0] = np.nan
    if walk["border"] == "reflect" and any(side % 2 == 0 for side in naive.as_pair(size)):
        padded = naive.within_windows(colours, size, **walk)
        if padded is not None:
            colours, walk = padded, {**walk, "padding": "valid"}
    taps = [t for _, _, t in naive.windows(colours, naive.as_pair(size), **walk)]
    last = -np.inf if highest else np.inf
    found = np.full(taps[0].shape, last)
    for tap in taps:
        found = (np.fmax if highest else np.fmin)(found, tap)
    return np.where(np.isinf(found), np.nan, found)


@examples(100)
@given(
    walk=walks(),
    shape=st.tuples(st.integers(2, 12), st.integers(2, 12), st.sampled_from([2, 4])),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dtype=st.sampled_from(["uint8", "uint16", "float64"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_extremes_are_those_of_what_is_seen(
    walk: dict[str, Any], shape: Any, size: Any, dtype: str, seed: int
) -> None:
    picture = uneven(np.random.default_rng(seed), shape, dtype)
    assume(np.ptp(picture[..., -1]) > 0)
    raw = {**walk, "fill": walk["fill"] / 255 * white_of(dtype)}
    for name, highest, rank in (
        ("minimum", False, engine.minimum),
        ("maximum", True, engine.maximum),
    ):
        try:
            expected = extreme(picture, size, highest, **raw)
        except naive.NothingLeftError:
            return
        result = filters.get(name)(picture, size=size, alpha="weigh", **walk)
        opaque_fill = {**walk, "fill": white_of(dtype)}
        alpha = rank(picture[..., -1], size, **opaque_fill)
        np.testing.assert_array_equal(result[..., -1], alpha)
        np.testing.assert_array_equal(result[alpha > 0][:, :-1], expected[alpha > 0])
        kept = filters.get(name)(picture, size=size, alpha="keep", **walk)
        some = ~np.isnan(expected[..., 0])
        np.testing.assert_array_equal(kept[some][:, :-1], expected[some])


@pytest.mark.parametrize("reduce", ["max", "min"])
@pytest.mark.parametrize("size", [2, 3, (3, 5)])
def test_pools_are_those_of_what_is_seen(reduce: str, size: Any) -> None:
    picture = uneven(np.random.default_rng(7), (30, 31, 4), "uint8")
    picture[12:, :, 3] |= 1
    walk = {"dilation": 1, "border": "constant", "fill": 0.0, "padding": 0}
    expected = extreme(picture, size, reduce == "max", stride=size, **walk)
    result = filters.get(f"{reduce}-pool")(picture, size=size, alpha="weigh")
    np.testing.assert_array_equal(result[..., 3], engine.pool(picture[..., 3], size, reduce=reduce))
    seen = result[..., 3] > 0
    assert seen.any()
    np.testing.assert_array_equal(result[seen][:, :3], expected[seen])
    kept = filters.get(f"{reduce}-pool")(picture, size=size, alpha="keep")
    np.testing.assert_array_equal(kept, result)


@pytest.mark.parametrize("name", ["median", "percentile"])
@pytest.mark.parametrize("border", engine.BORDERS)
def test_ranks_rank_opacity_alike(name: str, border: str) -> None:
    picture = uneven(np.random.default_rng(8), (20, 22, 4), "uint8")
    hidden = picture[..., 3] == 0
    result = filters.get(name)(picture, size=3, border=border, alpha="weigh")
    fill = 255  # opaque
    alone = filters.get(name)(picture[..., 3], size=3, border=border, fill=fill)
    np.testing.assert_array_equal(result[..., 3], alone)
    picture[hidden, :3] = 255 - picture[hidden, :3]
    again = filters.get(name)(picture, size=3, border=border, alpha="weigh")
    seen = result[..., 3] > 0
    np.testing.assert_array_equal(again[seen], result[seen])


@pytest.mark.parametrize("border", ["reflect", "constant"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("name", ["bilateral", "nl-means"])
def test_weights_of_likeness_see_what_is_seen(name: str, dtype: str, border: str) -> None:
    white = white_of(dtype)
    picture = uneven(np.random.default_rng(9), (14, 15, 4), dtype)
    share = picture[..., 3:] / white
    planes = np.dstack([picture[..., :3] * share, picture[..., 3]]).astype(np.float64)
    around = 4
    if border == "constant":
        wider = np.empty((14 + 2 * around, 15 + 2 * around, 4))
        for channel, fill in enumerate((100 / 255 * white,) * 3 + (white,)):
            wider[..., channel] = np.pad(planes[..., channel], around, constant_values=fill)
        planes = wider
    if name == "bilateral":
        given = {"size": 5, "sigma_color": 60.0, "sigma_space": 2.0}
        means = naive.bilateral(planes, 5, 60 / 255 * white, 2.0, border="reflect")
    else:
        given = {"size": 3, "search": 5, "strength": 40.0}
        # three of four channels are colours, which look as unlike as they do without opacity
        strength = 40 / 255 * white * (3 / 4) ** 0.5
        means = naive.nl_means(planes, strength, size=3, search=5)
    if border == "constant":
        means = means[around:-around, around:-around]
    result = filters.get(name)(picture, border=border, fill=100, alpha="weigh", **given)
    allowed = 2e-6 if white == 1 else ALLOWED[dtype]
    assert np.abs(result[..., 3] - means[..., 3]).max() <= allowed
    seen = result[..., 3] > 0
    exact = means[seen][:, :3] / (means[seen][:, 3:] / white)
    assert np.abs(result[seen][:, :3] - exact).max() <= allowed
    kept = filters.get(name)(picture, border=border, fill=100, alpha="keep", **given)
    np.testing.assert_array_equal(kept[..., 3], picture[..., 3])
    np.testing.assert_array_equal(kept[seen][:, :3], result[seen][:, :3])


@pytest.mark.parametrize("name", ["bilateral", "nl-means"])
def test_far_from_what_is_clear_likeness_is_as_ever(name: str) -> None:
    picture = opaque(rgb())
    picture[:20, :20, 3] = 0
    result, plain = filters.get(name)(picture, alpha="weigh"), filters.get(name)(rgb())
    difference = np.abs(result[40:, 40:, :3].astype(int) - plain[40:, 40:])
    assert difference.max() <= 1
    assert np.mean(difference > 0) < 0.001
    assert (result[40:, 40:, 3] == 255).all()
