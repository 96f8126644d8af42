"""Have folders watched while files arrive: python -m tests.batch.watching.watch_trials 1000.

One file is written at 10 kB/s, one is made empty and filled later, one is renamed into its place,
one is never finished, one is broken and mended later, and so many appear at once. In between the
watch is stopped and started again, while others arrive. Each has to be told, and made, exactly once
(the mended one fails once before), and to hold what the filter makes of it. All that with the
system telling of changes, and with looking every second. Exits with 1 if it was otherwise.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from convfilter import filters
from convfilter.images import read, write
from tests.cli.conftest import heed_interrupts

PATIENCE = 120.0
"""Seconds for which what has to come is waited for."""

QUIET = 5.0
"""Seconds in which something would be told once more that should not."""


class Watch:
    """A command that watches, and the lines that it says."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "convfilter", "sobel", "in", "out", "--watch", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        self.wait(lambda: any("watching in" in line for line in self.lines))

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(iter(self.process.stderr.readline, ""))

    def made(self) -> Counter[str]:
        """Return how often each file was told to be made."""
        found = (re.search(r": in/(\S+) -> out/", line) for line in [*self.lines])
        return Counter(match[1] for match in found if match)

    def wait(self, until: Callable[[], bool]) -> bool:
        """Wait until something is so, and tell whether it has come to that."""
        end = time.monotonic() + PATIENCE
        while not until() and time.monotonic() < end:
            time.sleep(0.05)
        return until()

    def end(self, number: int = signal.SIGINT) -> int:
        """End the watch and return its code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        self._thread.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


def slowly(path: Path, data: bytes, each: int = 2500, seconds: float = 0.25) -> None:
    """Write a file at 10 kB/s."""
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), each):
            file.write(data[start : start + each])
            time.sleep(seconds)


def trial(folder: Path, count: int, *options: str) -> list[str]:
    """Have a folder watched, and return what was wrong."""
    wrong: list[str] = []
    source = folder / "in"
    source.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (130, 130, 3), np.uint8)
    write(noise, folder / "picture.png")
    data = (folder / "picture.png").read_bytes()

    watch = Watch(folder, *options)
    slow = threading.Thread(target=slowly, args=(source / "slow.png", data))
    slow.start()
    (source / "filled.png").touch()
    (source / "broken.png").write_bytes(data[:3000])
    unfinished = (source / "unfinished.png").open("wb", buffering=0)
    unfinished.write(data[:3000])
    (folder / "moved.png").write_bytes(data)
    (folder / "moved.png").rename(source / "moved.png")
    if not watch.wait(lambda: any("broken.png: " in line for line in watch.lines)):
        wrong.append("the broken file was not told")
    (source / "broken.png").write_bytes(data)
    with (source / "filled.png").open("ab") as file:
        file.write(data)
    slow.join()
    for number in range(count):
        os.link(folder / "picture.png", source / f"{number}.png")
    expected = {"slow.png", "filled.png", "broken.png", "moved.png"}
    expected |= {f"{number}.png" for number in range(count)}
    watch.wait(lambda: set(watch.made()) >= expected)
    time.sleep(QUIET)
    wrong += judged(watch, expected, 3)
    if not any("not wholly written" in line and "unfinished" in line for line in watch.lines):
        wrong.append("the unfinished file was not told")

    (source / "meanwhile.png").write_bytes(data)
    (source / "0.png").unlink()
    changed = np.flipud(noise)
    write(changed, source / "0.png")
    watch = Watch(folder, *options)
    (source / "later.png").write_bytes(data)
    unfinished.write(data[3000:])
    unfinished.close()
    expected = {"meanwhile.png", "0.png", "later.png", "unfinished.png"}
    watch.wait(lambda: set(watch.made()) >= expected)
    time.sleep(QUIET)
    wrong += judged(watch, expected, 0)

    wanted = {True: filters.sobel(changed), False: filters.sobel(noise)}
    for path in (folder / "out").glob("*.png"):
        if not np.array_equal(read(path).pixels, wanted[path.name == "0.png"]):
            wrong.append(f"{path.name} is not what the filter makes")
    names = {path.name for path in source.iterdir()}
    if {path.name for path in (folder / "out").glob("*.*g")} != names:
        wrong.append("outputs are missing, or others are there")
    return wrong


def judged(watch: Watch, expected: set[str], code: int) -> list[str]:
    """End a watch, and return what was wrong with what it told."""
    wrong = []
    ended = watch.end(signal.SIGTERM if code == 0 else signal.SIGINT)
    if ended != code:
        wrong.append(f"ended with {ended}: {watch.lines[-3:]}")
    made = watch.made()
    wrong += [f"{name} was made {made[name]} times" for name in expected if made[name] != 1]
    wrong += [f"{name} was made" for name in made if name not in expected]
    return wrong


def main() -> int:
    """Make the trials and tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    failed = False
    for options in ((), ("--poll", "1")):
        with tempfile.TemporaryDirectory() as folder:
            wrong = trial(Path(folder), count, *options)
        failed = failed or bool(wrong)
        told = "; ".join(wrong[:10]) or f"{count + 8} files, each exactly once"
        print(f"{' '.join(options) or 'told by the system'}: {told}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
