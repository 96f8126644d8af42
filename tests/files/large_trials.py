"""One large picture, filtered from file to file: python -m tests.files.large_trials 4000.

The number is that of megapixels. Windows of the result, at the corners and wherever chance leads,
are held against the same pipeline on that part of the picture in memory. Exits with 1 if one
differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter import Pipeline
from convfilter.files.row_reading import open_rows
from convfilter.files.row_writing import begin_rows
from convfilter.formats.declaring.rows import blank_pixels
from convfilter.images import Image

CHAIN, STRIDE = "gaussian-blur sigma=2 | sobel | max-pool size=2", 2
MARGIN = 32
"""Rows and columns around a window, more than the chain looks at; an even number."""

WINDOW = 100
BAND = 256


def pixels_of(top: int, bottom: int, side: int) -> NDArray[np.uint8]:
    """Return rows of the picture: waves, and a texture that is another one everywhere."""
    y, x = np.ogrid[top:bottom, :side]
    texture = (x * 7919 + y * 104729 + (x * y) % 251) % 97 % 7
    waves = (x + 2 * y) // 5 % 191
    pixels: NDArray[np.uint8] = (waves + texture * 9).astype(np.uint8)
    return pixels


def make(path: Path, side: int) -> None:
    """Write the picture."""
    with begin_rows(Image(blank_pixels((side, side), "uint8")), path, tile=256) as output:
        for top in range(0, side, BAND):
            output.write(pixels_of(top, min(top + BAND, side), side))
        output.finish()


def windows(side: int, count: int) -> list[tuple[int, int]]:
    """Return where windows of the result begin: corners, and others by chance."""
    random, last = Random(side), side - WINDOW
    corners = [(0, 0), (0, last), (last, 0), (last, last)]
    return corners + [(random.randint(0, last), random.randint(0, last)) for _ in range(count)]


def expected(top: int, left: int, side: int) -> NDArray[Any]:
    """Return a window of the result, of that part of the picture alone."""
    spans = []
    for start in (top, left):
        first = max(start * STRIDE - MARGIN, 0)
        last = min((start + WINDOW) * STRIDE + MARGIN, side * STRIDE)
        spans.append((first, last))
    (above, below), (before, behind) = spans
    part = pixels_of(above, below, behind)[:, before:behind]
    made = np.asarray(Pipeline.parse(CHAIN)(np.ascontiguousarray(part)))
    y, x = top - above // STRIDE, left - before // STRIDE
    return made[y : y + WINDOW, x : x + WINDOW]


def trial(megapixels: float, folder: Path, *options: str, count: int = 40) -> list[str]:
    """Filter a picture of so many megapixels; return a line for each window that differs."""
    half = int((megapixels * 1e6) ** 0.5) // STRIDE
    side = half * STRIDE
    source, target = folder / "in.tif", folder / "out.tif"
    make(source, side)
    command = [sys.executable, "-m", "convfilter", "pipe", CHAIN, str(source), str(target)]
    limit = ["--max-pixels", str(side * side), "--tile", "256", "--overwrite"]
    subprocess.run([*command, *limit, *options], check=True)
    wrong = []
    with open_rows(target, max_pixels=half * half) as rows:
        for top, left in windows(half, count):
            found = rows.read(top, top + WINDOW)[:, left : left + WINDOW]
            if not np.array_equal(found, expected(top, left, half)):
                wrong.append(f"the window at row {top}, column {left} differs")
    return wrong


def main() -> int:
    """Make the trial, of as many megapixels as given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megapixels", type=float)
    with tempfile.TemporaryDirectory() as folder:
        wrong = trial(parser.parse_args().megapixels, Path(folder))
    print(*wrong, sep="\n") if wrong else print("all windows are those of the whole")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
