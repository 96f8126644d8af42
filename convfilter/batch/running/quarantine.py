"""Copies of inputs that failed, each beside a file that says why."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.planning.checks import check_folder
from convfilter.batch.running.jobs import Outcome
from convfilter.errors import ConvfilterError, ImageError, UsageError, reason_of, shown
from convfilter.files.replace import replace_file

if TYPE_CHECKING:
    from convfilter.batch.job import Done
    from convfilter.batch.planning.plan import FilePlan

__all__ = ["REASON", "Quarantine"]

REASON = ".reason.json"
"""What is added to the name of a copy, for the file that says why it is there."""

LONGEST = 230
"""Bytes of a copy's name: file systems take 255, and more is added to it."""

PIECE = 1 << 20


class Quarantine:
    """A listener that copies inputs that failed into a folder, in the tree of the results.

    Nothing there is ever replaced: where a name is taken, a number is added to it. What is no file
    of this computer, such as an address or a pipe, is not copied; why it failed is written down.

    Raises
    ------
    UsageError
        The folder is that of the results, or copies would stand among inputs.
    ImageError
        It cannot be made, or is no folder.
    """

    waits_for_disk = False

    def __init__(self, folder: Path, plan: FilePlan) -> None:
        self._folder = folder
        self._plan = plan
        if isinstance(plan.target, Path) and _is_same(folder, plan.target):
            raise UsageError(
                f"{shown(folder)} gets the results: name another folder for what fails"
                " (--quarantine)"
            )
        mixed = {os.path.realpath(place) for place in _written(plan, "source")} & {
            os.path.realpath(folder / self._below(Path(place, "x")))
            for place in _written(plan, "target")
        }
        if mixed:
            raise UsageError(
                f"{shown(min(mixed))} holds inputs, which copies of what fails would stand among:"
                " name another folder (--quarantine)"
            )
        check_folder(folder, may_be_made=True)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(
                f"the folder {shown(folder)} cannot be created: {reason_of(error)}"
            ) from error
        for failure in plan.failures:
            self._keep(failure.input, failure.output, failure.error, failure.error.cause)

    def tell(self, outcome: Outcome[Done]) -> None:
        """Copy the input if it failed."""
        if outcome.error is not None:
            job = outcome.job
            self._keep(job.input, job.output, outcome.error, outcome.cause)

    def close(self) -> None:
        """Do nothing more."""

    def _keep(self, source: object, output: object, error: Exception, cause: str) -> None:
        name = _short(Path(source).name) if isinstance(source, Path) else "input"
        place = self._folder / self._below(output) / name
        content = {
            "input": str(source),
            "cause": cause,
            "reason": str(error) if isinstance(error, ConvfilterError) else repr(error),
        }
        text = json.dumps(content, ensure_ascii=True, indent=1) + "\n"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            for path in _names(place):
                reason = path.with_name(path.name + REASON)
                try:
                    replace_file(reason, [text.encode()], overwrite=False)
                except FileExistsError:
                    continue
                if not isinstance(source, Path) or not source.is_file():
                    return
                try:
                    with source.open("rb") as file:
                        pieces = iter(lambda: file.read(PIECE), b"")
                        replace_file(path, pieces, overwrite=False)
                except FileExistsError:
                    reason.unlink()
                    continue
                except PermissionError:
                    pass  # it may not be read, which is why it failed
                return
        except OSError as problem:
            raise ImageError(
                f"{shown(place)}: the copy of what failed cannot be written: {reason_of(problem)}"
            ) from problem

    def _below(self, output: object) -> Path:
        """Return the folder of a result within the folder of all results."""
        target = self._plan.target
        if isinstance(output, Path) and isinstance(target, Path):
            try:
                return output.parent.relative_to(target)
            except ValueError:
                pass
        return Path()


def _short(name: str) -> str:
    """Return a name to which a number and `REASON` can be added; the reason has the whole of it."""
    if len(os.fsencode(name)) <= LONGEST:
        return name
    ends = Path(name).suffix
    stem = name
    while len(os.fsencode(stem + ends)) > LONGEST and stem:
        stem = stem[:-1]
    return stem + ends


def _names(path: Path) -> Iterator[Path]:
    """Yield the path, and others with a number in their name."""
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _written(plan: FilePlan, of: str) -> set[str]:
    """Return the folders of all inputs, or outputs, as they are written; not those in storage."""
    paths = (getattr(job, of) for job in (*plan.jobs, *plan.done))
    return {os.path.dirname(path) for path in paths if isinstance(path, str)}  # noqa: PTH120


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
