"""Kernels that a person types, and the rows of text files."""

from __future__ import annotations

import re
from typing import Any

from convfilter.errors import ArgumentTypeError, KernelError
from convfilter.kernels.kernel import Kernel
from convfilter.kernels.table import kernel_from_table, parse_number
from convfilter.runtime.checks import check_row

__all__ = ["MAX_BYTES", "as_table", "kernel_from_json", "parse", "parse_rows", "written"]

MAX_BYTES = 2**20


def parse(text: str) -> Kernel:
    """Return the kernel that is written in `text`: `"0 -1 0, -1 5 -1, 0 -1 0"`.

    Rows end at a comma, a semicolon or a line break, entries at a space. Where semicolons or
    line breaks part the rows, commas may part the entries: `"1,2,1; 2,4,2; 1,2,1"`. A few numbers
    without rows, `"1 2 1"` or `"1,2,1"`, are one row; a column is written `"1; 2; 1"`. Rows may
    also stand in brackets, as in Python: `"[[1, 2, 1], [2, 4, 2], [1, 2, 1]]"`, and an object as in
    JSON says more: `'{"weights": [[1, 2, 1]], "scale": 0.25}'`. Numbers may be fractions, `"1/9"`.

    Raises
    ------
    KernelError
        When an entry is no number, the rows differ in length, all weights are 0, or there are none;
        and for 9, 25 or 49 numbers without rows, of which a square is meant.
    ArgumentTypeError
        When `text` is no text.

    Examples
    --------
    >>> parse("1 2 1, 2 4 2, 1 2 1").weights[1].tolist()
    [2.0, 4.0, 2.0]
    """
    if not isinstance(text, str):
        raise ArgumentTypeError(f"the text of a kernel is a str, not {type(text).__name__}")
    if len(text) > MAX_BYTES:
        raise KernelError(f"the text of the kernel is longer than {MAX_BYTES} characters")
    try:
        if text.lstrip().startswith("{"):
            return kernel_from_json(text, "custom")
        return kernel_from_table({"weights": parse_rows(text)}, "custom")
    except KernelError as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise KernelError(f"kernel {shown!r}: {error}") from None
    except RecursionError:
        raise KernelError("brackets of the kernel are nested too deeply") from None


def written(kernel: Kernel) -> str:
    """Return the text of which `parse` makes the same kernel.

    Examples
    --------
    >>> written(parse("1/4 0.5 1/4, 1 2 1"))
    '[[0.25, 0.5, 0.25], [1, 2, 1]]'
    """
    import json

    table = as_table(kernel)
    weights = json.dumps(table.pop("weights"))
    if not table:
        return weights
    return f'{{"weights": {weights}, {json.dumps(table)[1:]}'


def as_table(kernel: Kernel) -> dict[str, Any]:
    """Return the table of which `kernel_from_table` makes the same kernel, without its defaults."""
    plain = Kernel("custom", [[1]]).to_dict()
    said = {key: value for key, value in kernel.to_dict().items() if value != plain[key]}
    return {
        "weights": kernel.to_dict()["weights"],
        **{k: v for k, v in said.items() if k != "weights"},
    }


def kernel_from_json(text: str, name: str) -> Kernel:
    """Return the kernel of a list of rows, or of an object with the keys of a table.

    Raises
    ------
    KernelError
        With the bare reason.
    """
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise KernelError(f"key {key!r} stands there twice")
        return dict(pairs)

    def refuse(literal: str) -> float:
        raise KernelError(f"{literal} is not a finite number")

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except KernelError:
        raise
    except ValueError as error:
        raise KernelError(f"is not JSON: {' '.join(str(error).split())}") from None
    if isinstance(value, list):
        return kernel_from_table({"weights": value}, name)
    if isinstance(value, dict):
        return kernel_from_table(value, name)
    raise KernelError("must be a list of rows or an object with weights")


def parse_rows(text: str) -> list[list[float]]:
    """Return the numbers of `text` as rows, which may still be ragged.

    Raises
    ------
    KernelError
        For an entry that is no number, and for as many numbers without rows as a square has.
    """
    # The minus sign of typeset papers is not the one of keyboards.
    text = text.replace("\N{MINUS SIGN}", "-")
    if text.lstrip().startswith("["):
        return _bracketed(text)
    lines = [line.strip().removesuffix(",") for line in text.replace(";", "\n").splitlines()]
    lines = [line for line in lines if line]
    cells = [cell for line in lines for cell in line.split(",")]
    several = any(len(cell.split()) > 1 for cell in cells)
    with_commas = len(cells) > len(lines)
    if with_commas and several:
        rows = [cell.split() for cell in cells]
    elif with_commas:
        rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    else:
        rows = [line.split() for line in lines]
    numbers = [_numbers(row, number) for number, row in enumerate(rows, start=1)]
    if len(rows) == 1:
        check_row(rows[0])
    return numbers


def _bracketed(text: str) -> list[list[float]]:
    """Return the rows of ``[[1, 2], [3, 4]]``, or the row of ``[1, 2]``, whose commas may lack."""
    whole = re.sub(r"\s+", " ", text.strip())
    inner = whole[1:].removesuffix("]")
    if not whole.endswith("]") or "[" not in inner:
        row = _numbers(_entries(inner), 1) if whole.endswith("]") and "]" not in inner else None
        if row is None:
            raise KernelError("the brackets do not fit together: write [[1, 2], [3, 4]]")
        check_row(_entries(inner))
        return [row]
    if not re.fullmatch(r" ?(?:\[[^\[\]]*\](?: ?, ?| )?)+", inner):
        raise KernelError("the brackets do not fit together: write [[1, 2], [3, 4]]")
    rows = re.findall(r"\[([^\[\]]*)\]", inner)
    return [_numbers(_entries(row), number) for number, row in enumerate(rows, start=1)]


def _entries(row: str) -> list[str]:
    """Return what stands between commas, or where there are none, between spaces."""
    row = row.strip().removesuffix(",")
    return [entry.strip() for entry in row.split(",")] if "," in row else row.split()


def _numbers(entries: list[str], row: int) -> list[float]:
    if not entries or "" in entries:
        raise KernelError(f"row {row} has nothing between two commas")
    try:
        return [parse_number(entry) for entry in entries]
    except KernelError as error:
        raise KernelError(f"row {row}: {error}") from None
