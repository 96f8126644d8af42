"""What type checkers say of two programs of a consumer: nothing of the right one, all of the wrong.

They see convfilter as a consumer does: installed, from a folder of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Checker = Callable[[Path], dict[int, str]]


def mypy(program: Path) -> dict[int, str]:
    """Return what mypy says of each line that it refuses."""
    cache = HERE.parent.parent / ".mypy_cache" / "consumer"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty"]
    output = _run([*command, f"--cache-dir={cache}", program.name], program.parent)
    found = re.findall(rf"^{program.name}:(\d+): error: (.*)$", output, re.MULTILINE)
    assert found or "Success: no issues found in 1 source file" in output, output
    assert f"Found {len(found)} errors in 1 file" in output or not found, output
    return {int(line): message for line, message in found}


def pyright(program: Path) -> dict[int, str]:
    """Return what pyright says of each line that it refuses."""
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    output = json.loads(_run([*command, program.name], program.parent))
    assert output["summary"]["filesAnalyzed"] == 1
    return {
        each["range"]["start"]["line"] + 1: each["message"]
        for each in output["generalDiagnostics"]
        if each["severity"] == "error"
    }


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def program(name: str, folder: Path) -> Path:
    """Copy a program to where nothing but the installed package is found."""
    path = folder / name
    path.write_text((HERE / name).read_text("utf-8"), "utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright], ids=lambda checker: checker.__name__)
def test_right_calls_pass(checker: Checker, tmp_path: Path) -> None:
    assert checker(program("right.py", tmp_path)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright], ids=lambda checker: checker.__name__)
def test_wrong_calls_are_refused(checker: Checker, tmp_path: Path) -> None:
    path = program("wrong.py", tmp_path)
    lines = path.read_text("utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# refused")}
    refused = checker(path)
    assert sorted(marked - refused.keys()) == []
    assert {number: refused[number] for number in refused.keys() - marked} == {}
