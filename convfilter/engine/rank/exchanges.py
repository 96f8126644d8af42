"""Which values a network compares, and exchanges, to sort them.

The network is Batcher's (*Sorting networks and their applications*, 1968).
"""

from __future__ import annotations

import functools


@functools.cache
def exchanges(count: int) -> tuple[tuple[int, int], ...]:
    """Return pairs of places, in order: the lower value goes to the first place of each."""
    pairs: list[tuple[int, int]] = []
    half = 1
    while half < count:
        step = half
        while step >= 1:
            for start in range(step % half, count - step, 2 * step):
                for place in range(start, min(start + step, count - step)):
                    if place // (2 * half) == (place + step) // (2 * half):
                        pairs += [(place, place + step)]
            step //= 2
        half *= 2
    return tuple(pairs)
