"""Networks against onnxruntime: one picture, one and two threads, in turn, the fastest of many.

    python benchmarks/networks.py [--rounds 30] [--steps] [--write] [NAME ...]

Weights are seeded random numbers and constants of the ONNX file: were they inputs of it,
onnxruntime would arrange them anew each time. `--steps` tells where the time goes, `--write` puts
the table into NETWORKS.md. With CONVFILTER_VECTOR_BYTES=32 in the environment, convfilter keeps to
AVX2 as on processors without AVX-512; onnxruntime does not.
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
from convfilter.nn.running.processor import lanes
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

PAGE = Path(__file__).with_name("NETWORKS.md")

INTRODUCTION = """\
# Networks

How fast networks run, and how fast their commands start, beside onnxruntime. `python
benchmarks/networks.py --write` makes the tables of single pictures, `python
benchmarks/network_commands.py --write` those of commands. Least of many runs in turn, in
milliseconds. Weights are random, which changes no time.

"""

FLOAT = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", action="store_true", help="tell how every layer ran")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    given = parser.parse_args()
    rows = []
    print("network                 threads  onnxruntime ms  ours ms  share  error")
    for name in given.names:
        rows += compare(name, given.rounds, given.steps)
    if given.write:
        write_section(
            f"One picture, vectors of {FLOAT * lanes()} bytes",
            ["network", "threads", "onnxruntime", "convfilter", "share"],
            rows,
        )


def compare(name: str, rounds: int, shows_steps: bool) -> list[list[str]]:
    """Measure a network with every number of threads; print and return the rows of the table."""
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
    rows = []
    for number, threads in enumerate(THREADS):
        theirs_ms, ours_ms = fastest[2 * number : 2 * number + 2]
        share = ours_ms / theirs_ms
        print(
            f"{name:24}{threads:7}{theirs_ms:16.2f}{ours_ms:9.2f}{share:7.2f}  {error:.0e}",
            flush=True,
        )
        rows.append([name, str(threads), f"{theirs_ms:.2f}", f"{ours_ms:.2f}", f"{share:.2f}"])
    if shows_steps:
        print(*(mine.explain(x, rounds=20) for mine in ours), sep="\n")
    return rows


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


def write_section(title: str, head: list[str], rows: list[list[str]], below: str = "") -> None:
    """Put a table into the page, in place of the one of the same title."""
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    text = PAGE.read_text("utf-8") if PAGE.exists() else INTRODUCTION
    sections = text.split("\n## ")[1:]
    made = {section.partition("\n")[0]: section for section in sections}
    made[title] = f"{title}\n\n{table}\n" + (f"\n{below}\n" if below else "")
    PAGE.write_text("\n## ".join([INTRODUCTION.rstrip("\n") + "\n", *made.values()]), "utf-8")


if __name__ == "__main__":
    main()
