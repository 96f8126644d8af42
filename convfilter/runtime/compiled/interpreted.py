"""Loops as the interpreter runs them, where Numba is told not to compile."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from convfilter.runtime.compiled.declare import Argument, signature_of, source
from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.memory import Lent

__all__ = ["PythonLoop", "as_written"]


class PythonLoop:
    """A loop that is a Python function (see `loading.Loop`)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @functools.cached_property
    def address(self) -> int:
        """What other loops that are Python functions call it by."""
        from convfilter.runtime.compiled import addresses

        return addresses.register(self._function)

    def __call__(self, *arguments: Any) -> Any:
        """Run it once."""
        # compiled code warns of nothing, and vectors reach beyond what means something
        with np.errstate(all="ignore"):
            return self._function(*arguments)

    def bind(self, *arguments: Any, keep: Any = None) -> Callable[[], Any]:
        """Return a call with these arguments, which keeps what it has to."""

        def call() -> Any:
            return self(*arguments)

        call.keep = keep  # type: ignore[attr-defined]
        return call


def as_written(request: Request) -> PythonLoop:
    """Return a loop as it stands in the source, called as a compiled one is.

    It is not called with classes, floats become those of the dtypes that it declares, and all that
    may stand for an array becomes one.
    """
    name, dtypes = request
    function = source(name)
    arguments = signature_of(function, dict(dtypes)).arguments

    def run(*passed: Any) -> Any:
        values = iter(passed)
        return function(*(_value(argument, values) for argument in arguments))

    return PythonLoop(run)


def _value(argument: Argument, values: Iterator[Any]) -> Any:
    if argument.is_class:
        return argument.dtype.type
    value = next(values)
    if type(value) is bytes:
        return np.frombuffer(value, argument.dtype)
    if type(value) is Lent:
        return value.array()
    is_float = not argument.axes and argument.dtype.kind == "f"
    return argument.dtype.type(value) if is_float else value
