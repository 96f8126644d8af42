"""Every command and example of the README is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.images import is_image_path
from tests.pages import PAGES, ROOT, blocks

README = PAGES["README.md"]
ADDRESS = "https://example.com/convfilter.git"
"""What stands for the address of the repository."""

INSTALL, ACTIVATE, WARM, *WAYS, TEST = blocks(README, "sh")

IGNORED = shutil.ignore_patterns(".*_cache", ".git", ".hypothesis", ".nox", ".venv*", "__pycache__")


def commands() -> list[str]:
    lines = [line for block in WAYS for line in block.splitlines()]
    return [line for line in lines if line.startswith("convfilter ")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that looks like a fresh clone."""
    desk = tmp_path_factory.mktemp("clone")
    shutil.copytree(
        ROOT / "sample_images", desk / "sample_images", ignore=shutil.ignore_patterns("*.py*")
    )
    return desk


def shell(script: str, folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Run lines that were pasted into a shell; return what they print."""
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("command", commands())
def test_the_command_runs(command: str, desk: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*") if path.is_file()}
    shell(re.sub(r"^convfilter ", f'"{sys.executable}" -m convfilter ', command), desk)
    made = {path for path in desk.rglob("*") if path.is_file()} - set(before)
    assert made, "the command made no file"
    for path in made:
        assert convfilter.read(path).pixels.std() > 1, f"{path.name} is flat"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())


def test_the_first_commands_are_those_that_are_promised() -> None:
    clone, install = INSTALL.splitlines()
    assert clone == f"git clone {ADDRESS} && cd convfilter"
    assert install == (
        "python3 -m venv .venv && .venv/bin/pip install ."
        " && .venv/bin/convfilter sobel sample_images/scene.png edges.png"
    )
    assert TEST.strip() == (
        'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest'
    )
    assert README.count("example.com") == 2, "the address stands in one command and one sentence"


def test_the_python_example_runs(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks(README, "python")
    names: dict[str, object] = {}
    monkeypatch.chdir(desk)
    exec(compile(example, "README.md", "exec"), names)
    edges = names["edges"]
    assert isinstance(edges, np.ndarray)
    assert edges.shape == (512, 768, 3)
    assert (desk / "soft-from-python.png").exists()
    pictures = [p.name for p in (desk / "sample_images").iterdir() if is_image_path(p)]
    made = [path.name for path in (desk / "edges-from-python").iterdir()]
    assert sorted(made) == sorted(pictures)


def test_the_number_of_kernels_is_told() -> None:
    assert f"{len(convfilter.kernels.names())} named kernels" in README


@pytest.mark.thorough
def test_the_page_can_be_pasted_from_top_to_bottom(tmp_path: Path) -> None:
    """On a machine that has nothing but git and Python, up to the tests."""
    origin = shutil.copytree(ROOT, tmp_path / "origin", ignore=IGNORED)
    git = "git -c user.name=nobody -c user.email=nobody@example.com"
    shell(f"git init -q . && git add -A && {git} commit -qm all", origin)
    # a directory for each thing that a machine has of its own
    environment = {
        "HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{origin}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
    }
    (tmp_path / "home").mkdir()
    (example,) = blocks(README, "python")
    python = f"python3 - <<'END'\n{example}END\n"
    printed = shell("\n".join([INSTALL, ACTIVATE, WARM, *WAYS, python]), tmp_path, environment)
    assert "edges-from-python/scene.png" in printed
    assert (tmp_path / "convfilter" / "edges.png").exists()
