"""What is generated is up to date, and a catalogue with faults is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from convfilter import kernels
from convfilter.errors import KernelError
from tools.generate import catalogue, declarations

ROOT = Path(__file__).parents[2]
TABLE = """
[mine]
kind = "smoothing"
weights = [[1, 1]]
signed = "clamp"
description = "A mean of two"
source = "Nobody's book"
"""


def test_what_is_generated_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run {declarations.COMMAND}: {done.stdout}{done.stderr}"


def test_a_new_filter_is_generated_wherever_filters_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the index, as where a filter was just added, every filter is found."""
    index, stub, page = declarations.index(), declarations.stub(), declarations.filters_page()
    monkeypatch.setattr(declarations, "INDEX", {})
    assert declarations.index() == index
    for name, found in declarations.all_filters().items():
        assert f'"{name}": (' in index
        assert f"def {found.__name__}(" in stub
        assert f"### {name}\n" in page


def test_a_complete_table_is_read() -> None:
    tables = catalogue.read_tables(TABLE, "x.toml")
    assert list(tables) == ["mine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE + TABLE, "mine"),
        (TABLE + "colour = 1\n", "unknown key 'colour'"),
        (TABLE + "row = [1]\n", "either weights or both"),
        (TABLE.replace('kind = "smoothing"\n', ""), "'kind' is missing"),
        (TABLE.replace('source = "Nobody\'s book"\n', ""), "'source' is missing"),
        (TABLE.replace("weights = [[1, 1]]\n", ""), "either weights or both"),
        (TABLE.replace('"A mean of two"', "3"), "description must be one line"),
        (TABLE.replace('"A mean of two"', '" "'), "description must be one line"),
        (TABLE.replace('"smoothing"', '"magic"'), "kind must be one of"),
        ("mine = 3", "not a table"),
        ("[mine", "x.toml"),
    ],
)
def test_faults_of_a_catalogue_are_named(text: str, message: str) -> None:
    with pytest.raises(KernelError, match=message) as caught:
        catalogue.read_tables(text, "x.toml")
    assert "x.toml" in str(caught.value)


def test_the_generated_tables_are_the_catalogue() -> None:
    assert list(catalogue.declared_tables()) == kernels.names()
