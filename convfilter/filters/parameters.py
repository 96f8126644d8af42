"""Parameters of filters, read from type annotations: kinds, ranges, units, checks, parsing."""

from __future__ import annotations

import functools
import inspect
import math
import operator
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from os import PathLike
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError

if TYPE_CHECKING:
    from convfilter.kernels import Kernel

Kind = Literal[
    "number", "integer", "number-pair", "integer-pair", "choice", "flag", "padding", "kernel"
]
NumberPair = float | tuple[float, float]
IntegerPair = int | tuple[int, int]

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Spec:
    """What an annotation cannot say by its type: ``Annotated[float, Spec("…", 0, 10, "pixels")]``.

    `kind` is stated only where the type leaves it open. `automatic` says what None stands for.
    """

    help: str
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    kind: Kind | None = None
    automatic: str | None = None
    shared: bool = False
    odd: bool = False


@dataclass(frozen=True)
class Parameter:
    """One parameter of a filter: the source for command line, checks and documentation."""

    name: str
    kind: Kind
    default: Any
    spec: Spec
    choices: tuple[str, ...] = ()

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
                return kernel_of(value)
            case "number" | "integer":
                return self._check_one(value)
            case "number-pair" | "integer-pair":
                if isinstance(value, (tuple, list)):
                    if len(value) != 2:
                        raise ArgumentError(
                            f"{self.name} has {len(value)} parts: give one number or"
                            " (rows, columns)"
                        )
                    return (self._check_one(value[0]), self._check_one(value[1]))
                return self._check_one(value)

    def _check_one(self, value: Any) -> float | int:
        number: float | int
        integer = self.kind.startswith("integer")
        try:
            if isinstance(value, (bool, str)):
                raise TypeError
            number = operator.index(value) if integer else float(value)
        except (TypeError, ValueError, OverflowError):
            wanted = "a whole number" if integer else "a number"
            raise ArgumentTypeError(f"{self.name} is {_short(value)}: give {wanted}") from None
        spec = self.spec
        low = spec.minimum is not None and number < spec.minimum
        high = spec.maximum is not None and number > spec.maximum
        if low or high or (not integer and not math.isfinite(number)):
            raise ArgumentError(f"{self.name} is {number:.12g}: {self._wanted()}")
        if spec.odd and number % 2 == 0:
            raise ArgumentError(f"{self.name} is {value}: give an odd number")
        return number

    @property
    def range(self) -> str:
        """The range in words: "0.05 to 250 pixels", "at least 1", "" where none is stated."""
        spec = self.spec
        low, high = (None if end is None else written(end) for end in (spec.minimum, spec.maximum))
        if low is not None and high is not None:
            text = f"{low} to {high}"
        elif low is not None:
            text = f"at least {low}"
        else:
            text = "" if high is None else f"at most {high}"
        if spec.unit is None or spec.unit == text:
            return text
        is_scale = spec.unit[:1].isdigit()  # as 0 to 255 is
        return f"{text} on the scale {spec.unit}" if is_scale else f"{text} {spec.unit}".strip()

    def _wanted(self) -> str:
        spec = self.spec
        if spec.minimum is None and spec.maximum is None:
            return f"give a finite number{f' of {spec.unit}' if spec.unit else ''}"
        both = spec.minimum is not None and spec.maximum is not None
        return f"give a value from {self.range}" if both else f"give {self.range}"

    def parse(self, text: str) -> Any:
        """Return the checked value that a person wrote."""
        text = text.strip()
        if self.optional and text == "auto":
            return None
        match self.kind:
            case "flag":
                words = {"yes": True, "true": True, "no": False, "false": False}
                if text.lower() not in words:
                    raise ArgumentError(f"{self.name} is {_short(text)}: give yes or no")
                return words[text.lower()]
            case "choice":
                return self.check(text)
            case "kernel":
                self.check(text)
                return text
            case "padding":
                return self.check(parse_padding(text))
            case "number" | "integer":
                return self.check(self._number(text))
            case "number-pair" | "integer-pair":
                parts = [self._number(part) for part in re.split(r"\s*[,x]\s*|\s+", text)]
                return self.check(parts[0] if len(parts) == 1 else tuple(parts))

    def _number(self, text: str) -> float | int:
        integer = self.kind.startswith("integer")
        try:
            return int(text) if integer else float(text)
        except ValueError:
            pair = " or two, as in 2,3" if self.kind.endswith("pair") else ""
            wanted = "a whole number" if integer else "a number"
            raise ArgumentError(f"{self.name} is {_short(text)}: give {wanted}{pair}") from None


