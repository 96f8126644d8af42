"""A kernel from a table of plain values, as TOML and JSON give them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ArgumentTypeError, KernelError, suggestion
from convfilter.kernels.kernel import Kernel, check_signed
from convfilter.runtime.checks import check_kernel, check_row
from convfilter.runtime.numbers import check_number, shortened

__all__ = ["KEYS", "kernel_from_table", "parse_number"]

KEYS = (
    "name",
    "kind",
    "weights",
    "column",
    "row",
    "scale",
    "offset",
    "signed",
    "description",
    "source",
)

# compiled when a number is first given as text: most kernels have none
_DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_FRACTION = r"([+-]?[0-9]{1,300})/([0-9]{1,300})"
_NOT_FINITE = r"[+-]?(?:nan|inf|infinity)"


def kernel_from_table(table: Mapping[str, Any], name: str) -> Kernel:
    """Return the kernel that a table describes; only its weights are required.

    Weights are rows of numbers or one row, or `column` and `row`, whose outer product they are.
    Every number may be written as a fraction in text, `"1/9"`, which is then rounded only once. A
    `name` in the table goes before the one given.

    Raises
    ------
    KernelError
        With the bare reason; the caller knows where the table stands.
    """
    for key in table:
        if key not in KEYS:
            raise KernelError(f"unknown key {str(key)!r}{suggestion(str(key), KEYS)}")
    for key in ("name", "kind", "description", "source"):
        if not isinstance(table.get(key, ""), str):
            raise KernelError(f"{key} must be text")
    weights = _weights(table)
    try:
        scale = check_number(_number(table.get("scale", 1.0)), "scale")
        offset = check_number(_number(table.get("offset", 0.0)), "offset")
    except (ArgumentError, ArgumentTypeError) as error:
        raise KernelError(str(error)) from None
    signed = check_signed(table.get("signed", "clamp"))
    if not (scale * weights).any():
        raise KernelError("all weights are 0, the result would be one flat colour")
    return Kernel(
        table.get("name", name),
        weights,
        scale,
        offset,
        signed,
        table.get("description", ""),
        table.get("source", ""),
    )


def parse_number(text: str) -> float:
    """Return the number that a person wrote: `2`, `-0.5`, `1e-3` or `1/9`.

    Raises
    ------
    KernelError
        When it is no number, not finite, or a fraction over 0.
    """
    if fraction := re.fullmatch(_FRACTION, text):
        above, below = int(fraction[1]), int(fraction[2])
        if below == 0:
            raise KernelError(f"{shortened(text)} divides by 0")
        return above / below  # rounded once; 300 digits stay below the limit of float64
    if re.fullmatch(_DECIMAL, text):
        return float(text)
    if re.fullmatch(_NOT_FINITE, text, re.IGNORECASE):
        raise KernelError(f"{shortened(text)} is not a finite number")
    raise KernelError(f"{shortened(text)} is not a number; write 2, -0.5, 1e-3 or 1/9")


def _weights(table: Mapping[str, Any]) -> NDArray[np.float64]:
    if "weights" in table:
        if "column" in table or "row" in table:
            raise KernelError("give either weights or both column and row")
        rows = table["weights"]
        if not isinstance(rows, list):
            raise KernelError("weights must be a list of rows, such as [[0, 1], [1, 0]]")
        if rows and not any(isinstance(row, list) for row in rows):
            check_row(rows)
            rows = [rows]
        return check_kernel(
            [list(map(_number, row)) if isinstance(row, list) else row for row in rows]
        )
    if "column" not in table or "row" not in table:
        raise KernelError("has no weights; give weights = [[...], [...]], one list per row")
    column, row = (_vector(key, table[key]) for key in ("column", "row"))
    with np.errstate(over="ignore"):
        return check_kernel(np.outer(column, row))


def _vector(key: str, entries: object) -> NDArray[np.float64]:
    if not isinstance(entries, list) or any(isinstance(entry, list) for entry in entries):
        raise KernelError(f"{key} must be a list of numbers")
    return check_kernel([[_number(entry) for entry in entries]]).ravel()


def _number(value: object) -> object:
    return parse_number(value) if isinstance(value, str) else value
