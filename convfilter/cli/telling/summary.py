"""What came of all files: counts, the exit code, the last sentence."""

from __future__ import annotations

import time

from convfilter.batch.planning.plan import FilePlan
from convfilter.cli.wording import counted, duration
from convfilter.errors import shown

__all__ = ["SOME_FAILED", "Summary"]

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
