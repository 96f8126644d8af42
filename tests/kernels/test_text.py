from __future__ import annotations

import pytest

from convfilter.errors import ArgumentTypeError, KernelError
from convfilter.kernels import parse

CROSS = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


@pytest.mark.parametrize(
    "text",
    [
        "0 -1 0, -1 5 -1, 0 -1 0",
        "0 -1 0,-1 5 -1,0 -1 0",
        "0 -1 0; -1 5 -1; 0 -1 0",
        "0 -1 0\n-1 5 -1\n0 -1 0\n",
        "0 -1 0,\n-1 5 -1,\n0 -1 0,\n",
        "0,-1,0\n-1,5,-1\n0,-1,0",
        "0, -1, 0; -1, 5, -1; 0, -1, 0",
        "0,-1,0,\r\n-1,5,-1,\r\n0,-1,0,\r\n",
        "  0\t-1 0 ,  -1 5 -1 , 0 -1 0  ",
        "0 \N{MINUS SIGN}1 0, -1 +5.0 -1e0, 0 -1 0",
        "0 -1 0, -2/2 10/2 -1, 0 -1 0",
    ],
)
def test_ways_to_write_a_kernel(text: str) -> None:
    assert parse(text).weights.tolist() == CROSS


def test_rows_columns_and_fractions() -> None:
    assert parse("1 2 1").shape == (1, 3)
    assert parse("1,2,1").weights.tolist() == parse("1 2 1").weights.tolist()
    assert (
        parse("1;2;1").shape == parse("1\n2\n1").shape == parse("[[1], [2], [1]]").shape == (3, 1)
    )
    assert parse("7").shape == (1, 1)
    assert parse("1/9 1/3").weights.tolist() == [[1 / 9, 1 / 3]]
    assert parse(".5 1. -1e-3").weights.tolist() == [[0.5, 1.0, -0.001]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no weights"),
        (" , ", "has no weights"),
        ("1 2, 3", "row 2 has 1 entry where row 1 has 2"),
        ("1 2 3, 1 2 3, 1 2", "row 3 has 2 entries where row 1 has 3"),
        ("1 x", "row 1: 'x' is not a number"),
        ("1 2, nan 3", "row 2: 'nan' is not a finite number"),
        ("1 -inf", "'-inf' is not a finite number"),
        ("1 1e999", "row 1, column 2 is inf"),
        ("1/0 2", "'1/0' divides by 0"),
        ("1/2.5", "not a number"),
        ("1_000 2", "not a number"),
        ("0x10", "not a number"),
        ("1" * 400 + "/3", "not a number"),
        ("1 2,, 3 4", "row 2 has nothing between two commas"),
        ("1,,2; 1,2,3", "row 1 has nothing between two commas"),
        ("0 0, 0 0", "all weights are 0"),
        ("1 " * 2**20, "longer than"),
        ("1 " + "x" * 5000, "not a number"),
    ],
)
def test_bad_text_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(KernelError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_text_is_text() -> None:
    with pytest.raises(ArgumentTypeError, match="list"):
        parse([[1]])  # type: ignore[arg-type]
