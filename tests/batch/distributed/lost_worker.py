"""Filter many files by two workers of which one is killed midway, and compare with this machine.

    python -m tests.batch.distributed.lost_worker 400
    python -m tests.batch.distributed.lost_worker 400 --s3

With `--s3` files lie in storage of objects, that of moto, which has to be installed beside s3fs.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import convfilter
from convfilter.batch.job import Seconds
from tests.batch.distributed.clusters import Workers, cluster

SIZE = (120, 160)

TIMES = (*Seconds._fields, "compiling")
"""Columns of a report that differ from run to run."""

CHAIN = "gaussian-blur sigma=2 | sobel"


class Trial(NamedTuple):
    """What came of it: files made, whether all is the same, and files before the loss."""

    done: int
    failed: int
    same_bytes: bool
    same_report: bool
    seconds: float
    before_the_loss: int


def run(files: int, folder: Path, *, in_s3: bool = False) -> Trial:
    """Make files, of which one is damaged, and filter them here and by a cluster."""
    make(folder / "in", files)
    local = f"{folder / 'here'}"
    list(filtered(folder / "in", local, report=f"{folder / 'here.csv'}"))
    source, target = f"{folder / 'in'}", f"{folder / 'there'}"
    with storage(folder, in_s3=in_s3) as bucket, cluster(folder / "cluster", 2) as workers:
        if bucket is not None:
            source, target = f"s3://{bucket}/in", f"s3://{bucket}/there"
            system().put(f"{folder / 'in'}/", f"{bucket}/in/", recursive=True)
        started = time.perf_counter()
        report = f"{folder / 'there.csv'}"
        results = []
        before = 0
        for result in filtered(source, target, scheduler=workers.address, report=report):
            results.append(result)
            if len(results) == files // 3:
                before = len(results)
                lose(workers)
        seconds = time.perf_counter() - started
        if bucket is not None:
            system().get(f"{bucket}/there/", f"{folder / 'there'}/", recursive=True)
    return Trial(
        sum(result.ok for result in results),
        sum(not result.ok for result in results),
        contents(folder / "here") == contents(folder / "there"),
        rows(folder / "here.csv", local, folder / "in") == rows(Path(report), target, source),
        seconds,
        before,
    )


def filtered(source: Any, target: str, **options: Any) -> Iterator[convfilter.FileResult]:
    return convfilter.filter_files(source, target, CHAIN, **options)


def lose(workers: Workers) -> None:
    """Kill one worker in the midst of its work, for good."""
    workers.kill(0)


def make(folder: Path, files: int) -> None:
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number in range(files - 1):
        pixels = draw.integers(0, 255, (*SIZE, 3), np.uint8)
        convfilter.write(pixels, folder / f"picture {number:04}.png")
    (folder / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n")


def contents(folder: Path) -> dict[str, bytes]:
    """Return all results by name; the journal is no result."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def rows(report: Path, target: object, source: object) -> list[dict[str, str]]:
    """Return what a report says of each file, but for times and for where files lie."""
    with report.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    return sorted(
        (
            {
                name: value.replace(str(target), "OUT").replace(str(source), "IN")
                for name, value in row.items()
                if name not in TIMES
            }
            for row in found
        ),
        key=lambda row: row["input"],
    )


@contextmanager
def storage(folder: Path, *, in_s3: bool) -> Iterator[str | None]:
    """Enter with a bucket of storage of objects; None without `in_s3`."""
    if not in_s3:
        yield None
        return
    os.environ.update(
        AWS_ACCESS_KEY_ID="someone",
        AWS_SECRET_ACCESS_KEY="secret",
        AWS_ENDPOINT_URL="http://127.0.0.1:5555",
        AWS_REGION="us-east-1",
    )
    with (folder / "moto.txt").open("wb") as log:
        command = [sys.executable, "-m", "moto.server", "-p", "5555"]
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(100):
            try:
                system().mkdir("pictures")
                break
            except Exception:  # noqa: BLE001 - it is not there yet
                time.sleep(0.2)
        yield "pictures"
    finally:
        server.kill()
        server.wait()


def system() -> Any:
    import s3fs

    return s3fs.S3FileSystem(skip_instance_cache=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int)
    parser.add_argument("--s3", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(run(given.files, Path(folder), in_s3=given.s3))


if __name__ == "__main__":
    main()
