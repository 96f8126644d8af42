"""Compiled loops by name: from an object file, linked by llvmlite, called through ctypes.

A loop is compiled once (`workers`) and kept as an object file (`store`). Every later process links
that file with llvmlite alone, and calls it without the interpreter lock; Numba, whose import takes
longer than most filters, is never imported for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import DTypeLike

from convfilter.runtime.compiled import keys, store
from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.compiled.store import Entry, ObjectFile


class Loop(Protocol):
    """A loop that can be called; arrays are handed over as they lie in memory."""

    @property
    def address(self) -> int:
        """What `addresses.call` calls it by, from within another loop."""

    def __call__(self, *arguments: Any) -> Any:
        """Run it; arrays of other dtypes or axes than it declares raise TypeError."""

    def bind(self, *arguments: Any, keep: Any = None) -> Callable[[], Any]:
        """Return a call with these arguments, to be made many times at little cost.

        It works on the same arrays, which may hold other values each time. What it has to `keep`
        is whatever else lies at addresses that it is given.
        """


Around = Callable[[], contextlib.AbstractContextManager[Any]]

_around: Around = contextlib.nullcontext
_preparing: threading.Thread | None = None
_rehearsed: ContextVar[dict[Request, None] | None] = ContextVar("rehearsed", default=None)

_RUNTIME_SYMBOLS = (
    "NRT_Free",
    "NRT_MemInfo_call_dtor",
    "numba_do_raise",
    "numba_gil_ensure",
    "numba_gil_release",
    "numba_runtime_build_excinfo_struct",
    "numba_unpickle",
)
"""Parts of Numba's runtime that the code names on paths of errors, which no loop ever takes."""

_NUMBERS: dict[str, Any] = {
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}


def loop(name: str, **dtypes: DTypeLike) -> Loop:
    """Return the loop `name` (``"engine.loops.module.function"``), compiled for these dtypes.

    `dtypes` binds the capital letters of the loop's declared signature. The compiled loop lets go
    of the interpreter lock while it runs. Where Numba is told not to compile (NUMBA_DISABLE_JIT=1),
    it is the Python function.
    """
    rehearsed = _rehearsed.get()
    if rehearsed is not None:
        rehearsed[_request(name, tuple(dtypes.items()))] = None
        return _SILENT
    return _loop(name, tuple(dtypes.items()))


@contextlib.contextmanager
def rehearsing() -> Iterator[dict[Request, None]]:
    """Collect the loops that are asked for inside the block, in order; they do nothing there.

    Whatever the block computes means nothing. It has to stay in its thread (workers=1).
    """
    needed: dict[Request, None] = {}
    token = _rehearsed.set(needed)
    try:
        yield needed
    finally:
        _rehearsed.reset(token)


@contextlib.contextmanager
def announcing(around: Around) -> Iterator[None]:
    """Enter `around()`, once, while a loop is waited for that is being compiled.

    This holds for the process, inside the block.
    """
    global _around
    before, _around = _around, around
    try:
        yield
    finally:
        _around = before


def expect(requests: dict[Request, None]) -> None:
    """Have loops compiled that are not in the cache, while this thread does something else."""
    missing = [each for each in requests if store.read(keys.file_name(each)) is None]
    if missing and not keys.jit_is_off():
        from convfilter.runtime.compiled import workers

        workers.ask(missing)


def prepare() -> threading.Thread:
    """Load the linker in another thread, while this one reads a file, say; loops wait for it."""
    global _preparing

    def load() -> None:
        with contextlib.suppress(Exception):  # whoever asks for a loop will meet it again
            keys.machine()
            _linker()

    _preparing = threading.Thread(target=load, name="convfilter-linker", daemon=True)
    _preparing.start()
    return _preparing


@functools.cache
def _request(name: str, given: tuple[tuple[str, DTypeLike], ...]) -> Request:
    return name, tuple((letter, np.dtype(dtype).name) for letter, dtype in given)


@functools.cache
def _loop(name: str, given: tuple[tuple[str, DTypeLike], ...]) -> Loop:
    return _loaded(_request(name, given))


@functools.cache
def _loaded(request: Request) -> Loop:
    if keys.jit_is_off():
        return _as_python(request)
    if _preparing is not None:
        _preparing.join()
    file = keys.file_name(request)
    kept = store.read(file)
    if kept is not None:
        # an object that does not link is compiled anew
        with contextlib.suppress(RuntimeError):
            return _linked(kept)
    with _around():
        return _compiled(request, file)


