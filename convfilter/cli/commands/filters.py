"""The command `filters`: which filters there are, and the parameters of one."""

from __future__ import annotations

from convfilter import filters
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.commands.listing import (
    families,
    filter_summaries,
    listing,
    print_groups,
    print_json,
)
from convfilter.cli.options import Command, help_text

__all__ = ["command"]


def command() -> Command:
    """Return the command that lists filters."""
    return listing("filters", SUMMARIES["filters"], _run, filter_summaries)


def _run(name: str | None, json: bool) -> None:
    if json:
        chosen = [name] if name else filters.names()
        described = [filters.get(each).to_dict() for each in chosen]
        print_json(described[0] if name else described)
    elif name:
        _show(name)
    else:
        print_groups(families())


def _show(name: str) -> None:
    declared = filters.get(name)
    print(f"{declared.name}: {declared.summary}")
    width = max((len(parameter.name) for parameter in declared.parameters), default=0)
    for parameter in declared.parameters:
        choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
        needed = ", required" if parameter.required else ""
        kind = f"{parameter.kind}{choices}{needed}"
        print(f"  {parameter.name:<{width}}  {kind}: {help_text(parameter)}")
