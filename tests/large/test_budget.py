"""What `--explain` states of bands, memory and disk, and what they really take."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convfilter.images import Image, write
from convfilter.large.budget import budget_of
from convfilter.large.parts import Parts
from convfilter.pipeline import Pipeline
from tests.examples import every

WIDTH, HEIGHT = 16_000, 3_000

MEASURED = [
    ("sobel", "uint8", 0, "tif", "tif"),
    ("gaussian-blur sigma=2 | sobel | max-pool size=2", "uint8", 3, "png", "png"),
    ("unsharp-mask sigma=4 | median", "uint16", 0, "png", "tif"),
    ("normalize | box-blur radius=9", "float32", 0, "tif", "tif"),
]


TELLING = """
import re
from pathlib import Path
from convfilter.cli import main
try:
    main()
finally:
    print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
"""The command, which then prints the most memory that it took, in KiB, as Linux tells it."""


def parts(text: str, shape: tuple[int, ...] = (4000, 3000), dtype: str = "u1") -> Parts:
    """Return what makes parts of a picture."""
    return Parts(Pipeline.parse(text), shape, dtype)


def test_bands_fit_into_memory_and_are_several() -> None:
    made = budget_of(parts("gaussian-blur sigma=2 | sobel | max-pool size=2"), most=300_000_000)
    assert made.bands == -(-2000 // made.rows) >= 8
    assert made.halo == made.reads - 2 * made.rows
    assert made.halo == 20
    assert made.peak <= 300_000_000
    assert made.disk == 2000 * 1500
    assert "a halo of 20" in made.lines[0]


def test_with_little_memory_bands_are_of_one_row() -> None:
    assert budget_of(parts("sobel"), most=1000).rows == 1


def test_passes_are_told() -> None:
    made = budget_of(parts("normalize"), most=300_000_000)
    assert made.passes == 1
    assert "read 1 time before" in made.lines[0]


def test_tiles_are_not_cut_where_that_can_be_helped() -> None:
    of_tiles = parts("disk-blur radius=24", (4000, 3000))
    (grain,) = of_tiles.rows.grains[0]
    assert budget_of(of_tiles, most=4_000_000_000).rows % grain == 0


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "dtype", "channels", "source", "target"), every(len(MEASURED), MEASURED)
)
def test_the_estimate_holds_within_a_fifth(
    tmp_path: Path, text: str, dtype: str, channels: int, source: str, target: str
) -> None:
    of_input = tmp_path / f"in.{source}"
    shape = (HEIGHT, WIDTH, channels) if channels else (HEIGHT, WIDTH)
    some = np.random.default_rng(1).random((100, *shape[1:])) * (1 if dtype == "float32" else 255)
    write(Image(np.concatenate([some.astype(dtype)] * (HEIGHT // 100))), of_input)
    command = [sys.executable, "-c", TELLING, "pipe", text, str(of_input)]
    command += [str(tmp_path / f"out.{target}"), "--explain"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    explained = run.stderr
    assert run.returncode == 0, explained
    found = re.search(r"about (\d+) MB of memory", explained)
    assert found is not None, explained
    taken = int(run.stdout) * 1024 / 1e6
    assert 0.8 < float(found[1]) / taken < 1.2, (taken, explained)
