"""Filter what arrives in folders, each file once, until somebody ends it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Failure, Job, state_of
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.watching.arrivals import Arrivals
from convfilter.batch.watching.changes import Changes
from convfilter.errors import ConvfilterError, UsageError, listed, shown

if TYPE_CHECKING:
    from convfilter.batch.job import Done, FileState
    from convfilter.batch.planning.plan import FilePlan
    from convfilter.batch.running.telling import Listener, Running
    from convfilter.batch.settings import Settings
    from convfilter.files.storage.url import Place

__all__ = ["Watching", "watch"]

EVERY = 10.0
"""Seconds after which folders are looked through though nothing was told: systems may forget."""

SELDOM = 30.0
"""So many times as long as that takes lie between two such looks at least."""

REST = 5.0
"""So many times as long as looking through the folders takes nothing is looked at again."""

FEW = 8
"""So many names are said."""


class Watching:
    """Jobs under way, which begins further ones as files arrive; it ends when it is stopped.

    Folders are planned anew when something has changed in them, so that whatever the journal does
    not know as done is found, however it came there. A file that was made, or failed, is not
    tried again before it has changed.

    Parameters
    ----------
    plan : the first one
    again : makes the plan of now
    begin : has the jobs of a plan done
    changes : tells when to look
    listeners : hear of every outcome, and of the end
    say : takes a line for a person
    """

    def __init__(
        self,
        plan: FilePlan,
        again: Callable[[], FilePlan],
        begin: Callable[[FilePlan, Sequence[Listener]], Running[Done]],
        changes: Changes,
        listeners: Sequence[Listener],
        say: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._again = again
        self._begin = begin
        self._changes = changes
        self._listeners = listeners
        self._say = say
        self._arrivals = Arrivals(trusts_times=changes.poll is None)
        self._running: Running[Done] | None = None
        self._states: dict[str, FileState] = {}
        self._seen_to: dict[str, FileState] = {}
        self._told = {_words(failure) for failure in plan.failures}
        self._failures: deque[Failure] = deque()
        self._trouble = ""
        self._next_look = self._looked = time.monotonic()
        self._cost = 0.0
        self._arrivals.take(plan.jobs)

    def __iter__(self) -> Iterator[Outcome[Done]]:
        return self

    def __next__(self) -> Outcome[Done]:
        while True:
            if self._failures:
                failure = self._failures.popleft()
                return Outcome(Job(failure.input, failure.output), error=failure.error)
            if self._running is not None:
                for outcome in self._running:
                    return self._noted(outcome)
                self._running = None
                self._look()
            whole = self._arrivals.whole()
            if whole:
                self._states = {job.name: state for job, state in whole}
                jobs = tuple(job for job, _ in whole)
                some = self._plan._replace(jobs=jobs, failures=())
                self._running = self._begin(some, [_Open(each) for each in self._listeners])
            else:
                self._wait()

    def stop(self, seconds: float | None = None) -> list[Outcome[Done]]:
        """Begin no more jobs, wait for those under way, and return what came of these."""
        running, self._running = self._running, None
        outcomes: list[Outcome[Done]] = []
        try:
            if running is not None:
                outcomes = [self._noted(outcome) for outcome in running.stop(seconds)]
        finally:
            self._changes.end()
            listeners, self._listeners = self._listeners, ()
            for listener in listeners:
                listener.close()
        names, self._arrivals = self._arrivals.names, Arrivals(trusts_times=False)
        if names:
            several = [*names[:FEW], *([f"{len(names) - FEW} others"] if len(names) > FEW else [])]
            self._say(f"not wholly written when the watch ended, and left: {listed(several)}")
        return outcomes

    def _noted(self, outcome: Outcome[Done]) -> Outcome[Done]:
        name = outcome.job.name
        state = self._states.pop(name, None)
        if state is not None:
            self._seen_to[name] = state
        return outcome

    def _wait(self) -> None:
        """Wait until a file may be whole, or there may be others, and look for these."""
        patience = self._arrivals.patience
        now = time.monotonic()
        due = self._looked + max(EVERY, SELDOM * self._cost)
        changed = self._changes.wait(max(0.0, min(due, now + (patience or EVERY)) - now))
        if changed or time.monotonic() >= due:
            rest = self._next_look - time.monotonic()
            if rest > 0:
                time.sleep(rest)
            self._look()

    def _is_seen_to(self, name: str, source: Place | str | None) -> bool:
        """Whether a file was made, or failed, as it is now: even if no journal could be kept."""
        state = self._seen_to.get(name)
        return state is not None and source is not None and state_of(source) == state

    def _look(self) -> None:
        """Make the plan of now, and note what is new in it."""
        started = time.monotonic()
        try:
            self._plan = self._again()
        except (ConvfilterError, OSError) as error:
            if self._trouble != str(error):  # once, however often it is looked
                self._trouble = str(error)
                self._say(f"{error}: it is looked for again")
            jobs: list[Job] = []
        else:
            self._trouble = ""
            jobs = [job for job in self._plan.jobs if not self._is_seen_to(job.name, job.source)]
            fresh = {
                _words(failure): failure
                for failure in self._plan.failures
                if not self._is_seen_to(shown(failure.input), failure.input)
            }
            self._failures.extend(each for words, each in fresh.items() if words not in self._told)
            self._told = set(fresh)
        self._arrivals.take(jobs)
        self._looked = time.monotonic()
        self._cost = self._looked - started
        self._next_look = self._looked + min(EVERY, REST * self._cost)


def _words(failure: Failure) -> tuple[str, str]:
    return shown(failure.input), str(failure.error)


class _Open:
    """A listener that is not told of the end, since others follow."""

    def __init__(self, listener: Listener) -> None:
        self.tell = listener.tell
        self.waits_for_disk = listener.waits_for_disk

    def close(self) -> None:
        """Hear of the end of some jobs."""


def watch(
    plan: FilePlan,
    again: Callable[[], FilePlan],
    begin: Callable[[FilePlan, Sequence[Listener]], Running[Done]],
    settings: Settings,
    listeners: Sequence[Listener],
    say: Callable[[str], None],
) -> Watching:
    """Return jobs under way in the folders that a plan watches; see `Watching`.

    Raises
    ------
    ImageError
        The library is missing by which the system tells of changes.
    UsageError
        It cannot tell of changes in storage elsewhere.
    """
    folders = [folder for folder in plan.watched if isinstance(folder, Path)]
    if settings["poll"] is None and len(folders) < len(plan.watched):
        raise UsageError("storage tells of no changes: give --poll with seconds between looks")
    assert isinstance(plan.target, Path)
    changes = Changes(
        folders, plan.target, recursive=settings["recursive"], poll=settings["poll"], say=say
    )
    return Watching(plan, again, begin, changes, listeners, say)
