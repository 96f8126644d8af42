"""Time the engine beside its peers on pixels in memory: `python benchmarks/engine.py`.

Each row does the same work on the same image in one process, the libraries in turn, and compares
the results before the clock starts. The tables go to standard output; `--write` also puts them into
benchmarks/RESULTS.md, and `--compare` tells what got slower since an earlier file of results.
"""

from __future__ import annotations

import argparse
import math
import platform
import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import engine_rows
import numpy as np
import PIL
import scipy
from engine_rows import Row

RESULTS = Path(__file__).with_name("RESULTS.md")
SIZES = ("512x512", "1920x1080", "4000x3000")
PEERS = ("opencv", "scipy", "pillow", "libvips")
ENOUGH_SECONDS = 12.0
"""Of one library and one row: a slower one is measured in fewer rounds."""
TURN_SECONDS = 0.05
"""Of one turn of one library: quick work is repeated so often."""
SLOWER = 1.1
"""A ratio that grew by more is told."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one library."""

    least: float
    median: float


def compare(row: Row) -> None:
    """Stop with the reason when the libraries do not give the same picture."""
    mine = row.work["convfilter"]()
    unit = 1.0 if mine.dtype.kind in "ui" else 1e-4 * float(np.abs(mine).max())
    for library, work in row.work.items():
        allowed = row.apart.get(library, (1, 0))
        if allowed is None:
            continue
        most, share = allowed
        theirs = work()
        if theirs.shape != mine.shape or theirs.dtype != mine.dtype:
            raise SystemExit(f"{row.name}: {library} gives {theirs.dtype} {theirs.shape}")
        apart = np.abs(theirs.astype(np.float64) - mine)
        if (apart > most * unit).mean() > share:
            raise SystemExit(
                f"{row.name}: {library} differs by up to {apart.max():g},"
                f" {(apart > most * unit).mean():.2%} by more than {most * unit:g}"
            )


def measure(row: Row, rounds: int, *, cpu_time: bool, libraries: list[str]) -> dict[str, Timing]:
    """Return the seconds of each library's calls over alternating rounds.

    In its turn a library makes several calls, each timed by itself but for the first, which brings
    image and result into the caches again. Every round begins with another library, so that none
    always comes after the same.
    """
    clock = time.process_time if cpu_time else time.perf_counter
    work = {name: row.work[name] for name in libraries}
    repeats = {}
    for name, call in work.items():
        call()  # the first call loads and plans what the later ones find ready
        start = time.perf_counter()
        call()
        repeats[name] = max(1, round(TURN_SECONDS / (time.perf_counter() - start)))
    spent: dict[str, list[float]] = {name: [] for name in work}
    order = list(work)
    for turn in range(rounds):
        first = turn % len(order)
        for name in order[first:] + order[:first]:
            if sum(spent[name]) > ENOUGH_SECONDS:
                continue
            call = work[name]
            if repeats[name] > 1:
                call()
            for _ in range(repeats[name]):
                start = clock()
                call()
                spent[name].append(clock() - start)
    return {name: Timing(min(each), statistics.median(each)) for name, each in spent.items()}


def copy_bandwidth(threads: int) -> float:
    """Return the bytes that so many threads read and write in a second when they copy 64 MB."""
    source = np.ones(1 << 26, np.uint8)
    target = np.zeros_like(source)
    parts = list(zip(np.split(target, threads), np.split(source, threads), strict=True))
    best = math.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(9):
            start = time.perf_counter()
            list(pool.map(lambda part: np.copyto(*part), parts))
            best = min(best, time.perf_counter() - start)
    return 2 * source.nbytes / best


@dataclass(frozen=True)
class Setting:
    """What one table is measured with."""

    size: str
    threads: int
    rounds: int
    wanted: re.Pattern[str]
    peers: tuple[str, ...]
    cpu_time: bool

    @property
    def title(self) -> str:
        """The heading of the table."""
        return f"{self.size}, {self.threads} thread{'s' if self.threads > 1 else ''}"


