"""What a run would do, told without doing it."""

from __future__ import annotations

from collections.abc import Callable

import click

from convfilter.batch.job import Job
from convfilter.batch.planning.checks import refuse_existing
from convfilter.batch.planning.plan import FilePlan
from convfilter.cli.telling.teller import SOME_FAILED
from convfilter.cli.wording import counted, describe, say
from convfilter.errors import shown

__all__ = ["show"]


def why(job: Job) -> str:
    """Return why a file would be filtered, or what stands in the way."""
    if job.why:
        return job.why
    if not job.exists:
        return "new"
    return "replaced" if job.overwrite else "exists"


def show(plan: FilePlan, command: str, why: Callable[[Job], str] = why) -> int:
    """Print a line for each file, and return the exit code; messages say what would fail.

    Raises
    ------
    ImageError
        Outputs exist, as the run itself would say.
    """
    reasons = [why(job) for job in plan.jobs]
    width = max(map(len, reasons), default=0)
    lines = [
        f"{reason:{width}}  {job.name} -> {_output(job)}"
        for reason, job in zip(reasons, plan.jobs, strict=True)
    ]
    if lines:
        click.echo("\n".join(lines))
    for failure in plan.failures:
        say(f"{command}: {describe(failure.error)}")
    refuse_existing(plan.jobs, plan.target)
    place = "" if plan.target is None else f" to {shown(plan.target)}"
    parts = [f"{counted(len(plan.jobs), 'file')} would be written{place}"]
    if plan.done:
        parts.append(f"{len(plan.done)} left alone ({plan.done[0].why})")
    if plan.failures:
        parts.append(f"{len(plan.failures)} would fail")
    say(f"{command}: {', '.join([*parts, *plan.left_out()])}; nothing is written by --dry-run")
    return SOME_FAILED if plan.failures else 0


def _output(job: Job) -> str:
    return "standard output" if job.output is None else shown(job.output)
