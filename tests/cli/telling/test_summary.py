"""What a command says at its end, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convfilter.batch.job import Job
from convfilter.batch.planning.plan import FilePlan
from convfilter.cli.telling.teller import Summary
from convfilter.errors import ArgumentError, ImageError


def summary_of(jobs: int, *calls: Callable[[Summary], None], **planned: Any) -> Summary:
    """Return the summary on so many jobs after these calls."""
    summary = Summary(FilePlan((Job(Path("in"), Path("out")),) * jobs, **planned))
    for call in calls:
        call(summary)
    return summary


def succeed(summary: Summary) -> None:
    summary.succeed()


def fail(summary: Summary) -> None:
    summary.fail(ImageError("x"))


def misuse(summary: Summary) -> None:
    summary.fail(ArgumentError("x"))


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        (summary_of(2, succeed, succeed), 0),
        (summary_of(2, succeed, fail), 3),
        (summary_of(2, fail, fail), 1),
        (summary_of(2, misuse, misuse), 2),
        (summary_of(2, misuse, fail), 1),
        (summary_of(1, fail), 1),
        (summary_of(1, misuse), 2),
        (summary_of(1, succeed), 0),
    ],
)
def test_exit_codes(summary: Summary, code: int) -> None:
    assert summary.exit_code == code


def test_last_sentences() -> None:
    summary = summary_of(3, succeed, fail, passed_over=1, not_entered=2, target=Path("out"))
    assert summary.sentence() == (
        "1 file written to out, 1 failed, 1 not begun, 1 other file passed over,"
        " 2 folders not entered (use -r)"
    )
    assert summary.sentence(interrupted=True).startswith(
        "interrupted: 1 file written to out, 1 failed, 1 not begun"
    )
    assert summary_of(2, fail, fail, target=Path("out")).sentence() == "0 files written, 2 failed"
    assert summary_of(2, succeed, succeed).sentence() == "2 files written"
    # of a watch no number of files is known before
    plan = FilePlan(())
    more = summary_of(0, succeed, fail, again=lambda: plan)
    assert more.sentence() == "1 file written, 1 failed"


def test_a_long_run_says_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    summary = summary_of(2, succeed, fail, target=Path("out"))
    now[0] = 200.0
    assert summary.sentence() == "1 file written to out in 3 min 20 s, 1 failed"
