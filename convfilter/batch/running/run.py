"""Carry out a plan: the one way for the command and for Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.running.outcome import Listener, Running
from convfilter.batch.running.telling import Told
from convfilter.batch.running.threads import Threads
from convfilter.batch.work import Done, Work

if TYPE_CHECKING:
    from convfilter.batch.planning.plan import FilePlan
    from convfilter.batch.settings import Settings
    from convfilter.pipeline import Pipeline

__all__ = ["begin", "shared_out"]


def begin(
    plan: FilePlan, pipeline: Pipeline, settings: Settings, listeners: Sequence[Listener] = ()
) -> Running[Done]:
    """Return the jobs of a plan under way, as many at once as the settings and the CPUs allow.

    Listeners hear of every outcome before whoever takes it does. What else is to know of outcomes
    whenever a setting says so is made a listener here, so that every face has it.
    """
    jobs = plan.jobs
    heard = [*listeners, *_listeners(plan, pipeline, settings)]
    threads, workers = shared_out(len(jobs), settings["jobs"], settings["workers"])
    if settings["scheduler"] is not None:
        from convfilter.batch.running.cluster import over_cluster

        return Told(over_cluster(jobs, pipeline, settings, threads), heard)
    # of several files, each on its own would wait for the disk as long as it is worked on
    forced = len(jobs) <= 1
    work = Work(pipeline, settings, workers, forced=forced)
    return Told(Threads(jobs, work, threads), heard, forced=forced)


def _listeners(plan: FilePlan, pipeline: Pipeline, settings: Settings) -> Iterator[Listener]:
    """Yield those that settings ask for; they refuse what they cannot do before any work."""
    if settings["report"] is not None:
        from convfilter.batch.running.report import Report

        place = Path(settings["report"])
        yield Report(place, plan, pipeline, overwrite=settings["overwrite"])


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
