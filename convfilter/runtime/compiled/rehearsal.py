"""Which loops some work is going to need, before it needs them: the work is rehearsed.

A rehearsal does the work on a small picture. Every loop that it asks for is noted, and does
nothing; so what comes out means nothing either. It takes milliseconds where to compile the loops
takes seconds, and they can be compiled side by side once all of them are known.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import numpy as np

from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.memory import of_thread

__all__ = ["Foresight", "Requests", "foreseen", "is_rehearsal", "note", "rehearsing"]

Requests = dict[Request, None]
"""Loops, in the order in which they were asked for."""

_asked_for: ContextVar[Requests | None] = ContextVar("convfilter_rehearsal", default=None)


def is_rehearsal() -> bool:
    """Tell whether this runs in a rehearsal, where what loops make means nothing."""
    return _asked_for.get() is not None


@contextlib.contextmanager
def rehearsing() -> Iterator[Requests]:
    """Collect the loops that are asked for inside the block; they do nothing there.

    The block has to stay in its thread (workers=1).
    """
    asked_for: Requests = {}
    token = _asked_for.set(asked_for)
    try:
        # it may have begun in the middle of a call, which has taken memory to work in
        with of_thread.set_aside(), np.errstate(all="ignore"):
            yield asked_for
    finally:
        _asked_for.reset(token)


def note(request: Request) -> SilentLoop:
    """Note, in a rehearsal, that a loop is needed, and return one that does nothing."""
    asked_for = _asked_for.get()
    assert asked_for is not None
    asked_for[request] = None
    return _SILENT


class SilentLoop:
    """A loop in a rehearsal."""

    address = 0

    def __call__(self, *arguments: Any) -> int:
        return 0

    def bind(self, *arguments: Any, keep: Any = None) -> Callable[[], int]:
        """Return a call that does nothing."""
        return self


_SILENT = SilentLoop()

_ahead: dict[int, Callable[[], object]] = {}
"""How to rehearse the work that goes on in this process, until it has been rehearsed."""


class Foresight:
    """Entered for some work, so that the loops that it needs are compiled side by side.

    At the first loop that has to be compiled, `rehearse()` does the work on a small picture, in a
    rehearsal; whatever it raises is of no account. As long as no loop is missing, nothing is done.
    """

    __slots__ = ("_rehearse",)

    def __init__(self, rehearse: Callable[[], object]) -> None:
        self._rehearse = rehearse

    def __enter__(self) -> None:
        _ahead[id(self)] = self._rehearse

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _ahead.pop(id(self), None)


def foreseen() -> Requests:
    """Return the loops that the work going on in this process is going to need, as far as known.

    Each work is rehearsed once, by the thread that is the first to miss a loop.
    """
    needed: Requests = {}
    for each in tuple(_ahead):
        rehearse = _ahead.pop(each, None)
        if rehearse is not None:
            with rehearsing() as asked_for, contextlib.suppress(Exception):
                rehearse()
            needed |= asked_for
    return needed
