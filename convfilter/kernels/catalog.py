"""The named kernels. Listing them needs no NumPy; making one does.

They are declared in `catalog.toml`; `tables` is generated from it, so that nothing has to be parsed
when a command starts, and no file be found beside the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from convfilter.errors import ArgumentTypeError, UnknownNameError
from convfilter.kernels.tables import TABLES

if TYPE_CHECKING:
    from convfilter.kernels.kernel import Kernel

__all__ = ["all_kernels", "get", "kinds", "names", "summaries"]


def names() -> list[str]:
    """Return the names of all kernels, in the order of the catalogue."""
    return list(TABLES)


def summaries() -> dict[str, str]:
    """Return the one-line description of every kernel by name."""
    return {name: table["description"] for name, table in TABLES.items()}


def kinds() -> dict[str, str]:
    """Return the kind of every kernel by name: smoothing, gradient, compass, ..."""
    return {name: table["kind"] for name, table in TABLES.items()}


def get(name: str) -> Kernel:
    """Return the kernel called `name`.

    Raises
    ------
    UnknownNameError
        When the catalogue has no such kernel; the message gives the nearest names.
    ArgumentTypeError
        When the name is no text.

    Examples
    --------
    >>> get("sobel-x").weights.tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    if not isinstance(name, str):
        raise ArgumentTypeError(f"the name of a kernel is text, not {type(name).__name__}")
    if name not in TABLES:
        raise UnknownNameError("kernel", name, names())
    return _made(name)


def all_kernels() -> Iterator[Kernel]:
    """Yield every kernel, in the order of the catalogue."""
    return map(get, names())


@cache
def _made(name: str) -> Kernel:
    from convfilter.kernels.table import kernel_from_table

    return kernel_from_table(TABLES[name], name)