def _compiled(request: Request, file: str) -> Loop:
    from convfilter.runtime.compiled import cache, workers

    try:
        made = workers.ask([request])[0].wait()
    except workers.CompilerGoneError:
        from convfilter.runtime.compiled import build

        made = build.build(request[0], dict(request[1]))
        store.write(file, made)
    if made is None:
        return _as_python(request)
    cache.drop_stale()
    try:
        return _linked(made)
    except RuntimeError:
        from convfilter.runtime.compiled import build

        entry, address = build.compile_here(request[0], dict(request[1]))
        return _caller(address, entry)


@functools.cache
def _linker() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.create_lljit_compiler()


def _stop() -> None:
    os.write(2, b"convfilter: a compiled loop took a path that it cannot take; please report it\n")
    os.abort()


_STOP = ctypes.CFUNCTYPE(None)(_stop)


_numbers = itertools.count()
_linked_libraries: list[Any] = []
"""Linked code lives as long as the process: its addresses have been given away."""


def _linked(file: ObjectFile) -> Loop:
    """Link an object file and return its entry; RuntimeError where a symbol is unknown."""
    import llvmlite.binding as llvm

    entry = file.entry
    builder = llvm.JITLibraryBuilder()
    builder.add_object_img(file.code)
    builder.export_symbol(entry.symbol)
    builder.add_current_process()
    stop = ctypes.cast(_STOP, ctypes.c_void_p).value
    for symbol in _RUNTIME_SYMBOLS:
        builder.import_symbol(symbol, stop)
    library = builder.link(_linker(), f"loop{next(_numbers)}")  # names may not come twice
    _linked_libraries.append(library)
    return _caller(library[entry.symbol], entry)


def _caller(address: int, entry: Entry) -> Loop:
    """Return a function that hands arrays over as pointers and extents."""
    types: list[Any] = []
    # written out for the loop's own arguments: general ones would take longer than a short strip
    names = [f"a{number}" for number in range(len(entry.arguments))]
    scope: dict[str, Any] = {}
    checks, values = [], []
    for name, (kind, axes) in zip(names, entry.arguments, strict=True):
        if not axes:
            types.append(_NUMBERS[kind])
            values.append(f"{'float' if kind[0] == 'f' else 'int'}({name})")
            continue
        types += [ctypes.c_void_p, *[ctypes.c_int64] * axes]
        scope[f"dtype_{name}"] = np.dtype(kind if isinstance(kind, str) else [*map(tuple, kind)])
        checks.append(
            f"{name}.dtype != dtype_{name} or {name}.ndim != {axes}"
            f" or not {name}.flags.c_contiguous"
        )
        # the interface of records would describe each field
        place = "__array_interface__['data'][0]" if isinstance(kind, str) else "ctypes.data"
        values.append(f"{name}.{place}")
        values.append(f"*{name}.shape")
    returned = _NUMBERS[entry.returned] if entry.returned else None
    scope["function"] = ctypes.CFUNCTYPE(returned, *types)(address)
    text = f"""
def call({", ".join(names)}):
    if {" or ".join(checks) or "False"}:
        raise TypeError({f"{entry.symbol}: an array of the wrong kind"!r})
    return function({", ".join(values)})

def bind({", ".join([*names, "keep=None"])}):
    if {" or ".join(checks) or "False"}:
        raise TypeError({f"{entry.symbol}: an array of the wrong kind"!r})
    kept = ({", ".join([*names, "keep"])},)
    values = ({", ".join(values)},)
    return lambda kept=kept: function(*values)
"""
    exec(text, scope)
    call = scope["call"]
    call.bind, call.address = scope["bind"], address
    return cast("Loop", call)


class _PythonLoop:
    """A loop that is a Python function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @functools.cached_property
    def address(self) -> int:
        """What other loops that are Python functions call it by."""
        from convfilter.runtime.compiled import addresses

        return addresses.register(self._function)

    def __call__(self, *arguments: Any) -> Any:
        # compiled code warns of nothing, and vectors reach beyond what means something
        with np.errstate(all="ignore"):
            return self._function(*arguments)

    def bind(self, *arguments: Any, keep: Any = None) -> Callable[[], Any]:
        """Return a call with these arguments, which keeps what it has to."""

        def call() -> Any:
            return self(*arguments)

        call.kept = keep  # type: ignore[attr-defined]
        return call


def _as_python(request: Request) -> Loop:
    """Return the function that stands in the source, as the interpreter runs it."""
    from convfilter.runtime.compiled import build

    return _PythonLoop(build.as_python(request[0], dict(request[1])))


class _SilentLoop(_PythonLoop):
    """A loop in a rehearsal, which does nothing."""

    address = 0


_SILENT = _SilentLoop(lambda *_: 0)
