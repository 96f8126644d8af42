"""Time the engine beside its peers on 12 megapixels in memory: `python benchmarks/engine.py`.

Each row does the same work on the same uint8 grey image in one process, the libraries in turn, and
compares the results before the clock starts. The table goes to standard output; `--write` also puts
it into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import scipy
from PIL import Image, ImageChops, ImageFilter
from scipy import ndimage
from skimage import data

import convfilter
from convfilter import filters

Array = np.ndarray[Any, np.dtype[Any]]
RESULTS = Path(__file__).with_name("RESULTS.md")

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SHARPEN = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])


@dataclass(frozen=True)
class Row:
    """The same work done by each library.

    `apart` maps a library to (difference, share of pixels that may differ by more), for peers that
    round in between, approximate or leave the border alone; for the others it is (1, 0).
    """

    name: str
    work: dict[str, Callable[[], Array]]
    apart: dict[str, tuple[float, float]]


def photograph(height: int, width: int) -> Array:
    """Return a uint8 grey photograph of this size, made of a real one laid side by side."""
    tile = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    tile = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])
    repeats = (-(-height // tile.shape[0]), -(-width // tile.shape[1]))
    return np.ascontiguousarray(np.tile(tile, repeats)[:height, :width])


def rows(image: Array, workers: int) -> list[Row]:
    """Return the table's rows for an image (H, W) of uint8."""
    picture = Image.fromarray(image)
    height, width = image.shape

    def scipy_sobel() -> Array:
        wide = image.astype(np.float32)
        gx = ndimage.sobel(wide, axis=1, mode="mirror")
        gy = ndimage.sobel(wide, axis=0, mode="mirror")
        return np.clip(np.rint(np.hypot(gx, gy)), 0, 255).astype(np.uint8)

    def cv2_sobel() -> Array:
        gx = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT_101)
        gy = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT_101)
        return cv2.convertScaleAbs(cv2.magnitude(gx, gy))

    def pillow_sobel() -> Array:
        # Pillow clips a response to 0..255, so each gradient takes two kernels; it adds them (l1)
        parts = [
            picture.filter(ImageFilter.Kernel((3, 3), kernel.ravel().tolist(), scale=1))
            for kernel in (SOBEL_X, -SOBEL_X, SOBEL_X.T, -SOBEL_X.T)
        ]
        gx = ImageChops.add(parts[0], parts[1])
        gy = ImageChops.add(parts[2], parts[3])
        return np.asarray(ImageChops.add(gx, gy))

    def pillow_pool() -> Array:
        half = (width // 2, height // 2)
        corners = [
            picture.transform(half, Image.Transform.AFFINE, (2, 0, x - 0.5, 0, 2, y - 0.5))
            for y in (0, 1)
            for x in (0, 1)
        ]
        upper = ImageChops.lighter(corners[0], corners[1])
        return np.asarray(ImageChops.lighter(upper, ImageChops.lighter(corners[2], corners[3])))

    def cv2_pool() -> Array:
        upper = cv2.max(image[0::2, 0::2], image[0::2, 1::2])
        return cv2.max(upper, cv2.max(image[1::2, 0::2], image[1::2, 1::2]))

    pillow_sharpen = ImageFilter.Kernel((3, 3), SHARPEN.ravel().tolist(), scale=1)
    border = (1, 4 * (height + width) / image.size)
    return [
        Row(
            "3x3 kernel (sharpen)",
            {
                "convfilter": lambda: convfilter.correlate(image, SHARPEN, workers=workers),
                "scipy": lambda: np.clip(
                    ndimage.correlate(image, SHARPEN, output=np.int16, mode="mirror"), 0, 255
                ).astype(np.uint8),
                "pillow": lambda: np.asarray(picture.filter(pillow_sharpen)),
                "opencv": lambda: cv2.filter2D(image, -1, SHARPEN),
            },
            {"pillow": border},
        ),
        Row(
            "Sobel magnitude",
            {
                "convfilter": lambda: filters.sobel(image, workers=workers),
                "scipy": scipy_sobel,
                "opencv": cv2_sobel,
            },
            {},
        ),
        Row(
            "Sobel, gradients added",
            {
                "convfilter": lambda: filters.sobel(image, norm="l1", workers=workers),
                "pillow": pillow_sobel,
            },
            {"pillow": border},
        ),
        Row(
            "Gaussian, sigma 2",
            {
                "convfilter": lambda: filters.gaussian_blur(image, sigma=2, workers=workers),
                "scipy": lambda: ndimage.gaussian_filter(image, 2, mode="mirror"),
                "pillow": lambda: np.asarray(picture.filter(ImageFilter.GaussianBlur(2))),
                "opencv": lambda: cv2.GaussianBlur(image, (17, 17), 2),
            },
            # SciPy cuts off instead of rounding, after each axis; Pillow approximates by boxes
            {"scipy": (2, 0), "pillow": (16, 0.01)},
        ),
        Row(
            "2x2 max pool",
            {
                "convfilter": lambda: convfilter.pool(image, 2, workers=workers),
                "scipy": lambda: ndimage.maximum_filter(image, 2, origin=-1)[::2, ::2],
                "pillow": pillow_pool,
                "opencv": cv2_pool,
            },
            {},
        ),
    ]


def compare(row: Row) -> None:
    """Stop with the reason when the libraries do not give the same picture."""
    mine = row.work["convfilter"]().astype(np.int32)
    for library, work in row.work.items():
        most, share = row.apart.get(library, (1, 0))
        apart = np.abs(work().astype(np.int32) - mine)
        if (apart > most).mean() > share:
            raise SystemExit(f"{row.name}: {library} differs by up to {apart.max()}")


def measure(row: Row, rounds: int) -> dict[str, float]:
    """Return the least seconds of each library over alternating rounds."""
    least = dict.fromkeys(row.work, float("inf"))
    for _ in range(rounds):
        for library, work in row.work.items():
            start = time.perf_counter()
            work()
            least[library] = min(least[library], time.perf_counter() - start)
    return least


def table(height: int, width: int, rounds: int, workers: int) -> str:
    """Return the measured table as Markdown."""
    cv2.setNumThreads(workers)
    image = photograph(height, width)
    libraries = ["scipy", "pillow", "opencv"]
    lines = [
        f"{width}x{height} uint8 grey, {workers} thread{'s' if workers > 1 else ''}"
        f" (SciPy and Pillow have one), least of {rounds} alternating runs;"
        " in brackets convfilter's time divided by the peer's.",
        "",
        "| work | convfilter | " + " | ".join(libraries) + " |",
        "|---|---|" + "---|" * len(libraries),
    ]
    for row in rows(image, workers):
        compare(row)
        seconds = measure(row, rounds)
        mine = seconds["convfilter"]
        cells = [
            f"{seconds[peer] * 1e3:.1f} ms ({mine / seconds[peer]:.2f})" if peer in seconds else ""
            for peer in libraries
        ]
        lines.append(f"| {row.name} | {mine * 1e3:.1f} ms | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the tables for one thread and for two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    given = parser.parse_args()
    versions = (
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__},"
        f" Pillow {PIL.__version__}, OpenCV {cv2.__version__}"
    )
    text = "\n\n".join(
        ["# Results", f"Made by `python benchmarks/engine.py --write`. {versions}."]
        + [table(given.height, given.width, given.rounds, workers) for workers in (1, 2)]
    )
    print(text)
    if given.write:
        RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
