"""What is generated is up to date, and a catalogue with faults is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


WITHOUT_INDEX = """
from convfilter.filters.declaring.index import INDEX
from convfilter.kernels.tables import TABLES
before = dict(INDEX), list(TABLES)
INDEX.clear()
TABLES.clear()
from convfilter import filters, kernels
from tools.generate import catalogue, declarations
assert not filters.names() and not kernels.names()
catalogue.use_fresh_tables()
declarations.use_fresh_index()
assert (INDEX, list(TABLES)) == before
assert list(filters.index()) == filters.names() == list(INDEX)
"""


def test_what_is_not_in_the_index_is_found_by_its_declaration() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_INDEX], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_filter_is_in_everything_that_is_generated() -> None:
    index, stub, page = declarations.index(), declarations.stub(), declarations.filters_page()
    for name, found in declarations.all_filters().items():
        assert f'"{name}": (' in index
        assert f"def {found.__name__}(" in stub
        assert f"### {name}\n" in page
        assert found.alpha_in_words in page


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
