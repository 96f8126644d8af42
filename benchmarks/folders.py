"""Folders of pictures against their peers: one command, many files in, as many out.

``python benchmarks/folders.py`` prints a Markdown table; ``--write`` puts it into FOLDERS.md.
The peers take turns, so that a busy moment of the machine meets all of them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

RESULTS = Path(__file__).with_name("FOLDERS.md")
QUALITY = "92"

OPENCV = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import cv2
source, target, suffix = sys.argv[1:]
cv2.setNumThreads(1)
def one(path):
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    x, y = (cv2.Sobel(image, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    edges = cv2.convertScaleAbs(cv2.magnitude(x, y))
    name = os.path.join(target, path.stem + suffix)
    if not cv2.imwrite(name, edges, [cv2.IMWRITE_JPEG_QUALITY, 92]):
        raise SystemExit(f"{name} was not written")
os.makedirs(target, exist_ok=True)
with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    list(pool.map(one, sorted(Path(source).iterdir())))
"""
"""A thread for each CPU, and OpenCV's own threads put out, which would only get in their way."""

Command = Callable[[Path, Path, str], list[str]]
"""From a folder, a folder and a suffix to a command line."""


@dataclass
class Runs:
    """Seconds and peak bytes of one command's runs."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Row:
    """Files that are filtered, and what they become."""

    title: str
    folder: str
    count: int
    suffix: str


ROWS = {
    "jpeg": Row("JPEG of 2 megapixels to JPEG", "large", 48, ".jpg"),
    "png": Row("JPEG of 2 megapixels to PNG", "large", 48, ".png"),
    "small": Row("JPEG of 256x256 to JPEG", "small", 10_000, ".jpg"),
}


def convfilter(*options: str) -> Command:
    """Return the command with further options."""

    def command(source: Path, target: Path, suffix: str) -> list[str]:
        installed = Path(sys.executable).with_name("convfilter")
        program = [str(installed)] if installed.exists() else [sys.executable, "-m", "convfilter"]
        # no quality: that of the inputs, which is the same
        written = ["--format", suffix.removeprefix("."), *options]
        return [*program, "sobel", f"{source}/", f"{target}/", "-q", *written]

    return command


def opencv(source: Path, target: Path, suffix: str) -> list[str]:
    """Return a script of a few lines, with a thread for each CPU."""
    return [sys.executable, "-c", OPENCV, str(source), str(target), suffix]


def vips(source: Path, target: Path, suffix: str) -> list[str]:
    """Return a command that starts a process for each file, as many at once as there are CPUs."""
    cpus = len(os.sched_getaffinity(0))
    written = f"[Q={QUALITY},subsample_mode=on]" if suffix == ".jpg" else ""
    each = f'vips sobel "$1" "{target}/$(basename "${{1%.*}}"){suffix}{written}"'
    line = f"mkdir -p '{target}' && ls '{source}' | sed 's|^|{source}/|' | xargs -P{cpus} -n1"
    return ["sh", "-c", f"{line} sh -c '{each}' sh"]


def measure(command: Callable[[Path], list[str]], place: Path, count: int, runs: Runs) -> None:
    """Run a command once into a new folder, and note its time and its peak memory.

    Folders are removed when all is done: ext4 looks for the place of a new file longer where files
    were removed a short time ago.
    """
    target = place / f"out{len(list(place.iterdir()))}"
    line = command(target)
    os.sync()
    started = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    runs.seconds.append(time.perf_counter() - started)
    process.returncode = os.waitstatus_to_exitcode(status)
    made = sum(1 for path in target.iterdir() if not path.name.startswith("."))
    if process.returncode or made != count:
        raise SystemExit(f"{line[:3]} ended with {process.returncode}, {made} files")
    runs.peaks.append(usage.ru_maxrss * 1024)


def make_files(folder: Path, small: int) -> None:
    """Write the pictures: a photograph with the noise of a camera, each time another one.

    In a process of its own: the memory of this one would count as that of those it starts.
    """
    import numpy as np
    from PIL import Image
    from skimage import data

    photograph = Image.fromarray(data.astronaut())
    rng = np.random.default_rng(0)
    for name, size, count in (("large", (1632, 1224), 48), ("small", (256, 256), small)):
        (folder / name).mkdir()
        smooth = np.asarray(photograph.resize(size, Image.Resampling.BICUBIC), np.float32)
        for number in range(min(count, 100)):
            noisy = np.roll(smooth, 16 * number, axis=1) + rng.normal(0, 2, smooth.shape)
            picture = Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
            picture.save(folder / name / f"{number:05}.jpg", quality=int(QUALITY))
        for number in range(100, count):
            shutil.copy(
                folder / name / f"{number % 100:05}.jpg", folder / name / f"{number:05}.jpg"
            )


def growth(command: list[str], target: Path, count: int) -> tuple[float, float, float]:
    """Return the megabytes of a command after 500 files, at the end, and at the most."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    early = last = peak = 0.0
    while process.poll() is None:
        made = sum(1 for _ in target.iterdir()) if target.exists() else 0
        now = sum(_resident(each) for each in (process.pid, *_children(process.pid)))
        peak = max(peak, now)
        if made >= 500 and not early:
            early = now
        if 500 <= made < count and now:
            last = now  # not of what is left while processes end
        time.sleep(0.02)
    return early, last, peak


