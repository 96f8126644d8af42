"""What a command says at its end, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convfilter.batch.job import Job
from convfilter.batch.planning.plan import FilePlan
from convfilter.cli.report import Report
from convfilter.errors import ArgumentError, ImageError


def report_of(jobs: int, *calls: Callable[[Report], None], **planned: Any) -> Report:
    """Return the report on so many jobs after these calls."""
    report = Report(FilePlan((Job(Path("in"), Path("out")),) * jobs, **planned))
    for call in calls:
        call(report)
    return report


def succeed(report: Report) -> None:
    report.succeed()


def fail(report: Report) -> None:
    report.fail(ImageError("x"))


def misuse(report: Report) -> None:
    report.fail(ArgumentError("x"))


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (report_of(2, succeed, succeed), 0),
        (report_of(2, succeed, fail), 3),
        (report_of(2, fail, fail), 1),
        (report_of(2, misuse, misuse), 2),
        (report_of(2, misuse, fail), 1),
        (report_of(1, fail), 1),
        (report_of(1, misuse), 2),
        (report_of(1, succeed), 0),
    ],
)
def test_exit_codes(report: Report, code: int) -> None:
    assert report.exit_code == code


def test_last_sentences() -> None:
    report = report_of(3, succeed, fail, passed_over=1, not_entered=2, target=Path("out"))
    assert report.sentence() == (
        "1 file written to out, 1 failed, 1 other file passed over, 2 folders not entered (use -r)"
    )
    assert report.sentence(interrupted=True).startswith(
        "interrupted: 1 file written to out, 1 failed, 1 not begun"
    )
    assert report_of(2, fail, fail, target=Path("out")).sentence() == "0 files written, 2 failed"
    assert report_of(2, succeed, succeed).sentence() == "2 files written"
