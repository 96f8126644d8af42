"""Kernels that a person types, and the rows of text files."""

from __future__ import annotations

from convfilter.errors import ArgumentTypeError, KernelError
from convfilter.kernels.kernel import Kernel
from convfilter.kernels.table import kernel_from_table, parse_number

__all__ = ["MAX_BYTES", "parse", "parse_rows"]

MAX_BYTES = 2**20


def parse(text: str) -> Kernel:
    """Return the kernel that is written in `text`: `"0 -1 0, -1 5 -1, 0 -1 0"`.

    Rows end at a comma, a semicolon or a line break, entries at a space. Where semicolons or
    line breaks part the rows, commas may part the entries: `"1,2,1; 2,4,2; 1,2,1"`. Fractions
    are numbers too: `"1/9 1/9 1/9"`. One row of entries parted by commas alone, `"1,2,1"`, is
    a column, since the comma ends a row.

    Raises
    ------
    KernelError
        When an entry is no number, the rows differ in length, all weights are 0, or there are none.
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
        return kernel_from_table({"weights": parse_rows(text, comma_ends_row=True)}, "custom")
    except KernelError as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise KernelError(f"kernel {shown!r}: {error}") from None


def parse_rows(text: str, *, comma_ends_row: bool) -> list[list[float]]:
    """Return the numbers of `text` as rows, which may still be ragged.

    `comma_ends_row` decides about a single line whose entries are parted by commas alone.
    """
    # The minus sign of typeset papers is not the one of keyboards.
    text = text.replace("\N{MINUS SIGN}", "-").replace(";", "\n")
    lines = [line.strip().removesuffix(",") for line in text.splitlines()]
    lines = [line for line in lines if line]
    cells = [cell for line in lines for cell in line.split(",")]
    several = any(len(cell.split()) > 1 for cell in cells)
    with_commas = len(cells) > len(lines)
    if with_commas and (several or (comma_ends_row and len(lines) == 1)):
        rows = [cell.split() for cell in cells]
    elif with_commas:
        rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    else:
        rows = [line.split() for line in lines]
    return [_numbers(row, number) for number, row in enumerate(rows, start=1)]


def _numbers(entries: list[str], row: int) -> list[float]:
    if not entries or "" in entries:
        raise KernelError(f"row {row} has nothing between two commas")
    try:
        return [parse_number(entry) for entry in entries]
    except KernelError as error:
        raise KernelError(f"row {row}: {error}") from None
