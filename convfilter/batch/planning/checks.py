"""What must be refused before the first byte is written."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Failure, Job
from convfilter.batch.planning.places import is_store, known_by
from convfilter.errors import ImageError, UsageError, shown
from convfilter.formats import written_format_of
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place, Url

__all__ = [
    "check_folder",
    "check_output",
    "check_outputs",
    "check_suffix",
    "refuse_existing",
    "without_existing",
]


def _is_there(path: str | Url) -> bool:
    return os.path.lexists(path) if isinstance(path, str) else path.exists()


def check_outputs(
    jobs: Sequence[Job],
    target: Place | None,
    *,
    overwrite: bool,
    in_place: bool,
    exists: Callable[[str | Url], bool] = _is_there,
) -> tuple[Job, ...]:
    """Return the jobs, each with whether its output exists, and with permission to replace it.

    Parameters
    ----------
    jobs : those that may replace their output already are left so
    target : the folder of all outputs, which may have to be made
    overwrite, in_place : whether all may
    exists : tells whether something has a name, a link that leads nowhere included

    Raises
    ------
    UsageError
        An output is also an input.
    ImageError
        The folder of the outputs cannot be written to.
    """
    if in_place:
        return tuple(job._replace(overwrite=True, exists=True) for job in jobs)
    there = {job.target for job in jobs if job.target is not None and exists(job.target)}
    if there or any(job.target is None for job in jobs[:1]):  # which is the only one then
        _check_not_inputs(jobs, there)
    streams = {output for output in there if is_stream(output)}
    for place in {Path(output).parent for output in _local(jobs) - streams}:
        check_folder(place, may_be_made=False)
    if target is not None and jobs:
        check_folder(target, may_be_made=True)
    return tuple(
        _allowed(job, overwrite=overwrite, exists=job.target in there, stream=job.target in streams)
        for job in jobs
    )


def _local(jobs: Sequence[Job]) -> set[str | Url]:
    """Return the outputs whose folders have to be there, which those of storage need not be."""
    return {job.target for job in jobs if isinstance(job.target, str) and not job.make_folder}


def check_output(path: str, *, overwrite: bool) -> None:
    """Raise ImageError for one file that may not be written: it exists, or its folder does not."""
    refuse_existing(check_outputs([Job(None, path)], None, overwrite=overwrite, in_place=False))


def refuse_existing(
    jobs: Sequence[Job], target: Place | None = None, *, resumes: bool = False
) -> None:
    """Raise ImageError if there are jobs whose outputs exist and may not be replaced.

    Where there is a journal in the folder `target`, the error says how to go on; with `resumes`
    that has been asked for, and the journal does not know them.
    """
    existing = [job.output for job in jobs if job.exists and not job.overwrite]
    if existing and existing[0] is not None:
        from convfilter.batch.journal import NAME

        first = f"{shown(existing[0])}: exists already"
        if len(existing) > 1:
            first += f", and {len(existing) - 1} more outputs do"
        has_journal = isinstance(target, Path) and os.path.lexists(target / NAME)
        resume = " --resume to go on where a run ended," if has_journal and not resumes else ""
        unknown = "; the journal knows nothing of it" if resumes else ""
        raise ImageError(f"{first}: give another name,{resume} or --overwrite to replace{unknown}")


def without_existing(jobs: Sequence[Job]) -> tuple[tuple[Job, ...], tuple[Failure, ...]]:
    """Return the jobs that stand in nobody's way, and failures for the others."""
    kept: list[Job] = []
    failures: list[Failure] = []
    for job in jobs:
        if job.exists and not job.overwrite and job.input is not None and job.output is not None:
            error = ImageError(
                f"{shown(job.output)}: exists already, and is not in the journal: move it away, or"
                " give --overwrite to replace"
            )
            failures.append(Failure(job.input, job.output, error))
        else:
            kept.append(job)
    return tuple(kept), tuple(failures)


def check_suffix(source: Place | None, output: Place, format_name: str | None) -> None:
    """Raise UsageError for an output whose name tells no format, where nothing else does."""
    if format_name is None and not (source and is_store(source)):
        try:
            written_format_of(output)
        except ImageError as error:
            raise UsageError(str(error)) from error


def _allowed(job: Job, *, overwrite: bool, exists: bool, stream: bool) -> Job:
    """Return the job with what it may do: a device or a pipe only takes what is written to it."""
    may_replace = job.overwrite or stream or overwrite
    if overwrite and job.has_twin:
        # what is not there yet may be the other one when it is, on some file systems
        may_replace = exists
    if (may_replace, exists) == (job.overwrite, job.exists):
        return job
    return job._replace(overwrite=may_replace, exists=exists and not stream)


def _check_not_inputs(jobs: Sequence[Job], there: set[str | Url]) -> None:
    """Raise if an output that is there, or standard output, is an input too."""
    inputs: dict[Hashable, Job] = {}
    for job in jobs:
        if job.source is not None:
            identity = _regular_identity(job.source)
            if identity is not None:
                inputs.setdefault(identity, job)
    for job in jobs:
        if job.target is not None and job.target not in there:
            continue
        identity = _standard_output() if job.target is None else _regular_identity(job.target)
        if identity is not None and identity in inputs:
            source = inputs[identity].name
            output = "standard output" if job.output is None else shown(job.output)
            same = f"{output} is both input and output"
            if source != output:
                same = f"the output {output} is the same file as the input {source}"
            raise UsageError(f"{same}: give another output, or --in-place to replace the input")


def _regular_identity(path: str | Url) -> Hashable | None:
    """Return what the system knows a file by, through links too; None where there is none."""
    if not isinstance(path, str):
        return known_by(path)
    try:
        status = os.stat(path)  # noqa: PTH116 - paths cost their time
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _standard_output() -> Hashable | None:
    """Return what the system knows a file by that standard output goes into."""
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def check_folder(folder: Place, *, may_be_made: bool) -> None:
    """Raise ImageError for a folder into which nothing can be written, as far as can be told."""
    if not isinstance(folder, Path):
        return  # storage of objects has no folders, and what else is wrong writing will tell
    place = folder
    while may_be_made and not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.exists():
        raise ImageError(f"the folder {shown(place)} does not exist: create it first")
    if not place.is_dir():
        raise ImageError(f"{shown(place)} is not a folder: results cannot be put into it")
    if not os.access(place, os.W_OK | os.X_OK):
        raise ImageError(f"the folder {shown(place)} {_why_closed(place)}")


def _why_closed(folder: Path) -> str:
    """Return in words why a folder cannot be written to; root, too, is refused by some."""
    try:
        is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    except (AttributeError, OSError):  # of Windows, or what may not even be asked
        is_read_only = False
    if is_read_only:
        return "is on a read-only file system: name another one"
    return "may not be written to: check its permissions"
