"""Which input becomes which output, and what is refused before anything is written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from convfilter.batch.planning.plan import FilePlan, make_plan
from convfilter.batch.settings import completed
from convfilter.errors import ImageError, UsageError


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def touch(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def planned(*paths: str, **options: Any) -> FilePlan:
    """Plan the paths of a command line: the last of several is the output, unless in place."""
    inputs, output = paths, None
    if len(paths) > 1 and not options.get("in_place"):
        *inputs, output = paths
    return make_plan(inputs, output, completed(options), label="sobel")


def pairs(plan: FilePlan) -> list[tuple[str, str]]:
    return [(str(job.input), str(job.output)) for job in plan.jobs]


def refused(*paths: str, error: type[Exception] = UsageError, **options: Any) -> str:
    before = everything()
    with pytest.raises(error) as caught:
        planned(*paths, **options)
    assert everything() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def everything() -> list[Path]:
    return sorted(Path().rglob("*"))


def test_one_file_to_one_file() -> None:
    touch("a.png")
    plan = planned("a.png", "b.jpg")
    assert pairs(plan) == [("a.png", "b.jpg")]
    assert plan.target is None
    assert not plan.chosen_name


def test_one_file_into_an_existing_folder() -> None:
    touch("a.png", "out/other.png")
    assert pairs(planned("a.png", "out")) == [("a.png", "out/a.png")]


def test_a_slash_makes_the_output_a_folder() -> None:
    touch("a.png")
    plan = planned("a.png", "out/", format="JPEG")
    assert pairs(plan) == [("a.png", "out/a.jpg")]
    assert plan.jobs[0].make_folder


@pytest.mark.parametrize(
    ("name", "format_name", "expected"),
    [
        ("photo.jpg", None, "photo-sobel.jpg"),
        ("photo.jpeg", "JPEG", "photo-sobel.jpeg"),
        ("photo.jpg", "PNG", "photo-sobel.png"),
        ("photo.v2.tif", None, "photo.v2-sobel.tif"),
        ("photo.v2", "PNG", "photo.v2-sobel.png"),
        ("sub/photo.PNG", None, "sub/photo-sobel.PNG"),
    ],
)
def test_a_single_path_gets_a_sibling(name: str, format_name: str | None, expected: str) -> None:
    touch(name)
    plan = planned(name, format=format_name)
    assert pairs(plan) == [(name, expected)]
    assert plan.chosen_name


def test_a_single_folder_gets_a_sibling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch("photos/a.png")
    assert pairs(planned("photos/")) == [("photos/a.png", "photos-sobel/a.png")]
    monkeypatch.chdir(tmp_path / "photos")
    assert pairs(planned(".")) == [("a.png", f"{tmp_path}/photos-sobel/a.png")]
    assert "no place beside it" in refused_root()


def refused_root() -> str:
    with pytest.raises(UsageError) as caught:
        planned("/")
    return str(caught.value)


def test_standard_streams() -> None:
    touch("a.png")
    assert pairs(planned("-")) == [("None", "None")]
    assert pairs(planned("-", "b.png")) == [("None", "b.png")]
    assert pairs(planned("a.png", "-")) == [("a.png", "None")]
    assert planned("-").jobs[0].name == "standard input"


def test_several_files_into_a_folder() -> None:
    touch("a.png", "sub/b.jpg")
    plan = planned("a.png", "sub/b.jpg", "out")
    assert pairs(plan) == [("a.png", "out/a.png"), ("sub/b.jpg", "out/b.jpg")]
    assert plan.target == Path("out")
    assert not Path("out").exists()


def test_a_file_named_twice_is_taken_once() -> None:
    touch("a.png")
    assert pairs(planned("a.png", "./a.png", "out")) == [("a.png", "out/a.png")]
    assert pairs(planned("a.png", "a.png", in_place=True)) == [("a.png", "a.png")]


def test_folder_takes_only_images_and_counts_the_rest() -> None:
    touch(
        "in/b.PNG", "in/a.jpg", "in/notes.txt", "in/.hidden.png", "in/deep/c.png", "in/more/d.png"
    )
    touch("in/.convfilter-journal")
    plan = planned("in", "out")
    assert pairs(plan) == [("in/a.jpg", "out/a.jpg"), ("in/b.PNG", "out/b.PNG")]
    assert plan.passed_over == 2
    assert plan.not_entered == 2


def test_recursive_keeps_the_tree() -> None:
    touch("in/a.png", "in/x/a.png", "in/x/y/a.png", "in/.git/a.png")
    plan = planned("in", "out", recursive=True)
    outputs = [output for _, output in pairs(plan)]
    assert outputs == ["out/a.png", "out/x/a.png", "out/x/y/a.png"]
    assert plan.not_entered == 0


def test_trees_may_be_deeper_than_the_stack_of_python() -> None:
    touch("in/" + "d/" * 300 + "a.png")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(250)
    try:
        assert len(planned("in", "out", recursive=True).jobs) == 1
    finally:
        sys.setrecursionlimit(limit)


def test_several_folders_keep_their_names() -> None:
    touch("p/a.png", "q/a.png", "c.png")
    plan = planned("p", "q/", "c.png", "out")
    assert [output for _, output in pairs(plan)] == ["out/p/a.png", "out/q/a.png", "out/c.png"]


def test_output_folder_inside_the_input_is_not_walked_into() -> None:
    touch("in/a.png", "in/out/old.png", "in/x/b.png")
    plan = planned("in", "in/out", recursive=True)
    assert pairs(plan) == [("in/a.png", "in/out/a.png"), ("in/x/b.png", "in/out/x/b.png")]
    assert planned("in", "in/out").not_entered == 1


def test_links_to_folders_are_not_followed() -> None:
    touch("in/a.png")
    Path("in/round").symlink_to(Path.cwd() / "in", target_is_directory=True)
    assert pairs(planned("in", "out", recursive=True)) == [("in/a.png", "out/a.png")]


@pytest.mark.posix
def test_pipes_in_a_folder_are_passed_over() -> None:
    touch("in/a.png")
    os.mkfifo("in/pipe.png")
    plan = planned("in", "out")
    assert pairs(plan) == [("in/a.png", "out/a.png")]
    assert plan.special == ((Path("in/pipe.png"), "pipe"),)
    assert plan.left_out() == ["1 pipe passed over"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_output_equal_to_input_is_refused(overwrite: bool) -> None:
    touch("a.png", "in/b.png")
    os.link("a.png", "hard.png")
    Path("soft.png").symlink_to("a.png")
    for output in ("a.png", "./a.png", "hard.png", "soft.png"):
        message = refused("a.png", output, overwrite=overwrite)
        assert "--in-place" in message
        assert "a.png" in message
    assert "in/b.png is both" in refused("in", "in/", overwrite=overwrite)
    assert "in/b.png" in refused("in/b.png", ".", "in", overwrite=overwrite)


def test_output_equal_to_another_input_is_refused() -> None:
    touch("x/a.png", "b.png", "a.png")
    assert "is both input and output" in refused("x/a.png", "b.png", ".", overwrite=True)


def test_in_place() -> None:
    touch("a.png", "in/b.png", "in/x/c.png")
    plan = planned("a.png", "in", in_place=True, recursive=True)
    assert pairs(plan) == [(name, name) for name in ("a.png", "in/b.png", "in/x/c.png")]
    assert all(job.overwrite for job in plan.jobs)
    assert "--format" in refused("a.png", in_place=True, format="PNG")
    assert "standard input" in refused("-", in_place=True)


def test_an_output_must_suit_the_inputs() -> None:
    touch("a.png", "b.png")

    def refusal(*inputs: str, output: str | None, **options: Any) -> str:
        with pytest.raises(UsageError) as caught:
            make_plan(inputs, output, completed(options), label="sobel", output_called="output")
        return str(caught.value)

    assert "no place for out" in refusal("a.png", output="out", in_place=True)
    assert refusal("a.png", "b.png", output=None) == "several inputs need a folder as output"
    assert "a folder as output, but b.png is a file" in refusal("a.png", "a.png", output="b.png")


def test_existing_outputs_are_refused_unless_allowed() -> None:
    touch("a.png", "b.png", "out/a.png", "out/b.png", "c.png")
    assert "c.png: exists already" in refused("a.png", "c.png", error=ImageError)
    message = refused("a.png", "b.png", "out", error=ImageError)
    assert "out/a.png: exists already, and 1 more" in message
    assert "--overwrite" in message
    assert all(job.overwrite for job in planned("a.png", "b.png", "out", overwrite=True).jobs)


def test_a_dangling_link_is_in_the_way() -> None:
    touch("a.png")
    Path("b.png").symlink_to("nowhere.png")
    assert "exists already" in refused("a.png", "b.png", error=ImageError)


def test_devices_need_no_leave_to_be_written_to() -> None:
    touch("a.png")
    assert planned("a.png", os.devnull, format="PNG").jobs[0].overwrite


@pytest.mark.posix
def test_pipes_and_open_files_need_neither_leave_nor_suffix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    touch("a.png", "b.png")
    os.mkfifo("pipe")
    Path("link").symlink_to("/dev/stdout")
    # a user may write to a device, and to a pipe of others, but not to the folder
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Path("b.png").open("rb") as file:
        for output in (os.devnull, "/dev/stdout", f"/dev/fd/{file.fileno()}", "pipe", "link"):
            job = planned("a.png", output).jobs[0]
            assert (job.overwrite, job.keeps_format) == (True, True), output
    assert "no format has the suffix" in refused("a.png", "/dev/stdout.xyz")
    for path in ("pipe", "/dev/stdin", os.devnull):
        assert "no file that could be replaced" in refused("a.png", path, in_place=True)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ((), "give an input"),
        (("",), "empty"),
        (("a.png", ""), "empty"),
        (("a.png", "b.png", "c.jpg"), "several inputs need a folder"),
        (("a.png", "b.png", "d.jpg"), "has the name of a file"),
        (("in", "c.jpg"), "the folder in needs a folder"),
        (("a.png", "b.png", "-"), "not standard output"),
        (("in", "-"), "not standard output"),
        (("-", "a.png", "out"), "the one input"),
        (("-", "in"), "give a file"),
        (("a.png", "x.xyz"), "no format has the suffix"),
        (("a.png", "x"), "no suffix"),
        (("plain",), "no suffix"),
    ],
)
def test_paths_that_do_not_fit_together(paths: Iterable[str], words: str) -> None:
    touch("a.png", "b.png", "c.jpg", "in/a.png", "plain")
    assert words in refused(*paths)


def test_missing_things() -> None:
    touch("a.png", "plain")
    assert "nope.png: no such file" in refused("nope.png", error=ImageError)
    assert "nope: no such file" in refused("nope", "out.png", error=ImageError)
    assert "nope.png: no such file" in refused("nope.png", "out/", error=ImageError)
    assert "nope.png" in refused("nope.png", in_place=True, error=ImageError)
    assert "far does not exist" in refused("a.png", "far/b.png", error=ImageError)
    assert "plain is not a folder" in refused("a.png", "plain/x/", error=ImageError)


def test_a_missing_file_among_several_is_left_to_its_job() -> None:
    touch("a.png")
    assert len(planned("a.png", "nope.png", "out").jobs) == 2


def test_nothing_to_do_says_what_was_met() -> None:
    touch("in/notes.txt", "in/deep/a.png")
    message = refused("in", "out", error=ImageError)
    assert "in: no images found" in message
    assert "1 other file passed over" in message
    assert "use -r" in message
    touch("in2/notes.txt")
    assert "the folders: no images" in refused("in", "in2", "out", error=ImageError)


def test_permissions(monkeypatch: pytest.MonkeyPatch) -> None:
    # root, who runs many a container, may do everything: so the answers are given here
    touch("in/a.png", "in/x/b.png", "a.png", "locked/c.png")
    scandir, access = os.scandir, os.access

    def no_listing(path: Path) -> Any:
        if Path(path).name == "x":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", no_listing)
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name != "locked" and access(path, mode)
    )
    refusal = "the folder locked may not be written to"
    for paths in (("a.png", "locked/b.png"), ("a.png", "in", "locked/x")):
        with pytest.raises(ImageError, match=refusal):
            planned(*paths)
    plan = planned("in", "out", recursive=True)
    assert pairs(plan) == [("in/a.png", "out/a.png")]
    (failure,) = plan.failures
    assert (failure.input, failure.output) == (Path("in/x"), Path("out/x"))
    assert "in/x: the folder cannot be read" in str(failure.error)
    with pytest.raises(ImageError, match="in/x: the folder cannot be read: Permission denied"):
        planned("in/x", "out")


@pytest.mark.posix
def test_a_read_only_file_system_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    touch("a.png", "locked/c.png")
    access, statvfs = os.access, os.statvfs

    def read_only(path: Path) -> Any:
        values = list(statvfs(path))
        values[8] |= os.ST_RDONLY  # its flags
        return os.statvfs_result(values)

    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name != "locked" and access(path, mode)
    )
    monkeypatch.setattr(os, "statvfs", read_only)
    with pytest.raises(ImageError, match="the folder locked is on a read-only file system: name"):
        planned("a.png", "locked/b.png")


def test_odd_names_stay_on_one_line() -> None:
    touch("in/a\nb.png")
    assert planned("in", "out").jobs[0].name == repr("in/a\nb.png")
    assert "\\n" in refused("in", "in/", overwrite=True)
