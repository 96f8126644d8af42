"""Time the PNG writer beside OpenCV's and Pillow's on 12 megapixels: `python benchmarks/png.py`.

Four kinds of RGB image; each is written in memory by every library in turn with its defaults. What
convfilter writes is read back and compared before the clock starts.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import PIL
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from convfilter import filters
from convfilter.formats.png import writer
from convfilter.picture.image import Metadata

Array = np.ndarray[Any, np.dtype[Any]]


def photo(height: int, width: int) -> Array:
    """Return real photographs scaled up side by side, with a camera's noise on top."""
    pictures = (data.astronaut(), data.coffee(), data.chelsea(), data.rocket())
    size = (-(-width // 2), -(-height // 2))
    parts = [cv2.resize(p, size, interpolation=cv2.INTER_CUBIC) for p in pictures]
    whole = np.vstack([np.hstack(parts[:2]), np.hstack(parts[2:])])[:height, :width]
    noise = np.random.default_rng(0).normal(0, 2, whole.shape)
    return np.clip(np.rint(whole + noise), 0, 255).astype(np.uint8)


def text(height: int, width: int) -> Array:
    """Return a page of words."""
    page = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(28)
    words = (__doc__ or "").split()
    number = 0
    for y in range(40, height - 40, 38):
        line = ""
        while draw.textlength(line, font=font) < width - 250:
            line += words[number * 7919 % len(words)] + " "
            number += 1 + y % 3
        draw.text((100, y), line, font=font, fill=(20, 20, 30))
    return np.asarray(page)


def images(height: int, width: int) -> dict[str, Array]:
    """Return the images by their kind."""
    picture = photo(height, width)
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return {
        "photo": picture,
        "edges": filters.sobel(picture),
        "text": text(height, width),
        "noise": noise,
    }


def writers(image: Array, workers: int | None, small: bool) -> dict[str, Callable[[], int]]:
    """Return functions by library that write the image and return the number of bytes."""

    def with_pillow(**options: Any) -> int:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG", **options)
        return buffer.tell()

    def with_convfilter(compress: str) -> int:
        return sum(map(len, writer.encode(image, Metadata(), compress, workers)))

    if small:
        return {
            "convfilter": lambda: with_convfilter("small"),
            "pillow": lambda: with_pillow(optimize=True),
        }
    return {
        "convfilter": lambda: with_convfilter("fast"),
        "opencv": lambda: len(cv2.imencode(".png", image)[1]),
        "pillow": with_pillow,
    }


def check(image: Array) -> None:
    """Stop if Pillow does not read what was written."""
    written = b"".join(writer.encode(image, Metadata()))
    with Image.open(io.BytesIO(written)) as back:
        if not np.array_equal(np.asarray(back), image):
            raise SystemExit("convfilter: Pillow reads other pixels")


def table(height: int, width: int, rounds: int, workers: int | None, small: bool) -> str:
    """Return the measured table as Markdown."""
    peers = ["pillow"] if small else ["opencv", "pillow"]
    heads = [f"time / {peer} | size / {peer}" for peer in peers]
    lines = [
        f"| image | convfilter | {' | '.join(heads)} |",
        "|---|---|" + "---|---|" * len(peers),
    ]
    for kind, image in images(height, width).items():
        check(image)
        seconds: dict[str, list[float]] = {}
        sizes: dict[str, int] = {}
        for _ in range(rounds):
            for library, work in writers(image, workers, small).items():
                start = time.perf_counter()
                sizes[library] = work()
                seconds.setdefault(library, []).append(time.perf_counter() - start)
        medians = {library: statistics.median(s) for library, s in seconds.items()}
        mine = f"{medians['convfilter'] * 1e3:.0f} ms, {sizes['convfilter'] / 1e6:.1f} MB"
        cells = [
            f"{medians['convfilter'] / medians[peer]:.2f} | {sizes['convfilter'] / sizes[peer]:.2f}"
            for peer in peers
        ]
        lines.append(f"| {kind} | {mine} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--small", action="store_true", help="time the smallest files instead")
    given = parser.parse_args()
    print(
        f"{given.width}x{given.height} uint8 RGB, median of {given.rounds} alternating runs;"
        f" OpenCV {cv2.__version__}, Pillow {PIL.__version__}.\n"
    )
    print(table(given.height, given.width, given.rounds, given.workers, given.small))


if __name__ == "__main__":
    main()
