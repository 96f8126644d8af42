"""Random pictures through the writer and back: python -m tests.formats.png.png_fuzz --cases 5000.

Each file is read by Pillow and by OpenCV and must hold the same pixels; `--pngcheck 200` also has
the program of that name look at so many of them. Exits with 1 if any picture came back otherwise.
"""

from __future__ import annotations

import argparse
import functools
import io
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from PIL import Image as PillowImages
from PIL import ImageCms

from convfilter.formats.png import writer
from convfilter.images import read
from convfilter.picture.image import Metadata

Array = np.ndarray[Any, np.dtype[Any]]

LAYOUTS = ("plain", "reversed", "every second", "transposed", "other byte order", "read-only")
CONTENTS = ("noise", "constant", "ramp", "smooth", "few colours", "text")


@dataclass(frozen=True)
class Case:
    """A picture and how it is written."""

    pixels: Array
    metadata: Metadata
    compress: str
    workers: int
    words: str


def draw_case(random: Random, *, largest: int = 90) -> Case:
    """Draw a picture of up to `largest` pixels a side, now and then a much larger one."""
    big = random.random() < 0.01
    height, width = (
        random.choice((1, 2, 3, random.randint(1, largest), random.randint(1, largest)))
        for _ in range(2)
    )
    if big:
        height, width = random.randint(300, 900), random.randint(300, 900)
    channels = random.choice((1, 2, 3, 4))
    dtype = np.dtype(random.choice((np.uint8, np.uint16)))
    content, layout = random.choice(CONTENTS), random.choice(LAYOUTS)
    shape = (
        (height, width) if channels == 1 and random.random() < 0.8 else (height, width, channels)
    )
    pixels = laid_out(drawn(np.random.default_rng(random.getrandbits(64)), shape, content), layout)
    pixels = pixels if dtype == np.uint16 else (pixels >> 8).astype(np.uint8)
    if dtype == np.uint8:
        pixels = laid_out(pixels, layout)
    compress = "small" if random.random() < 0.2 and not big else "fast"
    words = f"{pixels.shape} {pixels.dtype.str} {content} {layout} {compress}"
    return Case(pixels, draw_metadata(random, channels), compress, random.randint(1, 3), words)


def drawn(rng: np.random.Generator, shape: tuple[int, ...], content: str) -> Array:
    """Return uint16 pixels of some kind."""
    noise = rng.integers(0, 65536, shape, dtype=np.uint16)
    if content == "constant":
        return np.full_like(noise, noise.flat[0])
    if content == "ramp":
        steps = rng.integers(-3000, 3000, len(shape))
        return np.asarray(
            sum(s * i for s, i in zip(steps, np.indices(shape), strict=True)) & 0xFFFF, np.uint16
        )
    if content == "smooth":
        return cv2.GaussianBlur(noise.reshape(*shape[:2], -1), (0, 0), 3).reshape(shape)
    if content == "few colours":
        return rng.choice(noise.ravel()[:4], shape)
    if content == "text":
        return np.where(rng.random(shape[:2] + (1,) * (len(shape) - 2)) < 0.1, noise, 65535).astype(
            np.uint16
        )
    return noise


def laid_out(pixels: Array, layout: str) -> Array:
    """Return the same kind of pixels as a view of another layout."""
    if layout == "reversed":
        return pixels[::-1, ::-1]
    if layout == "every second":
        return np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1)[::2, 1::2]
    if layout == "transposed":
        return np.ascontiguousarray(pixels.swapaxes(0, 1)).swapaxes(0, 1)
    if layout == "other byte order":
        return pixels.astype(pixels.dtype.newbyteorder())
    if layout == "read-only":
        pixels = pixels.copy()
        pixels.flags.writeable = False
    return pixels


