"""A volume of five dimensions in an OME-Zarr store through a chain, against the one in memory.

    python -m tests.dask.volume_trial --side 4096

It prints the peak memory of each worker, and how many tasks there are for a chunk.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from convfilter import Pipeline
from tests.batch.distributed.clusters import cluster
from tests.dask.stores import make_image

CHAIN = "gaussian-blur sigma=2 | sobel"
AXES = "TZCYX"


class Trial(NamedTuple):
    """What came of it: peak memory of workers and of a command without them, in MB."""

    equal: bool
    workers: tuple[float, ...]
    alone: float
    tasks: float


def peak_of(command: list[str]) -> float:
    """Run a command, and return its peak memory in MB.

    A small process starts it, since a process begins with the peak of the one that it comes from.
    """
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    whole = [sys.executable, "-m", "convfilter", *command]
    done = subprocess.run([sys.executable, "-c", code, *whole], check=True, capture_output=True)
    return int(done.stdout) / 1024


def run(side: int, folder: Path) -> Trial:
    """Filter a volume by a command alone and by one with workers, and compare them."""
    import zarr
    from distributed import Client

    chunk = min(1024, side // 2)
    values = np.random.default_rng(0).integers(0, 65535, (2, 3, 2, side, side), np.uint16)
    make_image(folder / "in.ome.zarr", values, AXES, (1, 1, 1, chunk, chunk), 3, levels=2)
    place, target = str(folder / "in.ome.zarr"), folder / "out.ome.zarr"
    alone = peak_of(["pipe", CHAIN, place, str(folder / "alone.ome.zarr"), "-q"])
    with cluster(folder / "cluster", 2) as workers:
        command = ["pipe", CHAIN, place, str(target), "-q", "--scheduler", workers.address]
        subprocess.run([sys.executable, "-m", "convfilter", *command], check=True)
        client: Any = Client(workers.address)
        peaks = client.run(_peak)
        client.close()
    made: Any = zarr.open(target, mode="r")
    also: Any = zarr.open(folder / "alone.ome.zarr", mode="r")
    pipeline, equal = Pipeline.parse(CHAIN), True
    for t in range(values.shape[0]):
        expected = pipeline(values[t], axes=AXES[1:])
        equal &= np.array_equal(made["0"][t], expected) and np.array_equal(also["0"][t], expected)
    return Trial(bool(equal), tuple(peaks.values()), alone, tasks_for_a_chunk(folder, chunk))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tasks_for_a_chunk(folder: Path, chunk: int) -> float:
    """Return how many tasks the graph of a result has for each of its chunks."""
    import dask.array as da
    import zarr

    store: Any = zarr.open(folder / "in.ome.zarr", mode="r")
    lazy: Any = da
    array = lazy.from_array(store["0"], chunks=(1, 1, 2, chunk, chunk), inline_array=True)
    result = Pipeline.parse(CHAIN)(array, axes=AXES)
    count: int = result.npartitions  # type: ignore[attr-defined]
    return len(result.dask) / count  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4096)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        print(run(given.side, Path(folder)))


if __name__ == "__main__":
    main()
