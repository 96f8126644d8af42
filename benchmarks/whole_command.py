"""Whole commands against their peers: one process, one file in, one file out.

``python benchmarks/whole_command.py`` prints a Markdown table; ``--write`` puts it into
WHOLE_COMMAND.md. The peers take turns, so that a busy moment of the machine meets all of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESULTS = Path(__file__).with_name("WHOLE_COMMAND.md")
QUALITY = "92"
WORKS = ("sobel", "gaussian-blur", "sharpen", "median")
WEIGHTS = "0,-1,0,-1,5,-1,0,-1,0"

_LIBRARY_HEAD = "import sys\nsource, target, work = sys.argv[1:]\n"
SCRIPTS = {
    "OpenCV": (
        "cv2",
        """
import cv2
import numpy as np
image = cv2.imread(source, cv2.IMREAD_UNCHANGED)
if work == "sobel":
    x, y = (cv2.Sobel(image, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    image = cv2.convertScaleAbs(cv2.magnitude(x, y))
elif work == "gaussian-blur":
    image = cv2.GaussianBlur(image, (0, 0), 2)
elif work == "sharpen":
    image = cv2.filter2D(image, -1, np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32))
else:
    image = cv2.medianBlur(image, 3)
cv2.imwrite(target, image, [cv2.IMWRITE_JPEG_QUALITY, 92])
""",
    ),
    "Pillow": (
        "PIL",
        """
from PIL import Image, ImageChops, ImageFilter
image = Image.open(source)
if work == "sobel":
    x = image.filter(ImageFilter.Kernel((3, 3), (-1, 0, 1, -2, 0, 2, -1, 0, 1), 1))
    y = image.filter(ImageFilter.Kernel((3, 3), (-1, -2, -1, 0, 0, 0, 1, 2, 1), 1))
    image = ImageChops.add(x, y)
elif work == "gaussian-blur":
    image = image.filter(ImageFilter.GaussianBlur(2))
elif work == "sharpen":
    image = image.filter(ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 5, -1, 0, -1, 0), 1))
else:
    image = image.filter(ImageFilter.MedianFilter(3))
image.save(target, quality=92)
""",
    ),
    "scikit-image": (
        "skimage",
        """
import numpy as np
from scipy import ndimage
from skimage import filters, io
image = io.imread(source)
axis = 2 if image.ndim == 3 else None
if work == "sobel":
    bands = np.atleast_3d(image).transpose(2, 0, 1)
    edges = np.stack([filters.sobel(band.astype(np.float32)) for band in bands], -1)
    result = (edges * 4 * 2**0.5).reshape(image.shape)
elif work == "gaussian-blur":
    result = filters.gaussian(image, 2, preserve_range=True, channel_axis=axis)
elif work == "sharpen":
    weights = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32)
    weights = weights if axis is None else weights[:, :, np.newaxis]
    result = ndimage.correlate(image.astype(np.float32), weights)
else:
    result = filters.median(image, np.ones((3, 3) if axis is None else (3, 3, 1)))
image = np.clip(np.rint(result), 0, 255).astype(np.uint8)
quality = {"quality": 92} if target.endswith("jpg") else {}
io.imsave(target, image, check_contrast=False, **quality)
""",
    ),
}

Command = Callable[[str, str, str], list[str]]
"""From source, target and work to a command line."""


@dataclass
class Runs:
    """Seconds and peak bytes of one command's runs."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        """The median of the peaks."""
        return statistics.median(self.peaks)


def convfilter(source: str, target: str, work: str) -> list[str]:
    options = {"gaussian-blur": ["--sigma", "2"], "median": ["--size", "3"]}.get(work, [])
    installed = Path(sys.executable).with_name("convfilter")
    program = [str(installed)] if installed.exists() else [sys.executable, "-m", "convfilter"]
    return [*program, work, source, target, *options, "--overwrite", "--quality", QUALITY]


def vips(source: str, target: str, work: str) -> list[str]:
    folder = Path(source).parent
    mask = folder / "sharpen.mat"
    mask.write_text("3 3\n0 -1 0\n-1 5 -1\n0 -1 0\n")
    name, extra = {
        "sobel": ("sobel", []),
        "gaussian-blur": ("gaussblur", ["2"]),
        "sharpen": ("conv", [str(mask)]),
        "median": ("rank", ["3", "3", "4"]),
    }[work]
    written = f"{target}[Q={QUALITY}]" if target.endswith("jpg") else target
    return ["vips", name, source, written, *extra]


def magick(program: Sequence[str], median: Sequence[str]) -> Command:
    options = {
        "sobel": ["-edge", "1"],
        "gaussian-blur": ["-blur", "0x2"],
        "sharpen": ["-convolve", WEIGHTS],
        "median": [*median],
    }

    def command(source: str, target: str, work: str) -> list[str]:
        return [*program, source, *options[work], "-quality", QUALITY, target]

    def png_keeps_its_default(source: str, target: str, work: str) -> list[str]:
        line = command(source, target, work)
        return line if target.endswith("jpg") else [*line[:-3], target]

    return png_keeps_its_default


def script(code: str) -> Command:
    def command(source: str, target: str, work: str) -> list[str]:
        return [sys.executable, "-c", _LIBRARY_HEAD + code, source, target, work]

    return command


