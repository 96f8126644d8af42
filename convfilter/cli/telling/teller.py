"""Says what comes of files as it comes, and how many there were at the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from convfilter.batch.planning.plan import FilePlan
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.work import Done
from convfilter.cli.wording import counted, describe, duration, say
from convfilter.errors import shown

if TYPE_CHECKING:
    from convfilter.batch.recipes.stamp import Source

__all__ = ["SOME_FAILED", "Summary", "Teller"]

SOME_FAILED = 3

LONG = 10.0
"""Seconds from which on it is worth saying how long it took."""


class Summary:
    """Counts what is done and what failed, and draws the conclusion.

    Attributes
    ----------
    total : jobs and unreadable folders together
    done, failed : how many of them came to which end
    """

    def __init__(self, plan: FilePlan) -> None:
        self._began = time.monotonic()
        self._plan = plan
        self.total = len(plan.jobs) + len(plan.failures)
        self.done = self.failed = 0
        self._codes: set[int] = set()

    def succeed(self) -> None:
        """Count a file that was written."""
        self.done += 1

    def fail(self, error: BaseException) -> None:
        """Count a file that could not be made."""
        self.failed += 1
        self._codes.add(getattr(error, "exit_code", 1))

    @property
    def exit_code(self) -> int:
        """0 when all is done, 3 when some of several failed; when none is done the error's own.

        Several that all failed give 1, since each may have its own reason; 2 where every one was
        refused because the command was wrong.
        """
        if not self.failed:
            return 0
        if self.done or self._plan.done:
            return SOME_FAILED
        return next(iter(self._codes)) if len(self._codes) == 1 else 1

    def sentence(self, *, interrupted: bool = False) -> str:
        """Return the last sentence, such as "47 files written to edges, 1 failed"."""
        plan = self._plan
        place = f" to {shown(plan.target)}" if plan.target is not None and self.done else ""
        seconds = time.monotonic() - self._began
        took = f" in {duration(seconds)}" if seconds >= LONG and self.done else ""
        parts = [f"{counted(self.done, 'file')} written{place}{took}"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if plan.done:
            parts.append(f"{len(plan.done)} left alone ({plan.done[0].why})")
        # a watch, which plans anew, has no end that files could be short of
        missing = 0 if plan.again is not None else self.total - self.done - self.failed
        if missing and (interrupted or self.failed):
            parts.append(f"{missing} not begun")
        parts += plan.left_out()
        return ("interrupted: " if interrupted else "") + ", ".join(parts)


class Teller:
    """Says what comes of the files, and counts it."""

    def __init__(
        self,
        plan: FilePlan,
        context: click.Context,
        line: Callable[[str], None],
        source: Source | None = None,
    ) -> None:
        self.summary = Summary(plan)
        self._plan = plan
        self._line = line
        self._command = context.command_path
        self._quiet: bool = context.params["quiet"]
        self._explain: bool = context.params["explain"]
        self._several = self.summary.total > 1 or plan.target is not None or bool(plan.done)
        self._is_watch = plan.again is not None
        self._said_compiling = False
        self._source = source

    def tell(self, outcome: Outcome[Done]) -> None:
        """Say what came of one job, if it is anything to speak of."""
        job, done, error = outcome
        if error is not None:
            self.tell_error(error, job.name if self._several else "")
        elif done is not None:
            self.summary.succeed()
            if self._is_watch and job.output is not None:
                self.note(f"{job.name} -> {shown(job.output)}")
            self._tell_done(job.name, done)

    def _tell_done(self, name: str, done: Done) -> None:
        if self._explain:
            from convfilter.cli.telling.explain import explanation

            for line in explanation(name, done):
                self._line(line)
        for note in done.notes:
            self.note(note)
        if self._source is not None and done.source != self._source:
            self.note(f"{name} is not the file that the result was made from: its hash differs")

    def note(self, text: str) -> None:
        """Say something that is no error."""
        if not self._quiet:
            self._line(f"{self._command}: {text}")

    def tell_error(self, error: BaseException, name: str = "") -> None:
        """Say why there is no result, with the name of the file unless the reason has it."""
        self.summary.fail(error)
        text = describe(error)
        self._line(f"{self._command}: {text if name in text else f'{name}: {text}'}")

    def tell_interrupt(self) -> None:
        """Say at once that an interrupt has been heard of, if what is compiled delays the end."""
        from convfilter.runtime.compiled import is_compiling

        if is_compiling() and not self._several and not self._quiet:
            self._line(
                f"{self._command}: stopping: what is being compiled is waited for, no longer than a"
                " second; to end at once, interrupt again"
            )

    def tell_stopping(self) -> None:
        """Say at once that the end has been heard of; it may take as long as a file does."""
        if self._several:
            self._line(
                f"{self._command}: stopping: files under way are finished, if that takes no"
                " longer than a second; to end at once, interrupt again"
            )

    def tell_interrupted(self) -> None:
        """Say how far the work had come when it was ended; a watch says it in any case."""
        if self._several and not self._is_watch:
            self._line(f"{self._command}: {self.summary.sentence(interrupted=True)}")

    def tell_end(self) -> None:
        """Say the last sentence: of several files the counts, of one a name that was made here."""
        if self._several:
            say(f"{self._command}: {self.summary.sentence()}")
        elif self._plan.chosen_name and self.summary.done:
            output = self._plan.jobs[0].output
            assert output is not None
            say(f"{self._command}: written to {shown(output)}")

    def compilation_told(self) -> contextlib.AbstractContextManager[None]:
        """Return what is entered while files are filtered, so that compiling is told of."""
        if self._quiet:
            return contextlib.nullcontext()
        from convfilter.runtime.compiled import announcing

        return announcing(self.compiling)

    def compiling(self) -> contextlib.AbstractContextManager[object]:
        """Return what is entered while a loop is compiled: a spinner, or the first time a line."""
        from convfilter.cli.telling.progress import spinner

        text = f"{self._command}: compiling its loops for this processor, {_how_often()}"
        if len(self._plan.jobs) == 1:  # a bar is no place for a spinner
            turning = spinner(text)
            if turning is not None:
                return turning
        if not self._said_compiling:
            self._said_compiling = True
            self._line(text)
        return contextlib.nullcontext()


def _how_often() -> str:
    """Return in words how often loops have to be compiled."""
    from convfilter.runtime.compiled import cache, store

    problem = cache.problem()
    if problem is None:
        return "on the first use only"
    place = store.directory()
    where = "" if place is None else f"{shown(place)}: "
    way_out = "" if "CONVFILTER_CACHE_DIR" in problem else "; set CONVFILTER_CACHE_DIR to a folder"
    return f"and each time anew, since they cannot be kept: {where}{problem}{way_out}"
