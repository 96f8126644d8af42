from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from convfilter.images import read

FOLDER = Path(__file__).resolve().parents[2] / "sample_images"
EXPECTED = {
    "scene.png": ((512, 768, 3), "uint8"),
    "scene-gaussian-noise.png": ((256, 384), "uint8"),
    "scene-salt-and-pepper.png": ((256, 384), "uint8"),
    "zone-plate.png": ((384, 384), "uint8"),
    "page.png": ((720, 640), "uint8"),
    "digit.png": ((200, 240), "uint8"),
    "logo.png": ((256, 256, 4), "uint8"),
    "gradient-16bit.png": ((128, 512), "uint16"),
    "animation.gif": ((96, 96, 3), "uint8"),
    "orientation.jpg": ((320, 240, 3), "uint8"),
}
SCENES = [name for name in EXPECTED if name.startswith("scene")]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("make")


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("scene")


@pytest.mark.parametrize("name", EXPECTED)
def test_opens_as_what_it_is(name: str) -> None:
    image = read(FOLDER / name)
    shape, dtype = EXPECTED[name]
    assert (image.shape, image.dtype.name) == (shape, dtype)
    assert image.alpha == (name == "logo.png")
    assert len(image.frames) == (12 if name == "animation.gif" else 1)
    assert image.pixels.std() > 10


def test_all_are_listed_and_small(make: ModuleType) -> None:
    assert list(make.SAMPLES) == list(EXPECTED)
    pictures = [p for p in FOLDER.iterdir() if p.suffix in (".png", ".gif", ".jpg")]
    assert sorted(p.name for p in pictures) == sorted(EXPECTED)
    assert sum(p.stat().st_size for p in pictures) < 3_000_000
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in EXPECTED)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in SCENES])
def test_is_made_again(name: str, make: ModuleType, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(make.SAMPLES[name]())
    new, kept = read(tmp_path / name).pixels, read(FOLDER / name).pixels
    # other versions of FreeType, libjpeg or the C library may round a little otherwise
    far = np.abs(new.astype(float) - kept) > 2 * (257 if new.dtype == np.uint16 else 1)
    assert new.shape == kept.shape
    assert far.mean() < 0.02


def test_small_scene_looks_like_the_sample(scene: ModuleType) -> None:
    small = scene.render(192, 128, samples=9).reshape(32, 4, 48, 4, 3).mean(axis=(1, 3))
    large = read(FOLDER / "scene.png").pixels.reshape(32, 16, 48, 16, 3).mean(axis=(1, 3))
    assert np.abs(small - large).mean() < 8
    assert np.corrcoef(small.ravel(), large.ravel())[0, 1] > 0.98


def test_scene_is_the_same_for_the_same_seed(scene: ModuleType) -> None:
    first = scene.render(48, 32, samples=4, seed=5)
    np.testing.assert_array_equal(first, scene.render(48, 32, samples=4, seed=5))
    assert (first != scene.render(48, 32, samples=4, seed=6)).any()


def test_noisy_scenes_are_the_scene_and_noise() -> None:
    scene = read(FOLDER / "scene.png").pixels @ np.array([0.299, 0.587, 0.114])
    clean = scene.reshape(256, 2, 384, 2).mean(axis=(1, 3))
    noisy = read(FOLDER / "scene-gaussian-noise.png").pixels
    inner = (clean > 70) & (clean < 185)
    assert (noisy - clean)[inner].std() == pytest.approx(20, rel=0.03)
    dotted = read(FOLDER / "scene-salt-and-pepper.png").pixels
    assert (np.abs(dotted - clean) > 1).mean() == pytest.approx(0.08, rel=0.1)


def test_command_makes_and_checks(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(FOLDER / "make.py"), "--directory", str(tmp_path)]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)

    assert run("logo.png", "animation.gif").returncode == 0
    assert run("logo.png", "animation.gif", "--check").returncode == 0
    (tmp_path / "logo.png").write_bytes(b"")
    done = run("logo.png", "--check")
    assert done.returncode == 1
    assert "logo.png: differs" in done.stderr
    assert run("nothing.png").returncode == 2
