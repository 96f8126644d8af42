"""The command on files, folders and streams: what is written, what is said, how it ends."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import convfilter as package
from convfilter import filters
from convfilter.images import Image, Metadata, read, write
from tests.cli.conftest import Runner, everything, picture

PNG = b"\x89PNG\r\n\x1a\n"


def result(name: str, source: Path | str, **given: Any) -> NDArray[Any]:
    return np.asarray(package.apply(name, read(source).pixels, **given))


def test_one_file_to_one_file(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    ended = convfilter("sobel", "a.png", "b.png", "--norm", "l1")
    assert (ended.code, ended.out, ended.err) == (0, b"", "")
    assert np.array_equal(read("b.png").pixels, result("sobel", "a.png", norm="l1"))
    assert sorted(everything(folder)) == ["a.png", "b.png"]


def test_only_options_that_were_given_are_passed_on(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    convfilter("gaussian-blur", "a.png", "b.png")
    assert np.array_equal(read("b.png").pixels, result("gaussian-blur", "a.png"))


def test_a_single_path_gets_a_sibling_whose_name_is_told(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    ended = convfilter("sobel", "a.png")
    assert (ended.code, ended.err) == (0, "convfilter sobel: written to a-sobel.png\n")
    assert Path("a-sobel.png").exists()
    assert convfilter("sobel", "a.png", "-q", "--overwrite").err == ""


def test_compress_makes_smaller_files_of_the_same_pixels(convfilter: Runner, folder: Path) -> None:
    write(np.add.outer(np.arange(99), np.arange(200)).astype(np.uint8), "a.png")
    assert convfilter("mean-pool", "a.png", "fast.png", "--size", "1").code == 0
    assert convfilter("mean-pool", "a.png", "s.png", "--size", "1", "--compress", "small").code == 0
    assert Path("s.png").stat().st_size < Path("fast.png").stat().st_size
    assert np.array_equal(read("s.png").pixels, read("fast.png").pixels)


def test_values_that_begin_with_a_minus(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    ended = convfilter("convolve", "a.png", "b.png", "--kernel", "-1 0 1", "--offset", "-3")
    assert ended.code == 0, ended.err
    assert np.array_equal(
        read("b.png").pixels, result("convolve", "a.png", kernel="-1 0 1", offset=-3)
    )


def test_a_kernel_is_a_command(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    assert convfilter("sobel-x", "a.png", "b.png", "--signed", "offset").code == 0
    expected = result("convolve", "a.png", kernel="sobel-x", signed="offset")
    assert np.array_equal(read("b.png").pixels, expected)


def test_input_and_output_may_be_streams(convfilter: Runner, folder: Path) -> None:
    data = picture("a.png").read_bytes()
    ended = convfilter("sobel", "-", stdin=data)
    assert ended.out.startswith(PNG)
    assert ended.err == ""
    assert convfilter("sobel", "-", "-", "--format", "jpg", stdin=data).out.startswith(b"\xff\xd8")
    assert convfilter("sobel", "a.png", "-").out == ended.out
    assert convfilter("sobel", "-", "b.png", stdin=data).code == 0
    assert np.array_equal(read("b.png").pixels, result("sobel", "a.png"))


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "is empty"), (b"not a picture", "not a picture")]
)
def test_bad_standard_input(convfilter: Runner, folder: Path, data: bytes, words: str) -> None:
    ended = convfilter("sobel", "-", "out.png", stdin=data)
    assert ended.code == 1
    assert words in ended.err
    assert ended.err.startswith("convfilter sobel: standard input: ")
    assert everything(folder) == {}


def test_in_place(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    expected = result("sobel", "a.png")
    assert convfilter("sobel", "a.png", "--in-place").code == 0
    assert np.array_equal(read("a.png").pixels, expected)
    assert sorted(everything(folder)) == ["a.png"]


def test_formats_and_what_they_cannot_hold(convfilter: Runner, folder: Path) -> None:
    picture("a.png", channels=4)
    ended = convfilter("sobel", "a.png", "b.jpg")
    assert (ended.code, len(ended.lines)) == (0, 1)
    assert "b.jpg: JPEG holds no transparency" in ended.err
    assert convfilter("sobel", "a.png", "b.png", "--format", "jpeg", "-q").err == ""
    assert read("b.png").format == "JPEG"
    assert convfilter("sobel", "a.png", "c.jpg", "--background", "#000000").code == 0
    assert not np.array_equal(read("b.jpg").pixels, read("c.jpg").pixels)


def test_explain(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    ended = convfilter("sobel", "a.png", "b.png", "--explain")
    assert ended.code == 0
    assert ended.out == b""
    assert ended.lines[0] == "a.png: 32x24 RGB, uint8"
    for word in ("reading", "filtering", "writing"):
        assert any(line.split()[0] == word and line.endswith(" ms") for line in ended.lines)
    assert "kernels of 3x3" in ended.err
    assert "estimate 0." in ended.err
    assert "instead of" in ended.err


def test_explain_tells_what_else_was_considered(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    steps = "gaussian-blur | maximum size=5 | median | bilateral | nl-means search=5"
    ended = convfilter("pipe", steps, "a.png", "b.png", "--explain")
    plans = [line.strip() for line in ended.lines if line.startswith("    ")]
    for reason, estimate in zip(plans[::2], plans[1::2], strict=True):
        assert re.match(r"\w+: .", reason)
        others = r"[\w ]+ in \w+ [0-9.]+ ns"
        assert re.fullmatch(
            rf"estimate [0-9.]+ ns for each value in one thread; instead of {others}(, {others})*",
            estimate,
        )
    assert len(plans) == 2 * 5


def test_a_chain_in_text_and_in_a_file(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    assert convfilter("pipe", "gaussian-blur sigma=2 | sobel", "a.png", "b.png").code == 0
    chain = package.Pipeline([("gaussian-blur", {"sigma": 2}), "sobel"])
    assert np.array_equal(read("b.png").pixels, chain(read("a.png").pixels))
    Path("soft.toml").write_text(
        '[[step]]\nfilter = "gaussian-blur"\nsigma = 2\n[[step]]\nfilter = "sobel"\n', "utf-8"
    )
    ended = convfilter("pipe", "soft.toml", "a.png")
    assert ended.err == "convfilter pipe: written to a-soft.png\n"
    assert np.array_equal(read("a-soft.png").pixels, read("b.png").pixels)
    assert convfilter("pipe", "sobel", "a.png").err.endswith("a-pipe.png\n")


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        ("", "the pipeline is empty"),
        ("sobel |", "step 2 is empty"),
        ("sobl", "step 1, sobl: no filter or kernel is called 'sobl'; did you mean sobel"),
        ("sobel | bilateral size=4", "step 2, bilateral: size is 4"),
        ("sobel norm", "not parameter=value"),
        ("nope.toml", "nope.toml"),
    ],
)
def test_bad_chains(convfilter: Runner, folder: Path, chain: str, words: str) -> None:
    picture("a.png")
    before = everything(folder)
    ended = convfilter("pipe", chain, "a.png", "b.png")
    assert ended.code == 2
    assert len(ended.lines) == 1
    assert words in ended.err
    assert everything(folder) == before


def test_a_chain_without_quotes(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    ended = convfilter("pipe", "gaussian-blur", "sigma=2", "a.png", "b.png")
    assert ended.code == 2
    assert "put quotes around it" in ended.err
    assert sorted(everything(folder)) == ["a.png"]


def broken_files() -> dict[str, bytes]:
    return {"empty.png": b"", "text.png": b"just some words, and more of them"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("missing.png", "o.png"), 1, "missing.png: no such file"),
        (("missing.png",), 1, "missing.png: no such file"),
        (("empty.png", "o.png"), 1, "empty.png: the file is empty"),
        (("cut.png", "o.png"), 1, "cut.png: the PNG file is truncated"),
        (("text.png", "o.png"), 1, "text.png: is not a picture"),
        (("a.png", "far/o.png"), 1, "the folder far does not exist"),
        (("a.png", "a.png/o.png"), 1, "a.png is not a folder"),
        (("a.png", "other.png"), 1, "other.png: exists already"),
        (("a.png", "o.xyz"), 2, "no format has the suffix '.xyz'"),
        (("a.png", "a.png"), 2, "a.png is both input and output"),
        (("a.png", "a.png", "--overwrite"), 2, "a.png is both input and output"),
        (("a.png", "link.png", "--overwrite"), 2, "is the same file as the input a.png"),
        (("a.png", "o.png", "--padding", str(2**62)), 2, "convfilter sobel: "),
        (("a.png", "o.png", "--stride", "65536", "--padding", "valid"), 0, ""),
        (("a.png", "o.png", "--dilation", "60000", "--padding", "valid"), 2, "convfilter sobel: "),
        (("a.png", "o.png", "--max-pixels", "100"), 1, "more than the limit of 100"),
        (("a.png", "b.png", "c.png", "o.png"), 2, "o.png has the name of a file"),
        (("wide.png", "o.jpg"), 1, "o.jpg: 66000x1 pixels are too many for JPEG"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    convfilter: Runner, folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    data = picture("a.png").read_bytes()
    Path("cut.png").write_bytes(data[: len(data) // 2])
    picture("other.png")
    write(np.zeros((1, 66000), np.uint8), "wide.png")
    Path("link.png").symlink_to("a.png")
    for name, content in broken_files().items():
        Path(name).write_bytes(content)
    before = everything(folder)
    ended = convfilter("sobel", *arguments)
    assert ended.code == code, ended.err
    assert ended.out == b""
    assert words in ended.err
    if code:
        assert len(ended.lines) == 1
        assert everything(folder) == before


def test_a_folder_with_a_broken_file(convfilter: Runner, folder: Path) -> None:
    for number in range(6):
        picture(f"in/{number}.jpg", seed=number)
    Path("in/3.jpg").write_bytes(Path("in/3.jpg").read_bytes()[:300])
    Path("in/notes.txt").write_text("words", "utf-8")
    ended = convfilter("sobel", "in", "out", "--jobs", "2")
    assert ended.code == 3
    assert len(ended.lines) == 2
    assert ended.lines[0].startswith("convfilter sobel: in/3.jpg: ")
    assert "truncated" in ended.lines[0]
    assert ended.lines[1] == (
        "convfilter sobel: 5 files written to out, 1 failed, 1 other file passed over"
    )
    assert sorted(everything(Path("out"))) == ["0.jpg", "1.jpg", "2.jpg", "4.jpg", "5.jpg"]
    assert len(convfilter("sobel", "in", "again", "-q").lines) == 1


def test_when_every_file_fails(convfilter: Runner, folder: Path) -> None:
    Path("in").mkdir()
    for name, content in broken_files().items():
        Path("in", name).write_bytes(content)
    ended = convfilter("sobel", "in", "out")
    assert ended.code == 1
    assert "0 files written, 2 failed" in ended.err
    assert not Path("out").exists()


def test_a_wrong_kernel_is_told_once_and_not_for_each_file(
    convfilter: Runner, folder: Path
) -> None:
    picture("in/a.png")
    picture("in/b.png")
    ended = convfilter("convolve", "in", "out", "--kernel", "1 2, 3")
    assert ended.code == 2
    assert len(ended.lines) == 1


def test_recursive_keeps_the_tree(convfilter: Runner, folder: Path) -> None:
    picture("in/a.png")
    picture("in/x/y/a.png", seed=1)
    assert convfilter("sobel", "in", "out", "-r").code == 0
    files = [name for name in everything(folder / "out") if name.endswith(".png")]
    assert files == ["a.png", str(Path("x/y/a.png"))]
    ended = convfilter("sobel", "in", "flat")
    assert "1 folder not entered (use -r)" in ended.err


def test_outputs_that_exist(convfilter: Runner, folder: Path) -> None:
    picture("in/a.png")
    picture("in/a.jpg")
    assert convfilter("sobel", "in", "out").code == 0
    before = everything(folder)
    ended = convfilter("invert", "in", "out")
    assert ended.code == 1
    assert "and 1 more outputs do" in ended.err
    assert everything(folder) == before
    assert convfilter("invert", "in", "out", "--overwrite").code == 0
    assert everything(folder) != before


def test_no_images(convfilter: Runner, folder: Path) -> None:
    Path("in").mkdir()
    Path("in/notes.txt").write_text("words", "utf-8")
    ended = convfilter("sobel", "in", "out")
    assert ended.code == 1
    assert "no images found" in ended.err
    assert not Path("out").exists()


def test_a_file_without_write_permission(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture("a.png")
    access = os.access
    # root may write anywhere, so the answer for this folder is given here
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != "." and access(path, mode))
    ended = convfilter("sobel", "a.png", "b.png")
    assert ended.code == 1
    assert "may not be written to" in ended.err
    assert sorted(everything(folder)) == ["a.png"]


def test_a_bug_is_one_line_and_a_traceback_only_on_request(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops\nand more")

    picture("a.png")
    monkeypatch.setattr("convfilter.pipeline.Pipeline.__call__", fail)
    monkeypatch.delenv("CONVFILTER_DEBUG", raising=False)
    ended = convfilter("sobel", "a.png", "b.png")
    assert ended.code == 1
    assert len(ended.lines) == 1
    assert "internal error (ZeroDivisionError: oops and more): please report it" in ended.err
    monkeypatch.setenv("CONVFILTER_DEBUG", "1")
    assert "Traceback" in convfilter("sobel", "a.png", "b.png").err


def test_memory_that_does_not_suffice(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    picture("a.png")
    monkeypatch.setattr("convfilter.pipeline.Pipeline.__call__", fail)
    ended = convfilter("sobel", "a.png", "b.png")
    assert ended.code == 1
    assert "a.png: not enough memory" in ended.err


@pytest.mark.parametrize(
    ("depth", "suffix", "dtype"),
    [("8", "png", "uint8"), ("16", "png", "uint16"), ("16", "tif", "uint16"),
     ("float", "tif", "float32"), ("float", "npy", "float32")],
)  # fmt: skip
def test_depth_is_changed_on_purpose(
    convfilter: Runner, folder: Path, depth: str, suffix: str, dtype: str
) -> None:
    output = folder / f"out.{suffix}"
    source = picture(folder / "a.png")
    command = ("gaussian-blur", source, output, "--depth", depth, "--quiet")
    assert convfilter(*command).code == 0
    result = read(output).pixels
    assert result.dtype == dtype
    if depth == "16":  # what lies between two levels of 8 bits is kept
        expected = filters.gaussian_blur(read(source).pixels.astype(np.uint16) * 257)
        np.testing.assert_array_equal(result, expected)
        assert (result % 257).any()


def test_strip_leaves_out_all_but_pixels_and_their_colours(
    convfilter: Runner, folder: Path
) -> None:
    profile = bytes(16) + b"RGB " + bytes(108)
    colour = ((b"cLLI", bytes(8)), (b"gAMA", bytes((0, 1, 134, 160))))
    text = (("Author", "somebody"),)
    metadata = Metadata(profile, None, (300, 300), text, png_colour=colour)
    write(Image(np.zeros((4, 5, 3), np.uint8), metadata=metadata), folder / "full.png")
    assert convfilter("invert", folder / "full.png", folder / "kept.png").code == 0
    assert convfilter("invert", folder / "full.png", folder / "bare.png", "--strip").code == 0
    assert read(folder / "kept.png").metadata.text == metadata.text
    assert read(folder / "bare.png").metadata == Metadata(profile, png_colour=colour)
