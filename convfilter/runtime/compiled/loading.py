"""Compiled loops by name: found in the cache, or compiled and kept there, and ready to be called.

A loop is compiled once (`workers`) and kept (`store`). Every later process reads its machine code
and calls it, without the interpreter lock. Neither Numba, whose import takes longer than most
filters, nor LLVM is loaded for that on Linux and x86-64 (`code.image`).
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from convfilter.runtime.compiled import keys, store
from convfilter.runtime.compiled.code import executable
from convfilter.runtime.compiled.code.calling import CompiledLoop
from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.compiled.rehearsal import foreseen, is_rehearsal, note
from convfilter.runtime.compiled.store import Compiled

if TYPE_CHECKING:
    from convfilter.runtime.compiled.workers import Build


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
        is whatever else lies at addresses that it is given. An array may also be handed over as
        memory that is lent (`memory.Lent`), and one of one axis that is only read as bytes: of
        those nobody has to ask the address.
        """


Around = Callable[[], contextlib.AbstractContextManager[Any]]

_around: Around = contextlib.nullcontext

_waited: ContextVar[list[float] | None] = ContextVar("convfilter_waited", default=None)


def loop(name: str, **dtypes: DTypeLike) -> Loop:
    """Return the loop `name` (``"engine.correlation.loops.exact.respond"``) for these dtypes.

    `dtypes` binds the capital letters of the loop's declared signature. The compiled loop lets go
    of the interpreter lock while it runs. Where Numba is told not to compile (NUMBA_DISABLE_JIT=1),
    it is the Python function.
    """
    if is_rehearsal():
        return note(_request(name, tuple(dtypes.items())))
    return _loop(name, tuple(dtypes.items()))


@contextlib.contextmanager
def announcing(around: Around) -> Iterator[None]:
    """Enter `around()` while loops are waited for that are being compiled: one at a time.

    This holds for the process, inside the block.
    """
    global _around
    before, _around = _around, around
    try:
        yield
    finally:
        _around = before


def is_compiling() -> bool:
    """Tell whether somebody waits for a loop that is being compiled."""
    return _announcing.locked()


@contextlib.contextmanager
def waiting_timed() -> Iterator[list[float]]:
    """Give the seconds that the work inside the block has waited for loops, in a list of one."""
    waited = [0.0]
    token = _waited.set(waited)
    try:
        yield waited
    finally:
        _waited.reset(token)


def missing(requests: Iterable[Request]) -> list[Request]:
    """Return the loops that the cache does not hold, or not whole."""
    return [each for each in requests if store.read(keys.file_name(each)) is None]


def expect(requests: Iterable[Request]) -> None:
    """Have loops compiled that are not in the cache, while this thread does something else."""
    absent = [] if keys.jit_is_off() else missing(requests)
    if absent:
        from convfilter.runtime.compiled import workers

        workers.expect(absent)


def compile_all(requests: Iterable[Request], tell: Callable[[], None]) -> list[str]:
    """Compile loops and keep them; `tell` is called after each.

    Returns a sentence for each that could not be compiled, or not kept.
    """
    from convfilter.runtime.compiled import cache, workers

    failures: list[str] = []
    for build in workers.ask(requests):
        try:
            made = _made(build)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are compiled
            failures.append(str(error))
        else:
            if missing([build.request]):  # as of one under way before the cache was another one
                store.write(keys.file_name(build.request), made)
            if missing([build.request]):
                failures.append(f"{build.request[0]} could not be written to the cache")
        tell()
    cache.drop_stale()
    return failures


def prepare() -> None:
    """Have what links loops loaded in another thread, while this one reads a file, say.

    Where images of loops are made there is nothing to load.
    """
    if executable.is_supported():
        return

    def load() -> None:
        with contextlib.suppress(Exception):  # whoever asks for a loop will meet it again
            from convfilter.runtime.compiled.code import linking

            linking.linker()

    threading.Thread(target=load, name="convfilter-linker", daemon=True).start()


@functools.cache
def _request(name: str, given: tuple[tuple[str, DTypeLike], ...]) -> Request:
    return name, tuple((letter, np.dtype(dtype).name) for letter, dtype in given)


@functools.cache
def _loop(name: str, given: tuple[tuple[str, DTypeLike], ...]) -> Loop:
    return _loaded(_request(name, given))


@functools.cache
def _loaded(request: Request) -> Loop:
    if keys.jit_is_off():
        from convfilter.runtime.compiled.interpreted import as_written

        return as_written(request)
    file = keys.file_name(request)
    cached = store.read(file)
    if cached is not None:
        with contextlib.suppress(OSError, RuntimeError):
            return _callable(request, cached)
        store.remove(file)  # and compiled anew
    started = time.perf_counter()
    try:
        with announced():
            return _compiled(request, file)
    finally:
        waited = _waited.get()
        if waited is not None:
            waited[0] += time.perf_counter() - started


def _callable(request: Request, made: Compiled) -> Loop:
    """Bring machine code into memory; raise OSError or RuntimeError where it does not go."""
    if made.symbol:
        from convfilter.runtime.compiled.code import linking

        address = linking.link(made.code, made.symbol)
    else:
        address = executable.place(made.code, made.file, made.offset) + made.start
    return CompiledLoop(request[0], address, made.arguments, made.returned)


def _made(build: Build) -> Compiled:
    """Wait for a loop; where no process compiles it, compile and keep it here."""
    from convfilter.runtime.compiled import workers

    try:
        return build.wait()
    except workers.NoCompilerError:
        from convfilter.runtime.compiled import build as compiler

        made = compiler.build(*build.request)
        store.write(keys.file_name(build.request), made)
        return made


def _compiled(request: Request, file: str) -> Loop:
    from convfilter.runtime.compiled import cache, workers

    (asked,) = workers.ask([request])
    expect(foreseen())
    made = _made(asked)
    cache.drop_stale()
    try:
        return _callable(request, made)
    except (OSError, RuntimeError):
        from convfilter.runtime.compiled import build

        made, address = build.compile_here(*request)
        return CompiledLoop(request[0], address, made.arguments, made.returned)


@contextlib.contextmanager
def announced() -> Iterator[None]:
    """Let it be known that loops are compiled, unless another thread does so already."""
    if not _announcing.acquire(blocking=False):
        yield
        return
    try:
        with _around():
            yield
    finally:
        _announcing.release()


_announcing = threading.Lock()


def _forget() -> None:
    """In the child of a fork there is no other thread."""
    global _announcing
    _announcing = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
