"""Words that messages are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from convfilter.errors import listed, reason_of, shown, suggestion


@pytest.mark.parametrize(
    ("words", "row"),
    [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")],
)
def test_words_in_a_row(words: list[str], row: str):
    assert listed(words, "or") == row
    assert listed(iter(words)) == row.replace(" or ", " and ")


def test_a_path_is_shown_on_one_line():
    assert shown(Path("ä b.png")) == "ä b.png"
    assert shown("two\nlines.png") == "'two\\nlines.png'"
    assert shown("") == "''"
    assert shown(b"odd\xff.png").isprintable()


def test_why_the_system_refused():
    assert reason_of(PermissionError(13, "Permission denied", "a.png")) == "Permission denied"
    assert reason_of(OSError("in words of its own")) == "in words of its own"
    assert reason_of(ValueError("embedded null byte")) == "embedded null byte"


def test_the_nearest_names_are_suggested():
    assert suggestion("sobl", ["sobel", "median"]) == "; did you mean sobel?"
    assert suggestion("x", ["sobel", "median"]) == ": choose from sobel, median"
    assert suggestion("x", map(str, range(100, 120))) == ""
