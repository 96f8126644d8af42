"""Checks of numbers, for every room: a refusal names the argument and says what to give instead.

Nothing here imports NumPy, so that `convfilter --help` may use it; NumPy's numbers are taken too.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from convfilter.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "ANY",
    "POSITIVE",
    "Range",
    "check_integer",
    "check_number",
    "check_number_pair",
    "check_pair",
    "shortened",
    "split_pair",
    "written_number",
    "written_size",
]


class Range:
    """The numbers that an argument may be, and how a refusal puts that into words.

    Attributes
    ----------
    least, most : the smallest and the largest number, both allowed; None for no limit
    above : every number has to be larger than this one; None for no limit
    unit : what is counted, "pixels" say, or the scale, "0 to 255"
    odd : whether even numbers are refused
    """

    __slots__ = ("above", "least", "most", "odd", "unit")

    def __init__(
        self,
        least: float | None = None,
        most: float | None = None,
        *,
        above: float | None = None,
        unit: str | None = None,
        odd: bool = False,
    ) -> None:
        self.least = least
        self.most = most
        self.above = above
        self.unit = unit
        self.odd = odd

    def __str__(self) -> str:
        """Return the range in words: "0.05 to 250 pixels", "at least 1", "" where none is stated.

        A unit that is itself the range, as "0 to 255" may be, is not said twice.
        """
        if self.above is not None:
            text = f"above {written_number(self.above)}"
        elif self.least is not None and self.most is not None:
            text = f"{written_number(self.least)} to {written_number(self.most)}"
        elif self.least is not None:
            text = f"at least {written_number(self.least)}"
        else:
            text = "" if self.most is None else f"at most {written_number(self.most)}"
        if self.unit is None or self.unit == text:
            return text
        is_scale = self.unit[:1].isdigit()
        return f"{text} on the scale {self.unit}" if is_scale else f"{text} {self.unit}".strip()

    def refuse(self, number: float, what: str) -> None:
        """Raise ArgumentError if a number that is finite lies beyond the range."""
        low = self.least is not None and number < self.least
        high = self.most is not None and number > self.most
        if low or high or (self.above is not None and not number > self.above):
            raise ArgumentError(f"{what} is {number:.12g}: {self._wanted()}")
        if self.odd and number % 2 == 0:
            raise ArgumentError(f"{what} is {number}: give an odd number")

    def nearest(self, number: float) -> float:
        """Return the number of the range that is nearest to one that may lie beyond it."""
        if self.least is not None:
            number = max(number, self.least)
        return number if self.most is None else min(number, self.most)

    def _wanted(self) -> str:
        if self.least is self.most is self.above is None:
            return f"give a finite number{f' of {self.unit}' if self.unit else ''}"
        if self.above is not None:
            return f"give a number {self}"
        both = self.least is not None and self.most is not None
        return f"give a value from {self}" if both else f"give {self}"


ANY = Range()
POSITIVE = Range(above=0)


def check_number(value: Any, what: str, within: Range = ANY) -> float:
    """Return the value as a finite float within a range.

    Raises
    ------
    ArgumentTypeError
        For what is no real number: text, None, True and False, too.
    ArgumentError
        For NaN, infinity, integers beyond float64, and numbers beyond the range.
    """
    try:
        if type(value) is not float and (
            isinstance(value, (str, bytes, bytearray)) or _is_bool(value)
        ):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"{what} is {shortened(value)}: give a number") from None
    except OverflowError:
        raise ArgumentError(
            f"{what} is {shortened(value)}: give a number that fits into float64"
        ) from None
    if not math.isfinite(number):
        raise ArgumentError(f"{what} is {number}: {within._wanted()}")
    if within is not ANY:
        within.refuse(number, what)
    return number


def check_integer(value: Any, what: str, within: Range | int = ANY) -> int:
    """Return the value as an int within a range; an int stands for the least one.

    Raises
    ------
    ArgumentTypeError
        For what is no whole number: 2.0, too, and True and False.
    ArgumentError
        For numbers beyond the range.
    """
    try:
        if type(value) is not int and _is_bool(value):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{what} is {shortened(value)}: give a whole number") from None
    if isinstance(within, int):
        if number < within:
            raise ArgumentError(f"{what} is {number}: it must be at least {within}")
    else:
        within.refuse(number, what)
    return number


def check_pair(value: Any, what: str, within: Range | int = ANY) -> tuple[int, int]:
    """Return (rows, columns) from one int or from two; raises what `check_integer` raises."""
    rows, columns = split_pair(value, what)
    return check_integer(rows, what, within), check_integer(columns, what, within)


def check_number_pair(value: Any, what: str, within: Range = ANY) -> tuple[float, float]:
    """Return (rows, columns) from one number or from two; raises what `check_number` raises."""
    rows, columns = split_pair(value, what)
    return check_number(rows, what, within), check_number(columns, what, within)


def split_pair(value: Any, what: str) -> tuple[Any, Any]:
    """Return both parts of a pair (a tuple, a list, an array), or twice what is no pair.

    Raises
    ------
    ArgumentError
        For one or more than two parts.
    """
    if isinstance(value, (tuple, list)) or getattr(value, "ndim", 0) > 0:
        if len(value) != 2:
            count = "1 part" if len(value) == 1 else f"{len(value)} parts"
            raise ArgumentError(f"{what} has {count}: give one number or (rows, columns)")
        return value[0], value[1]
    return value, value


def written_number(value: float) -> str:
    """Return a number as a person writes it: whole ones without a point, others in full."""
    return str(int(value)) if value == value // 1 and abs(value) < 1e16 else repr(float(value))


def written_size(size: int) -> str:
    """Return a number of bytes as options take them, in three digits: "2.15M", "300M", "1.5G"."""
    unit, letter = next(
        (each for each in ((1e9, "G"), (1e6, "M"), (1e3, "K")) if size >= each[0]), (1, "")
    )
    return f"{size / unit:.3g}{letter}"


def shortened(value: object) -> str:
    """Return how a value shows itself, on one line of at most 40 characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def _is_bool(value: object) -> bool:
    return isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", None) == "b"
