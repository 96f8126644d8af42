"""How much memory this process may take: what the system grants, what there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convfilter.runtime.cpus import groups

__all__ = ["granted", "sensible"]

_LIMITS = ("memory.max", "memory.high", "memory.limit_in_bytes")
"""Files of control groups, the last one of version 1 (Linux, Documentation/admin-guide)."""

ASSUMED = 4 << 30
"""Where no system tells."""

NO_LIMIT = 1 << 60
"""What version 1 states where there is none is about 2**63."""


def sensible() -> int:
    """Return how many bytes of memory work may take at once if nobody says: half of all."""
    return granted(Path("/")) // 2


def granted(root: Path) -> int:
    """Return how many bytes there are for this process, at most.

    That is the memory of the machine, as far as its control groups may use it.
    """
    limits = [_physical()]
    if sys.platform == "linux":
        for group in groups(root, "memory"):
            limits += [_limit(group / name) for name in _LIMITS]
    return min((limit for limit in limits if 0 < limit < NO_LIMIT), default=ASSUMED)


def _physical() -> int:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong(0)
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value << 10
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _limit(file: Path) -> int:
    """Return what a file says; 0 where it is not there, or says no number."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
