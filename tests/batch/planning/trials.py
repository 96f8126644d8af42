"""Plan for many files, and say how long it takes: ``python -m tests.batch.planning.trials 100000``.

The files lie in folders of a thousand. They are named as a folder, as a pattern and as a list, and
once more where all outputs exist; each folder is listed once.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from convfilter.batch.planning.plan import FilePlan, make_plan
from convfilter.batch.settings import completed

IN_A_FOLDER = 1000


def filled(folder: Path, count: int) -> list[str]:
    """Fill a folder with empty files that are called as pictures, and return their paths."""
    paths = []
    for number in range(count):
        place = folder / f"{number // IN_A_FOLDER:04}"
        if number % IN_A_FOLDER == 0:
            place.mkdir(parents=True)
        path = place / f"{number:07}.jpg"
        path.touch()
        paths.append(str(path))
    return paths


def trial(inputs: Sequence[str], output: Path, **named: Any) -> tuple[FilePlan, float]:
    """Plan, and return the plan and its seconds; no folder is listed twice."""
    listed = named.pop("listed", None)
    scandir = os.scandir
    seen: Counter[str] = Counter()

    def counted(path: Any) -> Any:
        seen[os.fspath(path)] += 1
        return scandir(path)

    settings = completed({"recursive": True, **named})
    with mock.patch("os.scandir", counted):
        began = time.perf_counter()
        plan = make_plan(inputs, str(output), settings, label="sobel", listed=listed)
        seconds = time.perf_counter() - began
    assert set(seen.values()) <= {1}, seen.most_common(1)
    return plan, seconds


def trials(folder: Path, count: int) -> dict[str, float]:
    """Return the seconds of each way to name so many files."""
    source, there = folder / "in", folder / "there"
    paths = filled(source, count)
    taken = {}
    ways: dict[str, tuple[list[str], dict[str, Any]]] = {
        "a folder": ([str(source)], {}),
        "a pattern": ([f"{source}/**/*.jpg"], {}),
        "a list": ([], {"listed": paths}),
        "a template": ([str(source)], {"name": "{parent}-{stem}-{index:07}{ext}"}),
    }
    for way, (inputs, named) in ways.items():
        plan, taken[way] = trial(inputs, folder / "out", **named)
        assert len({job.target for job in plan.jobs}) == count
    filled(there, count)
    plan, taken["a folder, all outputs there"] = trial([str(source)], there, overwrite=True)
    assert all(job.exists and job.overwrite for job in plan.jobs)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000, help="files")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder:
        for way, seconds in trials(Path(folder), count).items():
            print(f"{count} files, {way}: {seconds:.2f} s")
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
