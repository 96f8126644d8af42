"""The choice among the ways to carry out an operation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar

from convfilter.nn.running.operation import Way

_forced: ContextVar[str] = ContextVar("convfilter_nn_forced", default="")


@contextlib.contextmanager
def forcing(name: str) -> Iterator[None]:
    """Choose ways inside the block whose names begin with `name`, where there are any."""
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def choose(ways: Sequence[Way]) -> Way:
    """Return the cheapest way, or the cheapest of those that are forced, if there are any."""
    wanted = _forced.get()
    return min(ways, key=lambda way: (not way.name.startswith(wanted), way.cost))
