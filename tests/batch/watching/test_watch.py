"""Watched folders: what arrives is filtered once, when it is wholly written."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from convfilter import FileResult, filter_files
from convfilter.batch.job import Job
from convfilter.batch.journal.lines import Lines
from convfilter.batch.watching import arrivals
from convfilter.batch.watching.arrivals import Arrivals
from convfilter.errors import ImageError, UsageError
from tests.batch.watching.watch_trials import trial
from tests.cli.conftest import outputs_in, picture


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(arrivals, "SETTLED", 0.05)
    Path("in").mkdir()


class Watched:
    """Results of a watch, which are taken in a thread."""

    def __init__(self, **options: Any) -> None:
        self._results = filter_files("in", "out", "sobel", watch=True, **options)
        self._queue: SimpleQueue[FileResult | None] = SimpleQueue()
        self._ending = False
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        for result in self._results:
            if self._ending and result.input.name == "end.png":
                self._results.close()
                break
            self._queue.put(result)
        self._queue.put(None)

    def next(self) -> FileResult:
        result = self._queue.get(timeout=30)
        assert result is not None
        return result

    def end(self) -> list[FileResult]:
        """End the watch, and return what came before it heard of that."""
        self._ending = True
        picture("in/end.png")
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()
        return list(iter(self._queue.get, None))


@pytest.fixture(params=[{"poll": 0.02}, {}], ids=["looking", "told"])
def watched(request: pytest.FixtureRequest) -> Callable[..., Watched]:
    return lambda **options: Watched(**request.param, **options)


def test_what_is_there_and_what_arrives_is_filtered_once(
    watched: Callable[..., Watched],
) -> None:
    picture("in/there.png")
    watch = watched()
    assert watch.next().input == Path("in/there.png")
    picture("elsewhere.png").rename("in/moved.png")
    result = watch.next()
    assert (result.input, result.ok) == (Path("in/moved.png"), True)
    picture("in/moved.png", seed=1)
    assert watch.next().input == Path("in/moved.png")
    Path("in/moved.png").unlink()
    assert watch.end() == []
    assert [path.name for path in outputs_in("out")] == ["end.png", "moved.png", "there.png"]
    picture("in/meanwhile.png")
    watch = watched()
    skipped = {watch.next().skipped for _ in range(2)}  # end.png and there.png
    assert skipped == {"unchanged"}
    assert watch.next().input == Path("in/meanwhile.png")
    picture("in/end.png", seed=1)
    assert watch.end() == []


def test_failures_are_told_once_and_tried_again_when_the_file_changes() -> None:
    watch = Watched(poll=0.02)
    Path("in/a.png").write_bytes(b"no picture")
    assert isinstance(watch.next().error, ImageError)
    picture("in/b.png")
    assert watch.next().input == Path("in/b.png")
    picture("in/a.png")
    assert watch.next().ok
    assert watch.end() == []


def test_each_is_made_once_even_where_no_journal_can_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(self: Lines, *lines: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def watch_two_files() -> None:
        watch = Watched(poll=0.02)
        assert watch.next().input == Path("in/a.png")
        picture("in/b.png")
        assert watch.next().input == Path("in/b.png")
        threading.Event().wait(0.2)
        assert watch.end() == []

    picture("in/a.png")
    monkeypatch.setattr(Lines, "add", full)
    with pytest.warns(UserWarning, match="no journal is kept"):
        watch_two_files()


def test_somebody_elses_output_is_a_failure_and_stays() -> None:
    picture("in/a.png")
    Path("out").mkdir()
    Path("out/a.png").write_bytes(b"mine")
    watch = Watched(poll=0.02)
    assert "exists already, and is not in the journal" in str(watch.next().error)
    picture("in/b.png")
    Path("out/b.png").write_bytes(b"mine")
    assert "exists already, and is not in the journal" in str(watch.next().error)
    assert watch.end() == []
    assert Path("out/a.png").read_bytes() == Path("out/b.png").read_bytes() == b"mine"


def test_outputs_inside_the_inputs_are_not_seen() -> None:
    results = filter_files("in", "in/out", "sobel", watch=True, recursive=True, poll=0.02)
    picture("in/deep/a.png")
    assert next(results).output == Path("in/out/deep/a.png")
    picture("in/b.png")
    assert next(results).output == Path("in/out/b.png")
    results.close()
    assert sorted(p.name for p in Path("in/out").rglob("*.png")) == ["a.png", "b.png"]


@pytest.mark.thorough
def test_a_folder_that_goes_away_is_told_and_looked_for_again() -> None:
    def go_away_and_come_back() -> None:
        watch = Watched(poll=0.02)
        assert watch.next().ok
        Path("in").rename("gone")
        picture("new/b.png")
        threading.Event().wait(0.3)
        Path("new").rename("in")
        assert watch.next().input == Path("in/b.png")
        assert watch.end() == []

    picture("in/a.png")
    with pytest.warns(UserWarning, match=r"in: no such file or folder.*looked for again"):
        go_away_and_come_back()


def test_what_is_never_finished_is_told_at_the_end() -> None:
    def watch_until_the_end() -> None:
        watch = Watched(poll=0.02)
        assert watch.next().input == Path("in/a.png")
        assert watch.end() == []

    Path("in/empty.png").touch()
    picture("in/a.png")
    with pytest.warns(UserWarning, match=r"not wholly written .* left: in/empty\.png"):
        watch_until_the_end()


def test_only_folders_are_watched() -> None:
    picture("a.png")
    Path("out").mkdir()
    with pytest.raises(UsageError, match="name one as an input"):
        filter_files(["a.png"], "out", "sobel", watch=True)


def test_where_the_library_is_missing_the_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(ImageError, match=r"--poll needs watchfiles.*pip install 'convfilter\[wa"):
        filter_files("in", "out", "sobel", watch=True)


class Clock:
    """A clock that goes when it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        monkeypatch.setattr(arrivals, "SETTLED", 2.0)


