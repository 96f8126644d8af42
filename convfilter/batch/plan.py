"""Which input becomes which output. Looks at the file system and changes nothing in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from convfilter.batch.checks import check_outputs
from convfilter.batch.job import Job
from convfilter.batch.names import derived_name, shown, sibling_name
from convfilter.batch.walk import Found, walk
from convfilter.errors import ImageError, UsageError
from convfilter.formats import is_image_path, written_format_of

__all__ = ["STANDARD", "Failure", "Plan", "make_plan"]

STANDARD = "-"
"""The path that stands for standard input or output."""


@dataclass(frozen=True)
class Failure:
    """Something named on the command line, or below it, that could not be looked into."""

    name: str
    error: ImageError


@dataclass(frozen=True)
class Plan:
    """All jobs of a command.

    Attributes
    ----------
    jobs : in the order in which the inputs were given; a folder's files sorted by name
    failures : folders that could not be read
    passed_over : files in folders that are no images by their suffix
    not_entered : folders inside folders, without `recursive`
    target : the folder that the outputs go into, or None
    chosen_name : the output's name was made here, so that the person does not know it yet
    """

    jobs: tuple[Job, ...]
    failures: tuple[Failure, ...] = ()
    passed_over: int = 0
    not_entered: int = 0
    target: Path | None = None
    chosen_name: bool = False


@dataclass
class _Draft:
    jobs: list[Job] = field(default_factory=list)
    found: Found = field(default_factory=Found)

    def plan(self, target: Path | None = None, *, chosen_name: bool = False) -> Plan:
        failures = tuple(Failure(shown(folder), error) for folder, error in self.found.failures)
        return Plan(
            tuple(self.jobs),
            failures,
            self.found.passed_over,
            self.found.not_entered,
            target,
            chosen_name,
        )


def make_plan(
    paths: Sequence[str],
    *,
    label: str,
    format_name: str | None = None,
    in_place: bool = False,
    overwrite: bool = False,
    recursive: bool = False,
) -> Plan:
    """Turn the paths of a command line into jobs.

    One file goes to one file (or into an existing folder), several files or a folder into a folder,
    a single path to a sibling: ``photo.jpg`` to ``photo-sobel.jpg`` where `label` is ``sobel``.
    With `in_place` every path is an input. `format_name` is a format of `formats.FORMATS` or None.

    Raises
    ------
    UsageError
        The paths do not fit together; two outputs have one name; an output is an input too; a new
        name has no suffix that tells the format.
    ImageError
        An input does not exist, an output exists already, a folder may not be written to, or
        there is no image at all.
    """
    if not paths:
        raise UsageError("give an input, a file or a folder, and where its result belongs")
    if "" in paths:
        raise UsageError("one of the paths is empty: perhaps a variable of the shell is not set")
    if in_place:
        plan = _in_place(paths, format_name, recursive)
    elif len(paths) == 1:
        plan = _siblings(paths[0], label, format_name, recursive)
    elif _is_folder_target(paths):
        plan = _into_folder(paths[:-1], Path(paths[-1]), format_name, recursive)
    else:
        plan = _one(paths[0], paths[1], format_name)
    if not plan.jobs and not plan.failures:
        raise ImageError(_nothing_found(paths if in_place else paths[:-1] or paths, plan))
    jobs = check_outputs(plan.jobs, plan.target, overwrite=overwrite or in_place, in_place=in_place)
    return replace(plan, jobs=jobs)


def _in_place(paths: Sequence[str], format_name: str | None, recursive: bool) -> Plan:
    if STANDARD in paths:
        raise UsageError("standard input (-) cannot be filtered in place")
    if format_name is not None:
        raise UsageError("--in-place keeps each file's format: leave --format out")
    draft = _Draft()
    for path in map(Path, paths):
        if path.is_dir():
            for file in walk(path, recursive=recursive, found=draft.found):
                draft.jobs.append(Job(path / file, path / file))
        else:
            draft.jobs.append(Job(path, path))
    draft.jobs = _once(draft.jobs)
    _check_single(draft, paths)
    return draft.plan()


def _siblings(text: str, label: str, format_name: str | None, recursive: bool) -> Plan:
    if text == STANDARD:
        return Plan((Job(None, None),))
    path = Path(text)
    if path.is_dir():
        place = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
        if not place.name:
            raise UsageError(f"{shown(path)} has no place beside it: name a folder for the results")
        named_as_written = path.name not in ("", "..")
        target = (path if named_as_written else place).with_name(f"{place.name}-{label}")
        plan = _into_folder([text], target, format_name, recursive)
        return replace(plan, chosen_name=True)
    _check_exists(path)
    output = path.with_name(sibling_name(path.name, label, format_name))
    _check_suffix(output, format_name)
    return Plan((Job(path, output),), chosen_name=True)


def _one(source: str, target: str, format_name: str | None) -> Plan:
    reading = None if source == STANDARD else Path(source)
    writing = None if target == STANDARD else Path(target)
    if reading is not None:
        _check_exists(reading)
    if writing is not None:
        _check_suffix(writing, format_name)
    return Plan((Job(reading, writing),))


def _is_folder_target(paths: Sequence[str]) -> bool:
    """Whether the last path is, or is to be, a folder; raises UsageError where it cannot be one."""
    *inputs, last = paths
    if STANDARD in inputs and len(inputs) > 1:
        raise UsageError("standard input (-) can only be the one input")
    folders = [path for path in inputs if path != STANDARD and Path(path).is_dir()]
    needed = len(inputs) > 1 or bool(folders)
    target = Path(last)
    why = "several inputs need" if len(inputs) > 1 else f"the folder {shown(inputs[0])} needs"
    if last == STANDARD:
        if needed:
            raise UsageError(f"{why} a folder as the last path, not standard output (-)")
        return False
    written_as_folder = last.endswith(("/", os.sep))
    if target.is_dir() or written_as_folder:
        if STANDARD in inputs:
            raise UsageError(f"{last} is a folder: give a file for what standard input (-) becomes")
        return True
    if not needed:
        return False
    if os.path.lexists(target):
        raise UsageError(f"{why} a folder as the last path, but {shown(target)} is a file")
    if is_image_path(target):
        raise UsageError(
            f"{why} a folder as the last path, but {shown(target)} has the name of a file"
            " (a folder of that name needs a slash at its end)"
        )
    return True


def _into_folder(
    inputs: Sequence[str], target: Path, format_name: str | None, recursive: bool
) -> Plan:
    draft = _Draft()
    for path in map(Path, inputs):
        if path.is_dir():
            # as with cp, each of several folders keeps its name; of one folder the contents go over
            base = Path(os.path.abspath(path)).name if len(inputs) > 1 else ""  # noqa: PTH100
            for file in walk(path, recursive=recursive, found=draft.found, leave_out=target):
                name = derived_name(file.name, format_name)
                output = target / base / file.with_name(name)
                draft.jobs.append(Job(path / file, output, make_folder=True))
        else:
            output = target / derived_name(path.name, format_name)
            draft.jobs.append(Job(path, output, make_folder=True))
    draft.jobs = _once(draft.jobs)
    _check_single(draft, inputs)
    return draft.plan(target)


def _once(jobs: Sequence[Job]) -> list[Job]:
    """Leave out a job that is there already: the same file named twice is no collision."""
    seen: dict[tuple[str, str], Job] = {}
    for job in jobs:
        assert job.input is not None
        assert job.output is not None
        source = os.path.realpath(job.input)
        same_place = job.input == job.output
        seen.setdefault((source, source if same_place else str(job.output)), job)
    return list(seen.values())


def _check_single(draft: _Draft, inputs: Sequence[str]) -> None:
    """Say at once what is wrong with the only input; among several it is one failure of many."""
    if len(inputs) > 1:
        return
    if draft.found.failures and not draft.jobs:
        raise draft.found.failures[0][1]
    if draft.jobs and draft.jobs[0].input == Path(inputs[0]):
        _check_exists(Path(inputs[0]))


def _check_exists(path: Path) -> None:
    if not os.path.lexists(path):
        raise ImageError(f"{shown(path)}: no such file or folder: check the name")


def _check_suffix(output: Path, format_name: str | None) -> None:
    if format_name is None:
        try:
            written_format_of(output)
        except ImageError as error:
            raise UsageError(str(error)) from error


def _nothing_found(inputs: Sequence[str], plan: Plan) -> str:
    where = shown(inputs[0]) if len(inputs) == 1 else "the folders"
    asides = []
    if plan.passed_over:
        asides.append(f"{plan.passed_over} other files passed over")
    if plan.not_entered:
        asides.append(f"{plan.not_entered} folders not entered: use -r for those")
    return f"{where}: no images found" + (f" ({'; '.join(asides)})" if asides else "")
