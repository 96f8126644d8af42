"""Names of a package that are imported when they are first asked for.

A package whose names cost NumPy, Pillow or a dozen modules lists them without paying for them:

    __getattr__, __dir__ = exports(__name__, __all__, {"read": "reading"})

What type checkers have to know stands beside it, in imports under `TYPE_CHECKING`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["ARRAYS", "exports"]


ARRAYS: dict[str, Callable[..., Any]] = {}
"""What filters arrays of other libraries, by these libraries' names: handed down from above."""


def exports(
    package: str, public: Iterable[str], homes: Mapping[str, str], modules: Iterable[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package.

    `homes` tells for each name the module of the package that it comes from; one that begins with a
    dot is beside the package, not in it. `modules` are those that are names themselves.
    """
    rooms = frozenset(modules)

    def get(name: str) -> Any:
        """Import a name; raise AttributeError if the package has none of that name."""
        if name in homes:
            value = getattr(import_module(f".{homes[name]}", package), name)
        elif name in rooms:
            value = import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)
        return value

    def listing() -> list[str]:
        """Return every public name, imported or not."""
        return sorted({*public, *homes, *rooms})

    return get, listing
