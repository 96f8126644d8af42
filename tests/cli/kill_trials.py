"""Kill the command at random moments: python -m tests.cli.kill_trials --trials 300.

Each time a picture is to be replaced, by another one's result or by its own. Whenever the command
is killed, the old file or the new one stands there in full, and inputs are as they were. Exits with
1 if it was otherwise once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from convfilter.images import write

SIDE = 700


@dataclass
class Trials:
    """A folder with pictures, and what was found in it."""

    folder: Path
    random: Random

    def __post_init__(self) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        self.source, self.target = self.folder / "in.png", self.folder / "out.png"
        write(pixels, self.source)
        self.before = self.source.read_bytes()
        self.longest = 0.0
        for _ in range(2):  # the first one may compile
            started = time.monotonic()
            assert self._start("sobel", self.source, self.target, "--overwrite").wait() == 0
            self.longest = time.monotonic() - started
        self.after = self.target.read_bytes()
        self.old = b"what was there before"

    def _start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "convfilter", *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self) -> str:
        """Kill one command and return what it left."""
        if self.random.random() < 0.5:
            self.target.write_bytes(self.old)
            process = self._start("sobel", self.source, self.target, "--overwrite")
            place, old = self.target, self.old
        else:
            place, old = self.folder / "own.png", self.before
            place.write_bytes(old)
            process = self._start("sobel", place, "--in-place")
        # most moments near the end, where files are written
        time.sleep(self.longest * min(1.1, self.random.betavariate(4, 1.5) * 1.2))
        process.kill()
        process.wait()
        if self.source.read_bytes() != self.before:
            return "an input was changed"
        if not place.exists():
            return "a target was lost"
        found = place.read_bytes()
        for left in self.folder.glob(".convfilter-*.tmp"):
            left.unlink()  # nothing can be done about these by a process that is no more
        return "old" if found == old else "new" if found == self.after else "a target was torn"


def trials(count: int, seed: int) -> Counter[str]:
    """Make so many trials and count what they left."""
    with tempfile.TemporaryDirectory() as folder:
        made = Trials(Path(folder), Random(seed))
        return Counter(made.run() for _ in range(count))


def main() -> int:
    """Make trials and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = trials(given.trials, given.seed)
    print(", ".join(f"{result}: {times}" for result, times in found.items()))
    return 0 if set(found) <= {"old", "new"} else 1


if __name__ == "__main__":
    sys.exit(main())
