"""Checks of numbers: what is taken, and what a refusal says."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.runtime.numbers import (
    ANY,
    POSITIVE,
    Range,
    check_integer,
    check_number,
    check_number_pair,
    check_pair,
    shortened,
    written_number,
)

FAR = Range(0.05, 250, unit="pixels")


@pytest.mark.parametrize(
    "value",
    [2, 2.0, np.float32(2), np.uint8(2), np.float64(2), Fraction(2), Decimal(2), np.array(2.0)],
)
def test_real_numbers_are_taken(value: Any) -> None:
    number = check_number(value, "sigma", FAR)
    assert type(number) is float
    assert number == 2


@pytest.mark.parametrize(
    "value",
    [True, np.True_, np.array(True), "2", b"2", None, 1j, [2], np.array([1.0, 2.0]), object],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"sigma is .*: give a number$"):
        check_number(value, "sigma", FAR)


@pytest.mark.parametrize(
    ("value", "within", "message"),
    [
        (math.nan, ANY, "sigma is nan: give a finite number"),
        (-math.inf, ANY, "sigma is -inf: give a finite number"),
        (math.inf, Range(unit="degrees"), "sigma is inf: give a finite number of degrees"),
        (0.04, FAR, "sigma is 0.04: give a value from 0.05 to 250 pixels"),
        (251, FAR, "sigma is 251: give a value from 0.05 to 250 pixels"),
        (math.nan, FAR, "sigma is nan: give a value from 0.05 to 250 pixels"),
        (0, POSITIVE, "sigma is 0: give a number above 0"),
        (-1, Range(0), "sigma is -1: give at least 0"),
        (2, Range(None, 1, unit="sigmas"), "sigma is 2: give at most 1 sigmas"),
        (256, Range(0, 255, unit="0 to 255"), "sigma is 256: give a value from 0 to 255"),
        (1e7, Range(-1, 1, unit="0 to 255"), "from -1 to 1 on the scale 0 to 255"),
        (10**400, ANY, "sigma is 1000000.*: give a number that fits into float64"),
    ],
)
def test_numbers_beyond_the_range_are_refused(value: Any, within: Range, message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}$" if value != 1e7 else message):
        check_number(value, "sigma", within)


def test_whole_numbers() -> None:
    assert check_integer(np.int16(5), "size", 1) == 5
    assert type(check_integer(np.int16(5), "size")) is int
    assert check_integer(10**400, "size") == 10**400
    for value in (2.0, True, np.True_, "2", None, np.array([1])):
        with pytest.raises(ArgumentTypeError, match=r"size is .*: give a whole number"):
            check_integer(value, "size", 1)
    with pytest.raises(ArgumentError, match="size is 0: it must be at least 1"):
        check_integer(0, "size", 1)
    with pytest.raises(ArgumentError, match="size is 4: give an odd number"):
        check_integer(4, "size", Range(1, 9, odd=True))


def test_pairs() -> None:
    assert check_pair(3, "size", 1) == (3, 3)
    for pair in ((2, 3), [2, 3], np.array([2, 3])):
        assert check_pair(pair, "size", 1) == (2, 3)
    assert check_number_pair((1, 2.5), "sigma", POSITIVE) == (1.0, 2.5)
    with pytest.raises(ArgumentError, match=r"size has 3 parts: give one number or \(rows, col"):
        check_pair((1, 2, 3), "size", 1)
    with pytest.raises(ArgumentError, match="size is 0"):
        check_pair((1, 0), "size", 1)
    with pytest.raises(ArgumentTypeError, match="sigma is 'x'"):
        check_number_pair((1, "x"), "sigma")


@pytest.mark.parametrize(
    ("within", "words"),
    [
        (ANY, ""),
        (FAR, "0.05 to 250 pixels"),
        (Range(1), "at least 1"),
        (Range(None, 7), "at most 7"),
        (POSITIVE, "above 0"),
        (Range(0, 255, unit="0 to 255"), "0 to 255"),
        (Range(0, 100, unit="0 to 255"), "0 to 100 on the scale 0 to 255"),
    ],
)
def test_ranges_in_words(within: Range, words: str) -> None:
    assert str(within) == words


def test_values_in_words() -> None:
    assert written_number(2.0) == "2"
    assert written_number(0.25) == "0.25"
    assert shortened([[1, 2]] * 20) == "[[1, 2], [1, 2], [1, 2], [1, 2], [1, ..."
    assert "\n" not in shortened(np.eye(9))
