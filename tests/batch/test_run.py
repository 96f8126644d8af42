"""Jobs side by side, the report on them, and how a run is ended early."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from convfilter.batch import Job, Outcome, Report, run
from convfilter.errors import ArgumentError, ImageError

JOBS = [Job(Path(f"{number}.png"), Path(f"out/{number}.png")) for number in range(12)]


def work(job: Job) -> list[str]:
    number = int(job.name.partition(".")[0])
    if number == 3:
        raise ImageError("3.png: broken")
    if number == 4:
        raise MemoryError
    if number == 5:
        raise ZeroDivisionError("a bug")
    return [f"note {number}"]


@pytest.mark.parametrize("threads", [1, 3, 50])
def test_every_job_is_told_once(threads: int) -> None:
    outcomes: list[Outcome] = []
    run(JOBS, work, outcomes.append, threads=threads)
    assert sorted(o.job.name for o in outcomes) == sorted(job.name for job in JOBS)
    failed = {o.job.name: o.error for o in outcomes if o.error is not None}
    assert set(failed) == {"3.png", "4.png", "5.png"}
    assert "not enough memory" in str(failed["4.png"])
    assert isinstance(failed["5.png"], ZeroDivisionError)
    assert {o.notes for o in outcomes if o.job.name == "7.png"} == {("note 7",)}


def test_jobs_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=20)

    def meet(_: Job) -> list[str]:
        together.wait()
        return []

    outcomes: list[Outcome] = []
    run(JOBS[:3], meet, outcomes.append, threads=3)
    assert [o.error for o in outcomes] == [None] * 3


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_drops_what_waits_and_tells_what_is_done(threads: int) -> None:
    begun: list[str] = []
    outcomes: list[Outcome] = []

    def note(job: Job) -> list[str]:
        begun.append(job.name)
        time.sleep(0.001)
        return []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if len(outcomes) == 2:
            raise KeyboardInterrupt

    many = [Job(Path(f"{number}.png"), None) for number in range(5000)]
    with pytest.raises(KeyboardInterrupt):
        run(many, note, tell, threads=threads)
    assert len(outcomes) == len(begun)
    assert len(begun) < len(many)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_closed_pipe_ends_the_run(threads: int) -> None:
    def gone(_: Job) -> list[str]:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(JOBS, gone, lambda _: None, threads=threads)


def told(report: Report, *calls: Callable[[Report], None]) -> Report:
    for call in calls:
        call(report)
    return report


def fail(report: Report) -> None:
    report.fail(ImageError("x"))


def misuse(report: Report) -> None:
    report.fail(ArgumentError("x"))


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (told(Report(2), Report.succeed, Report.succeed), 0),
        (told(Report(2), Report.succeed, fail), 3),
        (told(Report(2), fail, fail), 1),
        (told(Report(2), misuse, misuse), 2),
        (told(Report(2), misuse, fail), 1),
        (told(Report(1), fail), 1),
        (told(Report(1), misuse), 2),
        (told(Report(1), Report.succeed), 0),
    ],
)
def test_exit_codes(report: Report, code: int) -> None:
    assert report.exit_code == code


def test_last_sentences() -> None:
    report = told(Report(3, passed_over=1, not_entered=2), Report.succeed, fail)
    assert report.sentence(Path("out")) == (
        "1 file written to out, 1 failed, 1 other file passed over, 2 folders not entered (use -r)"
    )
    assert report.sentence(interrupted=True).startswith(
        "interrupted: 1 file written, 1 failed, 1 not begun"
    )
    assert told(Report(2), fail, fail).sentence(Path("out")) == "0 files written, 2 failed"
