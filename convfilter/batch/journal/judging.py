"""Why a file would be made, or that it is done: judged by the journal and by what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.job import FileState, Job, state_of
from convfilter.batch.journal import NAME
from convfilter.batch.journal.identity import NUMBERS, Names, recipe_hash
from convfilter.batch.journal.lines import read
from convfilter.batch.journal.records import Known, Record
from convfilter.batch.planning.places import is_store
from convfilter.errors import UsageError

if TYPE_CHECKING:
    from convfilter.batch.settings import Settings
    from convfilter.files.storage.url import Place, Url
    from convfilter.pipeline import Pipeline

__all__ = ["Judge", "Judged", "Why", "by_existence", "judged"]


class Why(StrEnum):
    """Why a file is made, or is not, in words for a list."""

    NEW = "new"
    BEGUN = "begun, but not finished"
    INPUT = "input changed"
    RECIPE = "recipe changed"
    NUMBERS = "results of this version differ"
    MISSING = "output missing"
    CHANGED = "output changed"
    STRANGE = "output exists, but is not in the journal"
    UNCHANGED = "unchanged"
    EXISTS = "output exists"

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do."""
        return self in (Why.UNCHANGED, Why.EXISTS)


class Judged(NamedTuple):
    """Jobs by what is to become of them; each tells by `why` the reason.

    Attributes
    ----------
    jobs : to be done; those whose outputs an earlier run made may replace them
    done : to be left alone
    seen : records of outputs that are known by their hash, but no longer by their time
    """

    jobs: tuple[Job, ...]
    done: tuple[Job, ...]
    seen: Mapping[str, Record]


class Judge:
    """Tells why jobs would be done, by what the journal of their folder says.

    Nothing is written.

    Parameters
    ----------
    folder : that of the journal
    recipe : the hash of what is to be done
    known : what the journal says
    """

    def __init__(self, folder: Path, recipe: str, known: Known) -> None:
        self.name_of = Names(folder)
        self.recipe = recipe
        self.known = known
        self.seen: dict[str, Record] = {}

    @classmethod
    def of(cls, folder: Path, pipeline: Pipeline, settings: Settings) -> Judge:
        """Return the judge of runs of a pipeline into a folder; raises ImageError as `read`."""
        return cls(folder, recipe_hash(pipeline, settings), read(folder / NAME))

    def __call__(self, job: Job) -> Why:
        """Return why a job would be done, or that it is."""
        assert job.source is not None
        assert job.target is not None
        output = self.name_of(job.target)
        record = self.known.records.get(output)
        if record is None:
            if output in self.known.begun:
                return Why.BEGUN
            return Why.STRANGE if job.exists else Why.NEW
        after = state_of(job.target)
        if after is None:
            return Why.STRANGE if job.exists else Why.MISSING
        source = self.name_of(job.source)
        before = state_of(job.source)
        if before is None or not self._is_input(job, source, before, record):
            return Why.INPUT
        if self.recipe != record.recipe:
            return Why.RECIPE
        if record.numbers != NUMBERS:
            return Why.NUMBERS
        if not _is_same(after, record.output, job.target, "checksum"):
            return Why.CHANGED
        then = (record.source, record.input.changed, record.output.changed)
        if (source, before.changed, after.changed) != then:
            self.seen[output] = record._replace(
                source=source,
                input=record.input._replace(changed=before.changed),
                output=record.output._replace(changed=after.changed),
            )
        return Why.UNCHANGED

    def _is_input(self, job: Job, source: str, before: FileState, record: Record) -> bool:
        """Whether a file is the one that the record tells of; of another name its hash decides."""
        assert job.source is not None
        if source == record.source:
            return _is_same(before, record.input, job.source, "sha256")
        same_size = before.size == record.input.size
        return same_size and _has_hash(job.source, record.input.hash, "sha256")


def judged(
    jobs: Sequence[Job], folder: Place | None, pipeline: Pipeline | None, settings: Settings
) -> Judged:
    """Judge the jobs of a run that goes by the journal in a folder, or by existence alone.

    Raises
    ------
    UsageError
        There is no such folder in the file system, or the inputs are zarr stores.
    ImageError
        The journal cannot be read.
    """
    if settings["skip_existing"]:
        judge: Callable[[Job], Why] = by_existence
        seen: Mapping[str, Record] = {}
    elif isinstance(folder, Path):
        assert pipeline is not None
        _refuse_stores(jobs)
        judge = by_journal = Judge.of(folder, pipeline, settings)
        seen = by_journal.seen
    else:
        option = "--watch" if settings["watch"] else "--resume"
        raise UsageError(
            f"{option} goes by the journal in a folder of the file system: give one as the output,"
            " or go by existence with --skip-existing"
        )
    to_do: list[Job] = []
    done: list[Job] = []
    for job in jobs:
        why = judge(job)
        may_replace = job.overwrite or (job.exists and why in _OURS)
        told = job._replace(why=why, overwrite=may_replace)
        (done if why.is_done else to_do).append(told)
    return Judged(tuple(to_do), tuple(done), seen)


def _refuse_stores(jobs: Sequence[Job]) -> None:
    """Refuse zarr stores, which no journal knows; files and stores are not done together."""
    if jobs and (first := jobs[0].input) is not None and is_store(first):
        raise UsageError(
            "--resume knows what is done of files, not of zarr stores: go by existence with"
            " --skip-existing"
        )


def by_existence(job: Job) -> Why:
    """Return why a job would be done, or that its output exists."""
    return Why.EXISTS if job.exists else Why.NEW


_OURS = (Why.BEGUN, Why.INPUT, Why.RECIPE, Why.NUMBERS, Why.CHANGED)
"""Where an output is there, it was made by an earlier run and may be replaced."""


def _is_same(now: FileState, recorded: FileState, path: str | Url, kind: str) -> bool:
    """Whether a file is what it was: by size and time, and where these differ by its hash."""
    if now.size != recorded.size:
        return False
    return now.changed == recorded.changed or _has_hash(path, recorded.hash, kind)


def _has_hash(path: str | Url, recorded: str, kind: str) -> bool:
    if not recorded or not isinstance(path, str):
        return False
    try:
        with Path(path).open("rb") as file:
            if kind == "sha256":
                return hashlib.file_digest(file, "sha256").hexdigest() == recorded
            from convfilter.formats.checksum import Checksum

            digest = Checksum()
            while piece := file.read(1 << 20):
                digest.update(piece)
            return digest.hexdigest() == recorded
    except OSError:
        return False
