"""A folder with files of every bad kind: python -m tests.batch.running.bad_folder_trials 10000.

One in a hundred files is cut off, one has the suffix of another format, one is empty, one claims a
thousand million pixels, and one in a thousand makes its decoder hang, and one makes it crash. They,
and no others, have to be named with their cause, by the exit code of some failures, in hardly more
time than a folder without them takes. Exits with 1 if it was otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from convfilter.images import write
from convfilter.runtime.cpus import available
from tests.batch.running.faulty import install

LIMIT = 2.0
"""Seconds for a file."""

RESTART = 0.5
"""Seconds that a crash may take in all."""

REASONS = {
    "cut": ("input", ("cut off", "truncated", "damaged", "ends")),
    "wrong": ("input", ("",)),
    "empty": ("input", ("empty",)),
    "giant": ("input", ("pixels",)),
    "hang": ("time", ("took longer than 2 s",)),
    "crash": ("crash", ("crashed (SIGSEGV)",)),
}
"""The cause, and words of the reason of which one has to be there."""


def make(folder: Path, count: int) -> dict[str, int]:
    """Write so many files, bad ones among them, and return how many there are of each kind."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:256, :256]
    good = []
    for number in range(20):
        plain = np.stack([rows, columns, rows ^ columns], axis=2) + rng.integers(
            0, 32, (256, 256, 3)
        )
        path = folder / f"good-{number:05}.jpg"
        write((plain % 256).astype(np.uint8), path)
        good.append(path.read_bytes())
    each, few = max(1, count // 100), max(1, count // 1000)
    kinds = {"cut": each, "wrong": each, "empty": each, "giant": each, "hang": few, "crash": few}
    giant = bytearray(good[0])
    at = giant.index(b"\xff\xc0") + 5
    giant[at : at + 4] = (31623).to_bytes(2, "big") * 2  # rows and columns, each
    contents = {
        "cut": good[1][: len(good[1]) // 2],
        "wrong": b"%!PS-Adobe-3.0\n" * 100,
        "empty": b"",
        "giant": bytes(giant),
        "hang": good[2],
        "crash": good[3],
    }
    bad = [(kind, number) for kind, times in kinds.items() for number in range(times)]
    for number in range(20, count - len(bad)):
        (folder / f"good-{number:05}.jpg").write_bytes(good[number % 20])
    for kind, number in bad:
        # among the others, as they are sorted
        place = (number * 977 + 13 * len(kind)) % count
        (folder / f"good-{place:05}-{kind}-{number}.jpg").write_bytes(contents[kind])
    return kinds


def run(
    source: Path, target: Path, environment: dict[str, str], *options: str
) -> tuple[int, float]:
    """Filter a folder, and return the exit code and the seconds."""
    command = [sys.executable, "-m", "convfilter", "sobel", f"{source}/", f"{target}/", "-q"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, *options],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, time.perf_counter() - started


def problems(folder: Path, count: int) -> list[str]:
    """Run the trial in a folder and return what was not as it has to be."""
    found = []
    kinds = make(folder / "in", count)
    shutil.copytree(folder / "in", folder / "plain", ignore=shutil.ignore_patterns("*-*-*"))
    environment = install(folder / "faults")
    (folder / "one").mkdir()
    shutil.copy(folder / "in" / "good-00000.jpg", folder / "one")
    run(folder / "one", folder / "warm", {})  # which compiles what is missing
    code, plain = run(folder / "plain", folder / "plain-out", {})
    found += [f"the plain run ended with {code}"] * (code != 0)
    report = folder / "report.json"
    options = ["--isolate", "--timeout", f"{LIMIT:g}", "--report", str(report)]
    options += ["--quarantine", str(folder / "quarantine")]
    code, seconds = run(folder / "in", folder / "out", environment, *options)
    found += [f"the run ended with {code}"] * (code != 3)
    jobs = available()
    more = (kinds["hang"] * LIMIT + kinds["crash"] * RESTART) / jobs
    scale = count / (count - sum(kinds.values()))
    allowed = 1.3 * plain * scale + more
    print(
        f"plain {plain:.2f} s, with bad files {seconds:.2f} s, allowed {allowed:.2f} s", flush=True
    )
    found += [f"it took {seconds:.2f} s, more than {allowed:.2f}"] * (seconds > allowed)
    files = json.loads(report.read_text())["files"]
    failed = {Path(each["input"]).name: each for each in files if each["status"] == "failed"}
    expected = {path.name for path in (folder / "in").iterdir() if path.stem.count("-") == 3}
    found += [f"{name} was not named" for name in expected - failed.keys()]
    found += [f"{name} was named" for name in failed.keys() - expected]
    for name in expected & failed.keys():
        cause, words = REASONS[name.split("-")[2]]
        said = failed[name]
        if said["cause"] != cause or not any(word in said["error"] for word in words):
            found.append(f"{name} failed by {said['cause']}: {said['error']}")
    made = {path.name for path in (folder / "out").iterdir() if not path.name.startswith(".")}
    good = {path.name for path in (folder / "in").iterdir()} - expected
    found += [f"{name} was not made" for name in good - made]
    found += [f"{name} was made" for name in made - good]
    found += [f"{path.name} was left" for path in (folder / "out").glob("*.tmp")]
    copied = {path.name for path in (folder / "quarantine").iterdir()}
    wanted = expected | {f"{name}.reason.json" for name in expected}
    found += [f"{name} is wrong in the quarantine" for name in copied ^ wanted]
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = problems(Path(folder), int(sys.argv[1]))
    print(*found[:20], f"{len(found)} problems", sep="\n")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
