"""What the command makes of the pixels in files, held against sums in float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convfilter import Pipeline, kernels
from convfilter.images import Image, read, write
from tests import naive
from tests.cli.conftest import Runner
from tests.naive import Array


@pytest.mark.parametrize("suffix", ["png", "tif", "ppm"])
def test_sixteen_bits_of_colour_are_blurred_in_sixteen_bits(
    convfilter: Runner, folder: Path, suffix: str
) -> None:
    pixels = np.random.default_rng(4).integers(0, 65536, (40, 50, 3), dtype=np.uint16)
    source, target = folder / f"in.{suffix}", folder / f"out.{suffix}"
    write(pixels, source)
    assert convfilter("gaussian-blur", source, target, "--sigma", "1.7").code == 0
    result = read(target).pixels
    assert result.dtype == np.uint16
    exact = naive.correlate(pixels, kernels.shapes.gaussian(sigma=1.7))
    assert np.abs(result - exact).max() <= 0.6
    assert (result % 257).any()


def red_disc(dtype: str) -> Array:
    """Return a red disc with a soft edge on green that is wholly transparent, (61, 61, 4)."""
    white = np.iinfo(dtype).max
    rows, columns = np.mgrid[-30:31, -30:31]
    alpha = np.clip(1.5 - (np.hypot(rows, columns) - 18), 0, 1)
    disc = np.zeros((61, 61, 4), dtype)
    disc[..., 0] = np.where(alpha > 0, white, 0)
    disc[..., 1] = np.where(alpha > 0, 0, white)
    disc[..., 3] = np.rint(alpha * white)
    return disc


def filtered(convfilter: Runner, folder: Path, picture: Array, suffix: str, *words: str) -> Image:
    """Return what a command makes of a picture with alpha, from file to file."""
    source, target = folder / f"in.{suffix}", folder / f"out.{suffix}"
    write(Image(picture, alpha=True), source)
    name, *options = words
    ended = convfilter(name, source, target, "--overwrite", *options)
    assert ended.code == 0, ended.err
    return read(target)


@pytest.mark.parametrize(
    "name", ["gaussian-blur", "box-blur", "median", "bilateral", "max-pool", "mean-pool", "dilate"]
)
@pytest.mark.parametrize("alpha", ["weigh", "keep"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_transparent_green_never_shows(
    convfilter: Runner, folder: Path, name: str, alpha: str, dtype: str, suffix: str
) -> None:
    disc = red_disc(dtype)
    white = np.iinfo(dtype).max
    result = filtered(convfilter, folder, disc, suffix, name, "--alpha", alpha).pixels
    assert result.dtype == dtype
    seen = result[..., 3] > 0
    assert seen.any()
    assert not result[seen][:, 1].any()
    assert (result[seen][:, 0] == white).all()
    if result.shape == disc.shape:
        grown = seen & (disc[..., 3] == 0)
        assert grown.any() == (alpha == "weigh" and name != "median")


@pytest.mark.parametrize("suffix", ["png", "tif", "npy"])
def test_words_for_alpha(convfilter: Runner, folder: Path, suffix: str) -> None:
    disc = red_disc("uint8")
    for words in (("gaussian-blur",), ("sharpen-8",), ("pipe", "gaussian-blur | sobel")):
        command, *chain = words
        for alpha in ("weigh", "keep", "filter", "drop"):
            source, target = folder / f"in.{suffix}", folder / f"out.{suffix}"
            write(Image(disc, alpha=True), source)
            given = (command, *chain, source, target, "--alpha", alpha, "--overwrite")
            assert convfilter(*given).code == 0
            result = read(target)
            text = chain[0] if chain else command
            expected = Pipeline.parse(text)(Image(disc, alpha=True), alpha=alpha)
            assert expected.alpha == (alpha != "drop")
            assert result.alpha == (expected.alpha and suffix != "npy")  # which cannot tell
            np.testing.assert_array_equal(result.pixels, expected.pixels)


def test_what_has_lost_its_alpha_is_laid_on_nothing(convfilter: Runner, folder: Path) -> None:
    write(Image(red_disc("uint8"), alpha=True), folder / "in.png")
    laid = convfilter("gaussian-blur", "in.png", "laid.jpg")
    assert "--background" in laid.err or "background" in laid.err
    dropped = convfilter("gaussian-blur", "in.png", "dropped.jpg", "--alpha", "drop")
    assert (laid.code, dropped.code) == (0, 0)
    assert dropped.err == ""
    assert read("dropped.jpg").pixels[1, 1, 1] > 250  # the green is there
