"""Parameters of filters: their kinds, ranges and units, how values are checked and texts parsed."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable
from os import PathLike, fspath
from typing import Any, Final, Literal

from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from convfilter.filters.declaring.lengths import Length, lengths_in
from convfilter.runtime.numbers import (
    Range,
    check_integer,
    check_number,
    shortened,
    split_pair,
)

__all__ = [
    "REQUIRED",
    "FileName",
    "IntegerPair",
    "Kind",
    "NumberPair",
    "Parameter",
    "Spec",
    "Text",
]

Kind = Literal[
    "number",
    "integer",
    "number-pair",
    "integer-pair",
    "choice",
    "flag",
    "padding",
    "kernel",
    "text",
    "mask",
]
NumberPair = float | tuple[float, float]
IntegerPair = int | tuple[int, int]

REQUIRED: Final = object()
"""The default of a parameter that has none."""


class Spec:
    """What the type of a parameter cannot say: ``Annotated[float, Spec("…", 0, 10, "pixels")]``.

    Attributes
    ----------
    help : one line, which begins in lower case and has no full stop
    minimum, maximum : the smallest and the largest value, both allowed; None for no limit
    unit : "pixels", "degrees", ...; "0 to 255" for intensities, whatever the picture
    kind : stated only where the type leaves it open
    automatic : what None stands for; parameters without it do not take None
    shared : whether many filters have the parameter, so that help lists it after their own
    odd : whether even numbers are refused
    nan : whether NaN is a value as well
    """

    __slots__ = ("automatic", "help", "kind", "nan", "range", "shared")

    def __init__(
        self,
        help: str,  # noqa: A002 - what it is called in --json
        minimum: float | None = None,
        maximum: float | None = None,
        unit: str | None = None,
        kind: Kind | None = None,
        automatic: str | None = None,
        shared: bool = False,
        odd: bool = False,
        nan: bool = False,
    ) -> None:
        self.help = help
        self.range = Range(minimum, maximum, unit=unit, odd=odd)
        self.kind = kind
        self.automatic = automatic
        self.shared = shared
        self.nan = nan

    @property
    def minimum(self) -> float | None:
        """The smallest value."""
        return self.range.least

    @property
    def maximum(self) -> float | None:
        """The largest value."""
        return self.range.most

    @property
    def unit(self) -> str | None:
        """What numbers count, or the scale that they are on."""
        return self.range.unit

    @property
    def odd(self) -> bool:
        """Whether even numbers are refused."""
        return self.range.odd


class Parameter:
    """One parameter of a filter: the source for command line, checks and documentation.

    Attributes
    ----------
    name : as in Python, "sigma_color"
    kind : what values are; decides how they are checked and parsed
    default : REQUIRED where there is none
    spec : help, range, unit
    choices : the words of a "choice", else empty
    """

    def __init__(
        self, name: str, kind: Kind, default: Any, spec: Spec, choices: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.kind: Kind = kind
        self.default = default
        self.spec = spec
        self.choices = choices

    def __repr__(self) -> str:
        return f"<parameter {self.name}>"

    @property
    def option(self) -> str:
        """The name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED

    @property
    def optional(self) -> bool:
        """Whether None is a value of it."""
        return self.spec.automatic is not None

    @property
    def range(self) -> str:
        """The range in words: "0.05 to 250 pixels or a length", "at least 1", "" for none."""
        return str(self.spec.range) + " or a length" * self.is_length

    @property
    def limits(self) -> list[str]:
        """What its values keep to, in words, for help to put in brackets: the range, and "odd"."""
        return [words for words in (self.range, "odd" if self.spec.odd else "") if words]

    @property
    def is_length(self) -> bool:
        """Whether a length such as 0.5um may stand for pixels."""
        return self.spec.unit == "pixels"

    @functools.cached_property
    def checked_default(self) -> Any:
        """The default as a value of its proper type."""
        return self.check(self.default)

    def to_dict(self) -> dict[str, Any]:
        """Return the description that `convfilter filters --json` prints."""
        return {
            "name": self.name,
            "type": self.kind,
            "default": None if self.required else self.default,
            "minimum": self.spec.minimum,
            "maximum": self.spec.maximum,
            "unit": self.spec.unit,
            "choices": list(self.choices) or None,
            "help": self.spec.help,
        }

    def check(self, value: Any) -> Any:
        """Return the value in its proper type, or raise an error that names the parameter."""
        if value is None and self.optional:
            return None
        if isinstance(value, str) and self.kind.startswith(("number", "integer")):
            value = self._length(value)
        match self.kind:
            case "flag":
                if not isinstance(value, bool):
                    raise ArgumentTypeError(f"{self.name} is {value!r}: give True or False")
                return value
            case "choice":
                if isinstance(value, int) and not isinstance(value, bool):
                    value = str(value)  # choices such as "4" may be written as numbers
                if value not in self.choices:
                    raise UnknownNameError(self.name, str(value), self.choices)
                return value
            case "padding":
                from convfilter.engine.window.axes import check_padding

                return check_padding(value)
            case "kernel":
                from convfilter.filters.declaring.values import kernel_of

                return kernel_of(value)
            case "mask":
                return value  # which is checked beside the image
            case "text":
                if not isinstance(value, str):
                    raise ArgumentTypeError(f"{self.name} is {shortened(value)}: give text")
                return value
            case "number" | "integer":
                return self._check_one(value)
            case "number-pair" | "integer-pair":
                if isinstance(value, (tuple, list)):
                    rows, columns = split_pair(value, self.name)
                    return (self._check_one(rows), self._check_one(columns))
                return self._check_one(value)

    def _check_one(self, value: Any) -> float | int | Length:
        if self.is_length and isinstance(value, (Length, str)):
            return value if isinstance(value, Length) else self._check_one(self._length(value))
        if self.spec.nan and isinstance(value, float) and math.isnan(value):
            return math.nan
        check = check_integer if self.kind.startswith("integer") else check_number
        return check(value, self.name, self.spec.range)

    def read(self, value: Any) -> Any:
        """Return the checked value that a TOML file gives; text is read as on the command line."""
        return self.parse(value) if isinstance(value, str) else self.check(value)

    def parse(self, text: str) -> Any:
        """Return the checked value that a person wrote."""
        text = text.strip()
        if self.optional and text == "auto":
            return None
        lengths = lengths_in(text) if self.is_length else None
        if lengths is not None:
            return self.check(lengths)
        match self.kind:
            case "flag":
                words = {"yes": True, "true": True, "no": False, "false": False}
                if text.lower() not in words:
                    raise ArgumentError(f"{self.name} is {shortened(text)}: give yes or no")
                return words[text.lower()]
            case "choice" | "text" | "mask":
                return self.check(text)
            case "kernel":
                return self.check(text)
            case "padding":
                from convfilter.filters.declaring.values import parse_padding

                return self.check(parse_padding(text))
            case "number" | "integer":
                return self.check(self._number(text))
            case "number-pair" | "integer-pair":
                parts = [self._number(part) for part in re.split(r"\s*[,x]\s*|\s+", text)]
                return self.check(parts[0] if len(parts) == 1 else tuple(parts))

    def _length(self, text: str) -> Any:
        """Return what a text states that has a unit."""
        lengths = lengths_in(text.strip()) if self.is_length else None
        if lengths is None:
            raise ArgumentTypeError(f"{self.name} is {shortened(text)}: {self._wanted()}")
        return lengths

    def _wanted(self) -> str:
        """Return what to give in place of text that is none of it."""
        wanted = "a whole number" if self.kind.startswith("integer") else "a number"
        unit = self.spec.unit or ""
        if unit.isalpha() and not self.is_length:
            wanted += f" of {unit}"
        pair = " or two, as in 2,3" if self.kind.endswith("pair") else ""
        length = ", or a length such as 0.5um" if self.is_length else ""
        return f"give {wanted}{pair}{length}"

    def _number(self, text: str) -> float | int:
        integer = self.kind.startswith("integer")
        try:
            if not integer and "/" in text:
                from convfilter.kernels.table import parse_number

                return parse_number(text.strip())
            return int(text) if integer else float(text)
        except ValueError:
            raise ArgumentError(f"{self.name} is {shortened(text)}: {self._wanted()}") from None


