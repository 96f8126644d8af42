"""Kill runs into a folder, then resume: python -m tests.batch.journal.kill_trials 200.

Each run is killed at a random moment, half of them with processes of their own for the work. Then
another one resumes, which may be killed as well. In the end the outputs have to be, byte for byte,
those of a run that nobody disturbed, with nothing beside them, and the inputs as they were. After
that a run computes nothing and changes no file's time, and one with another recipe does them all.
Exits with 1 if it was otherwise once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np

from convfilter.batch.journal import NAME
from convfilter.images import write

FILES = 60
SIDE = 160
OTHER = "prewitt"


class Trials:
    """A folder of pictures, what becomes of them, and runs that are killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.inputs = folder / "in"
        noise = np.random.default_rng(seed)
        for number in range(FILES):
            place = self.inputs / f"{number % 5}" / f"{number}.{('png', 'jpg', 'tif')[number % 3]}"
            place.parent.mkdir(parents=True, exist_ok=True)
            write(noise.integers(0, 256, (SIDE, SIDE, 3), np.uint8), place)
        self.before = contents(self.inputs)
        self.expected: dict[str, dict[str, bytes]] = {}
        self.seconds: dict[bool, float] = {}
        for recipe in ("sobel", OTHER):
            for isolated in (False, True):
                out = folder / "undisturbed"
                for _ in range(2):  # the first one may compile
                    shutil.rmtree(out, ignore_errors=True)
                    started = time.monotonic()
                    process = self.start(recipe, out, isolated)
                    process.communicate()
                    assert process.returncode == 0
                    self.seconds[isolated] = time.monotonic() - started
                self.expected[recipe] = contents(out)

    def start(self, recipe: str, out: Path, isolated: bool) -> subprocess.Popen[bytes]:
        """Begin a run that resumes, as the leader of a group of processes."""
        command = [sys.executable, "-m", "convfilter", recipe, str(self.inputs), str(out), "-r"]
        command += ["--resume", "-q", *(["--isolate"] if isolated else [])]
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )

    def run(self) -> str:
        """Kill one run or several, resume, and return what was found wrong, or "right"."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        isolated = self.random.random() < 0.5
        recipe = "sobel"
        for _ in range(self.random.choice((1, 1, 2, 3))):
            process = self.start(recipe, out, isolated)
            time.sleep(self.seconds[isolated] * self.random.uniform(0.1, 1.05))
            if self.random.random() < 0.5:
                process.kill()  # its workers find out
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _close(process)
        trouble = self._judge(recipe, out, isolated)
        if trouble:
            return trouble
        before = times(out)
        if trouble := self._judge(recipe, out, isolated):
            return f"done again: {trouble}"
        if times(out) != before:
            return "a finished run was not left alone"
        if self.random.random() < 0.2:
            return self._judge(OTHER, out, isolated) or "right"
        return "right"

    def _judge(self, recipe: str, out: Path, isolated: bool) -> str:
        process = self.start(recipe, out, isolated)
        _, said = process.communicate()
        if process.returncode != 0:
            return f"ended with {process.returncode}: {said.decode()}"
        if contents(self.inputs) != self.before:
            return "inputs were changed"
        found = contents(out)
        if found != self.expected[recipe]:
            names = sorted(
                name
                for name in found.keys() | self.expected[recipe].keys()
                if found.get(name) != self.expected[recipe].get(name)
            )
            sizes = [
                (n, len(found.get(n, b"")), len(self.expected[recipe].get(n, b""))) for n in names
            ]
            journal = (out / NAME).read_text("utf-8", "replace")
            said = [line for line in journal.splitlines() if f'done","{names[0]}"' in line]
            return f"outputs differ: {sizes[:5]}, isolated {isolated}: {said}"
        return ""


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stderr is not None:
        process.stderr.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files in a folder but the journal."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != NAME
    }


def times(folder: Path) -> dict[str, int]:
    """Return the times of all files in a folder, the journal included."""
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*")}


def trials(count: int, seed: int = 1) -> Counter[str]:
    """Make so many trials, and count what was found."""
    with tempfile.TemporaryDirectory() as folder:
        made = Trials(Path(folder), seed)
        return Counter(made.run() for _ in range(count))


def main() -> int:
    """Make trials and tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    found = trials(count, seed)
    for result, number in found.most_common():
        print(f"{number} of {count}: {result}")
    return 0 if set(found) == {"right"} else 1


if __name__ == "__main__":
    sys.exit(main())