@functools.cache
def profile() -> bytes:
    """Return a profile for RGB: libpng complains of made-up ones."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def draw_metadata(random: Random, channels: int) -> Metadata:
    """Draw metadata, none at all in half of the cases."""
    if random.random() < 0.5:
        return Metadata()
    texts = (("Title", "a title"), ("Author", "Ærø"), ("Comment", "a\nb – 漢字 \N{SNOWMAN}"))
    return Metadata(
        icc_profile=profile() if channels > 2 and random.random() < 0.5 else None,
        exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0" if random.random() < 0.5 else None,
        dpi=(random.uniform(0.1, 9e5), 72.0) if random.random() < 0.5 else None,
        text=tuple(random.sample(texts, random.randint(0, 3))),
    )


def check(case: Case) -> bytes:
    """Write the picture, read it by other libraries, compare; return the file."""
    data = b"".join(writer.encode(case.pixels, case.metadata, case.compress, case.workers))
    other = 1 if case.workers > 1 else 2
    again = b"".join(writer.encode(case.pixels, case.metadata, case.compress, other))
    assert data == again, "the file depends on the number of threads"
    check_opencv(data, case.pixels)
    check_pillow(data, case)
    check_ours(data, case)
    return data


def check_opencv(data: bytes, pixels: Array) -> None:
    """Compare with what OpenCV reads: BGR, and four channels for grey with alpha."""
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    order = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    wanted = pixels.reshape(*pixels.shape[:2], channels)[..., order]
    assert back is not None, "OpenCV cannot read it"
    assert back.dtype == pixels.dtype.newbyteorder("="), f"OpenCV: {back.dtype}"
    assert np.array_equal(back.reshape(wanted.shape), wanted), "OpenCV: other pixels"


def check_pillow(data: bytes, case: Case) -> None:
    """Compare with what Pillow reads: of 16 bits in colour it keeps the upper eight."""
    pixels = case.pixels
    with PillowImages.open(io.BytesIO(data)) as picture:
        picture.load()
        info, texts = picture.info, picture.text  # type: ignore[attr-defined]
        if case.pixels.ndim == 3 and case.pixels.shape[2] == 2:
            picture = picture.convert("LA")  # it makes RGBA of 16-bit grey with alpha
        back = np.asarray(picture)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.dtype.itemsize == 2 and pixels.ndim == 3:
        pixels = (pixels >> 8).astype(np.uint8)
    assert np.array_equal(back, pixels), "Pillow: other pixels"
    metadata = case.metadata
    assert info.get("icc_profile") == metadata.icc_profile, "Pillow: other profile"
    assert info.get("exif", b"")[6:] == (metadata.exif or b""), "Pillow: other EXIF"
    assert texts == dict(metadata.text), "Pillow: other texts"
    if metadata.dpi is None:
        assert "dpi" not in info
    else:  # whole pixels per metre
        for value, wanted in zip(info["dpi"], metadata.dpi, strict=True):
            assert abs(value - wanted) <= 0.0127 or value == 0.0254, f"Pillow: {value} dpi"


def check_ours(data: bytes, case: Case) -> None:
    """Compare with what our own reader gives, all bits of it."""
    back = read(io.BytesIO(data))
    wanted = case.pixels[..., 0] if case.pixels.shape[2:] == (1,) else case.pixels
    assert back.pixels.dtype == wanted.dtype.newbyteorder("="), f"ours: {back.dtype}"
    assert np.array_equal(back.pixels, wanted), "ours: other pixels"
    assert back.alpha == (wanted.ndim == 3 and wanted.shape[2] in (2, 4)), "ours: alpha"
    metadata = case.metadata
    kept = replace(back.metadata, dpi=metadata.dpi)
    assert kept == metadata, f"ours: {kept}"


def main() -> None:
    """Check random pictures and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pngcheck", type=int, default=0, metavar="N")
    given = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for index in range(given.cases):
            case = draw_case(Random(f"{given.seed}/{index}"))
            try:
                data = check(case)
                if index < given.pngcheck:
                    path = Path(folder) / "case.png"
                    path.write_bytes(data)
                    run = subprocess.run(
                        ["pngcheck", "-q", str(path)], capture_output=True, text=True, check=False
                    )
                    assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr
            except AssertionError as failure:
                failures += 1
                print(f"{index}: {case.words}: {failure}")
    print(f"{given.cases} pictures, {given.pngcheck} through pngcheck, {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