def written(value: Any) -> str:
    """Return a value as a person writes it on the command line."""
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return str(int(value)) if float(value).is_integer() else f"{value:g}"
    if isinstance(value, (tuple, list)):
        return ",".join(written(part) for part in value)
    return str(value)


def kernel_of(given: Any) -> Kernel:
    """Return the kernel that a name, a path, weights in text or an array means."""
    from convfilter.kernels import Kernel, find, from_array

    if isinstance(given, Kernel):
        return given
    return find(given) if isinstance(given, (str, PathLike)) else from_array(given)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def parse_padding(text: str) -> Any:
    """Return the padding that a person wrote: a name, one, two or four whole numbers.

    Four stand for top, bottom, left, right.
    """
    parts = [part for part in re.split(r"[\s,x]+", text) if part]
    if all(re.fullmatch(r"[+-]?\d{1,30}", part) for part in parts):
        numbers = [int(part) for part in parts]
        if len(numbers) == 1:
            return numbers[0]
        if len(numbers) == 2:
            return (numbers[0], numbers[1])
        if len(numbers) == 4:
            return ((numbers[0], numbers[1]), (numbers[2], numbers[3]))
    elif text in ("valid", "same", "full"):
        return text
    else:
        raise UnknownNameError("padding", text, ("same", "valid", "full"))
    raise ArgumentError(
        f"padding is {text!r}: give same, valid, full, or 1, 2 (rows, columns) or 4 numbers"
        " (top, bottom, left, right)"
    )


def read_parameters(function: Callable[..., Any]) -> tuple[tuple[Parameter, ...], dict[str, type]]:
    """Return the parameters that a filter's signature declares, and its bundles of options.

    The first argument is the image. An argument whose type is a dataclass is a bundle: its fields
    are parameters of the filter.
    """
    hints = get_type_hints(function, include_extras=True)
    found: list[Parameter] = []
    bundles: dict[str, type] = {}
    for argument in list(inspect.signature(function).parameters.values())[1:]:
        annotation = hints[argument.name]
        if isinstance(annotation, type) and is_dataclass(annotation):
            bundles[argument.name] = annotation
            inner = get_type_hints(annotation, include_extras=True)
            found += [_parameter(f.name, inner[f.name], f.default) for f in fields(annotation)]
        else:
            found.append(_parameter(argument.name, annotation, argument.default))
    own = [parameter for parameter in found if not parameter.spec.shared]
    return (*own, *(parameter for parameter in found if parameter.spec.shared)), bundles


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    if get_origin(annotation) is not Annotated:
        raise TypeError(f"parameter {name} must be Annotated with a Spec")
    bare, *extras = get_args(annotation)
    specs = [extra for extra in extras if isinstance(extra, Spec)]
    if len(specs) != 1:
        raise TypeError(f"parameter {name} must be Annotated with exactly one Spec")
    spec = specs[0]
    options = [option for option in _union_members(bare) if option is not type(None)]
    choices: tuple[str, ...] = ()
    if len(options) == 1 and get_origin(options[0]) is Literal:
        choices = get_args(options[0])
    parameter = Parameter(name, spec.kind or _kind(name, options), default, spec, choices)
    if default is not REQUIRED and parameter.kind != "kernel":  # which would read the catalogue
        parameter.check(default)
    return parameter


def _union_members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _kind(name: str, options: list[Any]) -> Kind:
    pair = any(get_origin(option) is tuple for option in options)
    plain = [option for option in options if get_origin(option) is not tuple]
    if len(plain) == 1:
        if get_origin(plain[0]) is Literal:
            return "choice"
        if plain[0] is bool:
            return "flag"
        if plain[0] is float:
            return "number-pair" if pair else "number"
        if plain[0] is int:
            return "integer-pair" if pair else "integer"
    raise TypeError(f"parameter {name} has a type that leaves its kind open: state it in its Spec")
