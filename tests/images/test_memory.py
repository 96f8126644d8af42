"""Pixels out of Pillow's memory: the same as by Pillow's own way, of whatever size."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.images import memory, read, write

SIZES = [(1, 1), (1, 5), (7, 1), (3, 2), (31, 33), (301, 1003), (5, 65536), (2, 70000)]


def picture(height: int, width: int, mode: str) -> PillowImages.Image:
    shape = (height, width, len(mode))
    return PillowImages.fromarray(np.random.default_rng(0).integers(0, 256, shape, np.uint8))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("size", SIZES)
def test_same_pixels(size: tuple[int, int], mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SMALLEST", 1)
    given = picture(*size, mode)
    found = memory.pixels_in(given)
    np.testing.assert_array_equal(found, np.asarray(given))
    assert found.flags.writeable
    assert found.flags.c_contiguous


@pytest.mark.parametrize("mode", ["L", "LA", "F", "I;16"])
def test_other_modes_go_through_numpy(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SMALLEST", 1)
    given = PillowImages.new(mode, (9, 5))
    found = memory.pixels_in(given)
    np.testing.assert_array_equal(found, np.asarray(given))
    assert found.flags.writeable


def test_large_pictures_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (1500, 1501, 4), np.uint8)
    calls: list[Any] = []
    shared = memory._shared_bytes
    monkeypatch.setattr(
        memory, "_shared_bytes", lambda *given: calls.append(given) or shared(*given)
    )
    for given in (pixels, pixels[..., :3]):
        calls.clear()
        stream = io.BytesIO()
        write(given, stream, format="TIFF")
        stream.seek(0)
        np.testing.assert_array_equal(read(stream).pixels, given)
        assert len(calls) == 9


def test_what_is_laid_out_otherwise_goes_through_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SMALLEST", 1)
    given = picture(20, 30, "RGB")
    _, grey = PillowImages.new("L", (20, 30)).__arrow_c_array__()
    assert memory._shared_bytes(grey, 600) is None
    _, other = picture(2, 2, "RGB").__arrow_c_array__()
    assert memory._shared_bytes(other, 600) is None
    monkeypatch.setattr(memory, "_shared_bytes", lambda *_: None)
    np.testing.assert_array_equal(memory.pixels_in(given), np.asarray(given))
    monkeypatch.setattr(memory, "_can_share", lambda _: False)
    np.testing.assert_array_equal(memory.pixels_in(given), np.asarray(given))


@pytest.mark.parametrize(
    "settings",
    [{"PILLOW_BLOCK_SIZE": "4096"}, {"PILLOW_ALIGNMENT": "128"}, {"NUMBA_DISABLE_JIT": "1"}],
    ids=str,
)
def test_however_pillow_keeps_its_pixels(settings: dict[str, str]) -> None:
    code = (
        "import numpy as np\n"
        "from convfilter.images import memory\n"
        "from tests.images.test_memory import picture\n"
        "memory._SMALLEST = 1\n"
        "for mode in ('RGB', 'RGBA'):\n"
        "    given = picture(77, 101, mode)\n"
        "    assert (memory.pixels_in(given) == np.asarray(given)).all()\n"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
