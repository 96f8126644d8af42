"""Parameters: read from annotations, checked, parsed."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from convfilter.filters.declaring.options import Options
from convfilter.filters.declaring.parameters import (
    IntegerPair,
    NumberPair,
    Parameter,
    Spec,
)
from convfilter.filters.declaring.reading import read_parameters
from convfilter.filters.declaring.values import parse_padding


class Group(Options):
    """Options of several filters."""

    flag: Annotated[bool, Spec("a flag", shared=True)] = False
    around: Annotated[Any, Spec("rows around", kind="padding", shared=True)] = "same"


def example(
    image: object,
    group: Group,
    *,
    number: Annotated[float, Spec("a number", 0, 10, "pixels")] = 1,
    count: Annotated[int, Spec("a count", 1, 9, odd=True)] = 3,
    pair: Annotated[NumberPair, Spec("one or two", 0.5, 4)] = 1,
    sides: Annotated[IntegerPair, Spec("one or two", 1, 4)] = (2, 3),
    choice: Annotated[Literal["4", "8", "round"], Spec("a choice")] = "4",
    level: Annotated[float | None, Spec("a level", 0, 255, automatic="found")] = None,
    free: Annotated[float, Spec("any number", unit="degrees")] = 0,
    least: Annotated[float, Spec("from 1", 1, None, "pixels")] = 1,
    most: Annotated[float, Spec("up to 1", None, 1)] = 1,
    needed: Annotated[float, Spec("has no default", 0, 1)],
) -> None:
    """Do nothing."""


FOUND, GROUPS = read_parameters(example)
BY_NAME = {parameter.name: parameter for parameter in FOUND}


def test_kinds_are_read_from_types() -> None:
    assert {name: parameter.kind for name, parameter in BY_NAME.items()} == {
        "number": "number",
        "count": "integer",
        "pair": "number-pair",
        "sides": "integer-pair",
        "choice": "choice",
        "level": "number",
        "free": "number",
        "least": "number",
        "most": "number",
        "needed": "number",
        "flag": "flag",
        "around": "padding",
    }
    assert list(GROUPS.items()) == [("group", Group)]
    assert [parameter.name for parameter in FOUND if parameter.spec.shared] == ["flag", "around"]
    assert BY_NAME["choice"].choices == ("4", "8", "round")
    assert BY_NAME["needed"].required
    assert BY_NAME["level"].optional
    assert BY_NAME["level"].option == "--level"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("number", 2, 2.0),
        ("number", np.float32(2.5), 2.5),
        ("number", 10, 10.0),
        ("count", np.int16(5), 5),
        ("pair", (1, 2), (1.0, 2.0)),
        ("pair", [0.5, 4], (0.5, 4.0)),
        ("sides", 4, 4),
        ("choice", 8, "8"),
        ("choice", "round", "round"),
        ("level", None, None),
        ("level", 7, 7.0),
        ("flag", True, True),
    ],
)
def test_values_are_taken(name: str, given: Any, expected: Any) -> None:
    value = BY_NAME[name].check(given)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "error", "message"),
    [
        ("number", 10.5, ArgumentError, "number is 10.5: give a value from 0 to 10 pixels"),
        ("number", -1, ArgumentError, "from 0 to 10"),
        ("number", math.nan, ArgumentError, "number is nan"),
        ("number", True, ArgumentTypeError, "give a number"),
        ("number", "2", ArgumentTypeError, "'2': give a number"),
        ("number", "two", ArgumentTypeError, "'two': give a number"),
        ("number", None, ArgumentTypeError, "give a number"),
        ("number", 10**400, ArgumentError, "give a number that fits into float64"),
        ("count", 2.0, ArgumentTypeError, "give a whole number"),
        ("count", 4, ArgumentError, "give an odd number"),
        ("pair", (1, 2, 3), ArgumentError, "pair has 3 parts"),
        ("pair", (1, 5), ArgumentError, "pair is 5"),
        ("choice", "rund", UnknownNameError, "did you mean round"),
        ("choice", True, UnknownNameError, "choice"),
        ("choice", 6, UnknownNameError, "4, 8, round"),
        ("flag", 1, ArgumentTypeError, "give True or False"),
        ("free", math.inf, ArgumentError, "give a finite number of degrees"),
        ("least", 0, ArgumentError, "give at least 1 pixels"),
        ("most", 2, ArgumentError, "give at most 1"),
    ],
)
def test_values_are_refused(name: str, given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        BY_NAME[name].check(given)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("number", " 2.5 ", 2.5),
        ("number", "1e1", 10.0),
        ("count", "7", 7),
        ("pair", "1,2", (1.0, 2.0)),
        ("pair", "1 2", (1.0, 2.0)),
        ("sides", "2x3", (2, 3)),
        ("choice", "8", "8"),
        ("level", "auto", None),
        ("level", "12", 12.0),
        ("flag", "Yes", True),
        ("flag", "false", False),
        ("around", "3", 3),
    ],
)
def test_texts_are_parsed(name: str, text: str, expected: Any) -> None:
    assert BY_NAME[name].parse(text) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("number", "a", "give a number"),
        ("number", "auto", "give a number"),
        ("number", "inf", "from 0 to 10"),
        ("count", "2.5", "give a whole number"),
        ("pair", "1,b", "as in 2,3"),
        ("pair", "1,2,3", "3 parts"),
        ("flag", "perhaps", "give yes or no"),
    ],
)
def test_texts_are_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        BY_NAME[name].parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("same", "same"),
        ("valid", "valid"),
        ("full", "full"),
        ("2", 2),
        ("2,3", (2, 3)),
        ("1 2 3 4", ((1, 2), (3, 4))),
    ],
)
def test_paddings(text: str, expected: Any) -> None:
    assert parse_padding(text) == expected


def test_bad_paddings() -> None:
    with pytest.raises(UnknownNameError, match="did you mean same"):
        parse_padding("sane")
    for text in ("1,2,3", ""):
        with pytest.raises(ArgumentError, match="padding is"):
            parse_padding(text)


def test_description() -> None:
    assert BY_NAME["number"].to_dict() == {
        "name": "number",
        "type": "number",
        "default": 1,
        "minimum": 0,
        "maximum": 10,
        "unit": "pixels",
        "choices": None,
        "help": "a number",
    }
    assert BY_NAME["needed"].to_dict()["default"] is None
    assert BY_NAME["choice"].to_dict()["choices"] == ["4", "8", "round"]


@pytest.mark.parametrize(
    ("annotation", "default", "error"),
    [
        (int, 1, TypeError),
        (Annotated[int, "no spec"], 1, TypeError),
        (Annotated[str, Spec("kind left open")], "a", TypeError),
        (Annotated[float, Spec("default beyond", 0, 1)], 2, ArgumentError),
    ],
)
def test_wrong_declarations_are_found(
    annotation: Any, default: Any, error: type[Exception]
) -> None:
    def filter_of(image: object, *, wrong: Any = default) -> None:
        """Do nothing."""

    filter_of.__annotations__["wrong"] = annotation
    with pytest.raises(error, match="wrong"):
        read_parameters(filter_of)


def test_groups_of_options_hold_their_defaults_and_what_is_given() -> None:
    assert Group.defaults() == {"flag": False, "around": "same"}
    assert Group(flag=True).as_arguments() == {"flag": True, "around": "same"}
    assert Group(around=3).around == 3
    assert Group().flag is False
    with pytest.raises(TypeError, match="Group has no option flagg"):
        Group(flagg=True)


def test_defaults_of_arguments_by_position_are_read() -> None:
    def positional(
        image: object,
        first: Annotated[int, Spec("a count", 0, 9)],
        second: Annotated[int, Spec("a count", 0, 9)] = 2,
    ) -> None:
        """Do nothing."""

    first, second = read_parameters(positional)[0]
    assert first.required
    assert second.default == 2


def test_parameter_is_plain_data() -> None:
    made = Parameter("sigma_space", "number", 1.0, Spec("deviation", 0, 9))
    assert made.option == "--sigma-space"
    assert not made.required
    assert not made.optional
