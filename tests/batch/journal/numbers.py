"""What small pictures come to, by version of the numbers: python -m tests.batch.journal.numbers.

Writes `numbers.json`, unless a result has changed and the version of the numbers has not.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from convfilter import apply, filters
from convfilter.batch.journal.identity import NUMBERS

PLACE = Path(__file__).with_suffix(".json")

ADVICE = (
    "results have changed: raise NUMBERS in convfilter/batch/journal/identity.py, then run"
    " python -m tests.batch.journal.numbers"
)


def results() -> dict[str, str]:
    """Return a hash of what each filter makes of a small picture with its defaults."""
    picture = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    return {
        name: hashlib.sha256(apply(name, picture).tobytes()).hexdigest()[:16]
        for name in sorted(filters.names())
        if not any(parameter.required for parameter in filters.get(name).parameters)
    }


def stated() -> dict[str, Any]:
    """Return what the file states."""
    return dict(json.loads(PLACE.read_text("utf-8"))) if PLACE.exists() else {"numbers": 0}


def changed(before: dict[str, Any], now: dict[str, str]) -> list[str]:
    """Return the names of filters whose results are others than those stated."""
    known = before.get("results", {})
    return [name for name in now if known.get(name, now[name]) != now[name]]


def main() -> int:
    """Write the file."""
    before, now = stated(), results()
    if changed(before, now) and before["numbers"] == NUMBERS:
        print(f"{', '.join(changed(before, now))}: {ADVICE}")
        return 1
    told = {"numbers": NUMBERS, "results": now}
    PLACE.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
