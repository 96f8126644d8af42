"""What compiled loops depend on: their code and that of what it imports, versions, the processor.

The key of a loop comes from the compiled code of its module, and of the modules of this package
that it imports, as the import system hands it out. So it needs no source text (an installation may
have none), a comment or a docstring changes no key, and a change of one module of loops none of
another's. Settings of Numba are no part of it: they change nothing that is compiled (`build`).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
from importlib.util import source_hash
from pathlib import Path
from types import CodeType
from typing import Any

from convfilter.errors import EnvironmentVariableError
from convfilter.runtime.vector_length import LONGEST, longest_vector

Request = tuple[str, tuple[tuple[str, str], ...]]
"""The name of a loop, and the names of the dtypes that its letters stand for."""

PACKAGE = "convfilter"

DIGITS = 16
"""Of a key."""

PROCESSOR = Path("/sys/devices/system/cpu/modalias")
"""What Linux calls the processor: the vendor, family and model, and the number of each feature."""

_IS_FUNCTION, _HAS_DOCSTRING = 1, 0x4000000
"""Flags of code; the second one is there since Python 3.14."""


def jit_is_off() -> bool:
    """Tell whether Numba is told not to compile: loops are then run as Python."""
    # of Numba where it is there, and not just being imported by another thread
    told = getattr(sys.modules.get("numba.core.config"), "DISABLE_JIT", None)
    if told is None:
        with contextlib.suppress(ValueError):
            told = int(os.environ.get("NUMBA_DISABLE_JIT", "0"))
    return bool(told)


def file_name(request: Request) -> str:
    """Return the name of the file of a compiled loop."""
    name, dtypes = request
    key = module_key(f"{PACKAGE}.{name.rpartition('.')[0]}")
    return "-".join([name, *(dtype for _, dtype in dtypes), key]) + ".loop"


@functools.cache
def module_key(module: str) -> str:
    """Return the key of the loops of a module, ``"convfilter.engine.correlation.loops.exact"``."""
    return _digest(machine(), _code_of_all(module))


@functools.cache
def machine() -> str:
    """Return what all loops on this machine have in common: versions, system, processor."""
    return _digest(
        *map(_version, ("numba", "llvmlite")),
        (sys.platform, sys.maxsize),
        processor(),
        _code_of_all(f"{PACKAGE}.runtime.compiled.build"),
    )


def processor() -> str:
    """Return what tells processors apart for which LLVM would write other code.

    Raises
    ------
    EnvironmentVariableError
        The environment limits vectors to a length that there is not.
    """
    try:
        longest = longest_vector()
    except ValueError as error:
        raise EnvironmentVariableError(str(error)) from error
    known = _processor()
    return known if longest == LONGEST else f"{known} {longest}"


def _processor() -> str:
    try:
        text = PROCESSOR.read_bytes().decode("ascii", "replace")
    except OSError:
        text = ""
    if text.startswith("cpu:type:x86,ven"):
        return text
    # others, and other systems, leave out what LLVM knows
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    return f"{llvm.get_default_triple()} {llvm.get_host_cpu_name()} {features}"


def _version(package: str) -> str:
    """Return a digest of the version of a package, which takes long to be imported."""
    try:
        return _digest(_meaning(_code(f"{package}._version")))
    except ImportError:
        return str(importlib.import_module(package).__version__)


def _digest(*parts: Any) -> str:
    return source_hash(repr(parts).encode()).hex()


def _code_of_all(module: str) -> list[str]:
    """Return digests of a module and of all modules of this package that it imports."""
    names = [module]
    for name in names:
        names += sorted(_own(name)[1].difference(names))
    return [_own(name)[0] for name in names]


@functools.cache
def _own(module: str) -> tuple[str, frozenset[str]]:
    """Return a digest of a module, and the modules of this package that it imports."""
    code = _code(module)
    return _digest(_meaning(code)), frozenset(_imported(code))


def _code(module: str) -> CodeType:
    """Return the code of a module without running it."""
    spec = _find(module)
    loader = None if spec is None else spec.loader
    get_code = getattr(loader, "get_code", None)
    code = None if get_code is None else get_code(module)
    if code is None:
        raise ImportError(f"the code of {module} cannot be found")
    return code  # type: ignore[no-any-return]


@functools.cache
def _find(module: str) -> Any:
    """Return where a module is found, or None.

    Nothing is imported, as the packages around it would be.
    """
    package = module.rpartition(".")[0]
    path = None
    if package:
        around = sys.modules.get(package) or _find(package)
        path = getattr(around, "__path__", getattr(around, "submodule_search_locations", None))
        if path is None:
            return None
    for finder in sys.meta_path:
        spec = finder.find_spec(module, path)
        if spec is not None:
            return spec
    return None


def _imported(code: CodeType) -> set[str]:
    """Return the modules of this package that code imports by their full names."""
    names = {name for name in code.co_names if name.startswith(f"{PACKAGE}.")}
    for package in sorted(names):
        if getattr(_find(package), "submodule_search_locations", None) is not None:
            inside = (f"{package}.{name}" for name in code.co_names if "." not in name)
            names.update(name for name in inside if _find(name) is not None)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _imported(constant)
    return names


def _meaning(code: CodeType) -> tuple[Any, ...]:
    """Return all that code does, and nothing of where it stands and what is said about it."""
    left_out: list[tuple[type, Any]] = [(str, _documentation(code))]
    if "__firstlineno__" in code.co_names:  # of a class, since Python 3.13
        left_out.append((int, code.co_firstlineno))
    constants = [each for each in code.co_consts if (type(each), each) not in left_out]
    return (
        code.co_name,
        code.co_flags,
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        code.co_code,
        code.co_exceptiontable,
        (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
        list(map(_constant, constants)),
    )


def _documentation(code: CodeType) -> str | None:
    """Return the docstring of code."""
    texts = [each for each in code.co_consts if isinstance(each, str)]
    if not code.co_flags & _IS_FUNCTION:  # a module, or a class, whose name comes first
        texts = [text for text in texts if text != code.co_qualname]
        return texts[0] if "__doc__" in code.co_names and texts else None
    if sys.version_info >= (3, 14):
        return texts[0] if code.co_flags & _HAS_DOCSTRING else None
    is_named = not code.co_name.startswith("<")
    return texts[0] if is_named and texts and texts[0] is code.co_consts[0] else None


def _constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _meaning(value)
    if isinstance(value, frozenset):  # in no order
        return sorted(map(repr, value))
    if isinstance(value, tuple):
        return tuple(map(_constant, value))
    return value
