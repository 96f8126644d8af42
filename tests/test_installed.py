"""The package in other forms than a folder of sources: in a zip file, and without any source."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convfilter import filters
from tests.sources import PACKAGE, ROOT

PROGRAM = """
import sys
import convfilter
from convfilter.cli import main
print(convfilter.__file__, file=sys.stderr)
main()
"""


def copied(folder: Path) -> Path:
    """Copy the package, without what Python has compiled of it."""
    shutil.copytree(PACKAGE, folder / ROOT, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def zipped(folder: Path) -> Path:
    """Put the package into a zip file, as `python -m zipapp` does."""
    files = copied(folder / "files")
    with zipfile.ZipFile(folder / "package.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files.rglob("*")):
            archive.write(path, path.relative_to(files))
    return folder / "package.zip"


def without_sources(folder: Path) -> Path:
    """Leave the compiled modules alone."""
    files = copied(folder / "files")
    assert compileall.compile_dir(files, quiet=1, legacy=True)
    for path in files.rglob("*.py"):
        path.unlink()
    return files


@pytest.mark.thorough
@pytest.mark.parametrize("make", [zipped, without_sources])
def test_filters_and_kernels_work(tmp_path: Path, make: Callable[[Path], Path]):
    package = make(tmp_path)
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "in.png")
    cache = tmp_path / "cache"

    def run(*arguments: str) -> tuple[str, str]:
        own = {"PYTHONPATH": str(package), "CONVFILTER_CACHE_DIR": str(cache)}
        done = subprocess.run(
            [sys.executable, "-P", "-W", "error", "-c", PROGRAM, *arguments],
            env={**os.environ, **own},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        place, *said = done.stderr.splitlines()
        assert place.startswith(str(package))
        return done.stdout, " ".join(said)

    wanted = filters.sobel(picture)
    for number, compiles in enumerate([True, False]):
        _, said = run("sobel", "in.png", f"{number}.png")
        assert ("compiling its loops" in said) == compiles
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"{number}.png")), wanted)
        files = {path.name for path in cache.iterdir()}
        assert files
        assert all(name.endswith(".loop") for name in files)
    listing, said = run("kernels")
    assert "sobel-x" in listing
    assert said == ""
    assert {path.name for path in cache.iterdir()} == files


def test_an_installation_of_any_form_has_the_same_keys(tmp_path: Path):
    """So that what one compiled serves the others."""
    program = """
import sys
from convfilter.runtime.compiled import keys
print(keys.module_key("convfilter.formats.png.loops"))
"""
    found = set()
    for name, make in (("zip", zipped), ("pyc", without_sources), ("sources", copied)):
        (tmp_path / name).mkdir()
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            env={**os.environ, "PYTHONPATH": str(make(tmp_path / name))},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
