"""Every command and example of the README is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.images import is_image_path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("convfilter ")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that looks like a fresh clone, with the command on its path."""
    desk = tmp_path_factory.mktemp("clone")
    shutil.copytree(
        ROOT / "sample_images", desk / "sample_images", ignore=shutil.ignore_patterns("*.py*")
    )
    return desk


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("command", commands())
def test_the_command_runs(command: str, desk: Path):
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*") if path.is_file()}
    words = re.sub(r"^convfilter ", f'"{sys.executable}" -m convfilter ', command)
    done = subprocess.run(
        words, shell=True, cwd=desk, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = {path for path in desk.rglob("*") if path.is_file()} - set(before)
    assert made, "the command made no file"
    for path in made:
        assert convfilter.read(path).pixels.std() > 1, f"{path.name} is flat"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())


def test_the_two_first_commands_are_those_that_are_promised():
    first, second = (block.strip() for block in blocks("sh")[:2])
    assert first.endswith(".venv/bin/convfilter sobel sample_images/scene.png edges.png")
    assert (
        second == 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest'
    )


def test_the_python_example_runs(desk: Path):
    (example,) = blocks("python")
    names: dict[str, object] = {}
    here = Path.cwd()
    os.chdir(desk)
    try:
        exec(compile(example, "README.md", "exec"), names)
    finally:
        os.chdir(here)
    edges = names["edges"]
    assert isinstance(edges, np.ndarray)
    assert edges.shape == (512, 768, 3)
    assert (desk / "soft-from-python.png").exists()
    pictures = [p.name for p in (desk / "sample_images").iterdir() if is_image_path(p)]
    made = [path.name for path in (desk / "edges-from-python").iterdir()]
    assert sorted(made) == sorted(pictures)


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (ROOT / target).exists(), target


def test_the_number_of_kernels_is_told():
    assert f"{len(convfilter.kernels.names())} named kernels" in README
