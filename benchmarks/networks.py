"""Networks against onnxruntime: one picture, one and two threads, in turn, the fastest of many.

    python benchmarks/networks.py [--rounds 30] [--steps] [NAME ...]

Weights are seeded random numbers and constants of the ONNX file: were they inputs of it,
onnxruntime would arrange them anew each time. `--steps` tells where the time goes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from convfilter.nn import models
from convfilter.nn.graph import INPUT
from convfilter.nn.random_weights import random_weights
from convfilter.nn.running import Prepared, prepare
from tests.nn.onnx import export

NAMES = (
    "resnet18",
    "resnet50",
    "googlenet",
    "googlenet-torchvision",
    "alexnet",
    "alexnet-torchvision",
    "squeezenet",
)

THREADS = (1, 2)

PAUSE = 0.01
"""Seconds between two that take turns."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", action="store_true")
    given = parser.parse_args()
    print("network                 threads  onnxruntime ms  ours ms  share  error")
    for name in given.names:
        compare(name, given.rounds, given.steps)


def compare(name: str, rounds: int, shows_steps: bool) -> None:
    graph = models.get(name)
    weights = random_weights(graph)
    x = np.random.default_rng(0).standard_normal((1, *graph.input_shape)).astype(np.float32)
    calls: list[Callable[[], object]] = []
    ours: list[Prepared] = []
    for threads in THREADS:
        theirs = export.session(export.model(graph, weights, pictures=1), threads)
        ours.append(prepare(graph, weights, workers=threads))
        calls.append(lambda theirs=theirs: theirs.run(None, {INPUT: x})[0])  # type: ignore[misc]
        calls.append(lambda mine=ours[-1]: mine(x)[graph.output])  # type: ignore[misc]
    expected, found = np.asarray(calls[0]()), np.asarray(calls[1]())
    error = np.abs(found - expected).max() / np.abs(expected).max()
    fastest = [min(seconds) * 1e3 for seconds in zip(*in_turn(calls, rounds), strict=True)]
    for number, threads in enumerate(THREADS):
        theirs_ms, ours_ms = fastest[2 * number : 2 * number + 2]
        share = ours_ms / theirs_ms
        print(
            f"{name:24}{threads:7}{theirs_ms:16.2f}{ours_ms:9.2f}{share:7.2f}  {error:.0e}",
            flush=True,
        )
    if shows_steps:
        print(*(mine.explain(x, rounds=20) for mine in ours), sep="\n")


def in_turn(calls: list[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Return the seconds of every call, round by round; each is made four times in a row."""
    found = []
    for _ in range(rounds):
        seconds = []
        for call in calls:
            best = float("inf")
            for _ in range(4):
                start = time.perf_counter()
                call()
                best = min(best, time.perf_counter() - start)
            seconds.append(best)
            time.sleep(PAUSE)
        found.append(seconds)
    return found


if __name__ == "__main__":
    main()