class Text(Parameter):
    """A parameter whose text one function understands, or refuses in words of its own.

    Attributes
    ----------
    understand : returns the text as it is to be kept
    metavar : what stands for the text in a line of usage
    words : texts worth offering
    numbers : whether a whole number, or several, may stand for text: 3 for "3", (0, 2) for "0,2"
    """

    def __init__(
        self,
        name: str,
        default: str | None,
        spec: Spec,
        understand: Callable[[str], str],
        metavar: str,
        words: Iterable[str] = (),
        numbers: bool = False,
    ) -> None:
        super().__init__(name, "text", default, spec)
        self.understand = understand
        self.metavar = metavar
        self.words = tuple(words)
        self.numbers = numbers

    def check(self, value: Any) -> Any:
        """Return the value as it is to be kept, or raise an error that names the parameter."""
        if self.numbers and isinstance(value, int):
            value = str(value)
        elif self.numbers and isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
            value = ",".join(map(str, value))
        text = super().check(value)
        return None if text is None else self.understand(text)

    def parse(self, text: str) -> Any:
        """Return what a person wrote, checked."""
        return self.understand(text)


class FileName(Text):
    """A parameter that names a file: text, or a path."""

    def check(self, value: Any) -> Any:
        """Return the name as text."""
        return super().check(fspath(value) if isinstance(value, PathLike) else value)