def whole(waiting: Arrivals) -> list[str]:
    return [job.name for job, _ in waiting.whole()]


def test_a_file_is_whole_when_two_looks_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    path = Path("in/a.png")
    jobs = [Job(path, Path("out/a.png"))]
    waiting = Arrivals(trusts_times=False)
    path.write_bytes(b"part")
    waiting.take(jobs)
    clock.now += 1.9
    assert whole(waiting) == []
    with path.open("ab") as file:
        file.write(b"more")
    clock.now += 1.0
    waiting.take(jobs)
    clock.now += 1.9
    assert whole(waiting) == []
    assert waiting.names == ["in/a.png"]
    clock.now += 0.2
    assert whole(waiting) == ["in/a.png"]
    assert whole(waiting) == waiting.names == []


def test_an_old_time_is_trusted_where_the_clock_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    path = Path("in/a.png")
    path.write_bytes(b"whole")
    os.utime(path, (1e9, 1e9))
    for trusts, expected in ((True, ["in/a.png"]), (False, [])):
        waiting = Arrivals(trusts_times=trusts)
        waiting.take([Job(path, Path("out/a.png"))])
        assert whole(waiting) == expected


def test_neither_empty_files_nor_open_ones_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    jobs = [Job(Path(f"in/{name}.png"), Path("out")) for name in ("empty", "open", "gone")]
    Path("in/empty.png").touch()
    Path("in/gone.png").write_bytes(b"soon")
    with Path("in/open.png").open("wb", buffering=0) as file:
        file.write(b"part")
        waiting = Arrivals(trusts_times=False)
        waiting.take(jobs)
        Path("in/gone.png").unlink()
        clock.now += 5.0
        assert whole(waiting) == ([] if sys.platform == "linux" else ["in/open.png"])
    clock.now += 5.0
    assert whole(waiting) == (["in/open.png"] if sys.platform == "linux" else [])
    assert waiting.names == ["in/empty.png"]


@pytest.mark.posix
@pytest.mark.thorough
def test_whatever_arrives_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    assert trial(tmp_path / "trial", 40) == []
