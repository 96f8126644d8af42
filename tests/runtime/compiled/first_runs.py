"""First runs at once: many processes that compile the same loops into the same empty cache.

``python -m tests.runtime.compiled.first_runs --rounds 20`` starts 16 of them in each round.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from convfilter import filters

COMPILING = "convfilter sobel: compiling its loops for this processor, on the first use only"


def failures(folder: Path, runs: int) -> list[str]:
    """Start `runs` commands at once with an empty cache, then one more; return what went wrong."""
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(picture).save(folder / "in.png")
    wanted = filters.sobel(picture)
    environment = {**os.environ, "CONVFILTER_CACHE_DIR": str(folder / "cache")}
    found = []

    def start(number: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-m", "convfilter", "sobel"]
        paths = [str(folder / "in.png"), str(folder / f"{number}.png")]
        return subprocess.Popen(
            [*command, *paths, "--overwrite"], env=environment, stderr=subprocess.PIPE, text=True
        )

    def check(number: int, process: subprocess.Popen[str], said: set[str]) -> None:
        errors = process.communicate()[1].strip()
        if process.returncode or errors not in said:
            found.append(f"run {number} ended with {process.returncode}: {errors}")
        elif not np.array_equal(np.asarray(Image.open(folder / f"{number}.png")), wanted):
            found.append(f"run {number} made other pixels")

    for number, process in enumerate([start(number) for number in range(runs)]):
        check(number, process, {"", COMPILING})
    check(runs, start(runs), {""})
    strange = [path.name for path in (folder / "cache").iterdir() if path.suffix != ".loop"]
    return found + [f"{name} is left in the cache" for name in strange]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--runs", type=int, default=16)
    given = parser.parse_args()
    total = 0
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            wrong = failures(Path(folder), given.runs)
        total += len(wrong)
        print(f"round {number + 1}: {given.runs} runs, {len(wrong)} failures", *wrong, sep="\n  ")
    sys.exit(f"{total} failures" if total else 0)


if __name__ == "__main__":
    main()
