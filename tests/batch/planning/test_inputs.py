"""Inputs besides files and folders: patterns, lists, links; and what is not taken."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import convfilter as package
from convfilter.batch.planning.lists import names_in
from convfilter.batch.planning.plan import FilePlan, make_plan
from convfilter.batch.settings import completed
from convfilter.errors import ImageError, UsageError
from tests.batch.planning.test_plan import pairs, planned, refused, touch
from tests.cli.conftest import Runner, convfilter, picture

__all__ = ["convfilter"]


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def outputs(plan: FilePlan) -> list[str]:
    return [output for _, output in pairs(plan)]


def of_list(*names: str, output: str | None = "out", **options: Any) -> FilePlan:
    return make_plan([], output, completed(options), label="sobel", listed=names)


# patterns


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in/*.jpg", ["a.jpg", "b.jpg"]),
        ("in/*", ["a.jpg", "b.jpg", "c.png", "x/d.jpg"]),
        ("in/?.png", ["c.png"]),
        ("in/[ab].jpg", ["a.jpg", "b.jpg"]),
        ("in/[!a].jpg", ["b.jpg"]),
        ("in/**/*.jpg", ["a.jpg", "b.jpg", "x/d.jpg", "x/y/e.jpg"]),
        ("**/*.png", ["in/c.png"]),
        ("in/**", ["a.jpg", "b.jpg", "c.png", "x/d.jpg", "x/y/e.jpg"]),
        ("in/**/y/*", ["x/y/e.jpg"]),
        ("in/**/**/e.jpg", ["x/y/e.jpg"]),
        ("i*/x/*.jpg", ["in/x/d.jpg"]),
        ("in/*/d.jpg", ["x/d.jpg"]),
        ("./in/c*", ["c.png"]),
        ("in/.h*", [".hidden.jpg"]),
    ],
)
def test_patterns_keep_the_tree_below_their_first_wildcard(
    pattern: str, expected: list[str]
) -> None:
    touch("in/a.jpg", "in/b.jpg", "in/c.png", "in/notes.txt", "in/x/d.jpg", "in/x/y/e.jpg")
    touch("in/.hidden.jpg")
    assert outputs(planned(pattern, "out")) == [f"out/{name}" for name in expected]


def test_patterns_are_of_the_top_as_well(tmp_path: Path) -> None:
    touch("in/a.jpg")
    assert outputs(planned(f"{tmp_path}/in/*.jpg", "out")) == ["out/a.jpg"]


def test_a_file_that_is_called_so_goes_first() -> None:
    touch("in/a[1].png", "in/a1.png", "x*.png", "x1.png")
    assert pairs(planned("in/a[1].png", "out/")) == [("in/a[1].png", "out/a[1].png")]
    assert pairs(planned("x*.png")) == [("x*.png", "x*-sobel.png")]


def test_what_a_pattern_does_not_take_is_counted() -> None:
    touch("in/a.jpg", "in/notes.txt", "in/deep/b.png", "out/old.jpg")
    plan = planned("in/*", "*", "out")
    assert Counter(outputs(plan)) == Counter(["out/a.jpg", "out/deep/b.png", "out/in/a.jpg"])
    assert plan.passed_over == 2
    assert plan.not_entered == 1


def test_patterns_that_match_nothing() -> None:
    touch("in/a.jpg")
    assert "in/*.tif: no file or folder matches" in refused("in/*.tif", "out", error=ImageError)
    assert "no/*.tif: no file or folder matches" in refused("no/*.tif", "out", error=ImageError)
    assert "need a folder" in refused("in/*.jpg")
    assert "the pattern in/*.jpg needs a folder" in refused("in/*.jpg", "a.png")
    assert pairs(planned("in/*.jpg", in_place=True)) == [("in/a.jpg", "in/a.jpg")]


def test_patterns_from_python() -> None:
    for name in ("in/a.png", "in/b.png"):
        picture(name)
    results = package.filter_files("in/*.png", "out", "invert")
    assert {str(result.output) for result in results} == {"out/a.png", "out/b.png"}


# lists


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"a.png\nb c.png\n", ["a.png", "b c.png"]),
        (b"a.png\r\nb.png\r\n", ["a.png", "b.png"]),
        (b"a.png\r\nb.png", ["a.png", "b.png"]),
        (b"odd\r\nb.png\n", ["odd\r", "b.png"]),
        (b"a\nb.png\0c.png\0", ["a\nb.png", "c.png"]),
        (b"\n\n -a.png \n", [" -a.png "]),
        (b"", []),
        (b"\xef\xbb\xbfa.png\n", ["a.png"]),
        ("\ufeff\u00e9.png\r\nb.png\r\n".encode("utf-16-le"), ["\u00e9.png", "b.png"]),
    ],
)
def test_lists(data: bytes, names: list[str]) -> None:
    assert names_in(data) == names


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    (name,) = names_in(b"\xff\xe9.png\n")
    assert os.fsencode(name) == b"\xff\xe9.png"


def test_files_of_a_list_keep_their_folders(tmp_path: Path) -> None:
    touch("x/a.png", "y/a.png", "b.png", "z/c.png", "*.png")
    plan = of_list("x/a.png", "./y/a.png", "b.png", "z", "*.png", "y/../x/a.png", "none.png")
    names = ["x/a.png", "y/a.png", "b.png", "z/c.png", "*.png", "none.png"]
    assert outputs(plan) == [f"out/{name}" for name in names]
    (outside,) = of_list(f"{tmp_path.parent}/elsewhere.png").jobs
    assert outside.target == f"out{tmp_path.parent}/elsewhere.png"
    (inside,) = of_list(f"{tmp_path}/x/a.png").jobs
    assert inside.target == "out/x/a.png"
    assert pairs(of_list("b.png", output=None, in_place=True)) == [("b.png", "b.png")]


def test_lists_need_a_folder() -> None:
    touch("a.png", "b.png")
    with pytest.raises(UsageError, match="needs a folder for the results"):
        of_list("a.png", output=None)
    with pytest.raises(UsageError, match="not with standard streams"):
        of_list("a.png", output="-")
    with pytest.raises(ImageError, match=r"b\.png is not a folder"):
        of_list("a.png", output="b.png")
    with pytest.raises(ImageError, match="the list of files is empty"):
        of_list()


def test_the_command_takes_lists(convfilter: Runner) -> None:
    for name in ("x/a.png", "y/a.png", "-"):
        picture(name if name != "-" else "./-.png")
    Path("./-.png").rename("./-")
    Path("list").write_bytes(b"x/a.png\ny/a.png\n")
    ended = convfilter("invert", "--files-from", "list", "out")
    assert (ended.code, ended.out) == (0, b"")
    assert ended.lines[-1] == "convfilter invert: 2 files written to out"
    ended = convfilter("invert", "--files-from", "-", "out2", stdin=b"x/a.png\0")
    assert (ended.code, Path("out2/x/a.png").exists()) == (0, True)
    assert convfilter("invert", "--files-from", "no.txt", "out").err == (
        "convfilter invert: no.txt: the list cannot be read: No such file or directory\n"
    )
    assert "give the folder" in convfilter("invert", "--files-from", "list").err


# links to folders, and what is no file


@pytest.mark.posix
def test_links_to_folders_are_followed_when_asked_each_folder_once() -> None:
    touch("in/a.png", "in/z/b.png", "else/c.png", "else/d/e.png")
    Path("in/again").symlink_to("z")
    Path("in/other").symlink_to("../else")
    Path("in/inner").symlink_to("../else/d")
    Path("else/up").symlink_to("../in")
    Path("in/z/round").symlink_to("..")
    plan = planned("in", "out", recursive=True)
    assert outputs(plan) == ["out/a.png", "out/z/b.png"]
    assert plan.not_followed == 4
    assert plan.left_out() == ["4 links to folders not followed (use --follow-links)"]
    plan = planned("in", "out", recursive=True, follow_links=True)
    assert outputs(plan) == [
        "out/a.png",
        "out/z/b.png",
        "out/inner/e.png",
        "out/other/c.png",
    ]
    assert plan.not_followed == 0


@pytest.mark.posix
def test_patterns_go_round_in_no_circle() -> None:
    touch("in/a.png", "in/x/b.png")
    for name in ("in/one", "in/two", "in/x/three"):
        Path(name).symlink_to(Path.cwd() / "in")
    assert outputs(planned("in/**/*.png", "out")) == ["out/a.png", "out/x/b.png"]
    assert outputs(planned("in/**/*.png", "out", follow_links=True)) == ["out/a.png", "out/x/b.png"]
    assert outputs(planned("in/**", "out")) == ["out/a.png", "out/x/b.png"]


@pytest.mark.posix
@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX system has these")
def test_special_files_are_counted_by_kind() -> None:
    import socket

    touch("in/a.png", "in/notes.txt")
    os.mkfifo("in/pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("in/s.png")
        plan = planned("in", "out")
    assert plan.left_out() == [
        "1 other file passed over",
        "1 pipe passed over",
        "1 socket passed over",
    ]


# speed


def test_each_folder_is_listed_once_and_files_are_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folders = [f"in/{number}" for number in range(5)]
    touch(*(f"{folder}/{number}.png" for folder in folders for number in range(60)))
    scandir, lstat, stat = os.scandir, os.lstat, os.stat
    seen: Counter[str] = Counter()

    def counted(path: Any = ".") -> Any:
        seen[os.fspath(path)] += 1
        return scandir(path)

    asked: list[str] = []
    monkeypatch.setattr(os, "scandir", counted)
    monkeypatch.setattr(os, "lstat", lambda p, **k: (asked.append(str(p)), lstat(p, **k))[1])
    monkeypatch.setattr(os, "stat", lambda p, **k: (asked.append(str(p)), stat(p, **k))[1])
    assert len(planned("in", "out", recursive=True).jobs) == 300
    inputs = {name: count for name, count in seen.items() if name.startswith("in")}
    assert inputs == dict.fromkeys(["in", *folders], 1)
    assert max(seen.values()) == 1
    assert [path for path in asked if path.endswith(".png")] == []