def _resident(process: int) -> float:
    try:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1000
    except (OSError, ValueError):
        pass
    return 0.0


def _children(process: int) -> Iterator[int]:
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _children(int(child))
    except OSError:
        return


def _to(command: Command, source: Path, row: Row) -> Callable[[Path], list[str]]:
    return lambda target: command(source, target, row.suffix)


def report(times: int, names: list[str], count: int, options: list[str]) -> str:
    """Measure everything and return the tables."""
    commands: dict[str, Command] = {
        "convfilter": convfilter(*options),
        "OpenCV, a script with threads": opencv,
    }
    if shutil.which("vips"):
        commands["libvips, with xargs"] = vips
    lines = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as temporary:
        folder = Path(temporary)
        os.environ["OPENCV_LOG_LEVEL"] = "ERROR"  # it warns of a quality that PNG has not
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
        maker = multiprocessing.get_context("spawn").Process(
            target=make_files, args=(folder, count)
        )
        maker.start()
        maker.join()
        place = folder / "results"
        place.mkdir()
        for row in (ROWS[name] for name in names):
            files = count if row.folder == "small" else row.count
            lined = {name: _to(each, folder / row.folder, row) for name, each in commands.items()}
            if row.folder == "small":
                lined.pop("libvips, with xargs", None)  # which would start 10,000 processes
            measure(lined["convfilter"], place, files, Runs())  # warms caches and bytecode
            measured = {name: Runs() for name in lined}
            for _ in range(times):
                for name, command in lined.items():
                    measure(command, place, files, measured[name])
            own = measured["convfilter"].median
            for name, runs in measured.items():
                lines.append(
                    f"| {files} {row.title} | {name} | {runs.median:.2f} |"
                    f" {1000 * runs.median / files:.2f} | {own / runs.median:.2f} |"
                    f" {statistics.median(runs.peaks) / 1e6:.0f} |"
                )
                print(lines[-1], file=sys.stderr, flush=True)
            if row.folder == "small":
                early, last, peak = growth(
                    lined["convfilter"](place / "grown"), place / "grown", files
                )
                grown = (
                    f"{early:.0f} MB after 500 files, {last:.0f} MB at the end, {peak:.0f} at most"
                )
                lines.append(f"| {files} {row.title} | convfilter: {grown} | | | | |")
                print(lines[-1], file=sys.stderr, flush=True)
    cpus = len(os.sched_getaffinity(0))
    text = (
        f"Medians of {times} runs in turn on {cpus} CPUs ({platform.machine()}, Python"
        f" {platform.python_version()}).\n\n"
        "| files | program | seconds | ms a file | convfilter takes, of it | peak MB |\n"
        "|---|---|---|---|---|---|\n"
    )
    return text + "\n".join(lines) + "\n"


INTRODUCTION = """\
# Folders

A command filters a folder of photographs by a 3x3 Sobel magnitude; `python benchmarks/folders.py
--write` makes this page. JPEG is written at quality 92 with colours of half the resolution, as the
inputs are and as OpenCV does it, and PNG as each program does it by default. The cache of compiled
loops is warm, and so are the files.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--row", action="append", choices=ROWS, help="all, if not given")
    parser.add_argument("--small", type=int, default=10_000, help="how many small files")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given, options = parser.parse_known_args()
    page = INTRODUCTION + report(given.runs, given.row or [*ROWS], given.small, options)
    if given.write:
        RESULTS.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
