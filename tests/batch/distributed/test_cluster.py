from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.batch.job import Done, Job, Seconds
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.running.tasks import do, end, sent, worded_as_here
from convfilter.errors import ImageError, SchedulerError, UnknownNameError
from tests.batch.distributed import lost_worker, many
from tests.batch.distributed.clusters import cluster
from tests.cli.conftest import heed_interrupts

KILLER = """
import os
from convfilter.batch.work import Work
done = getattr(Work, "done", Work.__call__)
Work.done = done
def call(self, job):
    if "killer" in str(job.source):
        os._exit(9)
    return done(self, job)
Work.__call__ = call
"""
"""What a worker is given to begin with, so that a file of that name ends it."""

OTHER_VERSION = "import convfilter\nconvfilter.__version__ = '9.9'\n"


class BrokenError(Exception):
    """An error that cannot be made again of its words."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def pictures(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        pixels = np.random.default_rng(len(name)).integers(0, 255, (40, 50), np.uint8)
        convfilter.write(pixels, folder / name)


def test_a_batch_tells_of_each_job() -> None:
    def work(job: Job) -> str:
        if job.source == "b":
            raise BrokenError(1, 2)
        return f"{job.source}!"

    batch = do(convfilter.__version__, "run", work, [Job("a", "x"), Job("b", "y")])
    assert [outcome.done for outcome in batch.outcomes] == ["a!", None]
    assert str(pickle.loads(pickle.dumps(batch)).outcomes[1].error).endswith("1 and 2")
    end("another")
    assert do(convfilter.__version__, "another", work, [Job("a", "x")]).outcomes == ()
    with pytest.raises(SchedulerError, match=r"convfilter .*, and this is 0\.0"):
        do("0.0", "run", work, [])


@pytest.mark.thorough
def test_a_batch_with_limits_is_done_apart(tmp_path: Path) -> None:
    from convfilter.batch.running.isolated.processes import Limits
    from convfilter.batch.settings import checked
    from convfilter.batch.work import Work

    pictures(tmp_path, "a.png", "b.png")
    jobs = [Job(tmp_path / name, tmp_path / f"new-{name}") for name in ("b.png", "a.png", "c.png")]
    work = Work(convfilter.Pipeline(["sobel"]), checked({}), 1, repeated=True)
    batch = do(convfilter.__version__, "run", work, jobs, Limits(30.0))
    assert [outcome.job for outcome in batch.outcomes] == jobs
    assert [outcome.cause for outcome in batch.outcomes] == ["", "", "input"]


def test_errors_are_the_same_after_a_way(tmp_path: Path) -> None:
    for error in (UnknownNameError("filter", "sobol", ["sobel"]), ImageError("a: no")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)


def test_names_are_those_that_files_have_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = Job("in/a.png", "out/a.png")
    there = sent(job)
    assert there.source == f"{tmp_path / 'in/a.png'}"
    failed = ImageError(f"{tmp_path / 'in/a.png'}: the folder {tmp_path / 'out'} is full")
    outcome = worded_as_here(Outcome(there, error=failed), job)
    assert str(outcome.error) == "in/a.png: the folder out is full"
    notes = (f"{tmp_path / 'out/a.png'}: alpha was lost",)
    done = Done((1, 1), "uint8", 1, notes, (), Seconds(0, 0, 0))
    assert worded_as_here(Outcome(there, done), job).done.notes == ("out/a.png: alpha was lost",)


def test_wrong_schedulers_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    with pytest.raises(convfilter.ConvfilterError, match="give local, or an address"):
        convfilter.filter_files(tmp_path, tmp_path / "out", "sobel", scheduler="10.0.0.1")


@pytest.mark.thorough
def test_what_workers_cannot_reach_is_refused() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/there/a.png", b"")
    with pytest.raises(
        convfilter.ConvfilterError, match=r"workers do not see memory://there/a\.png"
    ):
        convfilter.filter_files("memory://there", "memory://made", "sobel", scheduler="local")


@pytest.mark.thorough
def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convfilter.batch.running.connecting.SECONDS", 1)
    pictures(tmp_path / "in", "a.png")
    with pytest.raises(SchedulerError, match=r"tcp://127\.0\.0\.1:1 cannot be reached"):
        convfilter.filter_files(
            tmp_path / "in", tmp_path / "out", "sobel", scheduler="tcp://127.0.0.1:1"
        )
    with (
        cluster(tmp_path / "cluster", 0) as workers,
        pytest.raises(SchedulerError, match="has no workers: start some"),
    ):
        convfilter.filter_files(
            tmp_path / "in", tmp_path / "out", "sobel", scheduler=workers.address
        )


@pytest.mark.posix
@pytest.mark.thorough
def test_a_lost_worker_changes_nothing(tmp_path: Path) -> None:
    trial = lost_worker.run(40, tmp_path)
    assert (trial.done, trial.failed) == (39, 1)
    assert trial.same_bytes
    assert trial.same_report


@pytest.mark.posix
@pytest.mark.thorough
def test_a_file_that_ends_workers_is_blamed_alone(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(9)]
    pictures(tmp_path / "in", "killer.png", *names)
    (tmp_path / "killer.py").write_text(KILLER)
    with cluster(tmp_path / "cluster", 2, ["--preload", f"{tmp_path / 'killer.py'}"]) as workers:
        results = [
            *convfilter.filter_files(
                tmp_path / "in", tmp_path / "out", "sobel", scheduler=workers.address
            )
        ]
    failed = {Path(result.input).name: str(result.error) for result in results if not result.ok}
    assert failed.keys() == {"killer.png"}
    assert "ended the worker that filtered it, 4 times" in failed["killer.png"]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == names


@pytest.mark.posix
@pytest.mark.thorough
def test_other_versions_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path / "in", "a.png", "b.png")
    (tmp_path / "other.py").write_text(OTHER_VERSION)
    with (
        cluster(tmp_path / "cluster", 1, ["--preload", f"{tmp_path / 'other.py'}"]) as workers,
        pytest.raises(SchedulerError, match=r"a worker has convfilter 9\.9, and this is"),
    ):
        convfilter.filter_files(
            tmp_path / "in", tmp_path / "out", "sobel", scheduler=workers.address
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.posix
@pytest.mark.thorough
def test_an_interrupt_ends_cleanly(tmp_path: Path) -> None:
    pictures(tmp_path / "in", *(f"{n}.png" for n in range(400)))
    command = ["bilateral", "in", "out", "--size", "25", "--workers", "1", "--scheduler", "local"]
    process = subprocess.Popen(
        [sys.executable, "-m", "convfilter", *command],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    out = tmp_path / "out"
    until = time.monotonic() + 60
    while not out.exists() or len(list(out.glob("*.png"))) < 3:
        assert time.monotonic() < until
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of the group
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    written = len(list(out.glob("*.png")))
    assert f"interrupted: {written} files written to out".encode() in said
    assert [p.name for p in out.iterdir() if p.name.endswith(".tmp")] == []
    until = time.monotonic() + 10
    while is_there(process.pid):
        assert time.monotonic() < until, "workers are left"
        time.sleep(0.05)


def is_there(group: int) -> bool:
    """Whether there are processes of a group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.linux
@pytest.mark.thorough
def test_memory_of_a_scheduler_does_not_grow_with_files(tmp_path: Path) -> None:
    seen = many.watch(5_000, 25, tmp_path)
    assert seen.outcomes == 5_000
    assert seen.most - seen.before < 60  # its log of tasks, which is of a fixed length, included
