"""Compiled loops by name: the one place that turns a loop's source into machine code.

A loop is compiled once by Numba and kept as an object file (`objects.py`). Every later process
links that file with llvmlite alone and calls it through ctypes, which lets go of the interpreter
lock; Numba, whose import takes longer than most filters, is not imported then.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from convfilter.runtime.compiled import store
from convfilter.runtime.compiled.store import Entry, ObjectFile

Loop = Callable[..., Any]

_while_compiling: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
"""Makes what is entered while a loop is compiled; `announcing` sets it."""

_preparing: threading.Thread | None = None

_one_at_a_time = threading.RLock()
"""Bands that all come upon a missing loop wait for the one that makes it."""

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

_SCALARS: dict[str, Any] = {
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}


def loop(name: str, **dtypes: DTypeLike) -> Loop:
    """Return the compiled loop `name` (``"module.function"``) for the given dtypes.

    `dtypes` binds the capital letters of the loop's declared signature. The compiled loop lets go
    of the interpreter lock while it runs. With NUMBA_DISABLE_JIT=1 it is the Python function.
    """
    return _loop(name, tuple(dtypes.items()))


def bound(loop: Loop, *arguments: Any) -> Callable[[], Any]:
    """Return a call of a loop with its arguments, to be made many times at little cost.

    It works on the same arrays, which may hold other values each time.
    """
    bind: Callable[..., Callable[[], Any]] | None = getattr(loop, "bind", None)
    return bind(*arguments) if bind is not None else functools.partial(loop, *arguments)


@functools.cache
def _loop(name: str, given: tuple[tuple[str, DTypeLike], ...]) -> Loop:
    with _one_at_a_time:
        return _loaded(name, tuple((letter, np.dtype(d).name) for letter, d in given))


@functools.cache
def _loaded(name: str, dtypes: tuple[tuple[str, str], ...]) -> Loop:
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        from convfilter.runtime.compiled import build

        return build.source(name)
    if _preparing is not None:
        _preparing.join()
    file = store.file_name(name, dtypes, key())
    kept = store.read(file)
    if kept is not None:
        try:
            return _linked(kept)
        except RuntimeError:
            pass  # an object that does not link is compiled anew
    with _while_compiling():
        return _compiled(name, dtypes, file)


@contextlib.contextmanager
def announcing(
    callback: Callable[[], contextlib.AbstractContextManager[Any]],
) -> Iterator[None]:
    """Inside the block, call `callback` before a loop is compiled, and enter what it returns.

    So whoever runs the process can say that this takes a while. It counts for all threads, since
    a loop is compiled in whatever thread needs it.
    """
    global _while_compiling
    before, _while_compiling = _while_compiling, callback
    try:
        yield
    finally:
        _while_compiling = before


def prepare() -> threading.Thread:
    """Load the linker in another thread, while this one reads a file, say; loops wait for it."""
    global _preparing

    def load() -> None:
        with contextlib.suppress(Exception):  # whoever asks for a loop will meet it again
            key()
            _linker()

    _preparing = threading.Thread(target=load, name="convfilter-linker", daemon=True)
    _preparing.start()
    return _preparing


def _compiled(name: str, dtypes: tuple[tuple[str, str], ...], file: str) -> Loop:
    from convfilter.runtime.compiled import cache

    is_first = "numba" not in sys.modules
    from convfilter.runtime.compiled import build

    if is_first:  # otherwise its settings are somebody else's
        _prefer_wide_vectors(build.set_target)
    entry, text = build.to_llvm(name, dict(dtypes))
    made = ObjectFile(entry, _object_code(text))
    try:
        linked = _linked(made)
    except RuntimeError:
        return build.compile_here(name, dict(dtypes))
    store.write(file, made)
    cache.drop_stale(key())
    return linked


def _prefer_wide_vectors(set_target: Callable[[str, str], None]) -> None:
    """Ask for vectors of 512 bits on x86 processors that do not slow down for them.

    LLVM keeps to 256 bits because of the first such processors. Those since Ice Lake and Zen 4,
    which AVX-512 VBMI tells from them, gain up to a quarter.
    """
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    if features.get("avx512vbmi"):
        set_target(llvm.get_host_cpu_name(), features.flatten() + ",-prefer-256-bit")


@functools.cache
def key() -> str:
    """Return a digest of all that an object file depends on besides its name and dtypes.

    The sources stand for the version of this package.
    """
    import llvmlite
    import llvmlite.binding as llvm

    parts = (
        llvmlite.__version__,
        llvm.get_default_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        store.source_digest(),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


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


def _object_code(text: str) -> bytes:
    """Return the object file of LLVM text, for the processor of this machine."""
    import llvmlite.binding as llvm

    _linker()  # initialises the target
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="default",
    )
    code: bytes = machine.emit_object(llvm.parse_assembly(text))
    return code


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
    for argument in entry.arguments:
        if argument.axes:
            types += [ctypes.c_void_p, *[ctypes.c_int64] * argument.axes]
        else:
            types.append(_SCALARS[argument.dtype])
    result = _SCALARS[entry.returned] if entry.returned else None
    function = ctypes.CFUNCTYPE(result, *types)(address)
    # written out for the loop's own arguments: general ones would take longer than a short strip
    names = [f"a{number}" for number in range(len(entry.arguments))]
    checks, values = [], []
    for name, argument in zip(names, entry.arguments, strict=True):
        if not argument.axes:
            values.append(f"{'float' if argument.dtype[0] == 'f' else 'int'}({name})")
            continue
        checks.append(
            f"{name}.dtype != {argument.dtype} or {name}.ndim != {argument.axes}"
            f" or not {name}.flags.c_contiguous"
        )
        values.append(f"{name}.__array_interface__['data'][0]")
        values.append(f"*{name}.shape")
    text = f"""
def call({", ".join(names)}):
    if {" or ".join(checks) or "False"}:
        raise TypeError({f"{entry.symbol}: an array of the wrong kind"!r})
    return function({", ".join(values)})

def bind({", ".join(names)}):
    if {" or ".join(checks) or "False"}:
        raise TypeError({f"{entry.symbol}: an array of the wrong kind"!r})
    kept = ({", ".join(names)},)
    values = ({", ".join(values)},)
    return lambda kept=kept: function(*values)
"""
    scope: dict[str, Any] = {name: np.dtype(name) for name in _SCALARS}
    scope["function"] = function
    exec(text, scope)
    call: Loop = scope["call"]
    call.bind = scope["bind"]  # type: ignore[attr-defined]
    return call
