"""Runs that are gone on with, and folders that are watched, on the command line."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.batch.watching.watch_trials import Watch
from tests.cli.conftest import Runner, outputs_in, picture


def test_the_last_line_says_what_was_left_alone(convfilter: Runner, folder: Path) -> None:
    for name in "abc":
        picture(f"in/{name}.png")
    assert convfilter("sobel", "in", "out").lines == ["convfilter sobel: 3 files written to out"]
    picture("in/b.png", seed=1)
    said = "convfilter sobel: 1 file written to out, 2 left alone (unchanged)"
    assert convfilter("sobel", "in", "out", "--update").lines == [said]
    said = "convfilter sobel: 0 files written, 3 left alone (unchanged)"
    assert convfilter("sobel", "in", "out", "--resume").lines == [said]
    said = "convfilter sobel: 0 files written, 3 left alone (output exists)"
    assert convfilter("sobel", "in", "out", "--skip-existing").lines == [said]
    assert convfilter("sobel", "in", "out", "--resume", "-q").err == ""


def test_a_trial_says_why_each_file_would_be_done(convfilter: Runner, folder: Path) -> None:
    for name in "abcd":
        picture(f"in/{name}.png")
    convfilter("sobel", "in", "out")
    picture("in/b.png", seed=1)
    picture("in/new.png")
    Path("out/c.png").unlink()
    Path("out/d.png").write_bytes(b"edited")
    ended = convfilter("sobel", "in", "out", "--resume", "--dry-run")
    assert (ended.code, ended.text.splitlines()) == (
        0,
        [
            "input changed   in/b.png -> out/b.png",
            "output missing  in/c.png -> out/c.png",
            "output changed  in/d.png -> out/d.png",
            "new             in/new.png -> out/new.png",
        ],
    )
    assert "4 files would be written to out, 1 left alone (unchanged)" in ended.err
    reasons = convfilter("prewitt", "in", "out", "--resume", "--dry-run").text.splitlines()
    assert reasons[0] == "recipe changed  in/a.png -> out/a.png"


def test_one_that_fails_among_many_that_are_done_is_some(convfilter: Runner, folder: Path) -> None:
    for name in "ab":
        picture(f"in/{name}.png")
    convfilter("sobel", "in", "out")
    Path("in/b.png").write_bytes(b"no picture")
    assert convfilter("sobel", "in", "out", "--resume").code == 3


def test_a_journal_that_is_none_is_told_in_a_line(convfilter: Runner, folder: Path) -> None:
    picture("in/a.png")
    Path("out").mkdir()
    Path("out/.convfilter-journal").write_bytes(b"my diary")
    ended = convfilter("sobel", "in", "out")
    assert ended.code == 0
    assert ended.lines[0].startswith("convfilter sobel: no journal is kept")
    ended = convfilter("sobel", "in", "out", "--resume")
    assert (ended.code, len(ended.lines)) == (1, 1)
    assert "out/.convfilter-journal: is no journal of convfilter: move it away" in ended.err


@pytest.mark.posix
@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_ends_well(folder: Path, number: signal.Signals) -> None:
    picture("in/a.png")
    watch = Watch(folder)
    assert watch.wait(lambda: watch.made()["a.png"] == 1)
    assert watch.end(number) == 0
    assert watch.lines[-1] == "convfilter sobel: 1 file written to out\n"
    assert outputs_in("out") == [Path("out/a.png")]
