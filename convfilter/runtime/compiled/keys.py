"""What an object file depends on: the loop and those it is made of, versions, processor, settings.

The key of a loop comes from the compiled code of its module, and of the modules of this package
that it imports, as the import system hands it out. So it needs no source text (an installation may
have none), a comment changes no key, and a change of one loop none of another's.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import sys
from importlib.abc import InspectLoader
from pathlib import Path
from types import CodeType
from typing import Any

Request = tuple[str, tuple[tuple[str, str], ...]]
"""The name of a loop, and the names of the dtypes that its letters stand for."""

PACKAGE = "convfilter."

DIGITS = 24
"""Of a key in the name of an object file."""

HARMLESS = frozenset(
    f"NUMBA_{name}"
    for name in ("CACHE_DIR", "DISABLE_JIT", "NUM_THREADS", "THREADING_LAYER", "WARNINGS")
)
"""Settings of Numba that change no loop."""


def jit_is_off() -> bool:
    """Tell whether Numba is told not to compile: loops are then run as Python."""
    numba = sys.modules.get("numba")
    if numba is not None:
        return bool(numba.config.DISABLE_JIT)
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def settings() -> dict[str, str]:
    """Return the settings of Numba that may change a loop, from the environment and its file."""
    found = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name not in HARMLESS
    }
    with contextlib.suppress(OSError):  # hardly anybody has one
        found["file"] = Path(".numba_config.yaml").read_text(encoding="utf-8", errors="replace")
    return found


def file_name(request: Request) -> str:
    """Return the name of a loop's object file."""
    name, dtypes = request
    key = module_key(f"{PACKAGE}{name.rpartition('.')[0]}")
    return "-".join([name, *(dtype for _, dtype in dtypes), key[:DIGITS]]) + ".o"


@functools.cache
def machine() -> str:
    """Return what all loops on this machine have in common: versions, system, processor."""
    import llvmlite
    import llvmlite.binding as llvm

    parts = (
        llvmlite.__version__,
        _numba_version(),
        llvm.get_default_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        _digest("convfilter.runtime.compiled.build"),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def module_key(module: str) -> str:
    """Return the key of the loops of a module, ``"convfilter.engine.loops.correlate"``."""
    parts = [machine(), _digest(module), *(f"{k}={v}" for k, v in sorted(settings().items()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@functools.cache
def _digest(module: str) -> str:
    """Return a digest of a module and of all modules of this package that it imports."""
    digest = hashlib.sha256()
    waiting, seen = [module], {module}
    while waiting:
        code = _code(waiting.pop())
        _add(digest, code)
        for name in sorted(_imported(code) - seen):
            seen.add(name)
            waiting.append(name)
    return digest.hexdigest()


def _code(module: str) -> CodeType:
    """Return the code of a module without running it."""
    spec = importlib.util.find_spec(module)
    if spec is None or not isinstance(spec.loader, InspectLoader):
        raise ImportError(f"the code of {module} cannot be found")
    code = spec.loader.get_code(module)
    assert code is not None
    return code


def _imported(code: CodeType) -> set[str]:
    """Return the modules of this package that a module's code names, wherever it does."""
    names = {name for name in code.co_names if name.startswith(PACKAGE)}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _imported(constant)
    return names


def _add(digest: Any, code: CodeType) -> None:
    """Add all that code means, and nothing of where it stands."""
    digest.update(code.co_code)
    for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars):
        digest.update(repr(names).encode())
    digest.update(f"{code.co_name} {code.co_flags} {code.co_argcount}".encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _add(digest, constant)
        elif isinstance(constant, frozenset):
            digest.update(repr(sorted(map(repr, constant))).encode())
        else:
            digest.update(repr(constant).encode())


def _numba_version() -> str:
    """Return Numba's version without the quarter of a second that importing it takes."""
    spec = importlib.util.find_spec("numba")
    if spec is None or spec.origin is None:
        return "none"
    try:
        text = Path(spec.origin).with_name("_version.py").read_text(encoding="utf-8")
    except OSError:  # from an archive
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("numba")
        except PackageNotFoundError:
            return "unknown"
    match = re.search(r'"version":\s*"([^"]+)"', text)
    return match[1] if match else text
