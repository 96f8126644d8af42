"""Run one pipeline over the files of a command line, and say what came of it."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convfilter import __version__
from convfilter.batch.job import Job
from convfilter.batch.planning.plan import STANDARD, FilePlan, make_plan
from convfilter.batch.running.run import begin
from convfilter.batch.settings import OPTIONS, check_together, completed
from convfilter.batch.work import Done, prepare
from convfilter.cli.options import given_values
from convfilter.cli.output import IS_THE_SCREEN, check_standard_output
from convfilter.cli.signals import GRACE, Terminated, ended_in_time, interrupts_told
from convfilter.cli.telling.teller import Teller
from convfilter.cli.wording import counted, say
from convfilter.errors import ImageError, UsageError, listed, reason_of, shown
from convfilter.pipeline import Pipeline
from convfilter.runtime.streams import descriptor_of

if TYPE_CHECKING:
    from convfilter.batch.recipes.recipe import Recipe
    from convfilter.batch.recipes.stamp import Source
    from convfilter.batch.running.telling import Running
    from convfilter.batch.settings import Settings
    from convfilter.cli.telling.progress import Advance
    from convfilter.files.storage.url import Place

__all__ = ["filter_given_files"]


def filter_given_files(
    context: click.Context, wanted: Pipeline | Recipe, *, label: str, source: Source | None = None
) -> int:
    """Filter the files of a parsed command line and return the exit code.

    Options of the command line go before those of a recipe. `label` goes into the names of
    siblings. With `source` a line says if the input is another one.
    """
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
    plan = _planned(context, settings, label, pipeline)
    if context.params.get("dry_run"):
        from convfilter.cli.telling.dry_run import show

        return show(plan, context.command_path)
    _check_streams(plan)
    kept = _place_for_recipe(context, pipeline, settings)
    quiet = context.params["quiet"]
    with _display(plan, context.command_path, quiet=quiet) as (line, advance):
        teller = Teller(plan, context, line, source)
        running = begin(plan, pipeline, settings, say=teller.note)
        if version != __version__:
            teller.note(
                f"the recipe was written by convfilter {version}, and this is {__version__}:"
                " results may differ"
            )
        for failure in plan.failures:
            teller.tell_error(failure.error)
        told = interrupts_told(teller.tell_interrupt)
        with teller.compilation_told(), told, ended_in_time():
            prepare(plan.jobs)
            if settings["watch"]:
                _watch(plan, running, teller)
            else:
                _tell_all(running, teller, advance)
    if kept is not None and teller.summary.done:
        from convfilter.batch.recipes.recipe import Recipe

        for note in Recipe.of(pipeline, settings).save(kept, overwrite=settings["overwrite"]):
            teller.note(note)
    if not quiet:
        teller.tell_end()
    return teller.summary.exit_code


def _planned(
    context: click.Context, settings: Settings, label: str, pipeline: Pipeline
) -> FilePlan:
    """Return the plan of a parsed command line; see `make_plan` for what it raises.

    Raises
    ------
    click.UsageError
        No path is given, or none for the results.
    """
    paths: tuple[str, ...] = context.params["paths"]
    source: str | None = context.params.get("files_from")
    if not paths and source is None:
        raise click.UsageError(
            "give an input, a file or a folder, and where its result goes", context
        )
    if settings["in_place"] or (len(paths) == 1 and source is None):
        inputs, output = paths, None
    elif paths:
        inputs, output = paths[:-1], paths[-1]
    else:
        raise click.UsageError(
            "give the folder that the results of the files in the list go into", context
        )
    return make_plan(
        inputs,
        output,
        settings,
        label=label,
        listed=None if source is None else _listed(source),
        is_trial=bool(context.params.get("dry_run")),
        pipeline=pipeline,
    )


def _listed(source: str) -> Sequence[str]:
    """Return the names in a list of files, or in standard input."""
    from convfilter.batch.planning.lists import names_in

    name = "standard input (-)" if source == STANDARD else shown(source)
    try:
        if source != STANDARD:
            return names_in(Path(source).read_bytes())
        if sys.stdin is None:
            raise UsageError("standard input is closed: send a list of files into it")
        if sys.stdin.isatty():
            raise UsageError("standard input (-) is the keyboard: send a list of files into it")
        return names_in(sys.stdin.buffer.read())
    except (OSError, ValueError) as error:
        raise ImageError(f"{name}: the list cannot be read: {reason_of(error)}") from error


def _place_for_recipe(
    context: click.Context, pipeline: Pipeline, settings: Settings
) -> Path | None:
    """Return where the recipe is to be written, after it is known that it can be."""
    name = context.params["save_recipe"]
    if name is None:
        return None
    from convfilter.batch.planning.checks import check_output
    from convfilter.batch.recipes.recipe import Recipe, check_name

    check_name(Path(name))
    str(Recipe.of(pipeline, settings))
    overwrite = settings["overwrite"]
    check_output(name, overwrite=overwrite)
    try:
        is_folder = Path(name).is_dir()
    except OSError as error:  # of which the name is too long, before Python 3.14
        raise ImageError(f"{shown(name)}: cannot be written: {reason_of(error)}") from error
    if is_folder:
        raise ImageError(f"{shown(name)}: is a folder: give the recipe another name")
    if not os.access(Path(name).parent, os.W_OK):
        raise ImageError(f"{shown(name)}: cannot be written: the folder is read-only")
    return Path(name)


def _tell_all(running: Running[Done], teller: Teller, advance: Advance) -> None:
    """Tell what comes of every job; of an interrupted run, also of the jobs that were under way."""
    try:
        for outcome in running:
            teller.tell(outcome)
            job, done, error = outcome
            advance(job.name, _share(job), pixels=_pixels(done), failed=error is not None)
    except BaseException as error:
        is_asked = not isinstance(error, Exception)
        if is_asked:
            teller.tell_stopping()
        try:
            for outcome in running.stop(GRACE if is_asked else None):
                teller.tell(outcome)
        finally:
            teller.tell_interrupted()
        raise


def _watch(plan: FilePlan, running: Running[Done], teller: Teller) -> None:
    """Tell what comes of every file that arrives, until somebody ends it, which is its good end."""
    if plan.done:
        teller.note(f"{counted(len(plan.done), 'file')} left alone ({plan.done[0].why})")
    teller.note(f"watching {listed(map(shown, plan.watched))}: Ctrl-C ends it")
    with contextlib.suppress(KeyboardInterrupt, Terminated):
        _tell_all(running, teller, _not_counted)


def _display(
    plan: FilePlan, command: str, *, quiet: bool
) -> contextlib.AbstractContextManager[tuple[Callable[[str], None], Advance]]:
    """Return what is entered to get where lines go, and what to call when a file is finished."""
    if quiet or len(plan.jobs) <= 1 or plan.again is not None:
        return contextlib.nullcontext((say, _not_counted))
    from convfilter.cli.telling.progress import display

    return display(len(plan.jobs), command, wanted=True, total=sum(map(_share, plan.jobs)))


def _not_counted(
    name: str = "", share: float = 1.0, *, pixels: int = 0, failed: bool = False
) -> None:
    """Show no progress."""


def _share(job: Job) -> float:
    """Return how much of all work a file is, about: what reading and writing take, by its size."""
    try:
        return 1.0 + Path(job.source).stat().st_size if isinstance(job.source, str) else 1.0
    except OSError:
        return 1.0


def _pixels(done: Done | None) -> int:
    """Return how many pixels were read."""
    return 0 if done is None else math.prod(done.shape[:2]) * done.frames


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
