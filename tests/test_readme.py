"""Every command and example of the README is run."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.images import is_image_path
from tests.pages import PAGES, ROOT, blocks, prose

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
    made = {path for path in desk.rglob("[!.]*") if path.is_file()} - set(before)
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
    made = [path.name for path in (desk / "edges-from-python").glob("[!.]*")]
    assert sorted(made) == sorted(pictures)


def test_the_number_of_kernels_is_told() -> None:
    assert f"{len(convfilter.kernels.names())} named kernels" in README


def indented(text: str) -> list[str]:
    """Return the commands that stand indented, in no block with a fence."""
    return re.findall(r"^    (convfilter .+)$", prose(text), re.MULTILINE)


def pasted(commands: Sequence[str], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Paste commands into a shell as people have it, on a terminal, one after the other.

    Returns a line for each that did not end with 0; the shell goes on, as it does for people.
    """
    import pty

    codes = folder / "codes"
    codes.touch()
    here, there = pty.openpty()
    shell = subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-i"],
        cwd=folder,
        env={**environment, "TERM": "xterm", "PROMPT_COMMAND": f'echo $? >> "{codes}"'},
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
    )
    os.close(there)
    printed = ""

    def until_prompts(count: int) -> None:
        nonlocal printed
        deadline = time.monotonic() + 900
        while len(codes.read_text().split()) < count:
            assert time.monotonic() < deadline, printed
            if select.select([here], [], [], 0.1)[0]:
                printed += os.read(here, 1 << 16).decode(errors="replace")

    failed = []
    try:
        until_prompts(1)
        for number, command in enumerate(commands, 2):
            printed = ""
            os.write(here, f"{command}\n".encode())
            until_prompts(number)
            code = codes.read_text().split()[-1]
            if code != "0":
                failed.append(f"{command}\nended with {code}: {printed}")
    finally:
        shell.kill()
        shell.wait()
        os.close(here)
    return failed


@pytest.mark.posix
def test_a_pasted_command_that_fails_is_found(tmp_path: Path) -> None:
    lines = ["true", "cat <<'END'\nthis\nEND", "nosuch-command", "cd / && false", 'test "$PWD" = /']
    failed = pasted(lines, tmp_path, {"PATH": "/usr/bin:/bin"})
    assert [text.splitlines()[:2][-1][:14] for text in failed] == [
        "ended with 127",
        "ended with 1: ",
    ]


@pytest.mark.posix
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
        "GIT_CONFIG_KEY_0": f"url.file://{origin}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
    }
    (tmp_path / "home").mkdir()
    (example,) = blocks(README, "python")
    lines = "".join([INSTALL, ACTIVATE, WARM, *WAYS]).splitlines()
    lines += indented(README)
    lines += [f"python3 - <<'END'\n{example}END"]
    lines += [
        "convfilter -V",
        'test -f "$VIRTUAL_ENV/share/man/man1/convfilter.1"',
        "convfilter completion bash > completion",
    ]
    assert pasted(lines, tmp_path, environment) == []
    assert (tmp_path / "convfilter" / "edges.png").exists()
    assert (tmp_path / "convfilter" / "edges-from-python" / "scene.png").exists()
