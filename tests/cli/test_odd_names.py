"""Names that trip programs: every file is done or clearly refused, whichever way it is named."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from convfilter.batch.filtering import filter_files
from tests.cli.conftest import Runner, everything, picture

pytestmark = pytest.mark.posix

NAMES = [
    b"with space.png",
    b" leading and trailing .png",
    b"'single' \"double\" `back`.png",
    b"$(touch outside) ; & | > outside.png",
    b"new\nline.png",
    b"return\r\ttab.png",
    b"escape\x1b[2Jbell\x07.png",
    "\U0001f4f7\u200d\U0001f308 emoji \u202e.png".encode(),
    "e\u0301 and \u00e9.png".encode(),
    b"\xff\xfe not text \xe9.png",
    b"-leading-dash.png",
    b"--help.png",
    b"%s {stem} {0}.png",
    b"*.png",
    b"a[1]?.png",
    b"~.png",
    b"back\\slash.png",
    b"n" * 246 + b".png",
    "\u4e2d".encode() * 82 + b".png",
]


@pytest.fixture
def names(folder: Path) -> list[str]:
    """Return the names of pictures in the folder `in`."""
    if sys.platform == "darwin":  # where names are text
        kept = [name for name in NAMES if b"\xff" not in name]
    else:
        kept = NAMES
    data = picture("plain.png").read_bytes()
    Path("plain.png").unlink()
    Path("in").mkdir()
    for name in kept:
        Path(os.fsdecode(b"in/" + name)).write_bytes(data)
    return [os.fsdecode(name) for name in kept]


def made_in(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir() if not path.name.startswith(".convf")}


def test_in_a_folder_in_arguments_and_in_a_list(
    convfilter: Runner, folder: Path, names: list[str]
) -> None:
    ended = convfilter("invert", "in", "from-folder")
    assert (ended.code, len(ended.lines)) == (0, 1)
    ended = convfilter("invert", *(f"in/{name}" for name in names), "from-arguments")
    assert (ended.code, len(ended.lines)) == (0, 1)
    Path("list").write_bytes(b"\0".join(os.fsencode(f"in/{name}") for name in names) + b"\0")
    ended = convfilter("invert", "--files-from", "list", "from-list")
    assert (ended.code, len(ended.lines)) == (0, 1)
    ended = convfilter("invert", "in/*", "from-pattern")
    assert (ended.code, len(ended.lines)) == (0, 1)
    for result in filter_files("in", "from-python", "invert"):
        assert result.ok
    made = ["from-folder", "from-arguments", "from-list/in", "from-pattern", "from-python"]
    for place in made:
        assert made_in(place) == set(names), place
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(place.partition("/")[0] for place in made), "in", "list"]
    )


def test_within_the_folder_itself(
    convfilter: Runner, folder: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("in")
    ended = convfilter("invert", ".", "../out")
    assert (ended.code, len(ended.lines)) == (0, 1)
    assert convfilter("invert", "--", "-leading-dash.png", "../dash.png").code == 0
    ended = convfilter("invert", "-leading-dash.png", "../dash2.png")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "begins with a dash is written ./-name" in ended.err
    assert made_in("../out") == set(names)
    assert sorted(path.name for path in folder.iterdir()) == ["dash.png", "in", "out"]


def test_messages_stay_on_one_line_and_move_no_terminal(
    convfilter: Runner, folder: Path, names: list[str]
) -> None:
    for path in Path("in").iterdir():
        path.write_bytes(b"no picture")
    for more in ([], ["--report", "r.json"], ["--quarantine", "aside"]):
        ended = convfilter("invert", "in", "out", "--update", *more)
        assert ended.code == 1
        assert len(ended.lines) == len(names) + 1, (more, ended.lines[-3:])
        assert all(line.startswith("convfilter invert: ") for line in ended.lines)
        assert all(line.isprintable() for line in ended.lines)
    ended = convfilter("invert", "in", "out", "--dry-run")
    assert len(ended.text.splitlines()) == len(names)
    assert all(line.isprintable() for line in ended.text.splitlines())


def test_names_that_grow_too_long_are_refused_and_the_others_done(
    convfilter: Runner, folder: Path, names: list[str]
) -> None:
    ended = convfilter("invert", "in", "out", "--suffix", "-inverted")
    long = [name for name in names if len(os.fsencode(name)) > 240]
    assert (ended.code, len(ended.lines)) == (3, len(long) + 1)
    assert all("are the most there" in line for line in ended.lines[:-1])
    assert made_in("out") == {f"{name[:-4]}-inverted.png" for name in names if name not in long}
    before = everything(folder)
    ended = convfilter("invert", f"in/{long[0]}", "--suffix", "-inverted")
    assert (ended.code, len(ended.lines)) == (1, 1)
    assert everything(folder) == before
