"""How many CPUs this process may use: what is said, what the system grants, what there are."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from convfilter.errors import ArgumentError

__all__ = ["VARIABLE", "available", "groups", "quota"]

VARIABLE = "CONVFILTER_WORKERS"
"""The environment variable that says how many; it goes before what the system grants."""

MOST = 1024

_V2, _V1 = "cpu.max", ("cpu.cfs_quota_us", "cpu.cfs_period_us")
"""Files of control groups: quota and period in microseconds (Linux, Documentation/admin-guide)."""


def available() -> int:
    """Return how many CPUs this process may keep busy.

    That is `CONVFILTER_WORKERS` if it is set, else those that it may run on, as far as its control
    group has the time for them: half a CPU counts as one, two and a half as three.

    Raises
    ------
    ArgumentError
        The variable is no whole number from 1 to 1024.
    """
    said = os.environ.get(VARIABLE)
    if said:
        if not said.strip().isdecimal() or not 1 <= int(said) <= MOST:
            raise ArgumentError(f"{VARIABLE} is {said!r}: give a whole number from 1 to {MOST}")
        return int(said)
    is_told = hasattr(os, "sched_getaffinity")
    cpus = len(os.sched_getaffinity(0)) if is_told else os.cpu_count() or 1
    granted = _granted()
    return cpus if granted is None else max(1, min(cpus, math.ceil(granted)))


@functools.cache
def _granted() -> float | None:
    return quota(Path("/")) if sys.platform == "linux" else None


def quota(root: Path) -> float | None:
    """Return how many CPUs' time the control groups grant this process, None for any.

    The smallest quota counts of those of its group and of the groups around it.
    """
    found = [_quota_of(group) for group in groups(root, "cpu")]
    return min((each for each in found if each is not None), default=None)


def groups(root: Path, controller: str) -> Iterator[Path]:
    """Give the control groups of this process, and those around them, that limit one thing."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            mount = root / "sys/fs/cgroup"
        elif controller in controllers.split(","):
            mount = root / "sys/fs/cgroup" / controllers
            mount = mount if mount.is_dir() else root / "sys/fs/cgroup" / controller
        else:
            continue
        # within a container the path may be that of the system outside, which is not to be seen
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for count in range(len(parts), -1, -1):
            yield mount.joinpath(*parts[:count])


def _quota_of(group: Path) -> float | None:
    """Return the quota of one group, if it states one that can be."""
    try:
        if (group / _V2).exists():
            limit, period = (group / _V2).read_text().split()
        else:
            limit, period = ((group / name).read_text().strip() for name in _V1)
        if limit in ("max", "-1"):
            return None
        share = int(limit) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return share if share > 0 else None
