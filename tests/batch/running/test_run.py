"""Jobs side by side, how CPUs are shared out among them, and how a run is ended early."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from convfilter.batch.job import Job
from convfilter.batch.running import telling
from convfilter.batch.running.jobs import Outcome, Threads
from convfilter.batch.running.run import shared_out
from convfilter.batch.running.telling import Told
from convfilter.batch.work import Done, Seconds
from convfilter.errors import ImageError
from convfilter.files import replace
from convfilter.runtime import threads

JOBS = [Job(Path(f"{number}.png"), Path(f"out/{number}.png")) for number in range(12)]
MANY = [Job(Path(f"{number}.png"), None) for number in range(5000)]


def done(*notes: str) -> Done:
    return Done((2, 3), "uint8", 1, notes, (), Seconds(0.0, 0.0, 0.0))


def work(job: Job) -> Done:
    number = int(job.name.partition(".")[0])
    if number == 3:
        raise ImageError("3.png: broken")
    if number == 4:
        raise MemoryError
    if number == 5:
        raise ZeroDivisionError("a bug")
    return done(f"note {number}")


@pytest.mark.parametrize("count", [1, 3, 50])
def test_every_job_is_told_once(count: int) -> None:
    outcomes = list(Threads(JOBS, work, count))
    assert sorted(o.job.name for o in outcomes) == sorted(job.name for job in JOBS)
    failed = {o.job.name: o.error for o in outcomes if o.error is not None}
    assert set(failed) == {"3.png", "4.png", "5.png"}
    assert "not enough memory" in str(failed["4.png"])
    assert isinstance(failed["5.png"], ZeroDivisionError)
    assert {o.done for o in outcomes if o.job.name == "7.png"} == {done("note 7")}


def test_no_jobs_have_no_outcomes() -> None:
    running = Threads([], work, 3)
    assert list(running) == []
    assert running.stop() == []


def test_jobs_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=20)

    def meet(_: Job) -> Done:
        together.wait()
        return done()

    assert [o.error for o in Threads(JOBS[:3], meet, 3)] == [None] * 3


def test_a_single_thread_is_that_of_whoever_asks() -> None:
    used: list[threading.Thread] = []

    def note(_: Job) -> Done:
        used.append(threading.current_thread())
        return done()

    running = Threads(JOBS, note, 1)
    assert used == []
    next(running)
    assert used == [threading.current_thread()]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_only_a_few_jobs_are_begun_ahead(count: int) -> None:
    begun: list[str] = []
    running = Threads(MANY, lambda job: begun.append(job.name) or done(), count)
    for taken in range(1, 4):
        next(running)
        assert len(begun) <= taken - 1 + 2 * count
    rest = running.stop()
    assert len(begun) == 3 + len(rest) <= 2 + 2 * count


@pytest.mark.parametrize("count", [1, 2])
def test_when_it_is_stopped_what_waits_is_dropped_and_what_is_begun_is_told(count: int) -> None:
    begun: list[str] = []
    outcomes: list[Outcome] = []
    is_free = threading.Event()

    def note(job: Job) -> Done:
        begun.append(job.name)
        if len(begun) > 2:
            is_free.wait(20)
        return done()

    running = Threads(MANY, note, count)
    outcomes += [next(running), next(running)]
    is_free.set()
    outcomes += running.stop()
    assert sorted(o.job.name for o in outcomes) == sorted(begun)
    assert 2 <= len(begun) < 10
    assert list(running) == []
    assert running.stop() == []


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("error", [BrokenPipeError, KeyboardInterrupt, SystemExit])
def test_what_ends_the_run_is_raised(error: type[BaseException], count: int) -> None:
    def end(_: Job) -> Done:
        raise error

    running = Threads(JOBS, end, count)
    with pytest.raises(error):
        next(running)
    assert running.stop() == []


def test_an_error_that_is_kept_keeps_no_pictures() -> None:
    pictures: list[weakref.ref[object]] = []

    def fail(_: Job) -> Done:
        picture = np.zeros((4, 4))
        pictures.append(weakref.ref(picture))
        try:
            raise OSError("disk full")
        except OSError as error:
            raise ImageError("cannot be written") from error

    outcomes = list(Threads(JOBS[:2], fail, 2))
    gc.collect()
    assert [str(outcome.error) for outcome in outcomes] == ["cannot be written"] * 2
    assert [picture() for picture in pictures] == [None, None]


class Notebook:
    """A listener that writes down what it hears."""

    def __init__(self, waits_for_disk: bool = False) -> None:
        self.waits_for_disk = waits_for_disk
        self.heard: list[Outcome[Done]] = []
        self.closed = 0

    def tell(self, outcome: Outcome[Done]) -> None:
        assert not self.closed
        self.heard.append(outcome)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("taken", [0, 5, 12])
def test_listeners_hear_of_every_outcome_in_order_and_once_of_the_end(taken: int) -> None:
    first, second = Notebook(), Notebook()
    running = Told(Threads(JOBS, work, 2), [first, second])
    outcomes = [next(running) for _ in range(taken)]
    outcomes += list(running) if taken == len(JOBS) else running.stop()
    assert first.heard == second.heard == outcomes
    assert len(outcomes) >= taken
    assert running.stop() == []
    assert first.closed == second.closed == 1


def test_a_listener_that_fails_ends_the_run_and_others_are_closed() -> None:
    class Full(Notebook):
        def tell(self, outcome: Outcome[Done]) -> None:
            raise OSError("disk full")

        def close(self) -> None:
            super().close()
            raise OSError("disk still full")

    listeners = [Notebook(), Full(), Notebook()]
    running = Told(Threads(JOBS, work, 1), listeners)
    with pytest.raises(OSError, match="disk full"):
        next(running)
    with pytest.raises(OSError, match="disk still full"):
        running.stop()
    assert [listener.closed for listener in listeners] == [1, 1, 1]


@pytest.mark.parametrize(
    ("cpus", "jobs", "given", "expected"),
    [
        (8, 1, (None, None), (1, None)),
        (8, 2, (None, None), (2, 4)),
        (8, 3, (None, None), (3, 2)),
        (8, 100, (None, None), (8, 1)),
        (8, 100, (2, None), (2, 4)),
        (8, 100, (16, None), (16, 1)),
        (8, 100, (1, None), (1, None)),
        (8, 100, (4, 3), (4, 3)),
        (8, 1, (None, 3), (1, 3)),
        (8, 0, (None, None), (1, None)),
        (1, 5, (None, None), (1, None)),
    ],
)
def test_files_under_way_share_the_cpus(
    monkeypatch: pytest.MonkeyPatch,
    cpus: int,
    jobs: int,
    given: tuple[int | None, int | None],
    expected: tuple[int, int | None],
) -> None:
    monkeypatch.setattr(threads, "default_workers", lambda: cpus)
    assert shared_out(jobs, *given) == expected


def test_what_waits_for_the_disk_is_told_when_the_files_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forced: list[Path] = []
    late, prompt = Notebook(waits_for_disk=True), Notebook()

    def force(paths: list[Path]) -> None:
        forced.extend(paths)

    def tell(outcome: Outcome[Done]) -> None:
        assert outcome.done is None or outcome.job.output in forced
        late.heard.append(outcome)

    monkeypatch.setattr(replace, "force", force)
    monkeypatch.setattr(telling, "MOST_TOGETHER", 3)
    monkeypatch.setattr(late, "tell", tell)
    outcomes = list(Told(Threads(JOBS, work, 2), [late, prompt], forced=False))
    assert late.heard == prompt.heard == outcomes
    assert sorted(forced) == sorted(o.job.output for o in outcomes if o.done is not None)
    assert late.closed == 1


def test_a_disk_that_fails_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[Path]) -> None:
        raise OSError(5, "Input/output error")

    late = Notebook(waits_for_disk=True)
    monkeypatch.setattr(replace, "force", fail)
    with pytest.raises(ImageError, match="cannot be written to the disk: Input/output error"):
        list(Told(Threads(JOBS, work, 2), [late], forced=False))
    assert (late.heard, late.closed) == ([], 1)
