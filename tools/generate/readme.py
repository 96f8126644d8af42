"""What is written into the README: the number of kernels, the table of speed, the picture."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import convfilter
from convfilter import kernels
from tools.generate import ROOT, rewritten


def scene() -> convfilter.Image:
    """Return the README's picture: the scene, its edges, its relief, and the scene blurred."""
    picture = convfilter.read(ROOT / "sample_images" / "scene.png")
    small = convfilter.Pipeline.parse("mean-pool size=2")(picture)
    chains = (
        "gaussian-blur sigma=1 | sobel",
        "gaussian-blur sigma=1 | emboss",
        "gaussian-blur sigma=5",
    )
    parts = [
        small.pixels,
        *(convfilter.Pipeline.parse(f"{c} | mean-pool size=2")(picture).pixels for c in chains),
    ]
    rows = [np.hstack(parts[:2]), np.hstack(parts[2:])]
    return small.with_pixels(np.ascontiguousarray(np.vstack(rows)))


SHOWN_TABLE = "4000x3000, 2 threads"
SHOWN_ROWS = (
    "Sobel magnitude, grey",
    "sharpen 3x3",
    "any 7x7, uint8",
    "any 25x25, uint8",
    "Gaussian, sigma 2",
    "median 5x5",
    "2x2 max pool, grey",
    "bilateral, 9 wide, RGB",
    "nl-means 7 in 21, RGB, at most 1 megapixel",
    "Canny",
)
SHOWN_PEERS = ("opencv", "scipy", "pillow")


def speed() -> str:
    """Return the README's part of the benchmark's results, as a table."""
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    part = results.partition(f"## {SHOWN_TABLE}\n")[2].partition("\n## ")[0]
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| ")
    ]
    rows = {cells[0]: dict(zip(table[0], cells, strict=True)) for cells in table[1:]}
    lines = [f"| work | convfilter | {' | '.join(SHOWN_PEERS)} |", "|---" * 5 + "|"]
    for name in SHOWN_ROWS:
        row = rows[name]
        cells = [name, row["least ms"], *(row[peer] for peer in SHOWN_PEERS)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return the README with the number of kernels and the benchmark's table of speed."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    page = re.sub(r"\d+ named kernels", f"{len(kernels.names())} named kernels", page)
    return rewritten(page, "speed", speed())


def close(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> bool:
    """Tell whether two pictures differ by rounding only, as they may between processors."""
    if first.shape != second.shape:
        return False
    return int(np.abs(first.astype(int) - second.astype(int)).max()) <= 1
