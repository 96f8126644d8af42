"""Make the sample images: seeded, from nothing but NumPy and Pillow.

python sample_images/make.py                  write all of them beside this file (a minute)
python sample_images/make.py logo.png         write some of them
python sample_images/make.py --check          compare the files with what would be written
python sample_images/make.py --directory DIR  write elsewhere
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
Pixels = NDArray[Any]

PAGE_TEXT = """\
A filter looks at a pixel and at its neighbours. It lays a small table of
numbers, the kernel, upon them, multiplies each number with the pixel that
lies below, and adds the products. The sum is the new pixel. Then the kernel
moves on by one pixel, until it has visited the whole picture.

Where the numbers are all alike, the picture is blurred: every pixel becomes
the mean of those around it, and noise averages out, and so do details.
Where one side is negative and the other positive, the sum is zero on even
ground and large where dark meets bright: the kernel finds edges. Where the
centre outweighs a negative ring, differences grow, and the picture looks
sharper than it was.

At the border the kernel reaches beyond the picture. Something must stand
there: a constant, the nearest pixel again and again, or the picture itself,
mirrored or begun anew. None of these is true, and each shows in its way.

Letters are a hard test. Strokes are one or two pixels wide, black on white,
and every fault of a filter stands beside them as a ghost, a halo or a gap."""


def png(pixels: Pixels) -> bytes:
    """Encode pixels as PNG, as small as Pillow can."""
    return encoded(Image.fromarray(pixels), "PNG", optimize=True)


def encoded(picture: Image.Image, format_name: str, **options: Any) -> bytes:
    """Return the bytes of a picture file."""
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


@cache
def scene_pixels() -> Pixels:
    """Return the still life; a minute of work, shared by three files."""
    from scene import render

    return render()


def small_grey_scene() -> Pixels:
    """Return the still life at half the size, in grey (float, 0 to 255)."""
    grey = scene_pixels() @ np.array([0.299, 0.587, 0.114])
    height, width = grey.shape
    halved: Pixels = grey.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return halved


def scene() -> bytes:
    """Return the path-traced still life."""
    return png(scene_pixels())


def gaussian_noise() -> bytes:
    """Return the still life, small and grey, with Gaussian noise of sigma 20."""
    grey = small_grey_scene()
    noisy = grey + np.random.default_rng(2).normal(0, 20, grey.shape)
    return png(np.rint(noisy.clip(0, 255)).astype(np.uint8))


def salt_and_pepper() -> bytes:
    """Return the still life, small and grey, with 4 % white and 4 % black pixels."""
    grey = np.rint(small_grey_scene()).astype(np.uint8)
    dice = np.random.default_rng(3).random(grey.shape)
    grey[dice < 0.04] = 0
    grey[dice > 0.96] = 255
    return png(grey)


def zone_plate(size: int = 384) -> bytes:
    """Return rings whose frequency grows with the radius, up to the limit of sampling."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    phase = np.pi * (x * x + y * y) / size
    return png(np.rint(127.5 + 127.5 * np.cos(phase)).astype(np.uint8))


def page() -> bytes:
    """Return a page of text with a heading, black on white."""
    picture = Image.new("L", (640, 720), 250)
    draw = ImageDraw.Draw(picture)
    draw.text((40, 32), "On kernels", font=ImageFont.load_default(40), fill=16)
    draw.line((40, 88, 599, 88), fill=96, width=2)
    body = ImageFont.load_default(16)
    draw.multiline_text((40, 108), PAGE_TEXT, font=body, fill=24, spacing=9)
    return encoded(picture, "PNG", optimize=True)


