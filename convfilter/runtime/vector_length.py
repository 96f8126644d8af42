"""How long vectors may be, where somebody wants shorter ones than the processor has."""

from __future__ import annotations

import os

NAME = "CONVFILTER_VECTOR_BYTES"
"""The variable of the environment that says it: 16, 32 or 64.

Sums of vectors of another length end in other bits, so that this gives the results of another
processor, and tells how fast it would be without the longest vectors of this one.
"""

LONGEST = 64


def longest_vector() -> int:
    """Return how many bytes a vector may have, if the processor has them.

    Raises
    ------
    ValueError
        The environment says another number.
    """
    given = os.environ.get(NAME, "").strip() or str(LONGEST)
    if given not in ("16", "32", "64"):
        raise ValueError(f"{NAME} must be 16, 32 or 64, not {given!r}")
    return int(given)
