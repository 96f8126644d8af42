"""What the command makes of the pixels in files, held against sums in float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convfilter import kernels
from convfilter.images import Image, read, write
from tests import naive
from tests.cli.conftest import Runner


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


@pytest.mark.parametrize("name", ["gaussian-blur", "box-blur", "median", "bilateral"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_transparent_green_never_shows(
    convfilter: Runner, folder: Path, name: str, dtype: str
) -> None:
    white = np.iinfo(dtype).max
    rows, columns = np.mgrid[-30:31, -30:31]
    alpha = np.clip(1.5 - (np.hypot(rows, columns) - 18), 0, 1)  # a soft edge
    disc = np.zeros((61, 61, 4), dtype)
    disc[..., 0] = np.where(alpha > 0, white, 0)
    disc[..., 1] = np.where(alpha > 0, 0, white)
    disc[..., 3] = np.rint(alpha * white)
    source, target = folder / "in.png", folder / "out.png"
    write(Image(disc, alpha=True), source)
    assert convfilter(name, source, target).code == 0
    result = read(target).pixels
    seen = result[..., 3] > 0
    assert seen.any()
    assert not result[seen][:, 1].any()
    assert (result[seen][:, 0] == white).all()
