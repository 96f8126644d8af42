"""The filters, one module per family; each is a function of its name: `filters.gaussian_blur`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.filters.declare import get, index, names

if TYPE_CHECKING:
    from convfilter.filters.declare import Filter

__all__ = ["get", "index", "names"]


def __getattr__(name: str) -> Filter:
    # open_ is written as in Python, where a name of the language takes a line below
    bare = name.rstrip("_")
    if bare.replace("_", "-") in index():
        return get(bare)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(entry.replace("-", "_") for entry in index())])
