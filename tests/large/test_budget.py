"""What `--explain` states of bands, memory and disk, and what they really take."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from convfilter.images import Image, write
from convfilter.large import budget
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


def most_memory(process: int) -> float:
    """Return the most megabytes that a process has taken so far, as Linux tells; 0 at its end."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def parts(text: str, shape: tuple[int, ...] = (4000, 3000), dtype: str = "u1") -> Parts:
    """Return what makes parts of a picture."""
    return Parts(Pipeline.parse(text), shape, dtype)


def test_bands_fit_into_memory_and_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_resident", lambda: budget.BASE)  # as in a process of its own
    made = budget_of(parts("gaussian-blur sigma=2 | sobel | max-pool size=2"), most=300_000_000)
    assert made.bands == -(-2000 // made.rows) >= 8
    assert made.halo == made.reads - 2 * made.rows
    assert made.halo == 20
    assert made.peak <= 300_000_000
    assert made.disk == 2000 * 1500
    assert "a halo of 20" in made.lines[0]


def test_what_a_program_holds_besides_makes_bands_no_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_resident", lambda: 10**10)
    assert budget_of(parts("sobel"), most=300_000_000).rows > 100


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
    command = [sys.executable, "-m", "convfilter", "pipe", text, str(of_input)]
    command += [str(tmp_path / f"out.{target}"), "--explain"]
    taken = 0.0
    with (tmp_path / "told").open("wb") as told:
        process = subprocess.Popen(command, stderr=told)
        while process.poll() is None:
            taken = max(taken, most_memory(process.pid))
            time.sleep(0.002)
    explained = (tmp_path / "told").read_text()
    assert process.returncode == 0, explained
    found = re.search(r"about (\d+) MB of memory", explained)
    assert found is not None, explained
    assert 0.8 < float(found[1]) / taken < 1.2, (taken, explained)
