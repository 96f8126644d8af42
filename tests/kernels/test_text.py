from __future__ import annotations

import numpy as np
import pytest

from convfilter import Pipeline, filters
from convfilter.errors import ArgumentTypeError, KernelError, PipelineError
from convfilter.kernels import from_array, parse
from convfilter.kernels.text import written

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


SQUARES = {9: 3, 25: 5, 49: 7}


@pytest.mark.parametrize("count", SQUARES)
def test_numbers_without_rows_that_make_a_square_are_refused_with_it(count: int) -> None:
    numbers = [number % 5 - 1 for number in range(count)]
    side = SQUARES[count]
    square = str([numbers[at : at + side] for at in range(0, count, side)])
    texts = [mark.join(map(str, numbers)) for mark in (",", " ", ", ")]
    for flat in (*texts, str(numbers), numbers, tuple(numbers), np.array(numbers)):
        with pytest.raises(KernelError) as caught:
            filters.convolve(np.zeros((8, 8)), kernel=flat)
        assert f"{count} numbers without rows: write the square {square}" in str(caught.value)
    assert from_array([numbers]).shape == parse(f"[{numbers}]").shape == (1, count)
    assert parse(square).shape == from_array(np.reshape(numbers, (side, side))).shape
    assert parse("; ".join(map(str, numbers))).shape == (count, 1)


@pytest.mark.parametrize("row", [[1, 2, 1], [1, 3, 3, 1], [5], list(range(1, 9)), [1] * 16])
def test_other_numbers_without_rows_are_a_row_in_text_and_python(row: list[int]) -> None:
    texts = [mark.join(map(str, row)) for mark in (",", " ", ", ")]
    for flat in (*texts, str(row), str([row])):
        assert parse(flat).weights.tolist() == [row]
    for given in (row, tuple(row), np.array(row), [row]):
        assert from_array(given).weights.tolist() == [row]


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("[[1,0,-1],[2,0,-2],[1,0,-1]]", [[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
        ("[[1/9, 2], [-1/3, 4]]", [[1 / 9, 2], [-1 / 3, 4]]),
        (" [ [1 2]\n [3 4] ] ", [[1, 2], [3, 4]]),
        ("[[1.  2. ]\n [3.  4.5]]", [[1, 2], [3, 4.5]]),
        ("[[1, 2], [3, 4],]", [[1, 2], [3, 4]]),
        ('{"weights": [["1/9", 2]], "scale": "1/3"}', [[1 / 9, 2]]),
    ],
)
def test_rows_in_brackets(text: str, weights: list[list[float]]) -> None:
    assert parse(text).weights.tolist() == weights
    assert parse(written(parse(text))) == parse(text)


@pytest.mark.parametrize(
    "text",
    ["[", "[[1, 2", "[[1, 2]", "[1, [2]]", "[[1, 2], 3]", "[[1], [2, 3]]", "{", "[[]]", "[]"],
)
def test_brackets_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(KernelError):
        parse(text)
    with pytest.raises(KernelError):
        parse(text * 20_000)


@pytest.mark.parametrize(("text", "value"), [("1/9", 1 / 9), ("-3/4", -0.75), ("2", 2.0)])
def test_numbers_of_parameters_may_be_fractions(text: str, value: float) -> None:
    step = Pipeline.parse(f"convolve kernel=sobel-x scale={text}").steps[0]
    assert step.parameters["scale"] == value
    assert Pipeline.parse("gaussian-blur sigma=1/2,4/3").steps[0].parameters["sigma"] == (
        0.5,
        4 / 3,
    )


@pytest.mark.parametrize("text", ["1/0", "1/", "/3", "1/2/3", "a/b"])
def test_what_is_no_fraction_is_refused(text: str) -> None:
    with pytest.raises(PipelineError, match=r"scale is .*: give a number"):
        Pipeline.parse(f"convolve kernel=sobel-x scale={text}")
