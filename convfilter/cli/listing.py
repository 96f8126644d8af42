"""The commands `filters` and `kernels`: what there is, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from convfilter import filters, kernels
from convfilter.cli.options import AnyType, Command, help_text

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from convfilter.kernels import Kernel

__all__ = ["filters_command", "kernels_command"]


class Known(AnyType):
    """A name out of a list, which completion offers."""

    name = "name"

    def __init__(self, room: str) -> None:
        self._room = room

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        if self._room == "kernels":
            known = kernels.summaries()
        else:
            known = {entry.name: entry.summary for entry in filters.index().values()}
        return [CompletionItem(n, help=s) for n, s in known.items() if n.startswith(incomplete)]


def filters_command() -> Command:
    """Return the command that lists filters."""

    def callback(name: str | None, json: bool) -> None:
        if json:
            chosen = [name] if name else filters.names()
            described = [filters.get(each).to_dict() for each in chosen]
            _print_json(described[0] if name else described)
        elif name:
            _show_filter(name)
        else:
            families: dict[str, list[tuple[str, str]]] = {}
            for entry in sorted(filters.index().values(), key=lambda entry: entry.name):
                families.setdefault(entry.family, []).append((entry.name, entry.summary))
            _print_families(dict(sorted(families.items())))

    return _listing(
        "filters", "filter", "List the filters, or show one with its parameters.", callback
    )


def kernels_command() -> Command:
    """Return the command that lists kernels."""

    def callback(name: str | None, json: bool) -> None:
        if name:
            kernel = kernels.find(name)
            if json:
                _print_json({**kernel.to_dict(), "properties": _properties(kernel)})
            else:
                _show_kernel(kernel)
        elif json:
            _print_json([kernel.to_dict() for kernel in kernels.all_kernels()])
        else:
            kinds = kernels.kinds()
            groups: dict[str, list[tuple[str, str]]] = {}
            for each, summary in kernels.summaries().items():
                groups.setdefault(kinds[each], []).append((each, summary))
            _print_families(groups)

    return _listing(
        "kernels",
        "kernel",
        "List the kernels, or show one with its weights, properties and source.\n\nNAME is a kernel"
        " of the catalogue or a file that holds one.",
        callback,
    )


def _listing(name: str, thing: str, text: str, callback: Any) -> Command:
    as_json = click.Option(["--json"], is_flag=True, default=False, help="print JSON")
    return Command(
        name,
        callback=callback,
        help=text,
        arguments=[click.Argument(["name"], required=False, type=Known(name), metavar="[NAME]")],
        sections=[("Options", [as_json])],
    )


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))


def _print_families(families: dict[str, list[tuple[str, str]]]) -> None:
    width = max(len(name) for entries in families.values() for name, _ in entries)
    blocks = []
    for family, entries in families.items():
        lines = [f"{family.replace('_', ' ').capitalize()}:"]
        lines += [f"  {name:<{width}}  {summary}" for name, summary in entries]
        blocks.append("\n".join(lines))
    print("\n\n".join(blocks))


def _show_filter(name: str) -> None:
    found = filters.get(name)
    print(f"{found.name}: {found.summary}")
    width = max((len(parameter.name) for parameter in found.parameters), default=0)
    for parameter in found.parameters:
        choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
        needed = ", required" if parameter.required else ""
        kind = f"{parameter.kind}{choices}{needed}"
        print(f"  {parameter.name:<{width}}  {kind}: {help_text(parameter)}")


def _show_kernel(kernel: Kernel) -> None:
    print(f"{kernel.name}: {kernel.description}" if kernel.description else kernel.name)
    print()
    cells = [[_number(weight) for weight in row] for row in kernel.weights.tolist()]
    width = max(len(cell) for row in cells for cell in row)
    for row in cells:
        print("  " + "  ".join(f"{cell:>{width}}" for cell in row))
    print()
    for title, value in _properties(kernel).items():
        shown = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        print(f"  {title:<10}  {_number(shown) if isinstance(shown, float) else shown}")
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


def _number(value: float) -> str:
    """Return a number briefly: whole, as a simple fraction where it is one, else six digits."""
    if float(value).is_integer():
        return str(int(value))
    from fractions import Fraction

    fraction = Fraction(value).limit_denominator(1000)
    if float(fraction) == value and fraction.denominator > 2:
        return str(fraction)
    return f"{value:.6g}"
