"""What a run into a folder keeps for the next one, and what it clears away of an earlier one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Job
from convfilter.batch.journal import NAME
from convfilter.batch.journal.identity import NUMBERS, Names
from convfilter.batch.journal.lines import Lines
from convfilter.batch.journal.records import Record, begun, made, void
from convfilter.errors import ImageError, reason_of, shown

if TYPE_CHECKING:
    from convfilter.batch.job import Done
    from convfilter.batch.running.jobs import Outcome

__all__ = ["Journal"]

AHEAD = 256
"""So many outputs are said to be begun at once, and forced to the disk, before the first is."""


class Journal:
    """A listener that keeps the journal of a run.

    It is opened when the first job is asked for. If it cannot be kept, a line says so and the run
    goes on without: what it makes is then unknown to `resume`.

    Parameters
    ----------
    folder : of the outputs, where the journal lies; it may not be there yet
    recipe : the hash of what is done
    seen : records that hold with another time, to be noted
    say : takes a line for a person
    """

    waits_for_disk = True

    def __init__(
        self,
        folder: Path,
        recipe: str,
        seen: Mapping[str, Record],
        say: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._recipe = recipe
        self._seen = seen
        self._say = say
        self._name_of = Names(folder)
        self._lines: Lines | None = None
        self._has_given_up = self._is_useful = self._made_folder = False
        self._begun: set[str] = set()
        self._under_way: set[str] = set()

    def begin(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield the same jobs, of which each is noted before it is given out."""
        waiting = iter(jobs)
        while ahead := list(itertools.islice(waiting, AHEAD)):
            if self._lines is None and not self._has_given_up:
                self._open()
            names = [self._name_of(job.target) for job in ahead if job.target is not None]
            self._begun.update(names)
            self._add(begun(names))
            if self._lines is not None:
                self._lines.force()
            for job, name in zip(ahead, names, strict=True):
                self._under_way.add(name)
                yield job

    def tell(self, outcome: Outcome[Done]) -> None:
        """Note what came of a job."""
        job, done, _ = outcome
        assert job.source is not None
        assert job.target is not None
        output = self._name_of(job.target)
        self._under_way.discard(output)
        if done is None or done.input is None or done.output is None:
            return  # it is said at the end
        self._begun.discard(output)
        self._is_useful = True
        record = Record(self._name_of(job.source), done.input, self._recipe, NUMBERS, done.output)
        self._add(made(output, record))

    def close(self) -> None:
        """End the journal of this run.

        What is still under way, as after a second interrupt, may be finished yet.
        """
        if not self._begun <= self._under_way:
            self._add(void(sorted(self._begun - self._under_way)))
        self._is_useful = self._is_useful or bool(self._under_way)
        lines, self._lines = self._lines, None
        if lines is None:
            return
        if self._is_useful:
            lines.force()
            lines.close()
        else:
            lines.drop()
            if self._made_folder:
                with suppress(OSError):
                    self._folder.rmdir()

    def _open(self) -> None:
        path = self._folder / NAME
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True, exist_ok=True)
                self._made_folder = True
            self._lines = Lines(path)
        except OSError as error:
            self._give_up(f"{shown(path)}: {reason_of(error)}")
            return
        except ImageError as error:
            self._give_up(str(error))
            return
        known = self._lines.known
        self._is_useful = bool(known.records or known.begun or known.damaged)
        if known.damaged > 1:  # a run that is killed tears one
            self._say(
                f"{shown(path)}: {known.damaged} lines are damaged: what they told of is not known"
                " to be done"
            )
        self._add(*(made(output, record) for output, record in self._seen.items()))

    def _add(self, *lines: bytes) -> None:
        if self._lines is None or not lines:
            return
        try:
            self._lines.add(*lines)
        except OSError as error:
            self._lines.close()
            self._lines = None
            self._give_up(f"{shown(self._folder / NAME)}: {reason_of(error)}")

    def _give_up(self, why: str) -> None:
        self._has_given_up = True
        self._say(f"no journal is kept, so that --resume will not know what this run makes: {why}")
