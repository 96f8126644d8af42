"""What a run into a folder keeps for the next one, and what it clears away of an earlier one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from convfilter.batch.job import Job
from convfilter.batch.journal.identity import NUMBERS, Places, recipe_hash
from convfilter.batch.journal.lines import NAME, Lines
from convfilter.batch.journal.records import Record, begun, made, void
from convfilter.errors import ImageError, reason_of, shown
from convfilter.files.temporaries import clear_dead

if TYPE_CHECKING:
    from convfilter.batch.running.outcome import Outcome
    from convfilter.batch.settings import Settings
    from convfilter.batch.work import Done
    from convfilter.pipeline import Pipeline

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
        self._places = Places(folder)
        self._lines: Lines | None = None

    @classmethod
    def of(
        cls,
        folder: Path,
        pipeline: Pipeline,
        settings: Settings,
        seen: Mapping[str, Record],
        say: Callable[[str], None],
    ) -> Journal:
        """Return the journal of a run of a pipeline into a folder."""
        return cls(folder, recipe_hash(pipeline, settings), seen, say)

    def begin(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Return the same jobs, of which each is noted before it is given out."""
        return _Noted(jobs, self._noted)

    def tell(self, outcome: Outcome[Done]) -> None:
        """Note what came of a job."""
        job, done, _ = outcome
        if self._lines is None or job.output is None:
            return
        output = self._places(job.output)
        if done is None or done.input is None or done.output is None:
            self._add(void(output))
            return
        assert job.input is not None
        record = Record(self._places(job.input), done.input, self._recipe, NUMBERS, done.output)
        self._add(made(output, record))

    def close(self) -> None:
        """End the journal of this run."""
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.force()
            lines.close()

    def _noted(self, jobs: Sequence[Job]) -> Iterator[Job]:
        waiting = iter(jobs)
        while ahead := list(itertools.islice(waiting, AHEAD)):
            if self._lines is None:
                self._open()
            names = [self._places(job.output) for job in ahead if job.output is not None]
            self._add(begun(names))
            if self._lines is not None:
                self._lines.force()
            yield from ahead

    def _open(self) -> None:
        path = self._folder / NAME
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lines = Lines(path)
        except OSError as error:
            self._give_up(f"{shown(path)}: {reason_of(error)}")
        except ImageError as error:
            self._give_up(str(error))
        else:
            damaged = self._lines.known.damaged
            if damaged > 1:  # one is torn when a run is killed
                self._say(
                    f"{shown(path)}: {damaged} lines are damaged: what they told of is not known"
                    " to be done"
                )
            self._add(*(made(output, record) for output, record in self._seen.items()))

    def _add(self, *lines: bytes) -> None:
        if self._lines is None or not lines:
            return
        try:
            self._lines.add(*lines)
        except OSError as error:
            self.close()
            self._give_up(f"{shown(self._folder / NAME)}: {reason_of(error)}")

    def _give_up(self, why: str) -> None:
        self._say(f"no journal is kept, so that --resume will not know what this run makes: {why}")
