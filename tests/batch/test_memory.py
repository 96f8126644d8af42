"""How much memory a command takes at its peak, for each pixel of the picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.picture.image import Image
from tests.examples import every

pytestmark = [pytest.mark.linux, pytest.mark.slow]

SIZE = (2500, 3200)
TINY = (16, 16)

MEASURED = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "convfilter", *sys.argv[1:]])
_, status, used = os.wait4(child.pid, 0)
print(used.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process in between: the peak of a child begins with that of the process that made it."""


def picture(shape: tuple[int, int], channels: int, dtype: str) -> Image:
    """Return a picture that is neither flat nor noise; opacity falls to the right."""
    rows, columns = np.indices(shape)
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    plane = (np.sin(rows / 20) + np.cos(columns / 17) + 2) / 4
    pixels = np.dstack([plane * white * (1 - 0.2 * number) for number in range(channels)])
    if channels == 4:
        pixels[..., 3] = white * np.linspace(1, 0, shape[1])
    return Image(pixels.astype(dtype), alpha=channels == 4)


def peak(*words: str | Path) -> int:
    """Return the most bytes that a command had in memory at once."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, words), "--overwrite"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return int(done.stdout)


@pytest.mark.parametrize("name", every(2, ["sobel", "gaussian-blur"]))
@pytest.mark.parametrize(
    ("suffix", "channels", "dtype", "most"),
    [
        pytest.param(".png", 4, "uint8", 24, id="png-rgba8"),
        pytest.param(".tif", 3, "uint16", 32, id="tiff-rgb16"),
    ],
)
def test_a_pixel_takes_so_many_bytes_at_most(
    tmp_path: Path, name: str, suffix: str, channels: int, dtype: str, most: int
) -> None:
    peaks = []
    for size in (TINY, SIZE):
        file, result = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
        convfilter.write(picture(size, channels, dtype), file)
        peaks.append(peak(name, file, result, "--workers", "2"))
    pixels = SIZE[0] * SIZE[1]
    assert (peaks[1] - peaks[0]) / pixels <= most
