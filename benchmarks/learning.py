"""The time that it takes to learn a kernel, beside other ways to the same least squares.

    python -m benchmarks.learning

All ways get one grey picture of bytes and its result, both in memory, and give the same weights:

- `gather`: the normal equations by the compiled loop, one thread and all CPUs;
- `products`: the same sums by NumPy, of two shifted copies of the picture for each of them;
- `windows`: all windows laid out by NumPy, in bands, and multiplied by BLAS;
- `lstsq`: all windows laid out, NumPy's and SciPy's least squares, by singular values.

They take turns, and the least of several rounds counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter, sleep
from typing import Any

import numpy as np
from scipy.linalg import lstsq as lstsq_of_scipy

from convfilter import correlate, learn_kernel
from convfilter.features.equations import Plane, gather

Array = np.ndarray[Any, np.dtype[Any]]

BAND = 64

PAUSE = 0.2
"""Seconds until the threads of the last way's BLAS, which wait for more on a CPU, let go of it."""


def pictures(side: int, size: int) -> tuple[Array, Array]:
    """Return a picture with coarse and fine detail, and what a random kernel makes of it."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(0, 1, (side, side)).cumsum(axis=0).cumsum(axis=1)
    picture = np.argsort(np.argsort(coarse.ravel())).reshape(side, side) / side**2 * 160 + 48
    before = np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
    weights = rng.random((size, size))
    return before, correlate(before, weights / weights.sum())


def plane_of(before: Array, after: Array, size: int) -> Plane:
    """Return the pair without its border; all pixels count."""
    reach = size // 2
    inner = after[reach : len(after) - reach, reach : after.shape[1] - reach]
    return Plane(before, inner, np.ones(inner.shape, bool))


def by_gather(plane: Plane, size: int, workers: int | None) -> Array:
    """Solve the normal equations of the compiled loop."""
    sums = gather([plane], (size, size), workers)
    return np.linalg.solve(sums.products[:-1, :-1], sums.answers[:-1])


def by_products(plane: Plane, size: int) -> Array:
    """Sum each product of two shifted copies by itself."""
    rows, columns = plane.after.shape
    before, after = plane.before.astype(float), plane.after.astype(float)
    copies = [before[u : u + rows, v : v + columns] for u in range(size) for v in range(size)]
    products = np.empty((len(copies),) * 2)
    for i, one in enumerate(copies):
        for j, other in enumerate(copies[: i + 1]):
            products[i, j] = products[j, i] = np.vdot(one, other)
    return np.linalg.solve(products, [np.vdot(one, after) for one in copies])


def by_windows(plane: Plane, size: int) -> Array:
    """Lay out the windows of some rows at a time, and multiply them by BLAS."""
    laid = np.lib.stride_tricks.sliding_window_view(plane.before, (size, size))
    products, answers = np.zeros((size**2,) * 2), np.zeros(size**2)
    for top in range(0, len(laid), BAND):
        taps = laid[top : top + BAND].reshape(-1, size**2).astype(float)
        products += taps.T @ taps
        answers += plane.after[top : top + BAND].ravel() @ taps
    return np.linalg.solve(products, answers)


def by_lstsq(plane: Plane, size: int, solve: Callable[..., Any]) -> Array:
    """Lay out all windows for somebody's least squares."""
    laid = np.lib.stride_tricks.sliding_window_view(plane.before, (size, size))
    weights: Array = solve(laid.reshape(-1, size**2).astype(float), plane.after.ravel() * 1.0)[0]
    return weights


def measure(side: int, size: int, rounds: int) -> dict[str, float]:
    """Return the milliseconds of each way; all must give the same weights."""
    before, after = pictures(side, size)
    plane = plane_of(before, after, size)
    ways: dict[str, Callable[[], Array]] = {
        "gather, 1 thread": lambda: by_gather(plane, size, 1),
        "gather": lambda: by_gather(plane, size, None),
        "products": lambda: by_products(plane, size),
        "windows": lambda: by_windows(plane, size),
        "NumPy lstsq": lambda: by_lstsq(plane, size, lambda a, b: np.linalg.lstsq(a, b, None)),
        "SciPy lstsq": lambda: by_lstsq(plane, size, lstsq_of_scipy),
        "learn_kernel": lambda: learn_kernel([(before, after)], size)[0].kernel.weights.ravel(),
    }
    times = dict.fromkeys(ways, float("inf"))
    wanted = ways["gather"]()
    for _ in range(rounds):
        for name, way in ways.items():
            sleep(PAUSE)
            start = perf_counter()
            found = way()
            times[name] = min(times[name], (perf_counter() - start) * 1000)
            # learning moves weights by less than their errors, where rounding hides them
            assert np.allclose(found, wanted, atol=1e-3 if name == "learn_kernel" else 1e-7)
    return times


def main() -> None:
    """Print a table: milliseconds, and in brackets how often `gather` takes as long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=512, help="rows and columns of the picture")
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 5, 7, 9], help="of kernels")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    columns = [measure(given.side, size, given.rounds) for size in given.sizes]
    print(f"| {given.side}x{given.side} |" + "".join(f" {n}x{n} |" for n in given.sizes))
    print("|---|" + "---|" * len(columns))
    for name in columns[0]:
        cells = [f" {c[name]:.1f} ({c[name] / c['gather']:.1f}) |" for c in columns]
        print(f"| {name} |" + "".join(cells))


if __name__ == "__main__":
    main()
