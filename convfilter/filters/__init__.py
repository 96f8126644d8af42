"""The filters, one module per family; each is a function of its name: `filters.gaussian_blur`.

A filter takes an array (H, W) or (H, W, C) and returns one of the same dtype:

>>> import numpy as np
>>> from convfilter import filters
>>> filters.maximum(np.array([[0, 0, 9, 0, 0]], np.uint8), size=3).tolist()
[[0, 9, 9, 9, 0]]

`help` of a filter shows its parameters. What stands beside this file as `__init__.pyi` tells
editors and type checkers the same; it is generated.
"""

from __future__ import annotations

from typing import Any

from convfilter.filters.declare import get, index, names, true_name

__all__ = ["get", "index", "names"]


def __getattr__(name: str) -> Any:
    # open_ is written as in Python, where a name of the language takes a line below
    bare = name.rstrip("_")
    if true_name(bare) in index():
        return get(bare)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name.replace("-", "_") for name in index())])
