"""`@loop` states the types of a loop's arguments beside its source."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}}
"""How every loop is compiled: no flag that would change what NaN and infinity do."""

Function = TypeVar("Function", bound=Callable[..., Any])

_ARGUMENT = re.compile(
    r"(?P<form>const |class )?(?P<type>\w+)(?P<axes>\[[:,]+\])?(?: (?P<name>\w+))?"
)


@dataclass(frozen=True)
class Argument:
    """The type of an argument: a dtype, and how many axes an array has (0 for a number).

    A `class` argument is a dtype itself: it is known when the loop is compiled and not passed.
    """

    dtype: np.dtype[Any]
    axes: int = 0
    const: bool = False
    is_class: bool = False


@dataclass(frozen=True)
class Signature:
    """The arguments of a loop and the dtype of its result, None where it returns nothing."""

    arguments: tuple[Argument, ...]
    returned: np.dtype[Any] | None


def loop(declared: str, **records: np.dtype[Any]) -> Callable[[Function], Function]:
    """Declare the types of a loop: ``@loop("const S[:,:] image, i8 n, T[:,:] out -> i8")``.

    An argument is a type and a name. Types are `i8`, `f8`, ... as NumPy spells them, a capital
    letter that the caller of `compiled.loop` binds to a dtype, or one of the `records`, dtypes with
    fields. Arrays are C-contiguous; `const` ones are only read, so that a read-only array may be
    passed. ``class S`` stands for the dtype `S` itself, which the caller does not pass.
    """

    def mark(function: Function) -> Function:
        function.declared = declared, records  # type: ignore[attr-defined]
        return function

    return mark


def source(name: str) -> Callable[..., Any]:
    """Return the Python function of a loop, ``"engine.correlation.loops.exact.respond"``."""
    module, _, function = name.rpartition(".")
    loops = importlib.import_module(f"convfilter.{module}")
    return getattr(loops, function)  # type: ignore[no-any-return]


def signature_of(function: Callable[..., Any], dtypes: Mapping[str, str]) -> Signature:
    """Return the signature of a declared loop, its letters bound to the names of dtypes."""
    declared, records = function.declared  # type: ignore[attr-defined]
    written, _, returned = declared.partition(" -> ")
    arguments = []
    for part in re.split(r",\s*(?![:\]])", written):
        match = _ARGUMENT.fullmatch(part.strip())
        if match is None:
            raise AssertionError(f"a loop declares an argument that cannot be read: {part!r}")
        kind = match["type"]
        dtype = records[kind] if kind in records else np.dtype(dtypes.get(kind, kind))
        axes = (match["axes"] or "").count(":")
        form = match["form"]
        arguments.append(Argument(dtype, axes, form == "const ", form == "class "))
    return Signature(tuple(arguments), np.dtype(returned) if returned else None)
