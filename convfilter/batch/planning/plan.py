"""Which input becomes which output. Looks at the file system and changes nothing in it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.job import Failure, Job
from convfilter.batch.planning.checks import check_outputs
from convfilter.batch.planning.collisions import without_collisions
from convfilter.batch.planning.places import full_name, is_there, place_of, resolved
from convfilter.batch.settings import Settings
from convfilter.errors import ImageError, UsageError, shown
from convfilter.formats import (
    SUFFIXES,
    Unsupported,
    is_image_path,
    suffix_of,
    written_as,
    written_format_of,
)
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.batch.journal.records import Record
    from convfilter.files.storage.url import Place
    from convfilter.pipeline import Pipeline

__all__ = ["STANDARD", "FilePlan", "make_plan"]

STANDARD = "-"
"""The path that stands for standard input or output."""


class FilePlan(NamedTuple):
    """Every file that is to be made, and what was met on the way.

    Attributes
    ----------
    jobs : in the order in which the inputs were given; a folder's files sorted by name
    failures : folders that could not be read, and files whose outputs would have one name
    passed_over : other files in folders, by their suffix no images
    unsupported : files in folders that are images of a kind that cannot be read here, as
        failures, and why
    done : files that are left alone since there is nothing to do, each with the reason
    seen : what the journal is to be told of those whose times have changed
    not_entered : folders inside folders, without `recursive`
    target : the folder that the outputs go into, or None
    chosen_name : the output's name was made here, so that the person does not know it yet
    """

    jobs: tuple[Job, ...]
    failures: tuple[Failure, ...] = ()
    passed_over: int = 0
    not_entered: int = 0
    target: Place | None = None
    chosen_name: bool = False
    unsupported: tuple[tuple[Failure, Unsupported], ...] = ()
    done: tuple[Job, ...] = ()
    seen: Mapping[str, Record] = MappingProxyType({})

    def strict(self) -> FilePlan:
        """Return the plan with what cannot be read here among the failures."""
        beyond = tuple(failure for failure, _ in self.unsupported)
        return self._replace(failures=(*self.failures, *beyond), unsupported=())

    def kinds(self) -> list[str]:
        """Return how many files there are of each kind that cannot be read here, and a way out."""
        counts = Counter((why.kind, why.way_out) for _, why in self.unsupported)
        return [f"{count} {kind}: {way_out}" for (kind, way_out), count in counts.items()]


def make_plan(
    inputs: Sequence[str],
    output: str | None,
    settings: Settings,
    *,
    label: str,
    output_called: str = "the last path",
    pipeline: Pipeline | None = None,
) -> FilePlan:
    """Turn paths into jobs.

    One file goes to one file (or into an existing folder), several files or a folder into a folder.
    Without an output a single input gets a sibling: ``photo.jpg`` gives ``photo-sobel.jpg`` where
    `label` is ``sobel``. With `in_place` every input is its own output.

    Parameters
    ----------
    inputs, output : paths of files and folders; ``-`` stands for standard input and output
    settings : of which `format`, `in_place`, `overwrite`, `recursive` and `strict` count here
    label : what is added to the name of a sibling
    output_called : what a person knows the output by, for messages
    pipeline : what is to be done, for `resume` and `watch`, which compare it with the journal

    Raises
    ------
    UsageError
        The paths do not fit together; an output is an input too; a new name has no suffix that
        tells the format.
    ImageError
        An input does not exist, an output exists already, a folder may not be written to, or
        there is no image at all.
    """
    format_name, recursive = settings["format"], settings["recursive"]
    in_place = settings["in_place"]
    if not inputs:
        raise UsageError("give an input, a file or a folder, and where its result belongs")
    if "" in inputs or output == "":
        raise UsageError("one of the paths is empty: perhaps a variable of the shell is not set")
    if in_place:
        plan = _in_place(inputs, output, format_name, recursive)
    elif output is None:
        plan = _siblings(inputs, label, format_name, recursive, output_called)
    elif _is_folder_target(inputs, output, output_called):
        plan = _into_folder(inputs, place_of(output), format_name, recursive)
    else:
        plan = _one(inputs[0], output, format_name)
    if settings["strict"]:
        plan = plan.strict()
    if not plan.jobs and not plan.failures:
        raise ImageError(_nothing_found(inputs, plan))
    overwrite = settings["overwrite"] or in_place
    jobs, failures = without_collisions(plan.jobs)
    plan = plan._replace(jobs=jobs, failures=(*failures, *plan.failures))
    if settings["resume"] or settings["watch"] or settings["skip_existing"]:
        plan = _without_done(plan, pipeline, settings)
    jobs = check_outputs(plan.jobs, plan.target, overwrite=overwrite, in_place=in_place)
    return plan._replace(jobs=jobs)


def _without_done(plan: FilePlan, pipeline: Pipeline | None, settings: Settings) -> FilePlan:
    """Return the plan without the jobs of which there is nothing to do, which are told apart."""
    from convfilter.batch.journal.judging import existing, judged

    if settings["skip_existing"]:
        jobs, done = existing(plan.jobs)
        return plan._replace(jobs=jobs, done=done)
    assert pipeline is not None
    if not isinstance(plan.target, Path):
        option = "--watch" if settings["watch"] else "--resume"
        raise UsageError(f"{option} goes by the journal in a folder: give one as the output")
    found = judged(plan.jobs, plan.target, pipeline, settings)
    return plan._replace(jobs=found.jobs, done=found.done, seen=found.seen)


def _in_place(
    inputs: Sequence[str], output: str | None, format_name: str | None, recursive: bool
) -> FilePlan:
    if output is not None:
        raise UsageError(f"--in-place replaces the inputs: there is no place for {shown(output)}")
    if STANDARD in inputs:
        raise UsageError("standard input (-) cannot be filtered in place")
    if format_name is not None:
        raise UsageError("--in-place keeps each file's format: leave --format out")
    for text in inputs:
        if is_stream(text):
            raise UsageError(f"{shown(text)} is no file that could be replaced: name an output")
    draft = _Draft()
    for path in map(place_of, inputs):
        if path.is_dir():
            draft.add_folder(path, path, recursive=recursive)
        else:
            draft.add(path, path)
    return draft.plan(inputs)


def _siblings(
    inputs: Sequence[str],
    label: str,
    format_name: str | None,
    recursive: bool,
    output_called: str,
) -> FilePlan:
    if len(inputs) > 1:
        raise UsageError(f"several inputs need a folder as {output_called}")
    text = inputs[0]
    if text == STANDARD:
        return FilePlan((Job(None, None),))
    path = place_of(text)
    if path.is_dir():
        place = full_name(path)
        if not place.name:
            raise UsageError(f"{shown(path)} has no place beside it: name a folder for the results")
        named_as_written = path.name not in ("", "..")
        target = (path if named_as_written else place).with_name(f"{place.name}-{label}")
        plan = _into_folder([text], target, format_name, recursive)
        return plan._replace(chosen_name=True)
    _check_exists(path)
    output = path.with_name(_sibling_name(path.name, label, format_name))
    _check_suffix(output, format_name)
    return FilePlan((Job(path, output),), chosen_name=True)


def _one(source: str, target: str, format_name: str | None) -> FilePlan:
    reading = None if source == STANDARD else place_of(source)
    writing = None if target == STANDARD else place_of(target)
    if reading is not None:
        _check_exists(reading)
    if writing is not None:
        job = Job(reading, writing)
        if not job.keeps_format:
            _check_suffix(writing, format_name)
    return FilePlan((Job(reading, writing),))


def _is_folder_target(inputs: Sequence[str], output: str, output_called: str) -> bool:
    """Whether the output is, or is to be, a folder; raises UsageError where it cannot be one."""
    if STANDARD in inputs and len(inputs) > 1:
        raise UsageError("standard input (-) can only be the one input")
    folders = [path for path in inputs if path != STANDARD and place_of(path).is_dir()]
    needed = len(inputs) > 1 or bool(folders)
    target = place_of(output)
    why = "several inputs need" if len(inputs) > 1 else f"the folder {shown(inputs[0])} needs"
    if output == STANDARD:
        if needed:
            raise UsageError(f"{why} a folder as {output_called}, not standard output (-)")
        return False
    written_as_folder = output.endswith(("/", os.sep))
    if target.is_dir() or written_as_folder:
        if STANDARD in inputs:
            raise UsageError(
                f"{output} is a folder: give a file for what standard input (-) becomes"
            )
        return True
    if not needed:
        return False
    if is_there(target):
        raise UsageError(f"{why} a folder as {output_called}, but {shown(target)} is a file")
    if is_image_path(target):
        raise UsageError(
            f"{why} a folder as {output_called}, but {shown(target)} has the name of a file"
            " (a folder of that name needs a slash at its end)"
        )
    return True


def _into_folder(
    inputs: Sequence[str], target: Place, format_name: str | None, recursive: bool
) -> FilePlan:
    draft = _Draft()
    for path in map(place_of, inputs):
        if path.is_dir():
            # as with cp, each of several folders keeps its name; of one folder the contents go over
            base = full_name(path).name if len(inputs) > 1 else ""
            draft.add_folder(
                path,
                target / base,
                recursive=recursive,
                leave_out=target,
                named=lambda name: _derived_name(name, format_name),
            )
        else:
            draft.add(path, target / _derived_name(path.name, format_name))
    return draft.plan(inputs, target)


def _derived_name(name: str, format_name: str | None) -> str:
    """Return the name with the suffix of the format, unless its own suffix means that format.

    Without a format it stays, unless it means one that is only read.
    """
    pure = PurePath(name)
    own = SUFFIXES.get(pure.suffix.lower())
    if format_name is None and own is not None:
        format_name = written_as(own)
    if format_name is None or own == format_name:
        return name
    stem = pure.stem if is_image_path(pure) else name
    return f"{stem}{suffix_of(format_name)}"


def _sibling_name(name: str, label: str, format_name: str | None) -> str:
    """Return the name of a result beside its input: ``photo.jpg`` gives ``photo-sobel.jpg``."""
    pure = PurePath(_derived_name(name, format_name))
    return f"{pure.stem}-{label}{pure.suffix}"


class _Draft:
    """A plan that grows."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], Job] = {}
        self._failures: list[Failure] = []
        self._unsupported: list[tuple[Failure, Unsupported]] = []
        self._passed_over = self._not_entered = 0

    def add(self, source: Place, output: Place) -> None:
        """Add a file, unless it is there already: the same file named twice is no collision."""
        in_place = source == output
        identity = resolved(source)
        job = Job(source, output, make_folder=not in_place)
        self._jobs.setdefault((identity, identity if in_place else str(output)), job)

    def add_folder(
        self,
        folder: Place,
        output: Place,
        *,
        recursive: bool,
        leave_out: Place | None = None,
        named: Callable[[str], str] = str,
    ) -> None:
        """Add the images of a folder, whose results go into another, each under its new name."""
        from convfilter.batch.planning.walk import walk

        contents = walk(folder, recursive=recursive, leave_out=leave_out)
        for file in contents.images:
            self.add(folder / file, output / file.with_name(named(file.name)))
        for inner, error in contents.unreadable:
            self._failures.append(Failure(folder / inner, output / inner, error))
        for file, why in contents.unsupported:
            error = ImageError(f"{shown(folder / file)}: {why.reason}")
            self._unsupported.append((Failure(folder / file, output / file, error), why))
        self._passed_over += contents.passed_over - len(contents.unsupported)
        self._not_entered += contents.not_entered

    def plan(self, inputs: Sequence[str], target: Place | None = None) -> FilePlan:
        """Return the plan; what is wrong with the only input is raised at once.

        Among several it is one failure of many.
        """
        jobs, failures = tuple(self._jobs.values()), tuple(self._failures)
        if len(inputs) == 1:
            if failures and not jobs:
                raise failures[0].error
            if jobs and jobs[0].input == place_of(inputs[0]):
                _check_exists(place_of(inputs[0]))
        beyond = tuple(self._unsupported)
        passed_over, not_entered = self._passed_over, self._not_entered
        return FilePlan(jobs, failures, passed_over, not_entered, target, unsupported=beyond)


def _check_exists(path: Place) -> None:
    if not is_there(path):
        raise ImageError(f"{shown(path)}: no such file or folder: check the name")


def _check_suffix(output: Place, format_name: str | None) -> None:
    if format_name is None:
        try:
            written_format_of(output)
        except ImageError as error:
            raise UsageError(str(error)) from error


def _nothing_found(inputs: Sequence[str], plan: FilePlan) -> str:
    where = shown(inputs[0]) if len(inputs) == 1 else "the folders"
    asides = plan.kinds()
    if plan.passed_over:
        asides.append(f"{plan.passed_over} other files passed over")
    if plan.not_entered:
        asides.append(f"{plan.not_entered} folders not entered: use -r for those")
    return f"{where}: no images found" + (f" ({'; '.join(asides)})" if asides else "")
