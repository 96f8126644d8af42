"""Fit what algorithms cost to measurements: `python benchmarks/costs.py`, on an idle machine.

Every way to correlate is forced on kernels of several sizes, one thread; the numbers of
`convfilter/engine/correlation/costs.py` are the least-squares fit of relative errors. They are
printed as that module has them, `--write` puts them there. Some are put in proportion to what
others cost, as the module has these: write, and fit again.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from engine_rows import dense_kernel, photograph

import convfilter
from convfilter.engine import correlate_bank, plan, recorded_plans
from convfilter.engine.correlation import costs
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.planning import Plan, forcing
from convfilter.engine.window.axes import Outline

Array = np.ndarray[Any, np.dtype[Any]]
MODULE = Path(costs.__file__)
HEIGHT, WIDTH = 1500, 2000


def seconds(image: Array, kernel: Array, rounds: int, **options: Any) -> tuple[float, Plan]:
    """Return the least seconds of one thread, and the plan that ran."""
    with recorded_plans() as plans:
        convfilter.correlate(image, kernel, workers=1, **options)
    least = np.inf
    for _ in range(rounds):
        start = time.thread_time()
        convfilter.correlate(image, kernel, workers=1, **options)
        least = min(least, time.thread_time() - start)
    return least, plans[-1]


def terms(image: Array, kernel: Array, chosen: Plan) -> tuple[float, float, float, float]:
    """Return how often a plan of sums pays for load and store, taps, taps in runs, and runs."""
    factorings = correlation(Outline.of(image[:, :, np.newaxis]), [kernel], None).factorings
    (kernels,) = (factors for name, factors, _ in factorings if name == chosen.algorithm)
    dtype, single, grouped, runs = chosen.accumulator.name, 0.0, 0.0, 0.0
    for factors in kernels:
        down = factors.down_columns
        if factors.along_rows is not None:
            single += len(factors.along_rows)
        if costs.in_runs(down, dtype) < costs.TAP[dtype] * len(down):
            grouped += len(down)
            runs += len(down.runs)
        else:
            single += len(down)
    return 1.0, single, grouped, runs


def sums(dtype: str, rounds: int) -> dict[str, float]:
    """Fit sums of products in `dtype`."""
    image = photograph(HEIGHT, WIDTH)
    whole = dtype == "int16"
    kernels = [dense_kernel(size) for size in (1, 2, 3, 5, 7, 9, 11, 15)]
    kernels += [np.outer(dense_kernel(n)[0], dense_kernel(n)[0]) for n in (3, 5, 9, 17, 31, 61)]
    kernels += [dense_kernel(n)[:1] for n in (3, 9, 21)]
    kernels += [dense_kernel(n)[:, :2] for n in (3, 8, 15, 24, 40)]
    if whole:
        kernels = [np.rint(kernel / kernel.max() * 3) for kernel in kernels if kernel.size < 40]
    rows, measured = [], []
    for kernel in kernels:
        for way in ("direct", "separable"):
            with forcing(f"{way} in {dtype}"):
                spent, chosen = seconds(image, kernel, rounds)
            if chosen.name == f"{way} in {dtype}":
                rows.append(terms(image, kernel, chosen))
                measured.append(spent * 1e9 / image.size)
    table, target = np.array(rows), np.array(measured)
    used = table.any(axis=0)
    fitted = np.zeros(4)
    fitted[used] = np.linalg.lstsq(
        table[:, used] / target[:, None], np.ones_like(target), rcond=None
    )[0]
    apart = np.abs(table @ fitted / target - 1)
    print(f"# sums in {dtype}: {len(target)} measured, fit within {apart.max():.0%}")
    keys = ("LOAD_AND_STORE", "TAP", "TAP_IN_RUN", "RUN")
    return {
        key: max(0.0, value)
        for key, value, is_used in zip(keys, fitted, used, strict=True)
        if is_used
    }


def nines(rounds: int) -> Iterator[tuple[str, float]]:
    """Measure 3x3 kernels on images of floats.

    Such images take longer on their way in and out than the bytes that sums are measured on; so
    the number is put in proportion to what a separable kernel takes there, and is reckoned at.
    """
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    for dtype in ("float32", "float64"):
        image = photograph(HEIGHT, WIDTH).astype(dtype)
        with forcing(f"nine in {dtype}"):
            spent, _ = seconds(image, kernel, rounds)
        with forcing(f"separable in {dtype}"):
            other, chosen = seconds(image, kernel, rounds)
        yield dtype, spent / other * chosen.cost


def gradients(rounds: int) -> Iterator[tuple[str, float]]:
    """Measure the size of Sobel's gradient of bytes, in proportion as `nines` does."""
    image = photograph(HEIGHT, WIDTH)
    kernels = [convfilter.kernels.get(name).weights for name in ("sobel-x", "sobel-y")]
    spent = []
    for name in ("gradient", "separable in float32"):
        with forcing(name), recorded_plans() as plans:
            least = np.inf
            for _ in range(rounds):
                start = time.thread_time()
                correlate_bank(image, kernels, "l2", workers=1)
                least = min(least, time.thread_time() - start)
        assert plans[-1].name.startswith(name)
        spent.append(least)
    yield "float32", spent[0] / spent[1] * plans[-1].cost