def peers() -> tuple[dict[str, Command], list[str]]:
    """Return the commands that can be run here, and notes on what cannot."""
    found: dict[str, Command] = {"convfilter": convfilter}
    notes = []
    programs: dict[str, tuple[str, Command]] = {
        "libvips": ("vips", vips),
        "GraphicsMagick": ("gm", magick(["gm", "convert"], ["-median", "1"])),
    }
    imagemagick = next((name for name in ("magick", "convert") if shutil.which(name)), "convert")
    statistic = ["-statistic", "Median", "3x3"]
    programs["ImageMagick"] = (imagemagick, magick([imagemagick], statistic))
    for name, (program, command) in programs.items():
        if shutil.which(program):
            found[name] = command
        else:
            notes.append(f"{name} is not installed here (`{program}`).")
    for name, (module, code) in SCRIPTS.items():
        if importlib.util.find_spec(module):
            found[name] = script(code)
        else:
            notes.append(f"{name} is not installed here (`{module}`).")
    return found, notes


def measure(command: Sequence[str], runs: Runs) -> None:
    """Run a command once and note its time and its peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    runs.seconds.append(time.perf_counter() - started)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    errors = process.stderr.read().decode()
    process.stderr.close()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}: {errors}")
    unit = 1 if sys.platform == "darwin" else 1024
    runs.peaks.append(usage.ru_maxrss * unit)


def alternate(commands: dict[str, Sequence[str]], times: int, seconds: float) -> dict[str, Runs]:
    """Run the commands in turn; one that has taken its seconds does not run again."""
    measured = {name: Runs() for name in commands}
    for command in commands.values():
        if Path(command[0]).parent == Path(sys.executable).parent:
            subprocess.run(command, check=True, capture_output=True)  # warms caches and bytecode
    for _ in range(times):
        for name, command in commands.items():
            if sum(measured[name].seconds) < seconds:
                measure(command, measured[name])
    return measured


FILES = {
    "512x512 RGB PNG": "small.png",
    "12 MP RGB PNG": "rgb.png",
    "12 MP grey PNG": "grey.png",
    "12 MP RGB JPEG": "rgb.jpg",
}


def make_files(folder: Path) -> None:
    """Write the pictures: a photograph, and the same at 12 megapixels with a camera's noise.

    In a process of its own: the memory of this one would count as that of those it starts.
    """
    import numpy as np
    from PIL import Image
    from skimage import data

    small = Image.fromarray(data.astronaut())
    smooth = np.asarray(small.resize((4000, 3000), Image.Resampling.BICUBIC), np.float32)
    noise = np.random.default_rng(0).normal(0, 2, smooth.shape)
    large = Image.fromarray(np.clip(np.rint(smooth + noise), 0, 255).astype(np.uint8))
    pictures = (small, large, large.convert("L"), large)
    for name, picture in zip(FILES.values(), pictures, strict=True):
        picture.save(folder / name, quality=int(QUALITY))


def rows(title: str, work: str, measured: dict[str, Runs]) -> list[str]:
    """Return table rows: seconds, the share of each that convfilter takes, and memory."""
    own = measured["convfilter"]
    return [
        f"| {title} | {work} | {name} | {runs.median:.3f} | {own.median / runs.median:.2f} |"
        f" {runs.peak / 1e6:.0f} | {len(runs.seconds)} |"
        for name, runs in measured.items()
    ]


def report(times: int, seconds: float, works: Sequence[str]) -> str:
    """Measure everything and return the page."""
    commands, notes = peers()
    lines = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["CONVFILTER_CACHE_DIR"] = str(folder / "cache")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
        maker = multiprocessing.get_context("spawn").Process(target=make_files, args=(folder,))
        maker.start()
        maker.join()
        for title, path in ((title, folder / name) for title, name in FILES.items()):
            for work in works:
                target = str(folder / f"out{path.suffix}")
                lined = {n: command(str(path), target, work) for n, command in commands.items()}
                if work == "sobel" and "512" in title:
                    lined["`import numba` alone"] = [sys.executable, "-c", "import numba"]
                measured = alternate(lined, times, seconds)
                lines += rows(title, work, measured)
                print(*lines[-len(measured) :], sep="\n", file=sys.stderr, flush=True)
    text = (
        f"Medians of up to {times} runs in turn on {os.cpu_count()} CPUs ({platform.machine()},"
        f" Python {platform.python_version()}); a command that had taken {seconds:g} s was not run"
        " again.\n\n"
        "| file | work | command | seconds | convfilter takes, of it | peak MB | runs |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    return text + "\n".join(lines) + "\n" + "".join(f"\n{note}\n" for note in notes)


INTRODUCTION = """\
# Whole commands

A process starts, reads a file, filters it, writes a file and ends; `python
benchmarks/whole_command.py --write` makes this page. The cache of compiled loops is warm.

The work is the same as far as the peers offer it: a 3x3 Sobel magnitude (GraphicsMagick and
ImageMagick: their own `-edge 1`; Pillow: positive responses added), a Gaussian of sigma 2
(`-blur 0x2`; Pillow approximates it by boxes), the 3x3 sharpening kernel 5 with -1 around it, and
the 3x3 median. JPEG is written at quality 92, PNG as each program does it by default.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=20, help="for each command and file")
    parser.add_argument("--work", action="append", choices=WORKS, help="all, if not given")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args()
    page = INTRODUCTION + report(given.runs, given.seconds, given.work or WORKS)
    if given.write:
        RESULTS.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
