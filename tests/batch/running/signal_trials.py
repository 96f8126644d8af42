"""Signals at random moments: python -m tests.batch.running.signal_trials 100.

A run over a folder, in threads or in processes, with small files or a large one under way, is asked
to end by SIGINT or SIGTERM, once. It has to end within two seconds, by the right code, with no
temporary file and no process left, and with none but whole files. Exits with 1 if it was otherwise.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import numpy as np

from convfilter.errors import ConvfilterError
from convfilter.images import read, write
from tests.cli.conftest import heed_interrupts

MOST = 2.0
"""Seconds until a run has ended."""

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
WAYS = ([], ["--isolate"], ["--jobs", "1"], ["--isolate", "--timeout", "30"])
WORKS = (["sobel"], ["bilateral", "--sigma-space", "12"])
"""A quick filter, and one that takes long for the large pictures."""


def make(folder: Path) -> None:
    """Write many small pictures and a few large ones."""
    rng = np.random.default_rng(0)
    for name, side, count in (("small", 256, 300), ("large", 2500, 3)):
        (folder / name).mkdir()
        for number in range(count):
            pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
            write(pixels, folder / name / f"{number}.png")


def descendants(process: int) -> set[int]:
    """Return the processes that a process has started, and those that these have."""
    found: set[int] = set()
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = {int(each) for each in path.read_text().split()}
        except OSError:
            continue
        found |= children.union(*map(descendants, children))
    return found


def trial(folder: Path, number: int, random: Random) -> list[str]:
    """End one run, and return what was wrong."""
    way, work = random.choice(WAYS), random.choice(WORKS)
    source = folder / ("small" if work == WORKS[0] else "large")
    target = folder / f"out{number}"
    asked = random.choice([*CODES])
    command = [sys.executable, "-m", "convfilter", *work, f"{source}/", f"{target}/", *way]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    time.sleep(random.uniform(0.2, 1.2))
    children = descendants(process.pid)
    if process.poll() is not None:
        process.communicate()
        return []  # it was done before
    process.send_signal(asked)
    started = time.monotonic()
    said = process.communicate()[1]
    seconds = time.monotonic() - started
    case = f"{number} {' '.join([*work[:1], *way])} {asked.name} after {len(children)} processes"
    found = []
    if seconds > MOST:
        found.append(f"{case}: took {seconds:.2f} s")
    if process.returncode not in (CODES[asked], 0):
        found.append(f"{case}: code {process.returncode}: {said[-300:]}")
    if "Traceback" in said:
        found.append(f"{case}: {said[-300:]}")
    time.sleep(0.1)
    found += [f"{case}: process {each} is left" for each in children if _runs(each)]
    for path in target.iterdir() if target.exists() else ():
        if path.suffix == ".tmp":
            found.append(f"{case}: {path.name} is left")
        elif not path.name.startswith("."):
            try:
                read(path)
            except ConvfilterError as error:
                found.append(f"{case}: {error}")
    return found


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def problems(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Make so many trials and return what was wrong."""
    random = Random(seed)
    make(folder)
    for work in WORKS:  # so that nothing has to be compiled later
        given = [*work, str(folder / "small/0.png"), str(folder / "warm.png"), "--overwrite"]
        subprocess.run([sys.executable, "-m", "convfilter", *given], check=True)
    return [problem for number in range(count) for problem in trial(folder, number, random)]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = problems(Path(folder), int(sys.argv[1]), os.getpid())
    print(*found[:20], f"{len(found)} problems", sep="\n")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
