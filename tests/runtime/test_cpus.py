"""How many CPUs are used: what is said, what control groups grant, what there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from convfilter.batch.running.run import shared_out
from convfilter.errors import ArgumentError
from convfilter.runtime import cpus
from convfilter.runtime.threads import check_workers, default_workers


def _tree(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V2 = "sys/fs/cgroup/"
V1 = "sys/fs/cgroup/cpu,cpuacct/"


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {V2 + "cpu.max": "100000 100000\n"}, 1),
        ("0::/\n", {V2 + "cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {V2 + "a/b/cpu.max": "max 100000\n", V2 + "a/cpu.max": "150000 50000"}, 3),
        ("0::/a/b\n", {V2 + "a/b/cpu.max": "50000 100000", V2 + "a/cpu.max": "900000 100000"}, 0.5),
        ("0::/../../outside\n", {V2 + "cpu.max": "250000 100000"}, 2.5),
        (
            "4:cpu,cpuacct:/docker/1\n1:memory:/docker/1\n",
            {
                V1 + "docker/1/cpu.cfs_quota_us": "200000\n",
                V1 + "docker/1/cpu.cfs_period_us": "100000\n",
                V1 + "cpu.cfs_quota_us": "-1\n",
                V1 + "cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            "4:cpu:/not/to/be/seen\n",
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000",
            },
            2,
        ),
        ("0::/\n", {}, None),
        ("", {}, None),
        ("nothing\n::\n", {V2 + "cpu.max": "nothing\n"}, None),
        ("0::/\n", {V2 + "cpu.max": "0 0\n"}, None),
        ("0::/\n", {V2 + "cpu.max": "-5 100\n"}, None),
    ],
)
def test_the_smallest_quota_counts(
    groups: str, files: dict[str, str], expected: float | None, tmp_path: Path
) -> None:
    assert cpus.quota(_tree(tmp_path, groups, files)) == expected


@pytest.mark.parametrize(("granted", "expected"), [(0.5, 1), (1, 1), (2.5, 3), (64, 8), (None, 8)])
def test_no_more_threads_run_than_there_is_time_for(
    granted: float | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cpus.VARIABLE, raising=False)
    monkeypatch.setattr(cpus, "_granted", lambda: granted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert default_workers() == check_workers(None) == expected
    assert shared_out(20, None, None) == (expected, 1 if expected > 1 else None)
    assert check_workers(7) == 7


def test_the_variable_goes_before_and_what_is_given_before_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cpus, "_granted", lambda: 1.0)
    monkeypatch.setenv(cpus.VARIABLE, "5")
    assert default_workers() == 5
    assert check_workers(7) == 7
    monkeypatch.setenv(cpus.VARIABLE, "")
    assert default_workers() == 1


@pytest.mark.parametrize("said", ["many", "0", "-1", "1.5", "1025", "\u00b2"])
def test_a_variable_that_is_no_number_is_refused(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cpus.VARIABLE, said)
    with pytest.raises(
        ArgumentError, match=r"CONVFILTER_WORKERS is .*: give a whole number from 1"
    ):
        default_workers()
