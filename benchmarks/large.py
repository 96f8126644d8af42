"""Pictures larger than memory should hold, against libvips: one file in, one out.

``python benchmarks/large.py`` prints a Markdown table; ``--megapixels 400`` is the size by default,
and ``--huge 4000`` adds a picture of so many megapixels that convfilter alone filters. The peers
take turns. Files go into the folder for temporary files (``TMPDIR``), some bytes for each pixel.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from convfilter.files.row_writing import begin_rows
from convfilter.formats.declaring.rows import blank_pixels
from convfilter.images import Image

CONVFILTER = [sys.executable, "-m", "convfilter"]
CHAIN = "gaussian-blur sigma=2 | sobel | max-pool size=2"
TILED = "[tile,tile-width=256,tile-height=256,compression=deflate,predictor=horizontal,bigtiff]"
BAND = 256


class Taken(NamedTuple):
    """What a command took: seconds, and the largest peak of memory of its processes, in bytes."""

    seconds: float
    peak: int


def make(path: Path, side: int, channels: int, noise: float) -> None:
    """Write waves with noise, side x side pixels."""
    random = np.random.default_rng(0)
    grains = random.normal(0, noise, (BAND, side, channels)).astype(np.float32)
    x = np.arange(side, dtype=np.float32)
    shape = (side, side, channels) if channels > 1 else (side, side)
    tile = 256 if path.suffix == ".tif" else None
    with begin_rows(Image(blank_pixels(shape, "uint8")), path, tile=tile) as output:
        for top in range(0, side, BAND):
            y = np.arange(top, min(top + BAND, side), dtype=np.float32)[:, np.newaxis]
            waves = 128 + 60 * np.sin(x / 97 + y / 61) + 40 * np.sin(x / 13 - y / 29)
            shift = int(random.integers(side))
            values = waves[..., np.newaxis] + np.roll(grains[: len(y)], shift, 1)
            rows = values.clip(0, 255).astype(np.uint8)
            output.write(rows if channels > 1 else rows[..., 0])
        output.finish()


def run(commands: Sequence[Sequence[str]]) -> Taken:
    """Run commands one after the other."""
    started, peak = time.perf_counter(), 0
    for command in commands:
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command[0]} ended with {process.returncode}")
        peak = max(peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    return Taken(time.perf_counter() - started, peak)


def ours(source: Path, chain: bool, pixels: int) -> list[list[str]]:
    """Return our command."""
    target = source.with_name(f"ours{source.suffix}")
    what = ["pipe", CHAIN] if chain else ["sobel"]
    tile = ["--tile", "256"] if source.suffix == ".tif" else []
    limit = ["--max-pixels", str(pixels), "--overwrite"]
    return [[*CONVFILTER, *what, str(source), str(target), *tile, *limit]]


def of_vips(source: Path, chain: bool) -> list[list[str]]:
    """Return the commands of libvips; those of a chain hand files that are not packed on."""
    suffix = TILED if source.suffix == ".tif" else "[compression=1]"
    target = f"{source.with_name(f'theirs{source.suffix}')}{suffix}"
    if not chain:
        return [["vips", "sobel", str(source), target]]
    blurred, edges, most = (str(source.with_name(f"{name}.v")) for name in ("a", "b", "c"))
    return [
        ["vips", "gaussblur", str(source), blurred, "2"],
        ["vips", "sobel", blurred, edges],
        ["vips", "rank", edges, most, "2", "2", "3"],
        ["vips", "subsample", most, target, "2", "2"],
    ]


def row(name: str, source: Path, chain: bool, pixels: int, runs: int) -> str:
    """Let the peers take turns, and return a line of the table."""
    mine, theirs = [], []
    for _ in range(runs):
        mine.append(run(ours(source, chain, pixels)))
        if shutil.which("vips"):
            theirs.append(run(of_vips(source, chain)))
        for file in source.parent.iterdir():
            if file != source:
                file.unlink()
    seconds = statistics.median(each.seconds for each in mine)
    peak = max(each.peak for each in mine) >> 20
    if not theirs:
        return f"| {name} | {seconds:.2f} s, {peak} MB | | |"
    other = statistics.median(each.seconds for each in theirs)
    most = max(each.peak for each in theirs) >> 20
    told = f"{seconds:.2f} s, {peak} MB | {other:.2f} s, {most} MB | {seconds / other:.2f}"
    return f"| {name} | {told} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=int, default=400)
    parser.add_argument("--huge", type=int, default=0)
    parser.add_argument("--noise", type=float, default=4.0, help="in grey levels")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print("| picture | convfilter | libvips | ratio of time |\n|---|---|---|---|")
    for suffix, channels in ((".tif", 1), (".png", 3)):
        with tempfile.TemporaryDirectory() as folder:
            source, side = Path(folder, f"in{suffix}"), int((given.megapixels * 1e6) ** 0.5)
            make(source, side, channels, given.noise)
            kind = f"{given.megapixels} MP {'grey' if channels == 1 else 'RGB'} {suffix[1:]}"
            for chain in (False, True):
                name = f"{kind}, {'chain' if chain else 'sobel'}"
                print(row(name, source, chain, side * side, given.runs), flush=True)
    if given.huge:
        with tempfile.TemporaryDirectory() as folder:
            source, side = Path(folder, "in.tif"), int((given.huge * 1e6) ** 0.5)
            make(source, side, 1, given.noise)
            for chain in (False, True):
                taken = run(ours(source, chain, side * side))
                each = taken.seconds / side / side * 1e9
                what = f"{given.huge} MP grey, {'chain' if chain else 'sobel'}"
                told = f"{taken.seconds:.1f} s, {taken.peak >> 20} MB, {each:.2f} ns a pixel"
                print(f"| {what} | {told} | | |", flush=True)


if __name__ == "__main__":
    main()
