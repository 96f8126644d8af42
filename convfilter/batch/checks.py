"""What must be refused before the first byte is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PurePath

from convfilter.batch.job import Job
from convfilter.errors import ImageError, UsageError, shown

__all__ = ["check_outputs"]


def check_outputs(
    jobs: Sequence[Job], target: Path | None, *, overwrite: bool, in_place: bool
) -> tuple[Job, ...]:
    """Return the jobs, each with permission to replace its output where that is given.

    Raises
    ------
    UsageError
        Two outputs have one name, or an output is also an input.
    ImageError
        An output exists already, or the folder of the outputs cannot be written to.
    """
    if len(jobs) > 1:
        _check_collisions(jobs)
    if not in_place:
        _check_not_inputs(jobs)
    existing = [job.output for job in jobs if job.output is not None and _in_the_way(job.output)]
    if existing and not overwrite:
        first = f"{shown(existing[0])}: exists already"
        if len(existing) > 1:
            first += f", and {len(existing) - 1} more outputs do"
        raise ImageError(f"{first}: give another name, or --overwrite to replace")
    if not in_place:
        for place in {job.output.parent for job in jobs if job.output and not job.make_folder}:
            _check_folder(place, may_be_made=False)
        if target is not None and jobs:
            _check_folder(target, may_be_made=True)
    return tuple(job._replace(overwrite=True) if _replaces(job, overwrite) else job for job in jobs)


def _replaces(job: Job, overwrite: bool) -> bool:
    """Whether the job may write to what is there: it is allowed, or it is a device or a pipe."""
    if job.output is None:
        return False
    return overwrite or (os.path.lexists(job.output) and not _in_the_way(job.output))


def _check_collisions(jobs: Sequence[Job]) -> None:
    taken: dict[str, Job] = {}
    clashes: list[tuple[Job, Job]] = []
    for job in jobs:
        if job.output is not None:
            first = taken.setdefault(_collision_key(job.output), job)
            if first is not job:
                clashes.append((first, job))
    if clashes:
        first, second = clashes[0]
        assert first.output is not None
        more = f" (and {len(clashes) - 1} more such pairs)" if len(clashes) > 1 else ""
        raise UsageError(
            f"{first.name} and {second.name} would both become {shown(first.output)}{more}:"
            " rename one, or filter them into different folders"
        )


def _collision_key(path: PurePath) -> str:
    """Return what two paths share if some file system takes them for one.

    Upper and lower case, and the two ways to write an accented letter, are one name on the file
    systems of macOS and Windows.
    """
    import unicodedata  # a single file collides with nothing

    return unicodedata.normalize("NFC", os.path.normpath(path)).casefold()


def _check_not_inputs(jobs: Sequence[Job]) -> None:
    inputs: dict[tuple[int, int], Path] = {}
    for job in jobs:
        if job.input is not None:
            identity = _regular_identity(job.input)
            if identity is not None:
                inputs.setdefault(identity, job.input)
    for job in jobs:
        identity = None if job.output is None else _regular_identity(job.output)
        if identity in inputs:
            assert job.output is not None
            assert identity is not None
            source, output = shown(inputs[identity]), shown(job.output)
            same = f"{output} is both input and output"
            if source != output:
                same = f"the output {output} is the same file as the input {source}"
            raise UsageError(f"{same}: give another output, or --in-place to replace the input")


def _regular_identity(path: Path) -> tuple[int, int] | None:
    """Return what the system knows a file by, through links too; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _in_the_way(path: Path) -> bool:
    """Whether something is there that writing would destroy; a device or a pipe only takes it."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return os.path.lexists(path)
    return not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode))


def _check_folder(folder: Path, *, may_be_made: bool) -> None:
    place = folder
    while may_be_made and not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.exists():
        raise ImageError(f"the folder {shown(place)} does not exist: create it first")
    if not place.is_dir():
        raise ImageError(f"{shown(place)} is not a folder: results cannot be put into it")
    if not os.access(place, os.W_OK | os.X_OK):
        raise ImageError(f"the folder {shown(place)} may not be written to: check its permissions")
