"""Pictures larger than memory, beside libvips: `python benchmarks/large.py`, on an idle machine.

A grey tiled TIFF (deflate) and an RGB PNG of 400 megapixels go through Sobel, and through the chain
Gaussian of sigma 2, Sobel, maximum pooling of 2, from file to file, in a process of its own each
time. libvips does the same by pyvips, read in order; its maximum of 2x2 is a rank. Times are the
least of some rounds, side by side; memory is the most that a process took, as the system has it.
`--gigapixels 4` also does a grey picture of so many, of 63,000 columns; `--megapixels 40` takes
smaller ones.
"""

from __future__ import annotations

import argparse
import math
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from convfilter.files.row_writing import begin_rows
from convfilter.formats.declaring.rows import blank_pixels
from convfilter.picture.image import Image

Array = np.ndarray[Any, np.dtype[Any]]

CHAIN = "gaussian-blur sigma=2 | sobel | max-pool size=2"
CELL = 50
"""Pixels from one random value to the next: between them the picture is smooth, but for noise."""

ROWS = 256


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    megabytes: float


def rows_of(height: int, width: int, channels: int) -> Iterator[Array]:
    """Yield the rows of a picture, some at a time: smooth, with some noise."""
    random = np.random.default_rng(1)
    cells = random.integers(0, 240, (height // CELL + 2, width // CELL + 2)).astype(np.float32)
    across = np.arange(width) / CELL
    left = across.astype(int)
    part = (across - left).astype(np.float32)
    for start in range(0, height, ROWS):
        down = np.arange(start, min(start + ROWS, height)) / CELL
        top = down.astype(int)
        share = (down - top)[:, np.newaxis].astype(np.float32)
        near = cells[top[0] : top[-1] + 2]
        lines = near[:, left] * (1 - part) + near[:, left + 1] * part
        values = lines[top - top[0]] * (1 - share) + lines[top - top[0] + 1] * share
        grey = (values + random.integers(0, 12, values.shape, np.uint8)).astype(np.uint8)
        yield grey if channels == 1 else np.dstack([grey, 255 - grey, grey // 2 + 40])


def make(path: Path, height: int, width: int, channels: int, **how: Any) -> None:
    """Write a picture."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    with begin_rows(Image(blank_pixels(shape, np.uint8)), path, **how) as output:
        for rows in rows_of(height, width, channels):
            output.write(rows)
        output.finish()


def cost_of(command: list[str]) -> Cost:
    """Run a command; return the seconds, and the most memory that it took."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{shlex.join(command)} failed")
    return Cost(time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e6)


def commands(source: Path, target: Path, what: str, further: list[str]) -> list[str]:
    """Return our command for a job."""
    words = [what] if what == "sobel" else ["pipe", what]
    start = [sys.executable, "-m", "convfilter", *words, str(source), str(target)]
    return [*start, "--overwrite", "--quiet", *further]


def of_vips(source: Path, what: str, target: Path) -> list[str]:
    """Return the command of libvips for a job."""
    options = "[compression=deflate,tile,bigtiff]" if target.suffix == ".tif" else ""
    chain = "sobel()" if what == "sobel" else "gaussblur(2).sobel().rank(2, 2, 3).subsample(2, 2)"
    read = f"pyvips.Image.new_from_file({str(source)!r}, access='sequential')"
    script = f"import pyvips; {read}.{chain}.write_to_file({str(target) + options!r})"
    return [sys.executable, "-c", script]


def compare(name: str, source: Path, what: str, rounds: int, further: list[str]) -> None:
    """Print what a job costs us and libvips."""
    folder = source.parent
    ours, theirs = (folder / f"{who}{source.suffix}" for who in ("ours", "theirs"))
    mine = of_others = Cost(math.inf, 0.0)
    for _ in range(rounds):
        mine = best(mine, cost_of(commands(source, ours, what, further)))
        of_others = best(of_others, cost_of(of_vips(source, what, theirs)))
    ratio = mine.seconds / of_others.seconds
    print(
        f"{name:24} {what[:18]:18} {mine.seconds:6.2f} s, {mine.megabytes:4.0f} MB;"
        f" vips {of_others.seconds:6.2f} s, {of_others.megabytes:4.0f} MB; ratio {ratio:.2f}",
        flush=True,
    )
    for path in (ours, theirs):
        path.unlink(missing_ok=True)


def best(before: Cost, now: Cost) -> Cost:
    """Return the least seconds of both, and the most memory."""
    return Cost(min(before.seconds, now.seconds), max(before.megabytes, now.megabytes))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=400)
    parser.add_argument("--gigapixels", type=float, default=0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the files go")
    parser.add_argument("--only", choices=["tiff", "png"], help="of the pictures")
    given = parser.parse_args()
    side = math.isqrt(int(given.megapixels * 1e6))
    further = ["--max-pixels", "100G"]
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if given.only != "png":
            tiff = folder / "grey.tif"
            make(tiff, side, side, 1, tile=256)
            for what in ("sobel", CHAIN):
                compare("grey TIFF, tiles", tiff, what, given.rounds, further)
            tiff.unlink()
        if given.only != "tiff":
            png = folder / "rgb.png"
            make(png, side, side, 3)
            for what in ("sobel", CHAIN):
                compare("RGB PNG", png, what, given.rounds, further)
            png.unlink()
        if given.gigapixels:
            width = 63_000
            height = int(given.gigapixels * 1e9 / width)
            large = folder / "large.tif"
            make(large, height, width, 1, tile=256)
            for what in ("sobel", CHAIN):
                mine = cost_of(commands(large, folder / "ours.tif", what, further))
                per = mine.seconds / (height * width) * 1e9
                print(
                    f"{height * width / 1e9:.1f} gigapixels, {what[:18]}: {mine.seconds:.1f} s,"
                    f" {per:.2f} ns a pixel, {mine.megabytes:.0f} MB"
                )


if __name__ == "__main__":
    main()
