"""What a file of weights holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

__all__ = ["Stored"]


class Stored(NamedTuple):
    """Arrays by name, and the texts that the file holds beside them."""

    arrays: Mapping[str, NDArray[Any]]
    texts: Mapping[str, str]
