"""Carry out a plan: the one way for the command and for Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import warn

from convfilter.batch.planning.places import is_store
from convfilter.batch.running.jobs import Threads
from convfilter.batch.work import Done, Work

if TYPE_CHECKING:
    from convfilter.batch.job import Job
    from convfilter.batch.planning.plan import FilePlan
    from convfilter.batch.running.telling import Listener, Running
    from convfilter.batch.settings import Settings
    from convfilter.pipeline import Pipeline

__all__ = ["begin", "shared_out"]


MANY = 1000
"""Of so many files most are small, and threads then wait for one another: much of what a small file
takes is Python, of which one thread runs at a time. Processes take longer to start, once."""


def begin(
    plan: FilePlan,
    pipeline: Pipeline,
    settings: Settings,
    listeners: Sequence[Listener] = (),
    say: Callable[[str], None] = warn,
) -> Running[Done]:
    """Return the jobs of a plan under way, as many at once as the settings and the CPUs allow.

    Listeners hear of every outcome before whoever takes it does. What else is to know of outcomes
    whenever a setting says so is made a listener here, so that every face has it. `say` takes a
    line for a person.
    """
    listeners = [*_asked_for(plan, pipeline, settings), *listeners]
    if plan.again is None:
        return _begin(plan, pipeline, settings, listeners, say)
    from convfilter.batch.watching.watch import watch

    def begin_some(some: FilePlan, listeners: Sequence[Listener]) -> Running[Done]:
        return _begin(some, pipeline, settings, listeners, say)

    return watch(plan, plan.again, begin_some, settings, listeners, say)


def _begin(
    plan: FilePlan,
    pipeline: Pipeline,
    settings: Settings,
    listeners: Sequence[Listener],
    say: Callable[[str], None],
) -> Running[Done]:
    jobs: Iterable[Job] = plan.jobs
    journal = None
    if isinstance(plan.target, Path):
        from convfilter.batch.running.clearing import Clearing

        listeners = [Clearing(plan), *listeners]
        if settings["journal"]:
            from convfilter.batch.journal.identity import recipe_hash
            from convfilter.batch.journal.keeping import Journal

            journal = Journal(plan.target, recipe_hash(pipeline, settings), plan.seen, say)
            jobs, listeners = journal.begin(plan.jobs), [journal, *listeners]
    threads, workers = shared_out(len(plan.jobs), settings["jobs"], settings["workers"])
    fail_fast = settings["fail_fast"]
    if fail_fast and plan.failures:
        jobs = ()
    if plan.jobs and (source := plan.jobs[0].input) and is_store(source):
        from convfilter.batch.stores import StoreWork

        # one after the other, each of them by all threads
        running: Running[Done] = Threads(plan.jobs, StoreWork(pipeline, settings))
        return _told(running, listeners, fail_fast=fail_fast)
    if settings["scheduler"] is not None:
        from convfilter.batch.running.cluster import over_cluster

        some = () if fail_fast and plan.failures else plan.jobs
        running = over_cluster(some, pipeline, settings, threads, journal)
        return _told(running, listeners, fail_fast=fail_fast)
    # of several files, each on its own would wait for the disk as long as it is worked on
    forced = len(plan.jobs) <= 1
    work = Work(pipeline, settings, workers, forced=forced, hashes=journal is not None)
    running = _running(jobs, work, threads, settings, many=len(plan.jobs) >= MANY)
    return _told(running, listeners, forced=forced, fail_fast=fail_fast)


def _told(
    running: Running[Done],
    listeners: Sequence[Listener],
    *,
    forced: bool = True,
    fail_fast: bool = False,
) -> Running[Done]:
    """Return jobs under way whose outcomes listeners hear of; the jobs themselves where none is."""
    if not listeners and forced and not fail_fast:
        return running
    from convfilter.batch.running.telling import Told

    return Told(running, listeners, forced=forced, fail_fast=fail_fast)


def _running(
    jobs: Iterable[Job], work: Work, count: int, settings: Settings, *, many: bool
) -> Running[Done]:
    """Return jobs under way in threads, or in processes: where asked for, and for many files."""
    is_asked_for = settings["isolate"] or settings["timeout"] is not None
    if not is_asked_for and count <= 1:
        return Threads(jobs, work, count)
    from convfilter.runtime.machine.interpreter import can_start_processes
    from convfilter.runtime.machine.physical_memory import sensible

    memory = settings["memory"] or sensible()
    if is_asked_for or (many and can_start_processes()):
        from convfilter.batch.running.isolated.processes import Limits, Processes

        limits = Limits(settings["timeout"], memory if is_asked_for else None)
        return Processes(jobs, work, count, limits, memory)
    from convfilter.batch.running.window import Window

    return Threads(jobs, Window(memory).through(work), count)


def _asked_for(plan: FilePlan, pipeline: Pipeline, settings: Settings) -> Iterator[Listener]:
    """Yield those that settings ask for; they refuse what they cannot do before any work."""
    if settings["report"] is not None:
        from convfilter.batch.running.report import Report

        place = Path(settings["report"])
        yield Report(place, plan, pipeline, overwrite=settings["overwrite"])
    if settings["quarantine"] is not None:
        from convfilter.batch.running.quarantine import Quarantine

        yield Quarantine(Path(settings["quarantine"]), plan)


def shared_out(jobs: int, threads: int | None, workers: int | None) -> tuple[int, int | None]:
    """Return how many files to filter at once, and the threads of the engine for each.

    Together they keep every CPU busy and no CPU with two tasks, as far as `threads` (files at
    once) and `workers` (threads for each) are not given.
    """
    from convfilter.runtime.threads import default_workers

    cpus = default_workers()
    threads = min(threads or cpus, max(1, jobs))
    if workers is None and threads > 1:
        workers = max(1, cpus // threads)
    return threads, workers
