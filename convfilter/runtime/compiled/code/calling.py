"""From the address of a compiled loop to something that Python calls, through ctypes."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from convfilter.runtime.memory import Lent

_NUMBERS: dict[str, Any] = {
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}

OFTEN = 20
"""Uses of a loop after which code is written for its arguments, which takes half a millisecond."""


class CompiledLoop:
    """A loop that lies in memory as machine code, which lets go of the interpreter lock.

    Attributes
    ----------
    address : where it begins
    bind : returns a call with the arguments given (see `loading.Loop`)
    """

    def __init__(
        self,
        name: str,
        address: int,
        arguments: list[tuple[np.dtype[Any], int]],
        returned: str,
    ) -> None:
        self.address = address
        self.bind: Callable[..., Callable[[], Any]] = self._bind
        self._name = name
        self._arguments = arguments
        self._uses = 0
        types: list[Any] = []
        for dtype, axes in arguments:
            types += [ctypes.c_void_p, *[ctypes.c_int64] * axes] if axes else [_NUMBERS[dtype.name]]
        self._function = ctypes.CFUNCTYPE(_NUMBERS[returned] if returned else None, *types)(address)

    def __call__(self, *arguments: Any) -> Any:
        """Run it once."""
        return self.bind(*arguments)()

    def _bind(self, *arguments: Any, keep: Any = None) -> Callable[[], Any]:
        self._uses += 1
        if self._uses == OFTEN:
            self.bind = self._written_out()
        if len(arguments) != len(self._arguments):
            raise TypeError(f"{self._name} takes {len(self._arguments)} arguments")
        values: list[Any] = []
        for value, (dtype, axes) in zip(arguments, self._arguments, strict=True):
            if not axes:
                values.append(float(value) if dtype.kind == "f" else int(value))
                continue
            values += self._place(value, dtype, axes)
        call = functools.partial(self._function, *values)
        call.keep = arguments, keep  # type: ignore[attr-defined]
        return call

    def _place(self, value: Any, dtype: np.dtype[Any], axes: int) -> tuple[Any, ...]:
        """Return the address of an array, or what has one for ctypes, and the length of its axes.

        Bytes are an array of one axis that is only read.
        """
        if type(value) is bytes:
            if axes == 1 and len(value) % dtype.itemsize == 0:
                return value, len(value) // dtype.itemsize
        elif type(value) is Lent:
            if value.memory.dtype == dtype and len(value.place) == axes + 1:
                return value.place
        elif value.dtype == dtype and value.ndim == axes and value.flags.c_contiguous:
            return value.__array_interface__["data"][0], *value.shape
        raise TypeError(f"{self._name}: an array of the wrong kind")

    def _written_out(self) -> Callable[..., Callable[[], Any]]:
        """Return `_bind`, written out for the arguments of this loop: in half the time or so."""
        names = [f"a{number}" for number in range(len(self._arguments))]
        scope: dict[str, Any] = {"partial": functools.partial, "function": self._function}
        scope |= {"place": self._place}
        values = []
        for name, (dtype, axes) in zip(names, self._arguments, strict=True):
            if not axes:
                values.append(f"{'float' if dtype.kind == 'f' else 'int'}({name})")
                continue
            scope[f"dtype_{name}"] = dtype
            values.append(f"*place({name}, dtype_{name}, {axes})")
        text = f"""
def bind({", ".join([*names, "*", "keep=None"] if names else ["*", "keep=None"])}):
    call = partial({", ".join(["function", *values])})
    call.keep = {", ".join([*names, "keep"])},
    return call
"""
        exec(text, scope)
        bind: Callable[..., Callable[[], Any]] = scope["bind"]
        return bind
