"""Which tests a quick run, the proof and a thorough run have, and how many examples they draw."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SETTINGS = """
[pytest]
markers =
    slow
    quick
    thorough
    posix
"""

TESTS = """
import pytest
from hypothesis import given, strategies
from examples import examples

counts = []

def test_plain():
    pass

@pytest.mark.slow
def test_slow():
    pass

@pytest.mark.thorough
def test_thorough():
    pass

@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_some(number):
    pass

@examples(50)
@given(strategies.integers())
def test_drawn(number):
    counts.append(number)

def test_how_many_were_drawn():
    print(len(counts), "drawn")
"""

OF_ALL = {"test_plain", "test_some[1]", "test_drawn", "test_how_many_were_drawn"}
THOROUGH = {"test_thorough", "test_some[2]"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "names", "drawn", "left_out"),
    [
        ([], OF_ALL | {"test_slow"}, 20, True),
        (["-n", "2"], OF_ALL | {"test_slow"}, None, True),
        (["-m", "quick"], OF_ALL, 5, True),
        (["--thorough"], OF_ALL | {"test_slow"} | THOROUGH, 500, False),
        (["--thorough", "-m", "thorough or hypothesis"], THOROUGH | {"test_drawn"}, None, False),
    ],
    ids=["proof", "in processes", "quick", "thorough", "only what is thorough"],
)
def test_tiers(
    options: list[str], names: set[str], drawn: int | None, left_out: bool, tmp_path: Path
) -> None:
    for name in ("conftest.py", "examples.py"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "test_it.py").write_text(TESTS, "utf-8")
    (tmp_path / "pytest.ini").write_text(SETTINGS, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-s", "--strict-markers", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(r"test_it\.py::(\S+)", done.stdout)) == names
    if drawn is not None:
        assert re.search(rf"\b{drawn} drawn", done.stdout)
    assert ("2 tests left out: for --thorough alone" in done.stdout) == left_out
