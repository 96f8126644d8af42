"""Loops compiled ahead of their use, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from convfilter.runtime.compiled import cache, workers
from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.compiled.loops import missing

__all__ = ["compile_all", "missing"]


def compile_all(requests: Iterable[Request], tell: Callable[[], None]) -> list[str]:
    """Compile loops and keep them; `tell` is called after each.

    Returns a sentence for each that could not be compiled, or not kept.
    """
    failures: list[str] = []
    for build in workers.ask(requests):
        try:
            workers.made(build)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are compiled
            failures.append(str(error))
        else:
            if missing([build.request]):
                failures.append(f"{build.request[0]} could not be written to the cache")
        tell()
    cache.drop_stale()
    return failures
