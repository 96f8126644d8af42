"""What a run keeps in the journal: whatever ends it, the next one goes on and destroys nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from convfilter import FileResult, filter_files
from convfilter.batch.journal import NAME
from convfilter.batch.journal.lines import Lines, read
from convfilter.errors import ConvfilterError, ImageError, UsageError
from tests.batch.journal.kill_trials import contents, times, trials
from tests.cli.conftest import outputs_in, picture

JOURNAL = Path("out", NAME)


@pytest.fixture(autouse=True)
def _in_folder_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        picture(f"in/{number}.png", seed=number)


def run(pipeline: str = "sobel", **options: Any) -> dict[str, FileResult]:
    """Run into the folder, and return results by name."""
    return {r.output.name: r for r in filter_files("in", "out", pipeline, **options)}


def written(results: dict[str, FileResult]) -> list[str]:
    assert all(result.ok for result in results.values())
    return sorted(name for name, result in results.items() if not result.skipped)


def test_a_finished_run_is_left_alone_and_another_recipe_does_all() -> None:
    assert written(run()) == ["0.png", "1.png", "2.png", "3.png"]
    first, before = contents(Path("out")), times(Path("out"))
    again = run(resume=True)
    assert written(again) == []
    assert {result.skipped for result in again.values()} == {"unchanged"}
    assert times(Path("out")) == before
    assert written(run("prewitt", resume=True)) == ["0.png", "1.png", "2.png", "3.png"]
    assert contents(Path("out")) != first
    assert written(run("sobel", resume=True)) == ["0.png", "1.png", "2.png", "3.png"]
    assert contents(Path("out")) == first


def test_only_what_is_new_or_changed_is_done() -> None:
    run()
    picture("in/1.png", seed=9)
    picture("in/new.png")
    Path("out/3.png").unlink()
    assert written(run(resume=True)) == ["1.png", "3.png", "new.png"]


def test_a_run_that_is_left_is_gone_on_with() -> None:
    results = filter_files("in", "out", "sobel", jobs=1)
    next(results)
    results.close()
    assert [path.name for path in outputs_in("out")] == ["0.png"]
    assert read(JOURNAL).begun == set()  # nothing is under way
    assert written(run(resume=True)) == ["1.png", "2.png", "3.png"]


def test_somebody_elses_file_is_neither_trusted_nor_destroyed() -> None:
    Path("out").mkdir()
    Path("out/2.png").write_bytes(b"mine")
    with pytest.raises(ImageError, match=r"out/2\.png: exists already: give another name, or --ov"):
        run(resume=True)
    assert outputs_in("out") == [Path("out/2.png")]
    assert written(run(resume=True, overwrite=True)) == ["0.png", "1.png", "2.png", "3.png"]


def test_a_file_that_appears_meanwhile_is_not_ours_later() -> None:
    results = filter_files("in", "out", "sobel", jobs=1)
    next(results)
    Path("out/1.png").write_bytes(b"mine")
    assert [result.ok for result in results] == [False, True, True]
    with pytest.raises(ImageError, match="exists already"):
        run(resume=True)
    assert Path("out/1.png").read_bytes() == b"mine"


def test_the_way_on_is_told_where_there_is_a_journal() -> None:
    run()
    with pytest.raises(ImageError, match="--resume to go on where a run ended"):
        run()


def test_skipping_goes_by_existence_alone() -> None:
    Path("out").mkdir()
    Path("out/2.png").write_bytes(b"mine")
    results = run(skip_existing=True)
    assert written(results) == ["0.png", "1.png", "3.png"]
    assert results["2.png"].skipped == "output exists"
    assert Path("out/2.png").read_bytes() == b"mine"
    picture("b.png")
    (result,) = filter_files("b.png", "out/2.png", "sobel", skip_existing=True)
    assert result.skipped == "output exists"


def test_no_journal_is_kept_where_none_is_wanted() -> None:
    run(journal=False)
    assert not JOURNAL.exists()
    picture("a.png")
    assert all(result.ok for result in filter_files("a.png", "b.png", "sobel"))
    assert all(result.ok for result in filter_files("a.png", None, "sobel", in_place=True))
    assert not Path(NAME).exists()


def test_where_all_fails_nothing_is_left() -> None:
    for number in range(4):
        Path(f"in/{number}.png").write_bytes(b"no picture")
    assert not any(result.ok for result in run().values())
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resume": True, "journal": False}, "leave --no-journal out"),
        ({"resume": True, "skip_existing": True}, "leave one out"),
        ({"watch": True, "skip_existing": True}, "leave one out"),
        ({"watch": True, "journal": False}, "leave --no-journal out"),
        ({"resume": True, "in_place": True}, "leave one out"),
        ({"hash_inputs": True, "journal": False}, "leave --no-journal out"),
        ({"watch": True, "fail_fast": True}, "leave one out"),
        ({"poll": 1.0}, "--poll says how --watch looks"),
    ],
)
def test_what_contradicts_itself_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        filter_files("in", "out", "sobel", **options)


def test_what_no_journal_knows_is_in_the_way_of_going_on() -> None:
    picture("out/0.png")
    picture("in/0.png")
    with pytest.raises(ImageError, match=r"name, or --overwrite to replace; the journal knows n"):
        filter_files("in", "out", "sobel", resume=True)


@pytest.mark.parametrize("option", ["resume", "watch"])
def test_a_journal_needs_a_folder(option: str) -> None:
    picture("a.png")
    with pytest.raises(UsageError, match="folder"):
        filter_files("a.png", "b.png", "sobel", **{option: True})


def test_a_journal_that_is_none_is_left_alone_and_told() -> None:
    Path("out").mkdir()
    JOURNAL.write_bytes(b"my diary")
    with pytest.warns(UserWarning, match="no journal is kept.*is no journal of convfilter"):
        assert len(written(run())) == 4
    assert JOURNAL.read_bytes() == b"my diary"
    with pytest.raises(ImageError, match="is no journal of convfilter: move it away"):
        run(resume=True)


def test_a_disk_that_is_full_ends_the_journal_and_not_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(self: Lines, *lines: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Lines, "add", full)
    with pytest.warns(UserWarning, match="no journal is kept.*No space left"):
        assert len(written(run())) == 4


def test_damaged_lines_are_told_of_and_their_files_done_again() -> None:
    run()
    lines = JOURNAL.read_bytes().splitlines(keepends=True)
    bad = [line.replace(b"done", b"gone") if b'"1.png","' in line else line for line in lines]
    bad = [line.replace(b"done", b"gone") if b'"2.png","' in line else line for line in bad]
    JOURNAL.write_bytes(b"".join(bad))
    with pytest.warns(UserWarning, match="2 lines are damaged"):
        assert written(run(resume=True)) == ["1.png", "2.png"]


def test_what_cannot_be_filtered_is_no_worse_off_for_the_next_run() -> None:
    run()
    Path("in/1.png").write_bytes(b"no picture")
    results = run(resume=True)
    assert isinstance(results["1.png"].error, ConvfilterError)
    assert sum(result.skipped == "unchanged" for result in results.values()) == 3
    picture("in/1.png", seed=1)
    assert written(run(resume=True)) == ["1.png"]


@pytest.mark.posix
@pytest.mark.thorough
def test_runs_that_are_killed_are_gone_on_with() -> None:
    assert set(trials(6, seed=3)) == {"right"}
