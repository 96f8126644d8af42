"""Signed responses: a word works at the step where it stands, in every form of a pipeline."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_by_hypothesis
from hypothesis import strategies as st

import convfilter
from convfilter import Image, Pipeline, engine, filters, kernels
from convfilter.errors import ArgumentError, ConvfilterError, UnknownNameError
from tests import naive
from tests.engine.accuracy import in_small_pieces
from tests.engine.chains import ONE_PASS
from tests.filters.pictures import Array, grey, rgb, step, with_alpha
from tests.filters.registry import (
    NAMES,
    beside,
    bound,
    choices,
    declaring,
    needed,
    shown,
    word_at_the_end,
)
from tests.pages import PAGES, ROOT, blocks

SIGNED = declaring("signed")
WORDS = choices("laplacian", "signed")
SHOWN = [word for word in WORDS if word != "raw"]
WHITE = 255


def for_thorough(words: list[Any], *left: str) -> list[Any]:
    """Return words as parameters, of which some are left for thorough runs."""
    marks = dict.fromkeys(left, pytest.mark.thorough)
    return [pytest.param(word, marks=marks.get(word, ())) for word in words]


def given(name: str, word: str | None) -> dict[str, Any]:
    """Return parameters with which a filter gives a signed response, and the word, if any."""
    words = {} if word is None else {"signed": word}
    return {**needed(name), **beside(name, "signed"), **words}


def as_word_says(response: Array, word: str | None) -> Array:
    """Return what a word makes of floats of 0 to 1: what `signed` is documented to do."""
    match word:
        case "abs":
            return np.abs(response)
        case "offset":
            return response + 128 / 255
        case "clamp":
            return np.maximum(response, 0)
        case "scale":
            return (response - response.min()) / np.ptp(response)
    return response


@pytest.mark.parametrize("word", [None, *WORDS])
@pytest.mark.parametrize("name", SIGNED)
def test_a_word_does_to_the_response_what_it_says(name: str, word: str | None) -> None:
    picture = grey() / WHITE
    raw = filters.get(name)(picture, **given(name, "raw"))
    assert raw.min() < 0 < raw.max()
    result = filters.get(name)(picture, **given(name, word))
    word = bound(name, **given(name, word))["signed"]
    np.testing.assert_allclose(result, as_word_says(raw, word), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SIGNED)
def test_floats_keep_their_sign_unless_a_word_is_given(name: str) -> None:
    word = word_at_the_end(name)
    for dtype in (np.float32, np.float64):
        picture = (grey() / WHITE).astype(dtype)
        expected = given(name, "raw" if word else "clamp")
        np.testing.assert_array_equal(
            filters.get(name)(picture, **given(name, None)),
            filters.get(name)(picture, **expected),
        )


@pytest.mark.parametrize("name", [name for name in SIGNED if word_at_the_end(name)])
def test_integers_show_a_response_by_the_word_that_is_documented(name: str) -> None:
    result = filters.get(name)(grey(), **given(name, None))
    expected = filters.get(name)(grey(), **given(name, word_at_the_end(name)))
    np.testing.assert_array_equal(result, expected)
    # 16 bits with a sign hold the response itself
    small = grey().astype(np.int16)
    raw = filters.get(name)(small, **given(name, None))
    assert raw.min() < 0
    np.testing.assert_array_equal(raw, filters.get(name)(small, **given(name, "raw")))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.bool_])
@pytest.mark.parametrize("name", SIGNED)
def test_raw_is_refused_where_nothing_is_negative(name: str, dtype: type) -> None:
    with pytest.raises(ArgumentError, match=r"signed raw: .*holds no negative values: .*abs"):
        filters.get(name)(grey().astype(dtype), **given(name, "raw"))


@pytest.mark.parametrize("norm", ["l2", "l1", "max"])
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("name", declaring("norm", "signed"))
def test_a_word_is_refused_where_no_response_is_negative(name: str, word: str, norm: str) -> None:
    with pytest.raises(ArgumentError, match=f"signed {word}: norm {norm} gives no negative"):
        filters.get(name)(grey() / WHITE, norm=norm, signed=word)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SIGNED])
def test_filters_whose_response_has_no_sign_take_no_word(name: str) -> None:
    with pytest.raises(UnknownNameError, match="signed"):
        filters.get(name)(grey(), signed="abs", **needed(name))


@pytest.mark.slow
@pytest.mark.parametrize("first", SIGNED)
@pytest.mark.parametrize("word", for_thorough([None, *WORDS], "raw"))
def test_chains_of_floats_are_their_steps_one_by_one(first: str, word: str | None) -> None:
    """Every filter after every signed response with every word, in float64."""
    for second in NAMES:
        assert_as_one_by_one([(first, given(first, word)), (second, needed(second))])


@pytest.mark.thorough
@pytest.mark.parametrize("kernel", kernels.names())
@pytest.mark.parametrize("word", [None, *WORDS])
def test_chains_that_begin_with_a_kernel_are_their_steps(kernel: str, word: str | None) -> None:
    first = {"kernel": kernel, **({} if word is None else {"signed": word})}
    for second in NAMES:
        assert_as_one_by_one([("convolve", first), (second, needed(second))])


Steps = list[tuple[str, dict[str, Any]]]


@st.composite
def steps(draw: st.DrawFn) -> Steps:
    """Draw some filters and kernels, those of signed responses with any word."""
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES + SIGNED * 3), min_size=2, max_size=4)):
        values = needed(name)
        if name in SIGNED:
            values = given(name, draw(st.sampled_from([None, *WORDS])))
        if name == "convolve":
            values["kernel"] = draw(st.sampled_from(kernels.names()))
        found.append((name, values))
    return found


@given_by_hypothesis(steps())
def test_longer_chains_of_floats_are_their_steps_one_by_one(steps: Steps) -> None:
    with in_small_pieces():
        assert_as_one_by_one(steps)


def assert_as_one_by_one(steps: Steps) -> None:
    """Assert that a chain of floats gives what its filters give one after the other."""
    picture = expected = grey()[:21, :25] / WHITE
    loose = False
    try:
        for name, values in steps:
            expected = filters.get(name)(expected, workers=1, **values)
            loose |= filters.get(name).few_values
    except ConvfilterError as error:
        with pytest.raises(type(error)):
            Pipeline(steps)(picture)
        return
    result = Pipeline(steps)(picture, workers=1)
    assert result.shape == expected.shape
    close = np.isclose(result, expected, rtol=0, atol=1e-10 * max(1, np.abs(expected).max()))
    # a decision taken at the very edge may fall to either side
    assert np.mean(close) >= (0.9 if loose else 1), steps


@pytest.mark.slow
@pytest.mark.parametrize("first", SIGNED)
@pytest.mark.parametrize("word", for_thorough(SHOWN, "scale", "offset"))
def test_chains_of_bytes_are_their_steps_one_by_one_in_float64(first: str, word: str) -> None:
    """Every filter after every signed response with every word that makes a picture of it."""
    picture = grey()[:21, :25]
    response = filters.get(first)(picture / WHITE, workers=1, **given(first, word))
    for second in NAMES:
        last = {**needed(second), **shown(second)}
        exact = filters.get(second)(response, workers=1, **last)
        pipeline = Pipeline([(first, given(first, word)), (second, needed(second))])
        with in_small_pieces():
            result = pipeline(picture, workers=1)
        assert result.dtype == np.uint8
        apart = np.abs(result - np.clip(exact, 0, 1) * WHITE)
        exactly = not (
            filters.get(second).few_values or filters.get(second).reach(bound(second)).whole
        )
        assert np.mean(apart <= 0.52) >= (1 if exactly else 0.98), second


CHAIN: list[Any] = [("sobel-x", {"signed": "abs"}), "box-3"]


def test_every_form_of_a_pipeline_has_the_word_where_it_stands(tmp_path: Path) -> None:
    picture = grey()
    response = np.abs(naive.correlate(picture.astype(float), kernels.get("sobel-x").array))
    expected = np.clip(naive.correlate(response, kernels.get("box-3").array), 0, WHITE)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        '[[step]]\nfilter = "sobel-x"\nsigned = "abs"\n\n[[step]]\nfilter = "box-3"\n', "utf-8"
    )
    forms = [
        Pipeline.parse("sobel-x signed=abs | box-3"),
        Pipeline.parse("convolve kernel=sobel-x signed=abs | box-3"),
        Pipeline.parse("sobel-x | abs | box-3"),
        Pipeline(CHAIN),
        Pipeline.load(recipe),
    ]
    for pipeline in forms:
        assert np.abs(pipeline(picture) - expected).max() <= 0.52
        assert np.abs(pipeline(Image(picture)).pixels - expected).max() <= 0.52
    unsigned = Pipeline.parse("sobel-x | box-3")(picture)
    assert np.abs(unsigned - expected).max() > 50


@pytest.mark.parametrize("word", SHOWN)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_words_within_a_pass_give_the_bits_of_single_steps(
    word: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(8)
    picture = random.random((61, 83, 3)) if dtype[0] == "f" else random.integers(0, 256, (61, 83))
    picture = picture.astype(dtype)
    steps = Pipeline.parse(f"gaussian-blur sigma=1 | laplacian signed={word} | box-3 | max-pool")
    with in_small_pieces(), engine.recorded_plans() as plans:
        results = [steps(picture, workers=workers) for workers in (1, 2)]
    passes = {plan.reason for plan in plans if plan.reason.endswith(ONE_PASS)}
    assert passes
    if word in ("abs", "offset"):  # which the engine does on its way
        assert sum(plan.reason.endswith(ONE_PASS) for plan in plans) == 2 * 4
    monkeypatch.setattr("convfilter.engine.chain._tile", lambda operations: None)
    expected = steps(picture)
    for result in results:
        assert result.dtype == expected.dtype
        assert result.tobytes() == expected.tobytes()


@pytest.mark.parametrize("alpha", ["weigh", "keep", "filter", "drop"])
@pytest.mark.parametrize("word", SHOWN)
def test_words_go_with_transparency(word: str, alpha: Any) -> None:
    picture = with_alpha(rgb()) / WHITE
    response = filters.laplacian(picture, signed="raw", alpha=alpha)
    result = Pipeline.parse(f"laplacian signed={word}")(picture, alpha=alpha)
    colours, of_alpha = response[..., :3], response[..., 3:]
    if alpha == "filter":  # as a picture of its own, but kept within what alpha may be
        raw = filters.laplacian(picture[..., 3:], signed="raw")
        of_alpha = np.clip(as_word_says(raw, word), 0, 1)
    np.testing.assert_array_equal(result[..., 3:], of_alpha)
    if word == "scale" and alpha in ("weigh", "keep"):  # what nobody sees does not decide
        seen = colours[picture[..., 3] > 0]
        expected = (colours - seen.min()) / np.ptp(seen)
    else:
        expected = as_word_says(colours, word)
    np.testing.assert_allclose(result[..., :3], expected, rtol=0, atol=1e-12)


def test_raw_goes_on_until_something_takes_the_sign() -> None:
    picture = grey()
    plain = Pipeline.parse("sobel-x | abs")(picture)
    np.testing.assert_array_equal(Pipeline.parse("sobel-x signed=raw | abs")(picture), plain)
    with pytest.raises(ArgumentError, match="signed raw"):
        Pipeline.parse("sobel-x signed=raw | box-3")(picture)
    floats = Pipeline.parse("sobel-x signed=raw | box-3")(picture / WHITE)
    assert floats.min() < 0
    np.testing.assert_array_equal(floats, Pipeline.parse("sobel-x | box-3")(picture / WHITE))


def test_floats_that_become_integers_are_shown() -> None:
    picture = grey() / WHITE
    for word in (None, "offset"):
        steps = Pipeline([("sobel-x", {"signed": word})])
        result = steps(picture, bounded=True)
        raw = (
            steps(picture, bounded=False)
            if word is None
            else filters.convolve(picture, kernel="sobel-x", signed="raw")
        )
        np.testing.assert_array_equal(result, as_word_says(raw, word or "abs"))
    with pytest.raises(ArgumentError, match="signed raw"):
        Pipeline.parse("sobel-x signed=raw")(picture, bounded=True)


def test_light_keeps_its_sign_in_floats() -> None:
    picture = (grey() / WHITE).astype(np.float64)
    raw = convfilter.apply("sobel-x", picture, linear=True)
    assert raw.min() < -1
    sized = convfilter.apply("sobel-x", picture, linear=True, signed="abs")
    np.testing.assert_allclose(np.abs(raw), sized, atol=1e-12)
    with pytest.raises(ArgumentError, match="signed raw"):
        convfilter.apply("sobel-x", grey(), linear=True, signed="raw")


def test_a_scale_is_set_by_the_whole_picture() -> None:
    laplacian = filters.get("laplacian")
    assert laplacian.reach(bound("laplacian", signed="scale")).whole
    assert not laplacian.reach(bound("laplacian", signed="abs")).whole


def reference(name: str, picture: Array) -> Array:
    """Return the sum of both responses in float64; an even window reaches to the right and down."""
    x, y = (
        naive.correlate(picture.astype(float), kernels.get(f"{name}-{axis}").array) for axis in "xy"
    )
    return x + y


@pytest.mark.parametrize("name", declaring("norm", "signed"))
def test_gradients_add_up(name: str) -> None:
    response = reference(name, grey())
    assert (response < 0).any()
    for word, expected in {
        None: np.abs(response),
        "abs": np.abs(response),
        "offset": response + 128,
        "clamp": response,
    }.items():
        result = filters.get(name)(grey(), norm="sum", signed=word)
        np.testing.assert_array_equal(result, np.clip(np.rint(expected), 0, WHITE))
    np.testing.assert_array_equal(
        filters.get(name)(grey().astype(np.int16), norm="sum"), np.rint(response)
    )
    floats = filters.get(name)(grey() / WHITE, norm="sum")
    np.testing.assert_allclose(floats, response / WHITE, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", declaring("norm", "signed"))
def test_a_sum_of_gradients_is_positive_where_it_brightens_to_the_right_and_up(name: str) -> None:
    right, down = step() / WHITE, step(horizontal=False) / WHITE
    signs = [filters.get(name)(picture, norm="sum")[3:-3, 3:-3] for picture in (right, down[::-1])]
    if name != "roberts":  # whose axes are the diagonals
        assert all(each.min() >= 0 and each.max() > 0 for each in signs)
        assert filters.get(name)(down, norm="sum")[3:-3, 3:-3].max() <= 0


def test_sums_of_gradients_go_on_in_a_pipeline() -> None:
    response = reference("sobel", grey())
    box = kernels.get("box-3").array
    expected = np.clip(np.abs(naive.correlate(response, box)), 0, WHITE)
    result = Pipeline.parse("sobel norm=sum | box-3")(grey())
    assert np.abs(result - expected).max() <= 0.52
    expected = np.clip(naive.correlate(np.abs(response), box), 0, WHITE)
    result = Pipeline.parse("sobel norm=sum signed=abs | box-3")(grey())
    assert np.abs(result - expected).max() <= 0.52


def test_the_page_on_negative_responses_says_what_is_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    programs = blocks(PAGES["docs/signed.md"], "python")
    assert programs
    for program in programs:
        exec(compile(program, "docs/signed.md", "exec"), {})


def test_words_are_the_same_for_every_filter() -> None:
    for first, second in itertools.pairwise(SIGNED):
        assert choices(first, "signed") == choices(second, "signed")
