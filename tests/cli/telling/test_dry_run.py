"""What a run would do: printed, and nothing else done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Runner, everything, picture


@pytest.mark.parametrize("option", ["--dry-run", "-n"])
def test_a_plan_is_printed_and_nothing_is_made(
    convfilter: Runner, folder: Path, option: str
) -> None:
    for name in ("in/a.png", "in/b c.png", "in/x/d.png", "in/x/d.jpg"):
        picture(name)
    before = everything(folder)
    ended = convfilter("sobel", "-r", "in", "out", "--format", "png", option)
    assert ended.code == 3
    assert ended.text == "new  in/a.png -> out/a.png\nnew  in/b c.png -> out/b c.png\n"
    assert len(ended.lines) == 3
    assert ended.lines[-1] == (
        "convfilter sobel: 2 files would be written to out, 2 would fail;"
        " nothing is written by --dry-run"
    )
    assert everything(folder) == before


def test_outputs_that_exist(convfilter: Runner, folder: Path) -> None:
    picture("in/a.png")
    picture("in/b.png")
    assert convfilter("invert", "in/a.png", "out/", "--no-journal").code == 0
    before = everything(folder)
    ended = convfilter("invert", "in", "out", "-n")
    assert (ended.code, len(ended.lines)) == (1, 1)
    assert ended.text.splitlines() == [
        "exists  in/a.png -> out/a.png",
        "new     in/b.png -> out/b.png",
    ]
    assert "out/a.png: exists already" in ended.err
    ended = convfilter("invert", "in", "out", "-n", "--overwrite")
    assert (ended.code, ended.text.splitlines()[0]) == (0, "replaced  in/a.png -> out/a.png")
    assert everything(folder) == before


def test_one_file_and_streams(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    assert convfilter("invert", "a.png", "-n").text == "new  a.png -> a-invert.png\n"
    assert convfilter("invert", "a.png", "-", "-n").text == "new  a.png -> standard output\n"
    assert sorted(everything(folder)) == ["a.png"]


def test_names_stay_on_one_line(convfilter: Runner, folder: Path) -> None:
    picture("in/a\nb\033[2J.png")
    ended = convfilter("invert", "in", "out", "-n")
    assert ended.text.count("\n") == 1
    assert "\\x1b" in ended.text
    assert "\033" not in ended.text
