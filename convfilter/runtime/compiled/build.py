"""From the source of a loop to LLVM's language, by Numba. Imported only to compile."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np

from convfilter.runtime.compiled.declare import OPTIONS
from convfilter.runtime.compiled.store import Argument, Entry

_ARGUMENT = re.compile(r"(?P<const>const )?(?P<type>\w+)(?P<axes>\[[:,]+\])? (?P<name>\w+)")

_COUNTS = re.compile(r"^ +(?:tail )?call void @NRT_(?:inc|dec)ref\(ptr [^)]*\).*\n", re.MULTILINE)
"""Counts of references to memory of Numba's own, of which a loop never has any."""


def set_target(cpu: str, features: str) -> None:
    """Let Numba compile for this processor and these features.

    It takes its target from these settings once, at the first compilation of a process.
    """
    if numba.config.CPU_FEATURES is None:  # type: ignore[attr-defined]
        numba.config.CPU_NAME = cpu  # type: ignore[attr-defined]
        numba.config.CPU_FEATURES = features  # type: ignore[attr-defined]


def source(name: str) -> Callable[..., Any]:
    """Return the Python function behind ``"engine.loops.module.function"``."""
    module, _, function = name.rpartition(".")
    loops = importlib.import_module(f"convfilter.{module}")
    return getattr(loops, function)  # type: ignore[no-any-return]


def to_llvm(name: str, dtypes: Mapping[str, str]) -> tuple[Entry, str]:
    """Return an entry to the loop that takes pointers, extents and scalars, and its LLVM text."""
    arguments, returned = read_signature(source(name).loop_signature, dtypes)  # type: ignore[attr-defined]
    parameters: list[str] = []
    values: list[str] = []
    types: list[Any] = []
    for number, argument in enumerate(arguments):
        scalar = numba.from_dtype(np.dtype(argument.dtype))
        parameters.append(f"a{number}")
        if argument.axes:
            extents = [f"a{number}_{axis}" for axis in range(argument.axes)]
            parameters += extents
            values.append(f"carray(a{number}, ({', '.join(extents)},))")
            types += [
                numba.types.CPointer(scalar),  # type: ignore[no-untyped-call]
                *[numba.int64] * argument.axes,
            ]
        else:
            values.append(f"a{number}")
            types.append(scalar)
    result = numba.from_dtype(np.dtype(returned)) if returned else numba.void
    text = f"def entry({', '.join(parameters)}):\n    return loop({', '.join(values)})\n"
    names = {
        "carray": numba.carray,  # type: ignore[attr-defined]
        "loop": numba.njit(**OPTIONS)(source(name)),
    }
    exec(text, names)
    entry = numba.cfunc(result(*types), **OPTIONS)(names["entry"])
    return Entry(entry.native_name, arguments, returned), _COUNTS.sub("", entry.inspect_llvm())


def compile_here(name: str, dtypes: Mapping[str, str]) -> Callable[..., Any]:
    """Return the loop compiled by Numba alone, where object files cannot be linked."""
    arguments, returned = read_signature(source(name).loop_signature, dtypes)  # type: ignore[attr-defined]
    types = []
    for argument in arguments:
        scalar = numba.from_dtype(np.dtype(argument.dtype))
        types.append(
            numba.types.Array(scalar, argument.axes, "C", readonly=argument.const)
            if argument.axes
            else scalar
        )
    result = numba.from_dtype(np.dtype(returned)) if returned else numba.void
    return numba.njit(result(*types), nogil=True, **OPTIONS)(source(name))


def read_signature(declared: str, dtypes: Mapping[str, str]) -> tuple[tuple[Argument, ...], str]:
    """Return the arguments and the result's dtype ("" for none) of a declared signature."""
    written, _, returned = declared.partition(" -> ")
    arguments = []
    for part in re.split(r",\s*(?![:\]])", written):
        match = _ARGUMENT.fullmatch(part.strip())
        if match is None:
            raise AssertionError(f"a loop declares an argument that cannot be read: {part!r}")
        dtype = np.dtype(dtypes.get(match["type"], match["type"])).name
        axes = (match["axes"] or "").count(":")
        arguments.append(Argument(dtype, axes, bool(match["const"])))
    return tuple(arguments), np.dtype(returned).name if returned else ""
