"""How much memory another process takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["resident"]


def resident(process: int) -> int:
    """Return the bytes of memory that a process takes; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
