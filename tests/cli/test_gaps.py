"""`--nodata` and `--mask`, from file to file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convfilter import filters
from convfilter.images import read, write
from tests.cli.conftest import Runner
from tests.filters.pictures import grey

MASK = np.ones(grey().shape, bool)
MASK[6:18, 4:19] = False


@pytest.fixture
def inputs(folder: Path) -> None:
    heights = grey() * np.float32(10)
    write(np.where(MASK, heights, np.float32(-9999)), "heights.tif")
    np.save("nan.npy", np.where(MASK, heights, np.float32(np.nan)))
    write(np.where(MASK, np.maximum(grey(), 1), 0).astype(np.uint8), "grey.png")
    write(MASK * np.uint8(255), "mask.png")


@pytest.mark.usefixtures("inputs")
@pytest.mark.parametrize(
    ("name", "output", "code"),
    [
        ("heights.tif", "out.tif", "-9999"),
        ("nan.npy", "out.npy", "nan"),
        ("nan.npy", "out.tif", "nan"),
        ("grey.png", "out.png", "0"),
    ],
)
def test_windows_look_only_at_what_is_there(
    convfilter: Runner, name: str, output: str, code: str
) -> None:
    ended = convfilter("median", name, output, "--size", "5", "--nodata", code)
    assert (ended.code, ended.err) == (0, "")
    expected = filters.median(read(name).pixels, size=5, nodata=float(code))
    np.testing.assert_array_equal(read(output).pixels, expected)


@pytest.mark.usefixtures("inputs")
def test_a_mask_is_a_picture_of_black_and_white(convfilter: Runner) -> None:
    ended = convfilter("minimum", "grey.png", "out.png", "--mask", "mask.png", "--nodata", "0")
    assert (ended.code, ended.err) == (0, "")
    expected = filters.minimum(read("grey.png").pixels, mask=MASK)
    np.testing.assert_array_equal(read("out.png").pixels, expected.filled(0))
    ended = convfilter("minimum", "grey.png", "b.png", "--mask", "mask.png")
    assert ended.code == 0
    assert f"{expected.mask.sum()} values had nothing to be made of, and are 0" in ended.err
    ended = convfilter(
        "pipe", "median | sobel", "grey.png", "c.tif", "--mask", "mask.png", "--depth", "float"
    )
    assert ended.code == 0
    assert np.isnan(read("c.tif").pixels).any()


@pytest.mark.usefixtures("inputs")
def test_the_number_for_no_data_goes_with_the_depth(convfilter: Runner) -> None:
    ended = convfilter("median", "grey.png", "out.tif", "--nodata", "0", "--depth", "16")
    assert (ended.code, ended.err) == (0, "")
    expected = filters.median(read("grey.png").pixels, nodata=0)
    np.testing.assert_array_equal(read("out.tif").pixels, expected * np.uint16(257))


@pytest.mark.usefixtures("inputs")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("bilateral", "--nodata", "0"), 2, "bilateral needs every value, and some are missing"),
        (("median", "--nodata", "none"), 2, "--nodata is 'none': give a number"),
        (("median", "--nodata", "-1"), 2, "nodata is -1: values of uint8 are whole numbers from"),
        (("median", "--mask", "no.png"), 1, "no.png: no such file"),
        (("median", "--mask", "grey.png"), 2, "the mask holds more than two values"),
        (("median", "--mask", "small.png"), 2, "the mask has the shape (3, 3), the image"),
    ],
)
def test_what_is_refused(
    convfilter: Runner, words: tuple[str, ...], code: int, message: str
) -> None:
    write(np.ones((3, 3), bool), "small.png")
    name, *options = words
    ended = convfilter(name, "grey.png", "out.png", *options)
    assert ended.code == code
    assert message in ended.err
    assert len(ended.lines) == 1
    assert not Path("out.png").exists()


def test_wide_integers_of_files_are_refused_as_those_of_arrays(
    convfilter: Runner, folder: Path
) -> None:
    for dtype in ("int32", "uint32", "int64"):
        np.save("wide.npy", np.resize(np.array([0, 70000], dtype), (4, 4)))
        ended = convfilter("median", "wide.npy", "out.npy")
        assert ended.code == 1
        assert "its values, 0 to 70000, fit no integers of images, but floats" in ended.err
    for dtype, taken in (("int8", np.int16), ("float16", np.float32)):
        np.save("narrow.npy", np.ones((4, 4), dtype))
        assert convfilter("median", "narrow.npy", "out.npy", "--overwrite").code == 0
        assert read("out.npy").dtype == taken


@pytest.mark.usefixtures("inputs")
def test_nan_may_stand_beyond_the_edge_of_floats(convfilter: Runner) -> None:
    options = ("--border", "constant", "--fill", "nan")
    assert convfilter("box-blur", "heights.tif", "out.tif", *options).code == 0
    assert np.isnan(read("out.tif").pixels[0]).all()
    ended = convfilter("box-blur", "grey.png", "out.png", *options)
    assert ended.code == 2
    assert "fill is nan, which pictures of uint8 cannot hold" in ended.err
