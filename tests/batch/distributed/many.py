"""Hand a scheduler a plan of a million files whose work is trivial, and watch its memory.

    python -m tests.batch.distributed.many 1000000 --batch 25

Batches of files that take 10 ms each are of 25 files.
"""

from __future__ import annotations

import argparse
import operator
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from convfilter.batch.job import Job
from convfilter.batch.running import cluster as running
from tests.batch.distributed.clusters import cluster


class Seen(NamedTuple):
    """Memory of a scheduler, in MB: before the first task, at most, and most tasks at once."""

    before: float
    most: float
    outcomes: int
    seconds: float


def watch(files: int, batch: int, folder: Path) -> Seen:
    """Run the plan, and look at the scheduler every few thousand outcomes."""
    running.MOST_JOBS = batch
    jobs = [Job(f"/in/{n:07}.png", f"/out/{n:07}.png") for n in range(files)]
    with cluster(folder, 2) as workers:
        jobs_under_way = running.Cluster(jobs, operator.attrgetter("source"), workers.address)
        before = most = memory(workers.scheduler.pid)
        started = time.perf_counter()
        count = 0
        for outcome in jobs_under_way:
            assert outcome.error is None
            count += 1
            if count % 2000 == 0:
                most = max(most, memory(workers.scheduler.pid))
        return Seen(before, most, count, time.perf_counter() - started)


def memory(process: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int)
    parser.add_argument("--batch", type=int, default=running.MOST_JOBS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(watch(given.files, given.batch, Path(folder)))


if __name__ == "__main__":
    main()