def logo(size: int = 256) -> bytes:
    """Return a disc with a kernel of nine squares cut out: soft edges on transparency."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    radius = np.hypot(x, y)
    disc = np.clip(size * 0.46 - radius, 0, 6) / 6
    cell = size * 0.18
    u, v = (np.abs(a - cell * np.rint(np.clip(a / cell, -1, 1))) for a in (x, y))
    squares = np.clip(cell * 0.36 - np.maximum(u, v) + 0.5, 0, 1)
    glow = np.exp(-((np.maximum(radius - size * 0.45, 0) / (size * 0.018)) ** 2))
    alpha = np.maximum(disc, 0.5 * glow) * (1 - squares)
    shade = (y / size + 0.5)[..., np.newaxis]
    colour = np.array([32, 110, 190]) * (1 - shade) + np.array([110, 40, 150]) * shade
    pixels = np.concatenate([colour, 255 * alpha[..., np.newaxis]], axis=-1)
    return png(np.rint(pixels).astype(np.uint8))


def gradient_16bit() -> bytes:
    """Return a 16-bit ramp from 0 to 65535 from left to right, a little brighter downwards."""
    ramp = np.linspace(0, 65535, 512)[np.newaxis] * np.linspace(0.5, 1, 128)[:, np.newaxis]
    return png(np.rint(ramp).astype(np.uint16))


def animation(size: int = 96, count: int = 12) -> bytes:
    """Return a ball that runs round a circle, in 12 frames."""
    frames = []
    for number in range(count):
        angle = 2 * np.pi * number / count
        picture = Image.new("P", (size, size), 0)
        picture.putpalette([24, 28, 44, 240, 200, 60, 70, 90, 140])
        draw = ImageDraw.Draw(picture)
        middle = size / 2
        draw.ellipse((16, 16, size - 17, size - 17), outline=2, width=2)
        x, y = middle + 31 * np.cos(angle), middle + 31 * np.sin(angle)
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=1)
        frames.append(picture)
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)


def orientation() -> bytes:
    """Return a house under the sky, stored on its side, with EXIF orientation 6 to turn it."""
    upright = Image.new("RGB", (240, 320), (150, 195, 235))
    draw = ImageDraw.Draw(upright)
    draw.ellipse((170, 24, 220, 74), fill=(255, 225, 90))
    draw.rectangle((0, 240, 240, 320), fill=(90, 150, 70))
    draw.rectangle((60, 150, 180, 250), fill=(225, 205, 175))
    draw.polygon([(45, 152), (120, 84), (195, 152)], fill=(170, 60, 45))
    draw.rectangle((105, 195, 135, 250), fill=(95, 60, 40))
    font = ImageFont.load_default(30)
    draw.text((120, 286), "this side down", font=font, fill=(255, 255, 255), anchor="mm")
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise for display
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    return encoded(stored, "JPEG", quality=90, exif=exif)


def digit() -> bytes:
    """Return a four as a pen draws it, dark on light, away from the middle."""
    picture = Image.new("L", (240, 200), 236)
    draw = ImageDraw.Draw(picture)
    width = 11
    for stroke in ([(96, 34), (84, 66), (62, 104), (150, 98)], [(126, 52), (121, 108), (122, 168)]):
        draw.line(stroke, fill=44, width=width, joint="curve")
        for x, y in (stroke[0], stroke[-1]):
            draw.circle((x, y), width / 2, fill=44)
    return encoded(picture, "PNG", optimize=True)


SAMPLES: dict[str, Callable[[], bytes]] = {
    "scene.png": scene,
    "scene-gaussian-noise.png": gaussian_noise,
    "scene-salt-and-pepper.png": salt_and_pepper,
    "zone-plate.png": zone_plate,
    "page.png": page,
    "digit.png": digit,
    "logo.png": logo,
    "gradient-16bit.png": gradient_16bit,
    "animation.gif": animation,
    "orientation.jpg": orientation,
}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the samples; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make the sample images.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="files to make (default: all)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--directory", type=Path, default=HERE, help="where the files are")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in SAMPLES]
    if unknown:
        parser.error(f"no sample is called {unknown[0]}: choose from {', '.join(SAMPLES)}")
    differing = 0
    for name in options.names or SAMPLES:
        data = SAMPLES[name]()
        path = options.directory / name
        if not options.check:
            path.write_bytes(data)
            print(f"{name}: {len(data):,} bytes")
        elif not path.is_file() or path.read_bytes() != data:
            differing += 1
            print(f"{name}: differs or is missing", file=sys.stderr)
        else:
            print(f"{name}: same")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
