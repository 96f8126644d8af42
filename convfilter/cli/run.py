"""Run one pipeline over the files of a command line, and say what came of it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convfilter import __version__
from convfilter.batch.job import Job
from convfilter.batch.planning.plan import FilePlan, make_plan
from convfilter.batch.running.outcome import Outcome, Running
from convfilter.batch.running.run import begin
from convfilter.batch.settings import OPTIONS, check_together, completed
from convfilter.batch.work import Done, prepare
from convfilter.cli.options import given_values
from convfilter.cli.output import IS_THE_SCREEN, check_standard_output
from convfilter.cli.report import Report
from convfilter.cli.signals import interrupts_told
from convfilter.cli.wording import describe, say
from convfilter.errors import ImageError, UsageError, reason_of, shown
from convfilter.pipeline import Pipeline
from convfilter.runtime.streams import descriptor_of

if TYPE_CHECKING:
    from convfilter.batch.recipes.recipe import Recipe
    from convfilter.batch.recipes.stamp import Source
    from convfilter.batch.settings import Settings
    from convfilter.cli.progress import Advance
    from convfilter.files.storage.url import Place

__all__ = ["filter_given_files"]


def filter_given_files(
    context: click.Context, wanted: Pipeline | Recipe, *, label: str, source: Source | None = None
) -> int:
    """Filter the files of a parsed command line and return the exit code.

    Options of the command line go before those of a recipe. `label` goes into the names of
    siblings. With `source` a line says if the input is another one.
    """
    paths: tuple[str, ...] = context.params["paths"]
    if not paths:
        raise click.UsageError(
            "give an input, a file or a folder, and where its result goes", context
        )
    given = given_values(context, [*OPTIONS.values()])
    if isinstance(wanted, Pipeline):
        pipeline, version = wanted, __version__
    else:
        pipeline, version = wanted.pipeline, wanted.version
        given = {**wanted.options, **given}
    settings = completed(given)
    try:
        check_together(settings)
    except UsageError as error:
        raise click.UsageError(str(error), context) from error
    all_inputs = settings["in_place"] or len(paths) == 1
    inputs, output = (paths, None) if all_inputs else (paths[:-1], paths[-1])
    plan = make_plan(inputs, output, settings, label=label, pipeline=pipeline)
    _check_streams(plan)
    kept = _place_for_recipe(context, pipeline, settings)
    quiet = context.params["quiet"]
    with _display(plan, context.command_path, quiet=quiet) as (line, advance):
        teller = _Teller(plan, context, line, source)
        running = begin(plan, pipeline, settings, say=teller.note)
        if version != __version__:
            teller.note(
                f"the recipe was written by convfilter {version}, and this is {__version__}:"
                " results may differ"
            )
        for failure in plan.failures:
            teller.tell_error(failure.error)
        told = contextlib.nullcontext() if quiet else _compilation_told(teller)
        with told, interrupts_told(teller.tell_interrupt):
            prepare(plan.jobs)
            _tell_all(running, teller, advance)
    if kept is not None and teller.report.done:
        from convfilter.batch.recipes.recipe import Recipe

        for note in Recipe.of(pipeline, settings).save(kept, overwrite=settings["overwrite"]):
            teller.note(note)
    if not quiet:
        teller.tell_end()
    return teller.report.exit_code


def _place_for_recipe(
    context: click.Context, pipeline: Pipeline, settings: Settings
) -> Path | None:
    """Return where the recipe is to be written, after it is known that it can be."""
    name = context.params["save_recipe"]
    if name is None:
        return None
    from convfilter.batch.planning.checks import check_outputs
    from convfilter.batch.recipes.recipe import Recipe, check_name

    check_name(Path(name))
    str(Recipe.of(pipeline, settings))
    overwrite = settings["overwrite"]
    check_outputs([Job(None, Path(name))], None, overwrite=overwrite, in_place=False)
    try:
        is_folder = Path(name).is_dir()
    except OSError as error:  # of which the name is too long, before Python 3.14
        raise ImageError(f"{shown(name)}: cannot be written: {reason_of(error)}") from error
    if is_folder:
        raise ImageError(f"{shown(name)}: is a folder: give the recipe another name")
    if not os.access(Path(name).parent, os.W_OK):
        raise ImageError(f"{shown(name)}: cannot be written: the folder is read-only")
    return Path(name)


def _tell_all(running: Running[Done], teller: _Teller, advance: Advance) -> None:
    """Tell what comes of every job; of an interrupted run, also of the jobs that were under way."""
    try:
        for outcome in running:
            teller.tell(outcome)
            advance(outcome.job.name, _share(outcome.job))
    except BaseException as error:
        if not isinstance(error, Exception):
            teller.tell_stopping()
        try:
            for outcome in running.stop():
                teller.tell(outcome)
        finally:
            teller.tell_interrupted()
        raise


def _display(
    plan: FilePlan, command: str, *, quiet: bool
) -> contextlib.AbstractContextManager[tuple[Callable[[str], None], Advance]]:
    """Return what is entered to get where lines go, and what to call when a file is finished."""
    if quiet or len(plan.jobs) <= 1:
        return contextlib.nullcontext((say, lambda name="", share=1.0: None))
    from convfilter.cli.progress import display

    return display(len(plan.jobs), command, wanted=True, total=sum(map(_share, plan.jobs)))


def _share(job: Job) -> float:
    """Return how much of all work a file is, about: what reading and writing take, by its size."""
    try:
        return 1.0 if job.input is None else 1.0 + job.input.stat().st_size
    except OSError:
        return 1.0


def _compilation_told(teller: _Teller) -> contextlib.AbstractContextManager[None]:
    from convfilter.runtime.compiled import announcing

    return announcing(teller.compiling)


class _Teller:
    """Says what comes of the files, and counts it."""

    def __init__(
        self,
        plan: FilePlan,
        context: click.Context,
        line: Callable[[str], None],
        source: Source | None = None,
    ) -> None:
        self.report = Report(plan)
        self._plan = plan
        self._line = line
        self._command = context.command_path
        self._quiet: bool = context.params["quiet"]
        self._explain: bool = context.params["explain"]
        self._several = self.report.total > 1 or plan.target is not None or bool(plan.done)
        self._said_compiling = False
        self._source = source

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
        for note in done.notes:
            self.note(note)
        if self._source is not None and done.source != self._source:
            self.note(f"{name} is not the file that the result was made from: its hash differs")

    def note(self, text: str) -> None:
        """Say something that is no error."""
        if not self._quiet:
            self._line(f"{self._command}: {text}")

    def tell_error(self, error: BaseException, name: str = "") -> None:
        """Say why there is no result, with the name of the file unless the reason has it."""
        self.report.fail(error)
        text = describe(error)
        self._line(f"{self._command}: {text if name in text else f'{name}: {text}'}")

    def tell_interrupt(self) -> None:
        """Say at once that an interrupt has been heard of, if what is compiled delays the end."""
        from convfilter.runtime.compiled import is_compiling

        if is_compiling() and not self._several and not self._quiet:
            self._line(
                f"{self._command}: stopping: what is being compiled is waited for; to end at once,"
                " interrupt again"
            )

    def tell_stopping(self) -> None:
        """Say at once that the end has been heard of; it may take as long as a file does."""
        if self._several:
            self._line(
                f"{self._command}: stopping: files under way are finished; to end at once,"
                " interrupt again"
            )

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

        text = f"{self._command}: compiling its loops for this processor, {_how_often()}"
        if len(self._plan.jobs) == 1:  # a bar is no place for a spinner
            turning = spinner(text)
            if turning is not None:
                return turning
        if not self._said_compiling:
            self._said_compiling = True
            self._line(text)
        return contextlib.nullcontext()


def _how_often() -> str:
    """Return in words how often loops have to be compiled."""
    from convfilter.runtime.compiled import cache, store

    problem = cache.problem()
    if problem is None:
        return "on the first use only"
    place = store.directory()
    where = "" if place is None else f"{shown(place)}: "
    way_out = "" if "CONVFILTER_CACHE_DIR" in problem else "; set CONVFILTER_CACHE_DIR to a folder"
    return f"and each time anew, since they cannot be kept: {where}{problem}{way_out}"


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


def _is_terminal(path: Place) -> bool:
    """Whether a path such as ``/dev/stdout`` means the screen or the keyboard."""
    descriptor = descriptor_of(path)
    return descriptor is not None and os.isatty(descriptor)
