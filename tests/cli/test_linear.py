"""--linear: every command takes it, and files keep their profiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import convfilter as package
from convfilter.images import Image, Metadata, read, write
from tests.cli.conftest import Runner, picture
from tests.colour.profiles import curv, profile

ADOBE_LIKE = profile(*[curv(563)] * 3)


@pytest.mark.parametrize("name", ["gaussian-blur", "sobel-x", "pipe", "threshold"])
def test_the_help_explains_it_among_the_options_of_the_engine(
    convfilter: Runner, name: str
) -> None:
    text = " ".join(convfilter(name, "--help").text.split())
    engine, files = text.index("Options of the engine:"), text.index("Options about files:")
    assert engine < text.index("--linear filter in linear light") < files
    assert "intensities given are then of light" in text


@pytest.mark.parametrize(
    ("command", "chain"),
    [
        (("gaussian-blur", "--sigma", "3"), "gaussian-blur sigma=3"),
        (("sharpen-8",), "sharpen-8"),
        (("pipe", "gaussian-blur sigma=1 | sobel"), "gaussian-blur sigma=1 | sobel"),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_file_is_filtered_by_the_curve_of_its_profile_and_keeps_it(
    convfilter: Runner, folder: Path, command: tuple[str, ...], chain: str, suffix: str, dtype: str
) -> None:
    shape, white = (30, 41, 3), np.iinfo(dtype).max
    pixels = np.random.default_rng(9).integers(0, white + 1, shape, dtype=dtype)
    image = Image(pixels, metadata=Metadata(icc_profile=ADOBE_LIKE))
    write(image, f"a.{suffix}")
    ended = convfilter(*command, f"a.{suffix}", f"b.{suffix}", "--linear", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    found = read(f"b.{suffix}")
    assert found.metadata.icc_profile == ADOBE_LIKE
    lit = package.Pipeline.parse(chain)(image, linear=True).pixels
    np.testing.assert_array_equal(found.pixels, lit)
    plain = package.Pipeline.parse(chain)(image).pixels
    srgb = package.Pipeline.parse(chain)(pixels, linear=True)
    assert not np.array_equal(lit, plain)
    assert not np.array_equal(lit, srgb)


def test_a_picture_made_deeper_keeps_what_lies_between(convfilter: Runner, folder: Path) -> None:
    write((np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8), "a.png")
    arguments = ("gaussian-blur", "a.png", "b.png", "--sigma", "4", "--linear", "--depth", "16")
    assert convfilter(*arguments).code == 0
    assert (read("b.png").pixels == 48192).all()


def test_a_profile_that_does_not_fit_is_one_line(convfilter: Runner, folder: Path) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    inks = profile(*[curv(563)] * 3).replace(b"TRC", b"TRX")
    write(Image(pixels, metadata=Metadata(icc_profile=inks)), "a.png")
    ended = convfilter("gaussian-blur", "a.png", "b.png", "--linear")
    assert ended.code == 1
    assert ended.out == b""
    assert ended.lines == [
        "convfilter gaussian-blur: the colour profile holds no curves from values to light:"
        " leave out --linear, or convert the picture to sRGB first"
    ]
    assert not Path("b.png").exists()
    assert convfilter("gaussian-blur", "a.png", "b.png").code == 0


def test_of_several_files_the_one_is_named(convfilter: Runner, folder: Path) -> None:
    picture("in/good.png")
    bad = Metadata(icc_profile=profile(*[curv(0, 9, 8)] * 3))
    write(Image(np.zeros((8, 8, 3), np.uint8), metadata=bad), "in/bad.png")
    ended = convfilter("gaussian-blur", "in", "out", "--linear")
    assert ended.code == 3
    assert any("bad.png: a tone curve of the colour profile cannot" in line for line in ended.lines)
    assert Path("out/good.png").exists()


def test_signed_pixels_have_no_white(convfilter: Runner, folder: Path) -> None:
    write(np.zeros((8, 8), np.int16), "a.npy")
    ended = convfilter("gaussian-blur", "a.npy", "b.npy", "--linear")
    assert ended.code == 2
    assert len(ended.lines) == 1
    assert "int16 pixels have no white" in ended.err
