"""Memory that the system grants: what there is, as far as control groups allow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from convfilter.runtime.machine import physical_memory
from convfilter.runtime.machine.physical_memory import ASSUMED, granted

pytestmark = pytest.mark.linux

V2, V1 = "sys/fs/cgroup/", "sys/fs/cgroup/memory/"


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {}, 8 << 30),
        ("0::/\n", {V2 + "memory.max": "max\n"}, 8 << 30),
        ("0::/\n", {V2 + "memory.max": "1073741824\n"}, 1 << 30),
        ("0::/\n", {V2 + "memory.max": "max\n", V2 + "memory.high": "500000000"}, 500_000_000),
        ("0::/a/b\n", {V2 + "a/b/memory.max": "max", V2 + "a/memory.max": "2000000"}, 2_000_000),
        ("0::/\n", {V2 + "memory.max": "99999999999999\n"}, 8 << 30),
        ("4:memory:/x\n0::/\n", {V1 + "x/memory.limit_in_bytes": "3000000"}, 3_000_000),
        ("4:memory:/x\n", {V1 + "memory.limit_in_bytes": "9223372036854771712"}, 8 << 30),
        ("0::/\n", {V2 + "memory.max": "nonsense"}, 8 << 30),
    ],
)
def test_the_smallest_limit_counts(
    groups: str,
    files: dict[str, str],
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(physical_memory, "_physical", lambda: 8 << 30)
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert granted(tmp_path) == expected


def test_where_no_system_tells_something_is_assumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(physical_memory, "_physical", lambda: 0)
    assert granted(tmp_path) == ASSUMED
