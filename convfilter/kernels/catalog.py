"""The named kernels of `catalog.toml`. Listing them needs no NumPy; making one does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convfilter.errors import ArgumentTypeError, KernelError, UnknownNameError

if TYPE_CHECKING:
    from convfilter.kernels.kernel import Kernel

__all__ = ["KINDS", "all_kernels", "get", "kinds", "names", "summaries"]

KINDS = ("smoothing", "gradient", "compass", "basis", "high-pass", "line", "sharpening", "relief")

_FILE = "catalog.toml"
_NEXT = "\n["  # where a table ends; the rows of weights inside are indented
_NEEDED = {"kind", "signed", "description", "source"}
_ALLOWED = _NEEDED | {"weights", "column", "row", "scale", "offset"}


def names() -> list[str]:
    """Return the names of all kernels, in the order of the catalogue."""
    return list(_tables())


def summaries() -> dict[str, str]:
    """Return the one-line description of every kernel by name."""
    return {name: table["description"] for name, table in _tables().items()}


def kinds() -> dict[str, str]:
    """Return the kind of every kernel by name, one of `KINDS`."""
    return {name: table["kind"] for name, table in _tables().items()}


def get(name: str) -> Kernel:
    """Return the kernel called `name`.

    Raises UnknownNameError: the catalogue has no such kernel; the message gives the nearest names.
    """
    if not isinstance(name, str):
        raise ArgumentTypeError(f"the name of a kernel is text, not {type(name).__name__}")
    if _table(name) is None:
        raise UnknownNameError("kernel", name, names())
    return _made(name)


def all_kernels() -> Iterator[Kernel]:
    """Yield every kernel, in the order of the catalogue."""
    return map(get, names())


@cache
def _made(name: str) -> Kernel:
    from convfilter.kernels.table import kernel_from_table

    try:
        return kernel_from_table(_table(name) or {}, name)
    except KernelError as error:
        raise KernelError(f"{_FILE}: [{name}]: {error}") from None


@cache
def _table(name: str) -> dict[str, Any] | None:
    """Return one table, parsed alone: all of them take longer than most filters."""
    _, found, rest = _text().partition(f"\n[{name}]\n")
    if not found or "\n" in name:
        return None
    text = f"[{name}]\n{rest.partition(_NEXT)[0]}\n"
    return read_tables(text, _FILE)[name]


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return read_tables(_text(), _FILE)


@cache
def _text() -> str:
    # by whatever has loaded this module, so that the package may lie in a zip file
    loader: Any = __spec__.loader
    data: bytes = loader.get_data(str(Path(__file__).with_name(_FILE)))
    return data.decode("utf-8").replace("\r\n", "\n")


def read_tables(text: str, where: str) -> dict[str, dict[str, Any]]:
    """Parse a catalogue: every table complete, nothing in it that is not understood.

    Raises KernelError: the text is not TOML (a name given twice included), or a table has an
    unknown key, lacks one, or holds something other than text where text belongs.
    """
    import tomllib

    try:
        tables = tomllib.loads(text)
    except ValueError as error:
        raise KernelError(f"{where}: {error}") from None
    for name, table in tables.items():
        try:
            _check_table(table)
        except KernelError as error:
            raise KernelError(f"{where}: [{name}]: {error}") from None
    return tables


def _check_table(table: object) -> None:
    if not isinstance(table, dict):
        raise KernelError("is not a table")
    if unknown := sorted(table.keys() - _ALLOWED):
        raise KernelError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_ALLOWED))}")
    if missing := sorted(_NEEDED - table.keys()):
        raise KernelError(f"{missing[0]!r} is missing")
    for key in sorted(_NEEDED):
        if not isinstance(table[key], str) or not table[key].strip() or "\n" in table[key]:
            raise KernelError(f"{key} must be one line of text")
    if table["kind"] not in KINDS:
        raise KernelError(f"kind must be one of {', '.join(KINDS)}, not {table['kind']!r}")
    if ("weights" in table) == ("column" in table or "row" in table):
        raise KernelError("give either weights or both column and row")