def boxes(rounds: int) -> Iterator[tuple[str, float]]:
    """Measure running sums of bytes, scaled in float32 and in float64."""
    yield from _boxes(
        photograph(HEIGHT, WIDTH), {"float32": {}, "float64": {"dtype": float}}, rounds
    )


def boxes_of_floats(rounds: int) -> Iterator[tuple[str, float]]:
    """Measure sums of float32; weights near the end of its range are left to float64."""
    image = photograph(HEIGHT, WIDTH).astype(np.float32)
    yield from _boxes(image, {"float32": {}, "float64": {"scale": 1e-28}}, rounds)


def _boxes(
    pixels: Array, how: dict[str, dict[str, Any]], rounds: int
) -> Iterator[tuple[str, float]]:
    for dtype, options in how.items():
        spent = []
        for size in (3, 9, 31):
            with forcing("box"):
                time_spent, chosen = seconds(
                    pixels, np.ones((size, size)), rounds, **{"scale": 1 / size**2, **options}
                )
            assert chosen.name == f"box in {dtype}"
            spent.append(time_spent * 1e9 / pixels.size)
        yield dtype, float(np.mean(spent))


def transforms(rounds: int) -> Iterator[tuple[tuple[str, int], float]]:
    """Measure tiles of both sides in both dtypes."""
    image = photograph(HEIGHT, WIDTH)
    kernel = dense_kernel(15)
    options = plan(image, kernel)
    names = [options.name, *(name for name, _ in options.alternatives)]
    for dtype, side in costs.TRANSFORM:
        name = f"fft of {side}x{side} in {dtype}"
        assert name in names
        with forcing(name):
            spent, chosen = seconds(image, kernel, rounds)
            share = chosen.cost / costs.TRANSFORM[dtype, side]
        yield (dtype, side), spent * 1e9 / image.size / share


def written(values: dict[Any, float]) -> str:
    """Return a dictionary as the module has it."""
    pairs = []
    for key, value in values.items():
        name = f'("{key[0]}", {key[1]})' if isinstance(key, tuple) else f'"{key}"'
        pairs.append(f"{name}: {value:.3g}")
    if len(pairs) > 3:
        return "{\n" + "".join(f"    {pair},\n" for pair in pairs) + "}"
    return "{" + ", ".join(pairs) + "}"


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help=f"write {MODULE.name}")
    given = parser.parse_args()
    fitted: dict[str, dict[Any, float]] = {}
    for dtype in ("int16", "float32", "float64"):
        for key, value in sums(dtype, given.rounds).items():
            fitted.setdefault(key, {})[dtype] = value
    fitted["NINE"] = dict(nines(given.rounds))
    fitted["GRADIENT"] = dict(gradients(given.rounds))
    fitted["BOX"] = dict(boxes(given.rounds))
    fitted["BOX_OF_FLOATS"] = dict(boxes_of_floats(given.rounds))
    fitted["TRANSFORM"] = dict(transforms(given.rounds))
    text = MODULE.read_text(encoding="utf-8")
    for name, values in fitted.items():
        print(f"{name} = {written(values)}")
        text, changed = re.subn(
            rf"^{name} = \{{.*?\}}$", f"{name} = {written(values)}", text, flags=re.M | re.S
        )
        assert changed == 1
    if given.write:
        MODULE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
