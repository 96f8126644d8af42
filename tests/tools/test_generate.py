"""What is generated is up to date, and a catalogue with faults is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from convfilter.errors import KernelError
from convfilter.formats import FORMATS
from tools.generate import COMMAND, ROOT, filters, formats, kernels

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
    assert done.returncode == 0, f"run {COMMAND}: {done.stdout}{done.stderr}"


WITHOUT_INDEX = """
from convfilter.filters.declaring.index import INDEX
from convfilter.kernels.tables import TABLES
before = dict(INDEX), list(TABLES)
INDEX.clear()
TABLES.clear()
import convfilter
from tools.generate import filters, kernels
assert not convfilter.filters.names() and not convfilter.kernels.names()
kernels.use_fresh_tables()
filters.use_fresh_index()
assert (INDEX, list(TABLES)) == before
assert list(convfilter.filters.index()) == convfilter.filters.names() == list(INDEX)
"""


def test_what_is_not_in_the_index_is_found_by_its_declaration() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_INDEX], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_filter_is_in_everything_that_is_generated() -> None:
    index, stub, page = filters.index(), filters.stub(), filters.page()
    for name, found in filters.all_filters().items():
        assert f'"{name}": (' in index
        assert f"def {found.__name__}(" in stub
        assert f"### {name}\n" in page
        assert found.alpha_in_words in page


def test_a_format_is_in_everything_that_is_generated() -> None:
    index, page = formats.index(), formats.page()
    for form, module, name in formats.declared():
        assert f'"{form.name}": Summary(' in index
        assert f"from {module} import {name}\n" in index
        assert f"| {form.name}" in page
    assert {form.name for form, _, _ in formats.declared()} == set(FORMATS)


def test_two_formats_may_not_share_a_suffix(monkeypatch: pytest.MonkeyPatch) -> None:
    one = FORMATS["BMP"]
    other = one._replace(name="OTHER")
    twice = [formats.Declared(form, "a", "FORMAT") for form in (one, other)]
    monkeypatch.setattr(formats, "_search", lambda: iter(twice))
    with pytest.raises(AssertionError, match=r"declared by several formats: \{'.bmp'\}"):
        formats.declared()


def test_a_complete_table_is_read() -> None:
    tables = kernels.read_tables(TABLE, "x.toml")
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
        kernels.read_tables(text, "x.toml")
    assert "x.toml" in str(caught.value)
