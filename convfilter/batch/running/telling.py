"""Outcomes on their way to whoever takes them: listeners hear, and files are forced to the disk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeVar

from convfilter.batch.running.jobs import Outcome
from convfilter.errors import ImageError, reason_of, shown

if TYPE_CHECKING:
    from threading import Thread

    from convfilter.batch.work import Done

__all__ = ["Listener", "Running", "Told"]

T = TypeVar("T")
"""What a job gives."""

MOST_TOGETHER = 64
"""Files that are forced to the disk together."""

SECONDS = 1.0
"""A file does not wait longer for others to go to the disk with it."""

MOST_BEHIND = 4 * MOST_TOGETHER
"""Outcomes that wait for the disk; where it is that slow, the run waits for it too."""


class Listener(Protocol):
    """Somebody who is told of every outcome: a journal, a report, whoever keeps what failed.

    It is called in the thread of whoever takes the outcomes, before these get them, one at a time.

    Attributes
    ----------
    waits_for_disk : it hears of an outcome not before the output is on the disk, so that what it
        writes down is true even after a loss of power. Files are forced there some at a time, so
        it hears later than others, though in the same order.
    """

    waits_for_disk: bool

    def tell(self, outcome: Outcome[Done], /) -> None:
        """Hear what came of one job. What it raises ends the run."""

    def close(self) -> None:
        """Hear that there will be no further outcome, also of a run that was ended early; once."""


class Running(Protocol[T]):
    """Jobs under way: an iterator over what came of each, as soon as it is known.

    An exception of a job becomes its outcome. Only a reader of standard output that went away, and
    what is no `Exception` (an interrupt), is raised.
    """

    def __iter__(self) -> Iterator[Outcome[T]]: ...

    def __next__(self) -> Outcome[T]: ...

    def stop(self, seconds: float | None = None) -> list[Outcome[T]]:
        """Begin no more jobs, wait for those under way, and return what came of these.

        After so many seconds no more is waited for. Processes that are not done by then are ended;
        a thread cannot be, and goes on until this process ends. It may be called at any time, and
        more than once.
        """


class Told:
    """Jobs under way whose outcomes listeners hear of, in order, whoever takes them.

    With `fail_fast` no job is begun any more after the first that failed; those under way are
    finished. Where outputs are not `forced` by the jobs themselves, this forces them, some at a
    time, in a thread of its own.
    """

    def __init__(
        self,
        running: Running[Done],
        listeners: Sequence[Listener],
        *,
        forced: bool = True,
        fail_fast: bool = False,
    ) -> None:
        self._running = running
        self._listeners = listeners
        self._prompt = [each for each in listeners if forced or not each.waits_for_disk]
        self._late = [each for each in listeners if not forced and each.waits_for_disk]
        self._disk = None if forced else _Disk()
        self._fail_fast = fail_fast
        self._last: deque[Outcome[Done]] | None = None

    def __iter__(self) -> Iterator[Outcome[Done]]:
        return self

    def __next__(self) -> Outcome[Done]:
        try:
            outcome = self._next()
        except StopIteration:
            self._close()
            raise
        self._tell(outcome)
        if outcome.error is not None and self._fail_fast and self._last is None:
            self._last = deque(self._running.stop())
        return outcome

    def _next(self) -> Outcome[Done]:
        if self._last is None:
            return next(self._running)
        if not self._last:
            raise StopIteration
        return self._last.popleft()

    def stop(self, seconds: float | None = None) -> list[Outcome[Done]]:
        """Begin no more jobs, wait for those under way, and return what came of these."""
        try:
            last, self._last = self._last or (), deque()
            outcomes = [*last, *self._running.stop(seconds)]
            for outcome in outcomes:
                self._tell(outcome)
        finally:
            self._close()
        return outcomes

    def _tell(self, outcome: Outcome[Done]) -> None:
        for listener in self._prompt:
            listener.tell(outcome)
        if self._disk is not None:
            self._tell_late(self._disk.add(outcome))

    def _tell_late(self, outcomes: Sequence[Outcome[Done]]) -> None:
        for outcome in outcomes:
            for listener in self._late:
                listener.tell(outcome)

    def _close(self) -> None:
        """Tell listeners of what has not reached the disk before, and of the end; once."""
        listeners, self._listeners = self._listeners, ()
        disk, self._disk = self._disk, None
        with ExitStack() as ending:
            for listener in reversed(listeners):
                ending.callback(listener.close)
            if disk is not None:
                self._tell_late(disk.end())


class _Disk:
    """Outcomes whose files a thread forces to the disk."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Outcome[Done] | None] = SimpleQueue()
        self._forced: SimpleQueue[list[Outcome[Done]] | OSError] = SimpleQueue()
        self._behind = 0
        self._thread: Thread | None = None

    def add(self, outcome: Outcome[Done]) -> list[Outcome[Done]]:
        """Take an outcome, and return those whose files are on the disk since the last call."""
        if self._thread is None:
            from threading import Thread

            self._thread = Thread(target=self._force_all, name="convfilter-disk", daemon=True)
            self._thread.start()
        self._waiting.put(outcome)
        self._behind += 1
        forced: list[Outcome[Done]] = []
        while self._behind > MOST_BEHIND or not self._forced.empty():
            forced += self._next()
        return forced

    def end(self) -> list[Outcome[Done]]:
        """Return the others, when their files are on the disk."""
        forced: list[Outcome[Done]] = []
        if self._thread is not None:
            self._waiting.put(None)
            while self._behind:
                forced += self._next()
            self._thread.join()
        return forced

    def _next(self) -> list[Outcome[Done]]:
        forced = self._forced.get()
        if isinstance(forced, OSError):
            self._behind = 0
            name = "" if forced.filename is None else f"{shown(forced.filename)}: "
            raise ImageError(
                f"{name}results cannot be written to the disk: {reason_of(forced)}"
            ) from forced
        self._behind -= len(forced)
        return forced

    def _force_all(self) -> None:
        from convfilter.files.replace import force

        is_last = False
        while not is_last:
            outcomes: list[Outcome[Done]] = []
            latest = 0.0
            while len(outcomes) < MOST_TOGETHER:
                try:
                    left = max(0.0, latest - time.monotonic())
                    outcome = self._waiting.get(timeout=left if outcomes else None)
                except Empty:
                    break
                if outcome is None:
                    is_last = True
                    break
                latest = latest if outcomes else time.monotonic() + SECONDS
                outcomes.append(outcome)
            targets = [each.job.target for each in outcomes if each.done is not None]
            try:
                force([Path(target) for target in targets if isinstance(target, str)])
            except OSError as error:
                self._forced.put(error)
                return
            self._forced.put(outcomes)
