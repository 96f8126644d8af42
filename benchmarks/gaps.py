"""Time the engine over images with gaps, and without: `python benchmarks/gaps.py`.

Each call takes turns with the plain one, on 12 megapixels of grey: an image whose `nodata` is
nowhere in it, one with a cloud over a fourteenth of its area, one with no data around a picture
that was turned, and one in which each twentieth value is missing. `--write` puts the table into
GAPS.md; with `--dtype` only the rows of that dtype are measured and replaced.
"""

from __future__ import annotations

import argparse
import cmath
import functools
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from convfilter import engine, kernels
from tools.generate import rewritten

Array = np.ndarray[Any, np.dtype[Any]]
Call = Callable[..., Any]

PAGE = Path(__file__).parent / "GAPS.md"
DTYPES = "float32", "uint8"
SHAPE = 3000, 4000
ROUNDS = 5
TURNED_BY = 12.0

SOBEL = [kernels.get(f"sobel-{axis}").array for axis in "xy"]
SEVEN = np.random.default_rng(1).random((7, 7))

CALLS: dict[str, Call] = {
    "Gaussian, sigma 2": lambda a, **k: engine.correlate(a, kernels.shapes.gaussian(2), **k),
    "Gaussian, sigma 10": lambda a, **k: engine.correlate(a, kernels.shapes.gaussian(10), **k),
    "box 3x3": lambda a, **k: engine.correlate(a, np.ones((3, 3)), scale=1 / 9, **k),
    "any 7x7": lambda a, **k: engine.correlate(a, SEVEN, scale=1 / SEVEN.sum(), **k),
    "Sobel, magnitude": lambda a, **k: engine.correlate_bank(a, SOBEL, "l2", **k),
    "maximum 3x3": lambda a, **k: engine.maximum(a, 3, **k),
    "maximum 15x15": lambda a, **k: engine.maximum(a, 15, **k),
    "median 3x3": lambda a, **k: engine.median(a, 3, **k),
    "median 5x5": lambda a, **k: engine.median(a, 5, **k),
    "median 9x9": lambda a, **k: engine.median(a, 9, **k),
    "max pool 2x2": lambda a, **k: engine.pool(a, 2, **k),
    "mean pool 2x2": lambda a, **k: engine.pool(a, 2, reduce="mean", **k),
}


@functools.lru_cache(maxsize=1)
def images(dtype: str) -> tuple[float, dict[str, Array]]:
    """Return the number for no data, and images by what is missing of them."""
    random = np.random.default_rng(0)
    if dtype == "uint8":
        code, whole = 255.0, random.integers(0, 250, SHAPE, np.uint8)
    else:
        code, whole = np.nan, random.random(SHAPE, np.float32)
    cloud, rim, grains = whole.copy(), whole.copy(), whole.copy()
    cloud[500:1200, 700:1900] = code
    rim[_outside(TURNED_BY)] = code
    grains[random.random(SHAPE, np.float32) < 0.05] = code
    return code, {"nothing": whole, "a cloud": cloud, "a turned rim": rim, "5 % grains": grains}


def _outside(degrees: float) -> Array:
    """Return which pixels lie outside of a turned rectangle in the middle."""
    height, width = SHAPE
    turned = cmath.rect(1, math.radians(degrees))
    y, x = np.arange(height)[:, np.newaxis], np.arange(width)
    place = ((x - width / 2) + 1j * (y - height / 2)) * turned
    outside: Array = (np.abs(place.real) > 0.4 * width) | (np.abs(place.imag) > 0.4 * height)
    return outside


def measured(call: Call, dtype: str, rounds: int) -> list[float]:
    """Return milliseconds of the plain call, and how many times as long those with gaps take."""
    code, kinds = images(dtype)
    plain = kinds["nothing"]
    runs = [functools.partial(call, plain)]
    runs += [functools.partial(call, image, nodata=code) for image in kinds.values()]
    times: list[list[float]] = [[] for _ in runs]
    for run in runs:
        run()
    for _ in range(rounds):
        for taken, run in zip(times, runs, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    least = [statistics.median(sorted(taken)[: len(taken) // 2 + 1]) for taken in times]
    return [least[0] * 1e3, *(each / least[0] for each in least[1:])]


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="of which the faster half counts"
    )
    parser.add_argument("--write", action="store_true", help="put the table into GAPS.md")
    parser.add_argument("--dtype", choices=DTYPES, help="measure this one alone")
    options = parser.parse_args()
    lines = [
        "| call | dtype | plain, ms | nothing missing | a cloud | a turned rim | 5 % grains |",
        "|---|---|---|---|---|---|---|",
    ]
    page = PAGE.read_text("utf-8")
    for dtype in DTYPES:
        if options.dtype not in (None, dtype):
            lines += [line for line in page.splitlines() if f" | {dtype} | " in line]
            continue
        for name, call in CALLS.items():
            plain, *ratios = measured(call, dtype, options.rounds)
            cells = " | ".join(f"{ratio:.2f}" for ratio in ratios)
            lines.append(f"| {name} | {dtype} | {plain:.1f} | {cells} |")
            print(lines[-1], flush=True)
    if options.write:
        PAGE.write_text(rewritten(page, "gaps", "\n".join(lines) + "\n"), "utf-8")


if __name__ == "__main__":
    main()
