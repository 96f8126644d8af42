"""Run one pipeline over the files of a command line, and say what came of it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convfilter.batch.plan import FilePlan, make_plan
from convfilter.batch.run import Outcome, Running, begin
from convfilter.batch.settings import OPTIONS, check_together, completed
from convfilter.batch.work import Done, prepare
from convfilter.cli.options import given_values
from convfilter.cli.output import IS_THE_SCREEN, check_standard_output
from convfilter.cli.report import Report
from convfilter.cli.wording import describe, say
from convfilter.errors import ImageError, UsageError, shown
from convfilter.runtime.streams import descriptor_of

if TYPE_CHECKING:
    from convfilter.pipeline import Pipeline

__all__ = ["filter_given_files"]


def filter_given_files(context: click.Context, pipeline: Pipeline, *, label: str) -> int:
    """Filter the files of a parsed command line and return the exit code.

    `label` goes into the names of siblings.
    """
    paths: tuple[str, ...] = context.params["paths"]
    if not paths:
        raise click.UsageError(
            "give an input, a file or a folder, and where its result goes", context
        )
    settings = completed(given_values(context, [*OPTIONS.values()]))
    try:
        check_together(settings)
    except UsageError as error:
        raise click.UsageError(str(error), context) from error
    all_inputs = settings["in_place"] or len(paths) == 1
    inputs, output = (paths, None) if all_inputs else (paths[:-1], paths[-1])
    plan = make_plan(inputs, output, settings, label=label)
    _check_streams(plan)
    running = begin(plan.jobs, pipeline, settings)
    quiet = context.params["quiet"]
    with _display(plan, quiet=quiet) as (line, advance):
        teller = _Teller(plan, context, line)
        for failure in plan.failures:
            teller.tell_error(failure.error)
        with contextlib.nullcontext() if quiet else _compilation_told(teller):
            prepare(plan.jobs)
            _tell_all(running, teller, advance)
    if not quiet:
        teller.tell_end()
    return teller.report.exit_code


def _tell_all(running: Running[Done], teller: _Teller, advance: Callable[[], None]) -> None:
    """Tell what comes of every job; of an interrupted run, also of the jobs that were under way."""
    try:
        for outcome in running:
            teller.tell(outcome)
            advance()
    except BaseException:
        try:
            for outcome in running.stop():
                teller.tell(outcome)
        finally:
            teller.tell_interrupted()
        raise


def _display(
    plan: FilePlan, *, quiet: bool
) -> contextlib.AbstractContextManager[tuple[Callable[[str], None], Callable[[], None]]]:
    """Return what is entered to get where lines go, and what to call when a file is finished."""
    if quiet or len(plan.jobs) <= 1:
        return contextlib.nullcontext((say, lambda: None))
    from convfilter.cli.progress import display

    return display(len(plan.jobs), wanted=True)


def _compilation_told(teller: _Teller) -> contextlib.AbstractContextManager[None]:
    from convfilter.runtime.compiled import announcing

    return announcing(teller.compiling)


class _Teller:
    """Says what comes of the files, and counts it."""

    def __init__(self, plan: FilePlan, context: click.Context, line: Callable[[str], None]) -> None:
        self.report = Report(plan)
        self._plan = plan
        self._line = line
        self._command = context.command_path
        self._quiet: bool = context.params["quiet"]
        self._explain: bool = context.params["explain"]
        self._several = self.report.total > 1 or plan.target is not None
        self._said_compiling = False

    def tell(self, outcome: Outcome[Done]) -> None:
        """Say what came of one job, if it is anything to speak of."""
        job, done, error = outcome
        if error is not None:
            self.tell_error(error, job.name if self._several else "")
        elif done is not None:
            self.report.succeed()
            self._tell_done(job.name, done)

    def _tell_done(self, name: str, done: Done) -> None:
        if self._explain:
            from convfilter.cli.explain import explanation

            for line in explanation(name, done):
                self._line(line)
        if not self._quiet:
            for note in done.notes:
                self._line(f"{self._command}: {note}")

    def tell_error(self, error: BaseException, name: str = "") -> None:
        """Say why there is no result, with the name of the file unless the reason has it."""
        self.report.fail(error)
        text = describe(error)
        self._line(f"{self._command}: {text if name in text else f'{name}: {text}'}")

    def tell_interrupted(self) -> None:
        """Say how far the work had come when it was ended."""
        if self._several:
            self._line(f"{self._command}: {self.report.sentence(interrupted=True)}")

    def tell_end(self) -> None:
        """Say the last sentence: of several files the counts, of one a name that was made here."""
        if self._several:
            say(f"{self._command}: {self.report.sentence()}")
        elif self._plan.chosen_name and self.report.done:
            output = self._plan.jobs[0].output
            assert output is not None
            say(f"{self._command}: written to {shown(output)}")

    def compiling(self) -> contextlib.AbstractContextManager[object]:
        """Return what is entered while a loop is compiled: a spinner, or the first time a line."""
        from convfilter.cli.progress import spinner

        text = f"{self._command}: compiling its loops for this processor, on the first use only"
        if len(self._plan.jobs) == 1:  # a bar is no place for a spinner
            turning = spinner(text)
            if turning is not None:
                return turning
        if not self._said_compiling:
            self._said_compiling = True
            self._line(text)
        return contextlib.nullcontext()


def _check_streams(plan: FilePlan) -> None:
    """Refuse standard streams that are closed, or at whose end a person sits."""
    job = plan.jobs[0] if plan.jobs else None
    if job is None:
        return
    if job.input is None and sys.stdin is None:
        raise ImageError("standard input is closed: send a picture into it")
    if sys.stdin.isatty() if job.input is None else _is_terminal(job.input):
        name = "standard input (-)" if job.input is None else shown(job.input)
        raise UsageError(f"{name} is the keyboard: send a picture into it")
    if job.output is None:
        check_standard_output()
    elif _is_terminal(job.output):
        raise UsageError(f"{shown(job.output)} {IS_THE_SCREEN}")


def _is_terminal(path: Path) -> bool:
    """Whether a path such as ``/dev/stdout`` means the screen or the keyboard."""
    descriptor = descriptor_of(path)
    return descriptor is not None and os.isatty(descriptor)
