"""What is told of values that rounding cuts."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter import Pipeline, filters, kernels
from convfilter.filters.declaring.run_options import AlphaMode
from convfilter.filters.pixels.saturation import LOOKED_AT, recorded_saturation
from convfilter.runtime.compiled import rehearsing
from tests.examples import every
from tests.filters.pictures import Array, grey, rgb, with_alpha
from tests.filters.registry import NAMES, needed

NINE = "convolve kernel='1 1 1, 1 1 1, 1 1 1'"
NINTH = "convolve kernel='1 1 1, 1 1 1, 1 1 1' scale=0.1111"
MINUS = "convolve kernel='-1 -1 -1, -1 -1 -1, -1 -1 -1'"


def share_of(text: str, picture: Array, **given: object) -> float:
    with recorded_saturation() as saturation:
        Pipeline.parse(text)(picture, **given)
    return saturation.share


@pytest.mark.parametrize(
    "text",
    [
        NINE,
        MINUS,
        f"{NINE} | box-3",
        f"{NINE} | median",
        f"{NINE} | max-pool",
        f"box-3 | {NINE}",
        f"{NINE} | grayscale | gaussian-blur",
        f"{NINE} signed=abs",
        f"{NINE} signed=offset",
        f"{NINE} | add-noise",
        f"{NINE} padding=valid stride=2",
        "sobel scale=100",
        "sobel norm=l1 scale=100",
        "sobel norm=sum scale=100",
        "kirsch scale=100",
        "normalize scale=100",
        "normalize scale=-1",
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_most_values_that_are_cut_are_counted(text: str, dtype: str) -> None:
    picture = rgb().astype(dtype)
    picture = (
        picture / np.float32(255)
        if dtype == "float32"
        else picture * picture.dtype.type(np.iinfo(dtype).max // 255)
    )
    assert share_of(text, picture, bounded=True) > 0.75
    assert share_of(text, picture, bounded=True, linear=True) > 0.75


@pytest.mark.parametrize(
    "text",
    [
        NINTH,
        f"{NINE} | normalize",
        f"{NINE} | normalize scale=0.1",
        f"{MINUS} | abs | normalize",
        f"{MINUS} | relu",
        "sobel-x signed=clamp",
        "sobel-x | relu",
        "threshold threshold=1",
        "threshold threshold=254",
        "invert | threshold threshold=1",
    ],
)
def test_what_is_black_or_white_by_intent_is_not_counted(text: str) -> None:
    assert share_of(text, rgb()) < 0.3


WHOLLY = {
    "white": np.full((40, 50, 3), 255, np.uint8),
    "black": np.zeros((40, 50, 3), np.uint8),
    "grey": np.full((40, 50, 3), 128, np.uint8),
    "text": np.where(np.random.default_rng(1).random((64, 64)) < 0.1, 0, 255).astype(np.uint8),
    "stars": np.where(np.random.default_rng(1).random((64, 64)) < 0.1, 255, 0).astype(np.uint8),
    "photograph": rgb(),
    "transparent": with_alpha(rgb()),
}


@pytest.mark.parametrize("picture", WHOLLY.values(), ids=WHOLLY)
@pytest.mark.parametrize("name", every(2, NAMES))
def test_filters_at_their_defaults_are_not_accused(name: str, picture: Array) -> None:
    for image in (picture, picture / 255):
        with recorded_saturation() as saturation:
            alpha: AlphaMode | None = "weigh" if image.ndim == 3 and image.shape[2] == 4 else None
            Pipeline([(name, needed(name))])(image, bounded=True, alpha=alpha)
        assert saturation.share < 0.75


@pytest.mark.parametrize("kernel", kernels.names())
def test_no_kernel_is_accused_of_more_than_it_cuts(kernel: str) -> None:
    picture = filters.gaussian_blur(grey(), sigma=2)
    # of floats, which keep it, the response as integers would show it
    exact = Pipeline.parse(kernel)(picture / 255, bounded=True)
    beyond = np.mean(exact > 1) + np.mean(exact < 0)
    assert share_of(kernel, picture) <= beyond + 0.02


def test_what_floats_hold_is_not_cut() -> None:
    assert share_of(NINE, grey() / 255) == 0
    assert share_of(NINE, grey().astype(np.int16)) == 0


def test_nothing_is_counted_unless_somebody_asks() -> None:
    with recorded_saturation() as saturation:
        pass
    filters.convolve(grey(), kernel=np.ones((3, 3)))
    assert saturation.share == 0


def test_a_rehearsal_does_not_count() -> None:
    with recorded_saturation() as saturation, rehearsing():
        Pipeline.parse(NINE)(grey())
        Pipeline.parse("normalize scale=100")(grey())
    assert saturation.share == 0


def test_all_frames_count_together() -> None:
    dark = np.full((20, 20), 10, np.uint8)
    with recorded_saturation() as saturation:
        Pipeline.parse(NINE)(dark)
        assert saturation.share == 0
        Pipeline.parse(NINE)(dark + 100)
        assert saturation.share == 0.5
    assert (saturation.above, saturation.below) == (400, 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3000, 1), (1, 300000), (2000, 1500)])
def test_few_pixels_are_looked_at(shape: tuple[int, int]) -> None:
    with recorded_saturation() as saturation:
        Pipeline.parse("convolve kernel='9'")(np.full(shape, 100, np.uint8))
    assert saturation.share == 1
    assert saturation.above <= 2 * LOOKED_AT


def test_a_pattern_is_seen_in_all_its_parts() -> None:
    stripes = np.zeros((1200, 1600), np.uint8)
    stripes[:, ::2] = 100
    assert share_of("convolve kernel='9'", stripes) == pytest.approx(0.5, abs=0.02)
