"""The command `kernels`: which kernels there are, and the weights, properties, source of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convfilter import kernels
from convfilter.cli.commands.listing import listing, print_groups, print_json
from convfilter.cli.options import Command

if TYPE_CHECKING:
    from convfilter.kernels import Kernel

__all__ = ["command"]


def command() -> Command:
    """Return the command that lists kernels."""
    text = (
        "List the kernels, or show one with its weights, properties and source.\n\nNAME is a kernel"
        " of the catalogue or a file that holds one."
    )
    return listing("kernels", text, _run, kernels.summaries)


def _run(name: str | None, json: bool) -> None:
    if name:
        kernel = kernels.find(name)
        if json:
            print_json({**kernel.to_dict(), "properties": _properties(kernel)})
        else:
            _show(kernel)
    elif json:
        print_json([kernel.to_dict() for kernel in kernels.all_kernels()])
    else:
        print_groups(_kinds())


def _kinds() -> dict[str, list[tuple[str, str]]]:
    """Return the names and summaries of the kernels under their kinds."""
    kinds = kernels.kinds()
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, summary in kernels.summaries().items():
        groups.setdefault(kinds[name], []).append((name, summary))
    return groups


def _show(kernel: Kernel) -> None:
    print(f"{kernel.name}: {kernel.description}" if kernel.description else kernel.name)
    print()
    cells = [[_number(weight) for weight in row] for row in kernel.weights.tolist()]
    width = max(len(cell) for row in cells for cell in row)
    for row in cells:
        print("  " + "  ".join(f"{cell:>{width}}" for cell in row))
    print()
    for title, value in _properties(kernel).items():
        print(f"  {title:<10}  {_written(value)}")
    print(f"  {'scale':<10}  {_number(kernel.scale)}")
    print(f"  {'offset':<10}  {_number(kernel.offset)}")
    print(f"  {'signed':<10}  {kernel.signed}")
    if kernel.source:
        print(f"  {'source':<10}  {kernel.source}")


def _properties(kernel: Kernel) -> dict[str, Any]:
    rows, columns = kernel.shape
    return {
        "size": f"{rows}x{columns}",
        "sum": kernel.sum,
        "rank": kernel.rank,
        "separable": kernel.separable,
        "symmetry": kernel.symmetry,
    }


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """Return a number briefly: whole, as a simple fraction where it is one, else six digits."""
    if float(value).is_integer():
        return str(int(value))
    from fractions import Fraction

    fraction = Fraction(value).limit_denominator(1000)
    if float(fraction) == value and fraction.denominator > 2:
        return str(fraction)
    return f"{value:.6g}"
