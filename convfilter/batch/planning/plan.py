"""Which input becomes which output. Looks at the file system and changes nothing in it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.job import Failure, Job
from convfilter.batch.planning.checks import (
    check_outputs,
    check_suffix,
    refuse_existing,
    without_existing,
)
from convfilter.batch.planning.places import full_name, is_folder, is_there, output_place, place_of
from convfilter.batch.settings import OPTIONS, Settings
from convfilter.errors import ImageError, UsageError, shown
from convfilter.formats import Unsupported, is_image_path
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.batch.journal.records import Record
    from convfilter.batch.planning.folders import Draft
    from convfilter.batch.planning.listings import Listings
    from convfilter.files.storage.url import Place
    from convfilter.pipeline import Pipeline

__all__ = ["STANDARD", "FilePlan", "make_plan"]

STANDARD = "-"
"""The path that stands for standard input or output."""

NAMING = ("suffix", "keep_ext", "name")
"""The settings that say what results are called."""


class FilePlan(NamedTuple):
    """Every file that is to be made, and what was met on the way.

    Attributes
    ----------
    jobs : in the order in which the inputs were given; a folder's files sorted by name
    failures : folders that could not be read, and files whose outputs would have one name, or one
        that is too long
    passed_over : other files in folders: hidden ones, and by their suffix no images
    unsupported : files in folders that are images of a kind that cannot be read here, as
        failures, and why
    not_entered : folders inside folders, without `recursive`
    target : the folder that the outputs go into, or None
    chosen_name : the output's name was made here, so that the person does not know it yet
    special : pipes, sockets and devices in folders, which are passed over, each with what it is
    not_followed : links to folders, without `follow_links`
    done : files that are left alone since there is nothing to do, each with the reason
    seen : what the journal is to be told of those whose times have changed
    watched : folders in which further files may arrive, with `watch`
    again : makes the plan anew, as files are by then, with `watch`
    """

    jobs: tuple[Job, ...]
    failures: tuple[Failure, ...] = ()
    passed_over: int = 0
    not_entered: int = 0
    target: Place | None = None
    chosen_name: bool = False
    unsupported: tuple[tuple[Failure, Unsupported], ...] = ()
    special: tuple[tuple[Place, str], ...] = ()
    not_followed: int = 0
    done: tuple[Job, ...] = ()
    seen: Mapping[str, Record] = MappingProxyType({})
    watched: tuple[Place, ...] = ()
    again: Callable[[], FilePlan] | None = None

    def strict(self) -> FilePlan:
        """Return the plan with what cannot be read here among the failures."""
        beyond = tuple(failure for failure, _ in self.unsupported)
        return self._replace(failures=(*self.failures, *beyond), unsupported=())

    def kinds(self) -> list[str]:
        """Return how many files there are of each kind that cannot be read here, and a way out."""
        counts = Counter((why.kind, why.way_out) for _, why in self.unsupported)
        return [f"{count} {kind}: {way_out}" for (kind, way_out), count in counts.items()]

    def left_out(self) -> list[str]:
        """Return in words what of the inputs is no part of the plan, and the way out if any."""
        special = Counter(what for _, what in self.special)
        parts = [
            *self.kinds(),
            _counted(self.passed_over, "other file", " passed over"),
            *(_counted(count, what, " passed over") for what, count in special.items()),
            _counted(self.not_entered, "folder", " not entered (use -r)"),
            _counted(self.not_followed, "link", " to folders not followed (use --follow-links)"),
        ]
        return [part for part in parts if part]


def _counted(number: int, thing: str, rest: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}{rest}" if number else ""


def make_plan(
    inputs: Sequence[str],
    output: str | None,
    settings: Settings,
    *,
    label: str,
    output_called: str = "the last path",
    listed: Iterable[str] | None = None,
    is_trial: bool = False,
    pipeline: Pipeline | None = None,
) -> FilePlan:
    """Turn paths into jobs.

    One file goes to one file (or into an existing folder), several files, a folder, a pattern or a
    list into a folder. Without an output a single input gets a sibling: ``photo.jpg`` gives
    ``photo-sobel.jpg`` where `label` is ``sobel``. With `in_place` every input is its own output.

    Parameters
    ----------
    inputs, output : paths of files and folders; ``-`` stands for standard input and output; an
        input may be a pattern such as ``photos/*.jpg``, if there is no file of that name
    settings : of which `format`, `in_place`, `overwrite` and those of `OfFolders` count here
    label : what is added to the name of a sibling, and what templates know the filter by
    output_called : what a person knows the output by, for messages
    listed : further inputs, from a list: each the name of a file or a folder, which keep the
        folders that they are in
    is_trial : whether outputs that exist, and may not be replaced, are none of this call's errors
    pipeline : what is to be done, which `resume` and `watch` compare with the journal

    Raises
    ------
    UsageError
        The paths do not fit together; an output is an input too; a new name has no suffix that
        tells the format.
    ImageError
        An input does not exist, an output exists already, a folder may not be written to, or
        there is no image at all.
    """
    in_place = settings["in_place"]
    names = None if listed is None else list(listed)
    if not inputs and names is None:
        raise UsageError("give an input, a file or a folder, and where its result belongs")
    if not inputs and not names:
        raise ImageError("the list of files is empty")
    if "" in inputs or output == "":
        raise UsageError("one of the paths is empty: perhaps a variable of the shell is not set")
    if in_place:
        plan = _in_place(inputs, names or [], output, settings)
    elif names is not None:
        plan = _of_list(inputs, names, output, settings, label)
    elif output is None:
        plan = _siblings(inputs, settings, label, output_called)
    elif _is_folder_target(inputs, output, output_called):
        plan = _into_folder(inputs, output_place(output), settings, label)
    else:
        plan = _one(inputs[0], output, settings)
    if settings["strict"]:
        plan = plan.strict()
    if not plan.jobs and not plan.failures and not settings["watch"]:
        raise ImageError(_nothing_found([*inputs, *(names or ())], plan))
    jobs: Sequence[Job] = plan.jobs
    failures: tuple[Failure, ...] = ()
    listings: Listings | None = None
    if len(jobs) > 1:
        from convfilter.batch.planning.collisions import without_collisions
        from convfilter.batch.planning.listings import Listings

        listings = Listings(jobs)
        jobs, failures = without_collisions(jobs, listings)
    jobs = check_outputs(
        jobs,
        plan.target,
        overwrite=settings["overwrite"] or in_place,
        in_place=in_place,
        **({"exists": listings.exists} if listings else {}),
    )
    if settings["resume"] or settings["watch"] or settings["skip_existing"]:
        from convfilter.batch.journal.judging import judged

        jobs, done, seen = judged(jobs, plan.target, pipeline, settings)
        plan = plan._replace(done=done, seen=seen)
    if settings["watch"]:
        jobs, in_the_way = without_existing(jobs)
        again = partial(
            make_plan,
            inputs,
            output,
            settings,
            label=label,
            output_called=output_called,
            listed=names,
            pipeline=pipeline,
        )
        plan = plan._replace(watched=_watched(inputs), again=again)
        failures = (*failures, *in_the_way)
    elif not is_trial:
        refuse_existing(jobs, plan.target, resumes=settings["resume"])
    return plan._replace(jobs=jobs, failures=(*failures, *plan.failures))


def _watched(inputs: Sequence[str]) -> tuple[Place, ...]:
    """Return the folders among the inputs; raises UsageError if there are none."""
    folders = tuple(place_of(text) for text in inputs if os.path.isdir(text))  # noqa: PTH112
    if not folders:
        raise UsageError("--watch waits for files that arrive in a folder: name one as an input")
    return folders


def _in_place(
    inputs: Sequence[str], names: Sequence[str], output: str | None, settings: Settings
) -> FilePlan:
    from convfilter.batch.planning.folders import Draft

    if output is not None:
        raise UsageError(f"--in-place replaces the inputs: there is no place for {shown(output)}")
    if STANDARD in inputs:
        raise UsageError("standard input (-) cannot be filtered in place")
    if settings["format"] is not None:
        raise UsageError("--in-place keeps each file's format: leave --format out")
    for text in (*inputs, *names):
        if is_stream(text):
            raise UsageError(f"{shown(text)} is no file that could be replaced: name an output")
    draft = Draft(settings)
    for text in inputs:
        draft.add_input(text, keeps_name=False)
    for text in names:
        draft.add_listed(text)
    return _alone([*inputs, *names], _plan_of(draft))


def _siblings(
    inputs: Sequence[str], settings: Settings, label: str, output_called: str
) -> FilePlan:
    if len(inputs) > 1:
        raise UsageError(f"several inputs need a folder as {output_called}")
    text = inputs[0]
    if text == STANDARD:
        _check_no_naming(settings, "standard output")
        return FilePlan((Job(None, None),))
    from convfilter.batch.planning.naming import Naming
    from convfilter.batch.planning.patterns import is_pattern

    path = place_of(text)
    if is_folder(path):
        place = full_name(path)
        if not place.name:
            raise UsageError(f"{shown(path)} has no place beside it: name a folder for the results")
        named_as_written = path.name not in ("", "..")
        target = (path if named_as_written else place).with_name(f"{place.name}-{label}")
        return _into_folder([text], target, settings, label)._replace(chosen_name=True)
    if is_pattern(text):
        raise UsageError(
            f"{shown(text)} may match several files, which need a folder as {output_called}"
        )
    _check_exists(path)
    name = Naming(settings, label, f"-{label}")(path.name, full_name(path).parent.name)
    output = path.parent / name
    check_suffix(path, output, settings["format"])
    return FilePlan((Job(path, output),), chosen_name=True)


def _one(source: str, target: str, settings: Settings) -> FilePlan:
    reading = None if source == STANDARD else place_of(source)
    writing = None if target == STANDARD else output_place(target)
    if reading is not None:
        _check_exists(reading)
    _check_no_naming(settings, "standard output" if writing is None else shown(writing))
    job = Job(reading, writing)
    if writing is not None and not job.keeps_format:
        check_suffix(reading, writing, settings["format"])
    return FilePlan((job,))


def _check_no_naming(settings: Settings, output: str) -> None:
    """Refuse what says how results are called where a person has said what the only one is."""
    from convfilter.errors import listed

    given = [OPTIONS[name].option for name in NAMING if settings.get(name)]
    if given:
        raise UsageError(
            f"the result goes to {output}: {listed(given)} would give it another name: leave one"
            " out, or name a folder"
        )


def _is_folder_target(inputs: Sequence[str], output: str, output_called: str) -> bool:
    """Whether the output is, or is to be, a folder; raises UsageError where it cannot be one."""
    if STANDARD in inputs and len(inputs) > 1:
        raise UsageError("standard input (-) can only be the one input")
    needed = len(inputs) > 1 or _may_be_several(inputs[0])
    target = output_place(output)
    what = "folder" if is_folder(place_of(inputs[0])) else "pattern"
    why = "several inputs need" if len(inputs) > 1 else f"the {what} {shown(inputs[0])} needs"
    if output == STANDARD:
        if needed:
            raise UsageError(f"{why} a folder as {output_called}, not standard output (-)")
        return False
    written_as_folder = output.endswith(("/", os.sep))
    if is_folder(target) or written_as_folder:
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


def _may_be_several(text: str) -> bool:
    """Whether one input may be many files: a folder, or a pattern that no shell has expanded."""
    if text == STANDARD or os.path.isfile(text):  # noqa: PTH113 - the usual case at each start
        return False
    if is_folder(place_of(text)):
        return True
    from convfilter.batch.planning.patterns import is_pattern

    return is_pattern(text)


def _into_folder(inputs: Sequence[str], target: Place, settings: Settings, label: str) -> FilePlan:
    from convfilter.batch.planning.folders import Draft
    from convfilter.batch.planning.naming import Naming

    draft = Draft(settings, Naming(settings, label), target)
    for text in inputs:
        draft.add_input(text, keeps_name=len(inputs) > 1)
    return _alone(inputs, _plan_of(draft))


def _of_list(
    inputs: Sequence[str],
    names: Sequence[str],
    output: str | None,
    settings: Settings,
    label: str,
) -> FilePlan:
    from convfilter.batch.planning.folders import Draft
    from convfilter.batch.planning.naming import Naming

    if output is None:
        raise UsageError("a list of files needs a folder for the results, or --in-place")
    if STANDARD in (*inputs, output):
        raise UsageError("a list of files goes with files and folders, not with standard streams")
    draft = Draft(settings, Naming(settings, label), output_place(output))
    for text in inputs:
        draft.add_input(text, keeps_name=True)
    for text in names:
        draft.add_listed(text)
    return _plan_of(draft)


def _plan_of(draft: Draft) -> FilePlan:
    return FilePlan(
        tuple(draft.jobs),
        tuple(draft.failures),
        draft.passed_over,
        draft.not_entered,
        draft.target,
        unsupported=tuple(draft.unsupported),
        special=tuple(draft.special),
        not_followed=draft.not_followed,
    )


def _alone(inputs: Sequence[str], plan: FilePlan) -> FilePlan:
    """Return the plan; what is wrong with the only input is raised at once.

    Among several it is one failure of many.
    """
    if len(inputs) == 1:
        if plan.failures and not plan.jobs:
            raise plan.failures[0].error
        if plan.jobs and plan.jobs[0].input == place_of(inputs[0]):
            _check_exists(place_of(inputs[0]))
    return plan


def _check_exists(path: Place) -> None:
    if not is_there(path):
        raise ImageError(f"{shown(path)}: no such file or folder: check the name")


def _nothing_found(inputs: Sequence[str], plan: FilePlan) -> str:
    where = shown(inputs[0]) if len(inputs) == 1 else "the folders"
    asides = plan.left_out()
    return f"{where}: no images found" + (f" ({'; '.join(asides)})" if asides else "")
