"""Compiled loops by name: the one place that turns a loop's source into machine code.

Numba is imported when the first loop is asked for, never before. Its on-disk cache keeps the
machine code beside the loops, or in the user's cache directory where that is read-only.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

Loop = Callable[..., Any]

_ARGUMENT = re.compile(r"(?P<const>const )?(?P<type>\w+)(?P<axes>\[[:,]+\])? (?P<name>\w+)")


def loop(name: str, **dtypes: DTypeLike) -> Loop:
    """Return the compiled loop `name` (``"module.function"``) for the given dtypes.

    `dtypes` binds the capital letters of the loop's declared signature. The compiled loop lets go
    of the interpreter lock while it runs.
    """
    return _compiled(name, tuple((letter, np.dtype(d).name) for letter, d in dtypes.items()))


@functools.cache
def _compiled(name: str, dtypes: tuple[tuple[str, str], ...]) -> Loop:
    import numba

    module, function_name = name.split(".")
    source = importlib.import_module(f"convfilter.engine.loops.{module}")
    function = getattr(source, function_name)
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function  # type: ignore[no-any-return]
    signature = _signature(function.loop_signature, dict(dtypes))
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        compiled = numba.njit(signature, cache=True, **options)(function)
    except (RuntimeError, OSError):  # no directory can hold the cache: compile for this process
        compiled = numba.njit(signature, **options)(function)
    return compiled  # type: ignore[no-any-return]


def _signature(declared: str, dtypes: dict[str, str]) -> Any:
    import numba

    arguments, _, returned = declared.partition(" -> ")
    types = []
    for argument in re.split(r",\s*(?![:\]])", arguments):
        match = _ARGUMENT.fullmatch(argument.strip())
        if match is None:
            raise AssertionError(f"a loop declares an argument that cannot be read: {argument!r}")
        letter = match["type"]
        scalar = numba.from_dtype(np.dtype(dtypes.get(letter, letter)))
        if match["axes"]:
            dimensions = match["axes"].count(":")
            scalar = numba.types.Array(scalar, dimensions, "C", readonly=bool(match["const"]))
        types.append(scalar)
    result = numba.from_dtype(np.dtype(returned)) if returned else numba.void
    return result(*types)
