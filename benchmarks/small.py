"""Time calls on small pictures beside SciPy: `python benchmarks/small.py`.

Each call takes turns with the SciPy calls that do the same work, with the same border and the same
dtype in and out, and what both make is compared before the clock starts. Calls are made as a
program makes them, one after the other on the same array, by the filter and by a prepared one.
`--write` puts the table into SMALL.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

import convfilter
from convfilter import Pipeline, engine, filters, kernels
from tools.generate import rewritten

Array = np.ndarray[Any, np.dtype[Any]]
Call = Callable[[Array], Array]

PAGE = Path(__file__).parent / "SMALL.md"
SHAPES = (28, 28), (64, 64)
DTYPES = "uint8", "float32"
ROUNDS = 15
TURN_SECONDS = 0.002
"""Of one turn of one call: it is made so often."""

SOBEL = [kernels.get(f"sobel-{axis}").array for axis in "xy"]
FIVE = np.random.default_rng(1).random((5, 5))
FIVE /= FIVE.sum()
PIPELINE = Pipeline.parse("gaussian-blur sigma=1 | sobel")
MIRROR = {"mode": "mirror"}  # which NumPy and convfilter call "reflect"


class Row(NamedTuple):
    """What is compared: a call as it comes, a filter that can be prepared, and SciPy's.

    Attributes
    ----------
    step : name and arguments of the filter, a pipeline, or None
    in_floats : SciPy works on floats, which are rounded at the end
    channels : of the image
    """

    call: Call
    step: tuple[str, dict[str, Any]] | Pipeline | None
    scipy: Call
    in_floats: bool = False
    channels: int = 1


def magnitude(image: Array) -> Array:
    return np.hypot(ndimage.sobel(image, 0, **MIRROR), ndimage.sobel(image, 1, **MIRROR))


def magnitude_of_colours(image: Array) -> Array:
    """Return what `sobel` would make if it did not smooth across the channels, too."""
    gradients = []
    for across, along in ((0, 1), (1, 0)):
        smooth = ndimage.correlate1d(image, [1, 2, 1], across, **MIRROR)
        gradients.append(ndimage.correlate1d(smooth, [-1, 0, 1], along, **MIRROR))
    return np.hypot(*gradients)


def blurred_magnitude(image: Array) -> Array:
    return magnitude(ndimage.gaussian_filter(image, 1, **MIRROR))


def sharpened(image: Array) -> Array:
    weights = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    return ndimage.correlate(image, weights, **MIRROR)


def maxima(image: Array) -> Array:
    return ndimage.maximum_filter(image, 2, origin=-1, **MIRROR)[::2, ::2]


ROWS: dict[str, Row] = {
    "`filters.sobel`: two `sobel`, `hypot`": Row(
        filters.sobel, ("sobel", {}), magnitude, in_floats=True
    ),
    "`filters.gaussian_blur`, sigma 1: `gaussian_filter`": Row(
        lambda a: filters.gaussian_blur(a, sigma=1),
        ("gaussian-blur", {"sigma": 1}),
        lambda a: ndimage.gaussian_filter(a, 1, **MIRROR),
    ),
    "`filters.box_blur`, 3x3: `uniform_filter`": Row(
        lambda a: filters.box_blur(a, radius=1),
        ("box-blur", {"radius": 1}),
        lambda a: ndimage.uniform_filter(a, 3, **MIRROR),
    ),
    "`filters.median`, 3x3: `median_filter`": Row(
        lambda a: filters.median(a, size=3),
        ("median", {"size": 3}),
        lambda a: ndimage.median_filter(a, 3, **MIRROR),
    ),
    "`filters.maximum`, 3x3: `maximum_filter`": Row(
        lambda a: filters.maximum(a, size=3),
        ("maximum", {"size": 3}),
        lambda a: ndimage.maximum_filter(a, 3, **MIRROR),
    ),
    "`filters.max_pool`, 2x2: every second of `maximum_filter`": Row(
        lambda a: filters.max_pool(a, size=2), ("max-pool", {"size": 2}), maxima
    ),
    "`filters.sharpen`: `correlate`, 3x3": Row(
        filters.sharpen, ("sharpen", {}), sharpened, in_floats=True
    ),
    "`filters.convolve`, any 5x5: `correlate`": Row(
        lambda a: filters.convolve(a, kernel=FIVE),
        ("convolve", {"kernel": FIVE}),
        lambda a: ndimage.correlate(a, FIVE, **MIRROR),
    ),
    "`filters.unsharp_mask`, sigma 1: `gaussian_filter`, sums": Row(
        lambda a: filters.unsharp_mask(a, sigma=1),
        ("unsharp-mask", {"sigma": 1}),
        lambda a: 2 * a - ndimage.gaussian_filter(a, 1, **MIRROR),
        in_floats=True,
    ),
    "pipeline `gaussian-blur \\| sobel`: both of these": Row(
        PIPELINE, PIPELINE, blurred_magnitude, in_floats=True
    ),
    "RGB, `filters.sobel`: four `correlate1d`, `hypot`": Row(
        filters.sobel, ("sobel", {}), magnitude_of_colours, in_floats=True, channels=3
    ),
    "RGB, `filters.gaussian_blur`, sigma 1: `gaussian_filter`": Row(
        lambda a: filters.gaussian_blur(a, sigma=1),
        ("gaussian-blur", {"sigma": 1}),
        lambda a: ndimage.gaussian_filter(a, (1, 1, 0), **MIRROR),
        channels=3,
    ),
    "RGB, `filters.median`, 3x3: `median_filter`": Row(
        lambda a: filters.median(a, size=3),
        ("median", {"size": 3}),
        lambda a: ndimage.median_filter(a, (3, 3, 1), **MIRROR),
        channels=3,
    ),
    "RGB, `filters.maximum`, 3x3: `maximum_filter`": Row(
        lambda a: filters.maximum(a, size=3),
        ("maximum", {"size": 3}),
        lambda a: ndimage.maximum_filter(a, (3, 3, 1), **MIRROR),
        channels=3,
    ),
    "`engine.correlate`, any 5x5: `correlate`": Row(
        lambda a: engine.correlate(a, FIVE),
        None,
        lambda a: ndimage.correlate(a, FIVE, **MIRROR),
    ),
    "`engine.correlate_bank`, Sobel: two `sobel`, `hypot`": Row(
        lambda a: engine.correlate_bank(a, SOBEL, "l2"), None, magnitude, in_floats=True
    ),
    "`engine.median`, 3x3: `median_filter`": Row(
        lambda a: engine.median(a, 3), None, lambda a: ndimage.median_filter(a, 3, **MIRROR)
    ),
    "`engine.maximum`, 3x3: `maximum_filter`": Row(
        lambda a: engine.maximum(a, 3), None, lambda a: ndimage.maximum_filter(a, 3, **MIRROR)
    ),
    "`engine.pool`, 2x2: every second of `maximum_filter`": Row(
        lambda a: engine.pool(a, 2), None, maxima
    ),
}


def rounded(call: Call) -> Call:
    """Return SciPy's call on floats of the image, its result rounded to the image's dtype."""

    def work(image: Array) -> Array:
        result = call(image.astype(np.float32, copy=False))
        if image.dtype.kind == "f":
            return result
        return np.clip(np.rint(result), 0, 255).astype(image.dtype)

    return work


def picture(shape: tuple[int, ...], dtype: str) -> Array:
    """Return an image of noise."""
    random = np.random.default_rng(0)
    if dtype == "uint8":
        return random.integers(0, 256, shape, np.uint8)
    return random.random(shape, np.float32)


def compare(name: str, mine: Array, theirs: Array) -> None:
    """Stop where two results differ by more than rounding; SciPy truncates bytes on its way."""
    apart = np.abs(mine.astype(float) - theirs).max()
    if mine.shape != theirs.shape or apart > (2 if mine.dtype == np.uint8 else 1e-5):
        raise SystemExit(f"{name}: {mine.shape} and {theirs.shape} differ by {apart}")


def measured(calls: list[Call], image: Array, rounds: int) -> list[float]:
    """Return the microseconds of each call: the median of rounds in which all take turns."""
    times: list[list[float]] = [[] for _ in calls]
    repeats = []
    for call in calls:
        for _ in range(5):
            call(image)
        start = time.perf_counter()
        call(image)
        repeats.append(max(1, round(TURN_SECONDS / (time.perf_counter() - start))))
    for turn in range(rounds):
        order = [(turn + number) % len(calls) for number in range(len(calls))]
        for number in order:
            call = calls[number]
            start = time.perf_counter()
            for _ in range(repeats[number]):
                call(image)
            times[number].append((time.perf_counter() - start) / repeats[number] * 1e6)
    return [statistics.median(taken) for taken in times]


def prepared(step: tuple[str, dict[str, Any]] | Pipeline, image: Array) -> Call:
    """Return the filter or the pipeline prepared for images such as this one."""
    if isinstance(step, Pipeline):
        return step.prepare(image.shape, image.dtype)
    name, given = step
    return convfilter.prepare(name, image.shape, image.dtype, **given)


def cells(name: str, row: Row, rounds: int) -> list[str]:
    """Return what stands in the table of one row."""
    found = []
    theirs = rounded(row.scipy) if row.in_floats else row.scipy
    for shape in SHAPES:
        for dtype in DTYPES:
            image = picture((*shape, 3) if row.channels == 3 else shape, dtype)
            compare(name, row.call(image), theirs(image))
            calls = [theirs, row.call]
            if row.step is not None:
                calls.append(prepared(row.step, image))
            scipy, *mine = measured(calls, image, rounds)
            ratios = ", ".join(f"{each / scipy:.2f}" for each in mine)
            found.append(f"{scipy:.0f}: {ratios}")
    return found


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the table into SMALL.md")
    options = parser.parse_args()
    kinds = [f"{high}x{wide} {dtype}" for high, wide in SHAPES for dtype in DTYPES]
    lines = [f"| call: SciPy's | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for name, row in ROWS.items():
        lines.append(f"| {' | '.join([name, *cells(name, row, options.rounds)])} |")
        print(lines[-1], flush=True)
    if options.write:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(rewritten(page, "small", "\n".join(lines) + "\n"), "utf-8")


if __name__ == "__main__":
    main()
