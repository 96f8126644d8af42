"""How a setting of a job is declared: as a parameter whose name is that of its field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from convfilter.errors import ArgumentError
from convfilter.filters.declaring.parameters import FileName, Parameter, Spec, Text
from convfilter.runtime.numbers import shortened
from convfilter.runtime.streams import is_address

__all__ = [
    "OF_MANY",
    "OF_RUN",
    "Declaration",
    "Multiple",
    "Size",
    "choice",
    "file",
    "flag",
    "later",
    "multiple",
    "number",
    "seconds",
    "size",
    "text",
]


Declaration = Callable[[str], Parameter]
"""All of an option but its name, which is that of its field."""


SHORTEST, LONGEST = 0.01, 86400.0
"""Seconds of a limit of time: up to a day."""

UNITS = "kmgt"
"""The letters of a thousand or 1024, and of its powers."""

SIZE = rf"(\d{{1,20}}(?:\.\d{{1,9}})?) ?(?:([{UNITS}])(i?))?b?"
"""Regular expression, which is compiled when the first size is given."""

OF_RUN = object()
"""Marks what is said of how the work is done, and not of what comes out: no part of a recipe."""

OF_MANY = object()
"""Marks what is said of folders or of several files, and makes no sense for a single one."""


def flag(words: str, *, default: bool = False) -> Declaration:
    """Declare what is said or not; it is not, by default."""
    return lambda name: Parameter(name, "flag", default, Spec(words))


def number(words: str, highest: int | None, automatic: str) -> Declaration:
    """Declare a whole number from 1 to `highest`; None by default, which means `automatic`."""
    spec = Spec(words, 1, highest, automatic=automatic)
    return lambda name: Parameter(name, "integer", None, spec)


def size(words: str, automatic: str) -> Declaration:
    """Declare a number of many bytes or pixels, at least 1, as `Size` reads it; None by default."""
    spec = Spec(words, 1, automatic=automatic)
    return lambda name: Size(name, "integer", None, spec)


def multiple(words: str, step: int, highest: int, automatic: str) -> Declaration:
    """Declare a whole number that is a multiple of `step`, up to `highest`; None by default."""
    spec = Spec(words, step, highest, automatic=automatic)
    return lambda name: Multiple(name, step, spec)


def seconds(words: str, automatic: str) -> Declaration:
    """Declare a time; None by default, which means `automatic`."""
    spec = Spec(words, SHORTEST, LONGEST, "seconds", automatic=automatic)
    return lambda name: Parameter(name, "number", None, spec)


def choice(
    words: str, choices: tuple[str, ...], default: str | None, automatic: str | None = None
) -> Declaration:
    """Declare one of several words."""
    spec = Spec(words, automatic=automatic)
    return lambda name: Parameter(name, "choice", default, spec, choices)


def text(
    meaning: str,
    understand: Callable[[str], str],
    metavar: str,
    default: str | None = None,
    automatic: str | None = None,
    **further: Any,
) -> Declaration:
    """Declare text, which `understand` checks and returns as it is kept."""
    spec = Spec(meaning, automatic=automatic)
    return lambda name: Text(name, default, spec, understand, metavar, **further)


def file(
    meaning: str,
    automatic: str,
    metavar: str = "FILE",
    understand: Callable[[str], str] = str,
    *,
    is_local: bool = False,
) -> Declaration:
    """Declare the name of a file; None by default, which means `automatic`.

    One that `is_local` is of this computer's file system, and no address in storage.
    """
    spec = Spec(meaning, automatic=automatic)

    def declared(name: str) -> Parameter:
        def checked(text: str) -> str:
            if not text:
                raise ArgumentError(f"{name} is empty: perhaps a variable of the shell is not set")
            if is_local and is_address(text):
                raise ArgumentError(
                    f"{name} is an address in storage: give a path in the file system"
                )
            return understand(text)

        return FileName(name, None, spec, checked, metavar)

    return declared


class Multiple(Parameter):
    """A whole number that is a multiple of another one."""

    def __init__(self, name: str, step: int, spec: Spec) -> None:
        super().__init__(name, "integer", None, spec)
        self.step = step

    def check(self, value: Any) -> Any:
        """Return the number, or raise an error that names the parameter."""
        checked = super().check(value)
        if checked is not None and checked % self.step:
            raise ArgumentError(f"{self.name} is {checked}: give a multiple of {self.step}")
        return checked


class Size(Parameter):
    """A large whole number, for which a unit may stand: 300M, 1.5G; in Python 300_000_000 as well.

    K, M, G and T are thousand, million, ... as in the names of disks and pictures, so that 5G
    pixels are 5,000,000,000. Ki, Mi, Gi and Ti are powers of 1024, as memory is sold: 2Gi bytes
    are 2,147,483,648. The case does not matter, and a B may follow: 300MB, 2GiB.
    """

    def check(self, value: Any) -> Any:
        """Return the number, or raise an error that names the parameter."""
        return super().check(self._number(value.strip()) if isinstance(value, str) else value)

    def parse(self, text: str) -> Any:
        """Return the number that a person wrote."""
        return self.check(None if text.strip() == "auto" else text)

    def _wanted(self) -> str:
        return "give a number such as 500000000, 500M, 2G or 2Gi"

    def _number(self, text: str) -> int:
        match = re.fullmatch(SIZE, text, re.ASCII | re.IGNORECASE)
        if match is None:
            raise ArgumentError(f"{self.name} is {shortened(text)}: {self._wanted()}")
        number, letter, binary = match.groups()
        whole, _, part = number.partition(".")
        if part and letter is None:
            raise ArgumentError(f"{self.name} is {shortened(text)}: {self._wanted()}")
        power = 0 if letter is None else 1 + UNITS.index(letter.lower())
        unit = math.prod([1024 if binary else 1000] * power)
        return int(whole + part) * unit // math.prod([10] * len(part))


def later(module: str, name: str) -> Callable[[str], str]:
    """Return what understands a text by a function that is imported when it is first asked."""
    return lambda text: getattr(import_module(module), name)(text)