def table(setting: Setting, alone: dict[str, float]) -> str:
    """Return the measured table as Markdown.

    `alone` holds the least seconds of one thread by row and is filled by the tables of one thread.
    """
    cv2.setNumThreads(setting.threads)
    width, height = map(int, setting.size.split("x"))
    bandwidth = copy_bandwidth(setting.threads)
    faster = ["of one thread"] if setting.threads > 1 else []
    columns = ["work", "least ms", "median ms", "ns/pixel", "of copying", *faster, *setting.peers]
    lines = [f"## {setting.title}", "", f"Copying: {bandwidth / 1e9:.1f} GB/s.", ""]
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    ratios: list[float] = []
    for row in engine_rows.rows(height, width, setting.threads):
        if not setting.wanted.search(row.name):
            continue
        compare(row)
        libraries = [name for name in row.work if name == "convfilter" or name in setting.peers]
        timings = measure(row, setting.rounds, cpu_time=setting.cpu_time, libraries=libraries)
        mine = timings["convfilter"]
        pixels = row.image.shape[0] * row.image.shape[1]
        moved = row.image.nbytes + row.work["convfilter"]().nbytes
        cells = [
            row.name,
            f"{mine.least * 1e3:.2f}",
            f"{mine.median * 1e3:.2f}",
            f"{mine.least * 1e9 / pixels:.2f}",
            f"{moved / mine.least / bandwidth:.0%}",
        ]
        key = f"{setting.size} {row.name}"
        if setting.threads == 1:
            alone[key] = mine.least
        else:
            cells.append(f"{mine.least / alone[key]:.2f}" if key in alone else "")
        for peer in setting.peers:
            if peer not in timings:
                cells.append("")
                continue
            ratio = mine.least / timings[peer].least
            cells.append(f"{timings[peer].least * 1e3:.2f} ({ratio:.2f})")
            if peer == "opencv":
                ratios.append(ratio)
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        lines += [
            "",
            f"Against OpenCV: geometric mean {mean:.2f}, largest {max(ratios):.2f},"
            f" over {len(ratios)} rows.",
        ]
        print(lines[-1], flush=True)
    return "\n".join(lines)


def read_results(text: str) -> dict[tuple[str, str], tuple[float, float | None]]:
    """Return (table, row) -> (least milliseconds, ratio to OpenCV) of a file of results."""
    found: dict[tuple[str, str], tuple[float, float | None]] = {}
    for part in text.split("## ")[1:]:
        title = part.partition("\n")[0]
        header: list[str] = []
        for line in part.splitlines():
            if not line.startswith("|") or line.startswith("|---"):
                continue
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not header:
                header = cells
                continue
            named = dict(zip(header, cells, strict=True))
            ratio = re.search(r"\((.+)\)", named.get("opencv", ""))
            found[title, named["work"]] = (
                float(named["least ms"]),
                float(ratio[1]) if ratio else None,
            )
    return found


def slower(earlier: str, now: str) -> list[str]:
    """Return a line for each row whose ratio to OpenCV, or whose time, grew by a tenth or more."""
    before, after = read_results(earlier), read_results(now)
    lines = []
    for key in before.keys() & after.keys():
        (old_time, old_ratio), (time_now, ratio_now) = before[key], after[key]
        by_ratio = old_ratio is not None and ratio_now is not None
        old, new = (old_ratio, ratio_now) if by_ratio else (old_time, time_now)
        assert old is not None
        assert new is not None
        if new > SLOWER * old:
            what = "of OpenCV's time" if by_ratio else "ms"
            lines.append(f"{key[0]}, {key[1]}: {old:.2f} -> {new:.2f} {what}")
    return sorted(lines)


def main() -> None:
    """Print the tables of all sizes for one thread and for two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--size", action="append", metavar="WIDTHxHEIGHT", help="default: all three"
    )
    parser.add_argument("--threads", action="append", type=int, help="default: 1 and 2")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only rows whose name has it")
    parser.add_argument("--peers", default=",".join(PEERS), help="default: all")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cpu-time", action="store_true", help="for one thread, on a busy machine")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier RESULTS.md")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    given = parser.parse_args()
    earlier = given.compare.read_text(encoding="utf-8") if given.compare else ""
    versions = (
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__},"
        f" Pillow {PIL.__version__}, OpenCV {cv2.__version__}"
    )
    parts = [
        "# Results",
        f"Made by `python benchmarks/engine.py --write`. {versions}.",
        f"The least of all calls in {given.rounds} alternating rounds; in brackets convfilter's"
        " time divided by the peer's. OpenCV has as many threads as convfilter, SciPy and Pillow"
        " have one, and libvips has its own number. `of copying`: the bytes of image and result in"
        " that time, as a share of what a plain copy moves. Images are uint8 and grey where nothing"
        " else is said.",
    ]
    alone: dict[str, float] = {}
    for size in given.size or SIZES:
        for threads in given.threads or (1, 2):
            setting = Setting(
                size,
                threads,
                given.rounds,
                re.compile(given.rows),
                tuple(given.peers.split(",")),
                given.cpu_time,
            )
            print(f"\n{setting.title}")
            parts.append(table(setting, alone))
    text = "\n\n".join(parts) + "\n"
    if given.write:
        RESULTS.write_text(text, encoding="utf-8")
    if earlier:
        found = slower(earlier, text)
        print("\nslower than before:" if found else "\nnothing got slower")
        print("\n".join(found))


if __name__ == "__main__":
    main()
