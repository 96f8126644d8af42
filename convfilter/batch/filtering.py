"""`filter_files`: from Python, what the command does with files and folders."""

from __future__ import annotations

import inspect
import os
import textwrap
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from convfilter.batch.job import Job
from convfilter.batch.planning.plan import FilePlan, make_plan
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.running.run import begin
from convfilter.batch.settings import OPTIONS, Settings, checked
from convfilter.batch.work import Done, Seconds, prepare
from convfilter.errors import ArgumentTypeError, ImageError, reason_of, shown
from convfilter.filters.declaring.documentation import arguments, described
from convfilter.formats import is_image_path
from convfilter.pipeline import Pipeline

if TYPE_CHECKING:
    from typing import Unpack

    from convfilter.batch.recipes.recipe import Recipe
    from convfilter.batch.running.telling import Running
    from convfilter.engine import Plan
    from convfilter.files.storage.url import Place

__all__ = ["FileResult", "filter_files"]

AnyPath = str | os.PathLike[str]
Function = TypeVar("Function", bound=Callable[..., Any])


NO_TIME = Seconds(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class FileResult:
    """What came of one file.

    Attributes
    ----------
    input : Path, or Url of a file in storage
        The file; or a folder that could not be read, so that its files are missing.
    output : Path or Url
        Where the result is, or would be.
    error : Exception or None
        Why there is no result. A `ConvfilterError` says it in one line; anything else is a fault of
        this package.
    notes : tuple of str
        One line for each thing that the output's format cannot hold, or that is not kept of the
        file that was there before, such as its owner, and one if most values of the result lay
        beyond white or black.
    plans : tuple of engine.Plan
        What ran, and why: one for each call of the engine.
    seconds : Seconds
        How long ``reading``, ``filtering`` and ``writing`` took; 0 where there is no result.
    compiling : float
        Seconds that loops were waited for on a first use, which are no part of the others.
    skipped : str
        Why the output was left alone: "unchanged" with `resume` and `watch`, "output exists" with
        `skip_existing`. Empty where it was written or could not be.
    """

    input: Place
    output: Place
    error: Exception | None = None
    notes: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    seconds: Seconds = NO_TIME
    compiling: float = 0.0
    skipped: str = ""

    @property
    def ok(self) -> bool:
        """Whether the output is there as it should be: written now, or left alone."""
        return self.error is None


def _with_options(function: Function) -> Function:
    """Let `help` show every option of a function that takes those of `Settings`.

    Its docstring says OPTIONS where they are described.
    """
    signature = inspect.signature(function)
    *positional, _ = signature.parameters.values()
    named = arguments(OPTIONS.values())
    function.__signature__ = signature.replace(parameters=[*positional, *named])  # type: ignore[attr-defined]
    options = textwrap.indent("\n".join(described(OPTIONS.values())), "    ")
    function.__doc__ = (function.__doc__ or "").replace("    OPTIONS", options)
    return function


@_with_options
def filter_files(
    inputs: AnyPath | Iterable[AnyPath],
    output: AnyPath | None,
    pipeline: Pipeline | Recipe | str,
    **options: Unpack[Settings],
) -> Generator[FileResult, None, None]:
    """Filter a file, several, or folders, and yield what came of each as soon as it is done.

    It is the command's work with the command's safety. Which file becomes which is settled, and
    refused where it cannot be right, before anything is written. Inputs are never overwritten
    unless `in_place` allows it, nor are other files unless `overwrite` does. A file is written
    whole or not at all. A file that cannot be read, filtered or written is a result with an error,
    and the others go on.

    Files are filtered while results are taken: several side by side, and a few ahead. What this
    returns ends the work when it is closed, or forgotten as a loop's is that is left early: files
    under way are finished, and no others are begun.

    Runs into a folder keep a journal there, by which `resume` leaves alone what is done; a warning
    says where it cannot be kept. With `watch` there is no last result: files are filtered as they
    arrive until what this returns is closed. ``docs/resuming.md`` tells more.

    Parameters
    ----------
    inputs : path, or several
        Files and folders, and patterns such as ``photos/**/*.jpg``, below whose first wildcard the
        tree is kept; a file that is called so goes first. Of a folder those files are taken whose
        suffix is that of an image, and those of the folders in it only with `recursive`.
    output : path or None
        A file for a single file. A folder, created where there is none, for a folder and for
        several paths: all files of a single folder go right into it, each of several folders keeps
        its name. (One path in a list goes to a file if `output` has the suffix of an image, else
        into a folder.) None for a name beside a single input, ``photo-sobel.jpg`` for
        ``photo.jpg``; and with `in_place`.
    pipeline : Pipeline, Recipe or str
        A `Pipeline`; a `Recipe`, whose options count unless others are given here; the name of a
        filter or kernel; or text such as ``"gaussian-blur sigma=2 | sobel"``.

    Other Parameters
    ----------------
    OPTIONS

    Yields
    ------
    FileResult
        One for each file, and one for each folder that could not be read; in the order in which
        they are done. Files whose outputs would have one name are results with an error. Those
        that are left alone since they are done come first, and say why (`skipped`).

    Raises
    ------
    UsageError
        At the call: the paths do not fit together, an output is an input too, or options
        contradict each other. With it, all of the following.
    ImageError
        There is no such input, no image among the inputs, an output exists already, or a folder
        may not be written to.
    PipelineError, UnknownNameError, ArgumentError, ArgumentTypeError
        For a pipeline or an option that cannot be understood.

    Examples
    --------
    >>> for result in convfilter.filter_files("photos", "edges", "sobel", recursive=True):
    ...     print(result.output.name if result.ok else result.error)
    bird.png
    """
    from convfilter.batch.recipes.recipe import Recipe

    if isinstance(pipeline, Recipe):
        options = {**pipeline.options, **options}  # type: ignore[typeddict-item]
        pipeline = pipeline.pipeline
    settings = checked(options)
    if not isinstance(pipeline, Pipeline):
        if not isinstance(pipeline, str):
            raise ArgumentTypeError(f"{pipeline!r} is no pipeline: give a Pipeline or text")
        pipeline = Pipeline.parse(pipeline)
    paths, target = _paths(inputs, output)
    try:
        plan = make_plan(
            paths,
            target,
            settings,
            label=_label(pipeline),
            output_called="output",
            pipeline=pipeline,
        )
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        name = "" if error.filename is None else f"{shown(error.filename)}: "
        raise ImageError(f"{name}{reason_of(error)}") from error
    return _results(plan, begin(plan, pipeline, settings))


def _label(pipeline: Pipeline) -> str:
    """Return what a sibling's name ends in: as on the command line, the filter's name or "pipe"."""
    return pipeline.steps[0].name.replace("_", "-") if len(pipeline.steps) == 1 else "pipe"


def _paths(
    inputs: AnyPath | Iterable[AnyPath], output: AnyPath | None
) -> tuple[list[str], str | None]:
    """Return the paths as text; of a list that holds one, the output is a folder if it can be."""
    target = None if output is None else _text(output)
    if isinstance(inputs, (str, bytes, os.PathLike)):
        return [_text(inputs)], target
    if not isinstance(inputs, Iterable):
        raise ArgumentTypeError(f"{inputs!r} is no path: give a path, or several")
    paths = [_text(path) for path in inputs]
    if target and len(paths) == 1 and not is_image_path(target):
        target = os.path.join(target, "")  # noqa: PTH118 - a Path would drop the slash
    return paths, target


def _text(path: object) -> str:
    """Return a path as text that means no standard stream: here a dash is the name of a file."""
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise ArgumentTypeError(f"{path!r} is no path: give a str or a pathlib.Path")
    text: str = os.fspath(path)
    if "\0" in text:
        raise ImageError(f"{shown(text)}: no file can be called so: it holds a null character")
    return text if text != "-" else os.path.join(os.curdir, text)  # noqa: PTH118


def _results(plan: FilePlan, running: Running[Done]) -> Generator[FileResult, None, None]:
    prepare(plan.jobs)
    try:
        for failure in plan.failures:
            yield FileResult(failure.input, failure.output, failure.error)
        for job in plan.done:
            yield _of(job, skipped=job.why)
        for outcome in running:
            yield _result(outcome)
    finally:
        running.stop()


def _result(outcome: Outcome[Done]) -> FileResult:
    job, done, error = outcome
    if done is None:
        return _of(job, error=error)
    return _of(
        job,
        notes=done.notes,
        plans=done.plans,
        seconds=done.seconds,
        compiling=done.compiling,
    )


def _of(job: Job, **said: Any) -> FileResult:
    assert job.input is not None
    assert job.output is not None
    return FileResult(job.input, job.output, **said)
