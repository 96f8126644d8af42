"""Negative responses and saturated results, from file to file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import convfilter as library
from convfilter import filters
from convfilter.images import read, write
from tests.cli.conftest import Runner, everything
from tests.filters.pictures import grey

NINE = ("--kernel", "1 1 1, 1 1 1, 1 1 1")


@pytest.fixture
def photograph(folder: Path) -> Path:
    write(grey(), "a.png")
    return Path("a.png")


def raw() -> np.ndarray:
    return filters.convolve((grey() / np.float32(255)).astype(np.float32), kernel="sobel-x")


@pytest.mark.parametrize("output", ["b.tif", "b.npy"])
@pytest.mark.parametrize(
    "options", [("--depth", "float"), ("--signed", "raw"), ("--depth", "float", "--signed", "raw")]
)
def test_floats_keep_the_sign(
    convfilter: Runner, photograph: Path, output: str, options: tuple[str, ...]
) -> None:
    ended = convfilter("sobel-x", photograph, output, *options)
    assert (ended.code, ended.err) == (0, "")
    assert read(output).pixels.min() < 0
    np.testing.assert_array_equal(read(output).pixels, raw())


def test_a_word_is_kept_in_floats(convfilter: Runner, photograph: Path) -> None:
    assert (
        convfilter("sobel-x", photograph, "b.tif", "--depth", "float", "--signed", "abs").code == 0
    )
    np.testing.assert_array_equal(read("b.tif").pixels, np.abs(raw()))


def test_integers_of_sixteen_bits_with_a_sign_keep_it(convfilter: Runner, folder: Path) -> None:
    np.save("a.npy", grey().astype(np.int16))
    assert convfilter("sobel-x", "a.npy", "b.npy").code == 0
    result = np.load("b.npy")
    assert result.dtype == np.int16
    np.testing.assert_array_equal(result, np.rint(raw() * 255))


@pytest.mark.parametrize("output", ["b.tif", "b.npy"])
def test_integers_without_one_are_shown(convfilter: Runner, photograph: Path, output: str) -> None:
    assert convfilter("sobel-x", photograph, output).code == 0
    expected = filters.convolve(grey(), kernel="sobel-x", signed="abs")
    np.testing.assert_array_equal(read(output).pixels, expected)


@pytest.mark.parametrize("depth", ["8", "16"])
def test_floats_that_become_integers_are_shown(
    convfilter: Runner, folder: Path, depth: str
) -> None:
    write(grey() / np.float32(255), "a.tif")
    for output, options in (("b.tif", ("--depth", depth)), ("b.png", ())):
        assert convfilter("sobel-x", "a.tif", output, *options).code == 0
        result = read(output).pixels
        white = np.iinfo(result.dtype).max
        assert np.abs(result / white - np.clip(np.abs(raw()), 0, 1)).max() <= 0.51 / white


@pytest.mark.parametrize("output", ["b.png", "b.jpg", "b.webp", "b.bmp", "b.pgm", "b.gif"])
def test_formats_of_integers_refuse_what_is_raw(
    convfilter: Runner, photograph: Path, output: str
) -> None:
    before = everything(Path())
    for command in ("sobel-x", "laplacian", "high-pass"):
        ended = convfilter(command, photograph, output, "--signed", "raw")
        assert ended.code == 2
        assert f"{read_name(output)} holds no negative values" in ended.err
        assert "TIFF" in ended.err
        assert len(ended.lines) == 1
    ended = convfilter("pipe", "gaussian-blur | sobel-x signed=raw", photograph, output)
    assert (ended.code, "holds no negative values" in ended.err) == (2, True)
    assert everything(Path()) == before


def read_name(output: str) -> str:
    from convfilter.formats import format_of

    return format_of(output)


@pytest.mark.parametrize("depth", ["8", "16"])
def test_depths_of_integers_refuse_what_is_raw(
    convfilter: Runner, photograph: Path, depth: str
) -> None:
    ended = convfilter("sobel-x", photograph, "b.tif", "--signed", "raw", "--depth", depth)
    assert ended.code == 2
    assert f"--depth {depth} holds no negative values" in ended.err
    assert not Path("b.tif").exists()


def test_what_is_raw_to_the_end_of_a_pipeline_is_refused(
    convfilter: Runner, photograph: Path
) -> None:
    ended = convfilter("pipe", "sobel-x signed=raw | box-3", photograph, "b.png")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "signed raw: the output holds no negative values" in ended.err
    assert not Path("b.png").exists()
    assert convfilter("pipe", "sobel-x signed=raw | abs | box-3", photograph, "b.png").code == 0


def test_a_word_works_where_it_stands(convfilter: Runner, photograph: Path) -> None:
    recipe = Path("recipe.toml")
    recipe.write_text('[[step]]\nfilter="sobel-x"\nsigned="abs"\n[[step]]\nfilter="box-3"\n')
    assert convfilter("pipe", "sobel-x signed=abs | box-3", photograph, "b.png").code == 0
    assert convfilter("pipe", recipe, photograph, "c.png").code == 0
    assert convfilter("pipe", "sobel-x | box-3", photograph, "d.png").code == 0
    sizes, again, sums = (read(name).pixels for name in ("b.png", "c.png", "d.png"))
    np.testing.assert_array_equal(sizes, again)
    assert sizes.mean() > 1.1 * sums.mean()


def test_gradients_add_up_as_signed_numbers(convfilter: Runner, photograph: Path) -> None:
    assert convfilter("sobel", photograph, "b.npy", "--norm", "sum", "--depth", "float").code == 0
    picture = grey() / np.float32(255)
    both = [filters.convolve(picture, kernel=f"sobel-{axis}") for axis in "xy"]
    np.testing.assert_allclose(np.load("b.npy"), sum(both), atol=1e-5)
    ended = convfilter("sobel", photograph, "c.png", "--signed", "offset")
    assert (ended.code, "take norm sum" in ended.err) == (2, True)


def test_a_saturated_result_is_told(convfilter: Runner, photograph: Path) -> None:
    ended = convfilter("convolve", photograph, "b.png", *NINE)
    assert (ended.code, len(ended.lines)) == (0, 1)
    assert "convfilter convolve: b.png: most of the result is saturated" in ended.err
    assert "--scale" in ended.err
    assert "normalize" in ended.err
    ended = convfilter("pipe", f"convolve kernel='{NINE[1]}' | box-3", photograph, "c.png")
    assert "c.png: most of the result is saturated" in ended.err
    for quiet in (
        ("convolve", photograph, "d.png", *NINE, "-q"),
        ("convolve", photograph, "e.png", *NINE, "--scale", "0.11"),
        ("pipe", f"convolve kernel='{NINE[1]}' | normalize", photograph, "f.png"),
        ("convolve", photograph, "g.tif", *NINE, "--depth", "float"),
        ("sobel", photograph, "h.png"),
    ):
        ended = convfilter(*quiet)
        assert (ended.code, ended.err) == (0, "")


def test_standard_output_carries_the_picture_alone(convfilter: Runner, photograph: Path) -> None:
    told = convfilter("convolve", photograph, "-", *NINE)
    quiet = convfilter("convolve", photograph, "-", *NINE, "--quiet")
    assert "most of the result is saturated" in told.err
    assert quiet.err == ""
    assert told.out == quiet.out


def test_each_saturated_file_of_a_folder_is_told(convfilter: Runner, folder: Path) -> None:
    Path("in").mkdir()
    for name, darker in (("a", 1), ("b", 1), ("c", 100)):
        write(grey() // darker, f"in/{name}.png")
    ended = convfilter("convolve", "in", "out", *NINE)
    told = [line for line in ended.lines if "saturated" in line]
    assert sorted(line.partition(":")[2].split(":")[0].strip() for line in told) == [
        str(Path("out/a.png")),
        str(Path("out/b.png")),
    ]
    results = library.filter_files("in", "out", f"convolve kernel='{NINE[1]}'", overwrite=True)
    assert sum("saturated" in "".join(result.notes) for result in results) == 2
