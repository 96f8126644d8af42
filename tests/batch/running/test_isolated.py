"""Jobs in processes: faults take one file with them, by name and cause, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from convfilter.batch.job import Job
from convfilter.batch.running.isolated.processes import MOST_AHEAD, Limits, Processes
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.settings import checked
from convfilter.batch.work import Done, Work
from convfilter.errors import ImageError, UsageError
from convfilter.images import write
from convfilter.pipeline import Pipeline
from tests.batch.running import bad_folder_trials, signal_trials
from tests.batch.running.faulty import install

pytestmark = pytest.mark.posix

WORK = Work(Pipeline.parse("invert"), checked({}), 1)


@pytest.fixture(name="jobs")
def _jobs(tmp_path: Path) -> list[Job]:
    names = ["a", "b-crash", "c", "d-hang", "e", "f-spin", "g", "h"]
    (tmp_path / "in").mkdir()
    for name in names:
        write(np.zeros((8, 8), np.uint8), tmp_path / "in" / f"{name}.png")
    (tmp_path / "in/z.png").write_bytes(b"")
    names.append("z")
    return [
        Job(tmp_path / f"in/{name}.png", tmp_path / f"out/{name}.png", make_folder=True)
        for name in names
    ]


def reasons(outcomes: list[Outcome[Done]]) -> dict[str, tuple[str, str]]:
    """Return the cause and the reason of every failure, by the name of the file."""
    return {
        Path(str(each.job.source)).stem: (each.cause, str(each.error).partition(": ")[2])
        for each in outcomes
        if each.error is not None
    }


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_a_fault_takes_one_file_with_it(
    jobs: list[Job], count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in install(tmp_path / "faults").items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(tmp_path / "faults"))
    before = signal_trials.descendants(os.getpid())  # of other tests, which compile
    running = Processes(jobs, WORK, count, Limits(0.4))
    outcomes = list(running)
    assert sorted(outcome.job for outcome in outcomes) == sorted(jobs)
    failures = reasons(outcomes)
    assert failures.pop("b-crash") == ("crash", "its process crashed (SIGSEGV)")
    assert failures.pop("d-hang") == failures.pop("f-spin") == ("time", "took longer than 0.4 s")
    assert failures.pop("z")[0] == "input"
    assert failures == {}
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == ["a.png", "c.png", "e.png", "g.png", "h.png"]
    assert signal_trials.descendants(os.getpid()) <= before


@pytest.mark.thorough
@pytest.mark.linux
def test_memory_without_end_takes_one_file_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in install(tmp_path / "faults").items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(tmp_path / "faults"))
    names = ["a", "b-swell", "c"]
    for name in names:
        write(np.zeros((8, 8), np.uint8), tmp_path / f"{name}.png")
    jobs = [Job(tmp_path / f"{name}.png", tmp_path / f"{name}-out.png") for name in names]
    limits = Limits(None, 300_000_000)
    failures = reasons(list(Processes(jobs, WORK, 2, limits, 300_000_000)))
    assert failures == {"b-swell": ("memory", "needed more memory than 300M: give more (--memory)")}


@pytest.mark.slow
def test_what_is_told_is_what_is_told_in_this_process(jobs: list[Job]) -> None:
    outcomes = {each.job: each.done for each in Processes(jobs[:4:2], WORK, 1)}
    for job, done in outcomes.items():
        assert done is not None
        assert job.output is not None
        here = WORK(job._replace(overwrite=True))
        assert (done.shape, done.notes, done.input) == (here.shape, here.notes, here.input)
        assert [plan.name for plan in done.plans] == [plan.name for plan in here.plans]
        assert all(plan.ready is plan.run is plan.bind is None for plan in done.plans)


@pytest.mark.slow
def test_jobs_that_wait_are_dropped_and_processes_are_ended(jobs: list[Job]) -> None:
    good = [job for job in jobs if "-" not in Path(str(job.source)).stem] * 50
    before = signal_trials.descendants(os.getpid())
    running = Processes(good, WORK, 2)
    begun = [next(running)]
    begun += running.stop(5.0)
    assert 1 <= len(begun) <= 1 + 2 * (1 + MOST_AHEAD)
    assert list(running) == []
    assert signal_trials.descendants(os.getpid()) <= before


def test_what_cannot_be_started_is_told_in_one_line(
    jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ImageError, match="/bin/false ends at once"):
        next(Processes(jobs, WORK, 1))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(ImageError, match="no processes can be started here"):
        next(Processes(jobs, WORK, 1))


@pytest.mark.parametrize("job", [Job(None, "a.png"), Job("a.png", None), Job("/dev/stdin", "a")])
def test_streams_of_this_process_are_refused(job: Job) -> None:
    with pytest.raises(UsageError, match="belongs to this process alone: name a file"):
        next(Processes([job], WORK, 1))


@pytest.mark.slow
@pytest.mark.linux
def test_processes_end_when_their_parent_is_killed(jobs: list[Job], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "convfilter", "invert", "in", "out", "--isolate"]
    environment = {**os.environ, **install(tmp_path / "faults")}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    children: set[int] = set()
    latest = time.monotonic() + 20
    while time.monotonic() < latest and not (tmp_path / "out/c.png").exists():
        children |= signal_trials.descendants(process.pid)
        time.sleep(0.01)
    children |= signal_trials.descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert children
    while time.monotonic() < latest and any(map(signal_trials._runs, children)):
        time.sleep(0.01)
    assert not any(map(signal_trials._runs, children))


@pytest.mark.thorough
def test_a_folder_of_bad_files(tmp_path: Path) -> None:
    found = bad_folder_trials.problems(tmp_path, 150)
    assert [each for each in found if "more than" not in each] == []  # time is not measured here


@pytest.mark.thorough
@pytest.mark.linux
def test_signals_at_random_moments(tmp_path: Path) -> None:
    signal_trials.make(tmp_path)
    random = Random(1)
    found = [each for number in range(3) for each in signal_trials.trial(tmp_path, number, random)]
    assert found == []
