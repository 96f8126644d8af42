"""Chains: parsing, recipes, and pixels that stay raw until the end."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, engine, filters, kernels
from convfilter.errors import ArgumentError, ConvfilterError, PipelineError, UnknownNameError
from tests.engine.accuracy import in_small_pieces
from tests.examples import every


@pytest.fixture
def photograph() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (37, 41, 3), dtype=np.uint8)


def test_text_names_and_pairs_say_the_same(photograph):
    written = Pipeline.parse("gaussian-blur sigma=2 | sobel | max-pool size=2")
    paired = Pipeline([("gaussian-blur", {"sigma": 2}), "sobel", ("max-pool", {"size": 2})])
    np.testing.assert_array_equal(written(photograph), paired(photograph))


def test_a_single_step_is_the_filter(photograph):
    np.testing.assert_array_equal(
        convfilter.apply("gaussian-blur", photograph, sigma=2),
        filters.gaussian_blur(photograph, sigma=2),
    )


def test_nothing_is_rounded_between_steps(photograph):
    blurred = engine.correlate(
        photograph, kernels.shapes.gaussian(3), dtype=np.float32, border="reflect"
    )
    sharp = engine.correlate(blurred, kernels.get("sharpen-8").array, dtype=np.float32)
    expected = np.clip(np.rint(sharp), 0, 255).astype(np.uint8)
    chained = Pipeline.parse("gaussian-blur sigma=3 | sharpen-8")(photograph)
    np.testing.assert_allclose(chained.astype(int), expected.astype(int), atol=1)
    assert (chained != expected).mean() < 0.001


def test_signed_responses_travel_raw(photograph):
    # the sum of two opposite derivatives vanishes only while their signs live
    twice = Pipeline.parse("sobel-x | sobel-x signed=offset")(photograph)
    once = engine.correlate(photograph, kernels.get("sobel-x").array, dtype=np.float32)
    again = engine.correlate(once, kernels.get("sobel-x").array)
    np.testing.assert_array_equal(twice, np.clip(np.rint(again + 128), 0, 255))


def test_values_beyond_white_survive_until_the_end():
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (16, 1))
    halved = Pipeline.parse('convolve kernel="8" | convolve kernel="0.125"')(ramp)
    np.testing.assert_array_equal(halved, ramp)


def test_a_kernel_is_a_step_and_shows_itself_as_its_table_says(photograph):
    response = engine.correlate(photograph, kernels.get("sobel-x").array, dtype=np.int16)
    expected = np.clip(np.abs(response), 0, 255)
    np.testing.assert_array_equal(convfilter.apply("sobel-x", photograph), expected)


def test_an_image_comes_back_as_an_image(photograph):
    alpha = np.full((37, 41, 1), 77, np.uint8)
    image = Image(np.concatenate([photograph, alpha], axis=2), alpha=True)
    result = Pipeline.parse("gaussian-blur sigma=2")(image)
    assert isinstance(result, Image)
    assert result.alpha
    assert (result.pixels[:, :, 3] == 77).all()
    np.testing.assert_array_equal(
        result.pixels[:, :, :3], filters.gaussian_blur(photograph, sigma=2)
    )


def test_an_image_says_itself_which_channel_is_alpha(photograph):
    fourth = photograph[::-1, :, :1]
    four = Image(np.concatenate([photograph, fourth], axis=2), alpha=False)
    result = convfilter.apply("gaussian-blur", four, sigma=2)
    assert not result.alpha
    np.testing.assert_array_equal(
        result.pixels[:, :, 3], filters.gaussian_blur(fourth[:, :, 0], sigma=2)
    )
    np.testing.assert_array_equal(
        result.pixels[:, :, :3], filters.gaussian_blur(photograph, sigma=2)
    )
    three = Image(photograph, alpha=True)
    result = convfilter.apply("invert", three)
    assert result.alpha
    np.testing.assert_array_equal(result.pixels[:, :, 2], photograph[:, :, 2])
    np.testing.assert_array_equal(result.pixels[:, :, :2], 255 - photograph[:, :, :2])


def test_a_recipe_is_a_table_for_each_step(tmp_path: Path, photograph):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        '[[step]]\nfilter = "gaussian-blur"\nsigma = [1, 2]\n\n'
        '[[step]]\nfilter = "convolve"\nkernel = "0 -1 0, -1 5 -1, 0 -1 0"\n'
    )
    text = 'gaussian-blur sigma=1,2 | convolve kernel="0 -1 0, -1 5 -1, 0 -1 0"'
    np.testing.assert_array_equal(
        Pipeline.load(recipe)(photograph), Pipeline.parse(text)(photograph)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "step 1 is empty"),
        ("sobel |", "step 2 is empty"),
        ("| sobel", "step 1 is empty"),
        ("sobel || sobel", "step 2 is empty"),
        ("gausian-blur", "did you mean gaussian-blur"),
        ("gaussian-blur sigm=2", "did you mean sigma"),
        ("gaussian-blur sigma=-1", "give a value from 0 to"),
        ("gaussian-blur sigma=x", "give a number"),
        ("gaussian-blur sigma", "is not parameter=value"),
        ("gaussian-blur sigma=1 sigma=2", "given twice"),
        ("sobel norm=l3", "no norm is called 'l3': choose from l2, l1, max"),
        ('convolve kernel="0 1', "a quote is not closed"),
        ("sobel | gaussian-blur border=mirror", "step 2"),
    ],
)
def test_a_chain_that_cannot_be_understood_says_where_and_why(text, message):
    with pytest.raises(PipelineError, match=message):
        Pipeline.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "one \\[\\[step\\]\\] table"),
        ("[[step]\n", "not a TOML file"),
        ("step = 3\n", "one \\[\\[step\\]\\] table"),
        ("[[step]]\nsigma = 2\n", "needs filter"),
        ('[[step]]\nfilter = "sobel"\nsigma = 2\n', "parameter of sobel"),
        ('[[step]]\nfilter = "sobel"\n[extra]\n', "nothing else"),
    ],
)
def test_a_recipe_that_cannot_be_understood_names_the_file(tmp_path: Path, text, message):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text)
    with pytest.raises(PipelineError, match=message) as caught:
        Pipeline.load(recipe)
    assert "recipe.toml" in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path):
    with pytest.raises(PipelineError, match=r"nothing\.toml"):
        Pipeline.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize("steps", [[], [3], [("sobel",)], [("sobel", 3)]])
def test_steps_of_the_wrong_form_are_refused(steps):
    with pytest.raises(PipelineError):
        Pipeline(steps)


def test_errors_of_a_step_pass_through():
    with pytest.raises(ArgumentError):
        Pipeline([("gaussian-blur", {"sigma": -1})])
    with pytest.raises(UnknownNameError):
        Pipeline(["sobell"])


def test_a_kernel_that_is_a_step_takes_no_other_kernel(photograph):
    with pytest.raises(ConvfilterError, match="kernel"):
        convfilter.apply("sobel-x", photograph, kernel="sobel-y")
    with pytest.raises(PipelineError, match=r"step 2, sobel-x: .*kernel"):
        Pipeline.parse("invert | sobel-x kernel=sobel-y")


@pytest.mark.parametrize("name", ["sobel-x", "gaussian-blur", "max-pool"])
def test_names_may_be_written_as_in_python(photograph, name):
    np.testing.assert_array_equal(
        convfilter.apply(name.replace("-", "_"), photograph), convfilter.apply(name, photograph)
    )


def test_one_text_is_no_list_of_names():
    for text in ("sobel", "gaussian-blur sigma=2 | sobel"):
        with pytest.raises(PipelineError, match=r"Pipeline\.parse"):
            Pipeline(text)


CHAINS = [
    "gaussian-blur sigma=9 | sobel",
    "gaussian-blur sigma=1,2 border=edge | sobel-x signed=offset",
    'convolve kernel="0 -1 0, -1 5 -1, 0 -1 0" padding=1,2 | max-pool ceil-mode=yes size=2,3',
    "convolve kernel=sobel-x scale=-0.125 padding=1,2,3,4 | threshold threshold=auto",
    "median size=5 padding=valid | depth-pool reduce=mean",
]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_survives_pickling(photograph, chain):
    pipeline = Pipeline.parse(chain)
    copied = pickle.loads(pickle.dumps(pipeline))
    assert repr(copied) == repr(pipeline)
    np.testing.assert_array_equal(copied(photograph), pipeline(photograph))


@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_shows_itself_as_it_can_be_written(photograph, chain):
    pipeline = Pipeline.parse(chain)
    shown = repr(pipeline)
    again = eval(shown, {"Pipeline": Pipeline})
    assert repr(again) == shown
    np.testing.assert_array_equal(again(photograph), pipeline(photograph))
    for first, second in zip(pipeline.steps, again.steps, strict=True):
        assert first.filter is second.filter
        assert first.filter.bind(first.parameters) == second.filter.bind(second.parameters)


def test_a_chain_shows_its_parameters():
    assert "sigma=9" in repr(Pipeline.parse("gaussian-blur sigma=9 | sobel"))
    assert "norm=l1" in repr(Pipeline([("sobel", {"norm": "l1"})]))


CHAINS = [
    "gaussian-blur sigma=2 | sobel | max-pool size=2",
    "gaussian-blur sigma=1 | sobel-x",
    "gaussian-blur sigma=1 | sobel-x signed=offset",
    "gaussian-blur sigma=1 | sobel-x | max-pool size=3",
    "gaussian-blur sigma=1 | sobel-x | min-pool size=3 stride=1",
    "max-pool size=2 | gaussian-blur sigma=1 | min-pool size=2",
    "max-pool size=2 | min-pool size=2",
    "gaussian-blur sigma=1 | unsharp-mask | sharpen-8",
    "gaussian-blur sigma=1 | median size=3 | gaussian-blur sigma=1 stride=2 | kirsch",
    "gaussian-blur sigma=1 | box-blur radius=2 border=wrap | laplacian",
    "gaussian-blur sigma=1 channels=luma | sobel channels=luma | gaussian-blur sigma=1",
    "sharpen-8 | gaussian-blur sigma=1 | invert | gaussian-blur sigma=1 | mean-pool size=2",
]


@pytest.mark.slow
@pytest.mark.parametrize("chain", every(3, CHAINS))
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_chains_in_one_pass_give_the_bits_of_single_steps(
    chain: str, dtype: str, channels: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(8)
    shape = (61, 83, *channels)
    picture = rng.random(shape) if dtype[0] == "f" else rng.integers(0, 256, shape)
    picture = picture.astype(dtype)
    steps = Pipeline.parse(chain)
    with in_small_pieces():
        results = [steps(picture, workers=workers) for workers in (1, 2)]
    monkeypatch.setattr("convfilter.engine.chain._tile", lambda operations: None)
    expected = steps(picture)
    for result in results:
        assert result.dtype == expected.dtype
        assert result.shape == expected.shape
        assert result.tobytes() == expected.tobytes()


def test_chains_say_that_they_run_in_one_pass() -> None:
    picture = np.zeros((700, 800), np.uint8)
    with engine.recorded_plans() as plans:
        Pipeline.parse("gaussian-blur sigma=2 | sobel | max-pool size=2")(picture)
    assert len(plans) == 3
    assert all(plan.reason.endswith("all steps in one pass") for plan in plans)


def test_a_filter_that_looks_twice_at_its_picture_has_it_computed_once() -> None:
    picture = np.zeros((700, 800), np.uint8)
    with engine.recorded_plans() as plans:
        Pipeline.parse("gaussian-blur sigma=2 | unsharp-mask")(picture)
    assert len(plans) == 2
