"""What is written from the catalogue of kernels: its tables as a module, the page of the docs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from convfilter import kernels
from convfilter.errors import KernelError
from convfilter.kernels.table import kernel_from_table
from convfilter.kernels.tables import TABLES
from tools.generate import COMMAND

CATALOGUE = Path(kernels.__path__[0]) / "catalog.toml"
KINDS = ("smoothing", "gradient", "compass", "basis", "high-pass", "line", "sharpening", "relief")
_NEEDED = {"kind", "signed", "description", "source"}
_ALLOWED = _NEEDED | {"weights", "column", "row", "scale", "offset"}


def use_fresh_tables() -> None:
    """Let this process know every kernel that is declared, whatever the generated module says."""
    TABLES.clear()
    TABLES.update(declared_tables())


def declared_tables() -> dict[str, dict[str, Any]]:
    """Return the catalogue, checked; every table of it makes a kernel."""
    tables = read_tables(CATALOGUE.read_text(encoding="utf-8"), CATALOGUE.name)
    for name, table in tables.items():
        try:
            kernel_from_table(table, name)
        except KernelError as error:
            raise KernelError(f"{CATALOGUE.name}: [{name}]: {error}") from None
    return tables


def tables() -> str:
    """Return the module that holds the catalogue, a kernel on each line."""
    lines = [
        f'"""The catalogue of kernels, from catalog.toml. Written by `{COMMAND}`."""',
        "# ruff: noqa: E501",
        "# fmt: off",
        "",
        "from __future__ import annotations",
        "",
        "from typing import Any",
        "",
        "TABLES: dict[str, dict[str, Any]] = {",
        *(f"    {name!r}: {table!r}," for name, table in declared_tables().items()),
        "}",
    ]
    return "\n".join(lines) + "\n"


def read_tables(text: str, where: str) -> dict[str, dict[str, Any]]:
    """Parse a catalogue: every table complete, nothing in it that is not understood.

    Raises KernelError: the text is not TOML (a name given twice included), or a table has an
    unknown key, lacks one, or holds something other than text where text belongs.
    """
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


def page() -> str:
    """Return the catalogue of kernels as Markdown."""
    lines = [
        "# Kernels",
        "",
        "Laid on the image as printed (correlation); the effective kernel is scale × weights."
        " `convfilter NAME INPUT OUTPUT` runs one, `convfilter.kernels.get(name)` returns it.",
    ]
    for kernel in kernels.all_kernels():
        lines += ["", f"## {kernel.name}", "", f"{kernel.description}. Source: {kernel.source}."]
        lines += ["", "```text", *_matrix(kernel.weights), "```", ""]
        facts = [f"scale {kernel.scale:.12g}", f"shown by `{kernel.signed}`"]
        if kernel.offset:
            facts.insert(1, f"offset {kernel.offset:g}")
        lines.append(", ".join(facts).capitalize() + ".")
    return "\n".join(lines) + "\n"


def _matrix(weights: np.ndarray[Any, Any]) -> list[str]:
    """Return the weights as lines of aligned columns."""
    cells = [[f"{weight:.6g}" for weight in row] for row in weights]
    width = max(len(entry) for row in cells for entry in row)
    return [" ".join(entry.rjust(width) for entry in row) for row in cells]
