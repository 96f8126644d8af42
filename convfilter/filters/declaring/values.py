"""Values of parameters as text and as TOML, and what texts of kernels and paddings mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from convfilter.errors import ArgumentError, KernelError, UnknownNameError
from convfilter.filters.declaring.lengths import Length
from convfilter.runtime.numbers import written_number

if TYPE_CHECKING:
    from convfilter.kernels import Kernel

__all__ = ["kernel_of", "parse_padding", "plain", "written"]


def written(value: Any) -> str:
    """Return a value as a person writes it on the command line."""
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return written_number(value)
    if isinstance(value, (tuple, list)):
        return ",".join(written(part) for part in value)
    return str(value) if isinstance(value, (str, Length)) else _written_kernel(value)


def plain(value: Any) -> Any:
    """Return a value of a parameter in a form that TOML holds."""
    if value is None:
        return "auto"
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Length):
        return value.text
    from convfilter.kernels.text import as_table

    return _name_of(value) or as_table(value)


def _written_kernel(kernel: Kernel) -> str:
    from convfilter.kernels import text

    return _name_of(kernel) or text.written(kernel)


def _name_of(kernel: Kernel) -> str | None:
    """Return the name of a kernel in the catalogue, None for one that is not there as it is."""
    from convfilter.kernels import get, names

    return kernel.name if kernel.name in names() and get(kernel.name) == kernel else None


def kernel_of(given: Any) -> Kernel:
    """Return the kernel that a name, a path, weights in text, a table or an array means."""
    from convfilter.kernels import Kernel, find, from_array

    if isinstance(given, Kernel):
        return given
    if isinstance(given, Mapping):
        from convfilter.kernels.table import kernel_from_table

        try:
            return kernel_from_table(given, "custom")
        except KernelError as error:
            raise KernelError(f"kernel: {error}") from None
    return find(given) if isinstance(given, (str, PathLike)) else from_array(given)


def parse_padding(text: str) -> Any:
    """Return the padding that a person wrote: a name, one, two or four whole numbers.

    Four stand for top, bottom, left, right.
    """
    parts = [part for part in re.split(r"[\s,x]+", text) if part]
    if all(re.fullmatch(r"[+-]?\d{1,30}", part) for part in parts):
        numbers = [int(part) for part in parts]
        if len(numbers) == 1:
            return numbers[0]
        if len(numbers) == 2:
            return (numbers[0], numbers[1])
        if len(numbers) == 4:
            return ((numbers[0], numbers[1]), (numbers[2], numbers[3]))
    elif text in ("valid", "same", "full"):
        return text
    else:
        raise UnknownNameError("padding", text, ("same", "valid", "full"))
    raise ArgumentError(
        f"padding is {text!r}: give same, valid, full, or 1, 2 (rows, columns) or 4 numbers"
        " (top, bottom, left, right)"
    )
