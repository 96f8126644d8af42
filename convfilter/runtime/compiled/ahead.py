"""Loops compiled ahead of their use, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from convfilter.runtime.compiled import cache, keys, store, workers
from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.compiled.store import Compiled
from convfilter.runtime.compiled.workers import Build

__all__ = ["compile_all", "made", "missing"]


def missing(requests: Iterable[Request]) -> list[Request]:
    """Return the loops that the cache does not hold, or not whole."""
    return [each for each in requests if store.read(keys.file_name(each)) is None]


def compile_all(requests: Iterable[Request], tell: Callable[[], None]) -> list[str]:
    """Compile loops and keep them; `tell` is called after each.

    Returns a sentence for each that could not be compiled, or not kept.
    """
    failures: list[str] = []
    for build in workers.ask(requests):
        try:
            made(build)
        except RuntimeError as error:
            failures.append(str(error))
        else:
            if missing([build.request]):
                failures.append(f"{build.request[0]} could not be written to the cache")
        tell()
    cache.drop_stale()
    return failures


def made(build: Build) -> Compiled:
    """Wait for a loop, and compile it here where no process does."""
    try:
        return build.wait()
    except workers.NoCompilerError:
        from convfilter.runtime.compiled.build import build as compile_here

        compiled = compile_here(*build.request)
        store.write(keys.file_name(build.request), compiled)
        return compiled
