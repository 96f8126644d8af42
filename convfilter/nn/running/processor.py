"""The vectors and tiles of this processor."""

from __future__ import annotations

import functools

from convfilter.runtime.compiled import loop

REGISTER = "nn.running.loops.processor.register"


@functools.cache
def lanes() -> int:
    """Return how many numbers a vector holds."""
    return int(loop(REGISTER)(0))


@functools.cache
def tallest_tile() -> int:
    """Return how many pixels a tile of products has at most."""
    return int(loop(REGISTER)(1))


def whole_vectors(count: int) -> int:
    """Return a number of maps, rounded up to whole vectors."""
    return -(-count // lanes()) * lanes()
