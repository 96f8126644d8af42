"""What must be refused before the first byte is written."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Job
from convfilter.batch.journal import NAME
from convfilter.batch.planning.places import is_there, known_by
from convfilter.errors import ImageError, UsageError, listed, shown
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place

__all__ = ["check_outputs"]


def check_outputs(
    jobs: Sequence[Job], target: Place | None, *, overwrite: bool, in_place: bool
) -> tuple[Job, ...]:
    """Return the jobs, each with permission to replace its output where that is given.

    Raises
    ------
    UsageError
        An output is also an input.
    ImageError
        An output exists already, or the folder of the outputs cannot be written to.
    """
    if not in_place:
        _check_not_inputs(jobs)
    existing = [] if overwrite else [each for job in jobs if (each := _in_the_way(job)) is not None]
    if existing:
        first = f"{shown(existing[0])}: exists already"
        if len(existing) > 1:
            first += f", and {len(existing) - 1} more outputs do"
        others = ["another name", "--overwrite to replace"]
        if isinstance(target, Path) and os.path.lexists(target / NAME):
            others.insert(1, "--resume to go on where a run ended")
        raise ImageError(f"{first}: give {listed(others, 'or')}")
    if not in_place:
        made = (job.output for job in jobs if job.output and not job.make_folder)
        for place in {output.parent for output in made if not is_stream(output)}:
            _check_folder(place, may_be_made=False)
        if target is not None and jobs:
            _check_folder(target, may_be_made=True)
    return tuple(job._replace(overwrite=True) if _replaces(job, overwrite) else job for job in jobs)


def _replaces(job: Job, overwrite: bool) -> bool:
    """Whether the job may write to what is there: it is allowed, or it is a device or a pipe."""
    if job.output is None:
        return False
    overwrite = overwrite or job.overwrite
    if overwrite and job.has_twin:
        # what is not there yet may be the other one when it is, on some file systems
        return is_there(job.output)
    return overwrite or is_stream(job.output)


def _check_not_inputs(jobs: Sequence[Job]) -> None:
    inputs: dict[Hashable, Place] = {}
    for job in jobs:
        if job.input is not None:
            identity = _regular_identity(job.input)
            if identity is not None:
                inputs.setdefault(identity, job.input)
    for job in jobs:
        identity = _standard_output() if job.output is None else _regular_identity(job.output)
        if identity is not None and identity in inputs:
            source = shown(inputs[identity])
            output = "standard output" if job.output is None else shown(job.output)
            same = f"{output} is both input and output"
            if source != output:
                same = f"the output {output} is the same file as the input {source}"
            raise UsageError(f"{same}: give another output, or --in-place to replace the input")


def _regular_identity(path: Place) -> Hashable | None:
    """Return what the system knows a file by, through links too; None where there is none."""
    if not isinstance(path, Path):
        return known_by(path)
    try:
        status = path.stat()
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


def _in_the_way(job: Job) -> Place | None:
    """Return the output if it is there and may not be replaced; no device or pipe is so."""
    path = job.output
    if path is None or job.overwrite or not is_there(path) or is_stream(path):
        return None
    return path


def _check_folder(folder: Place, *, may_be_made: bool) -> None:
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
