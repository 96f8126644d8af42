"""What the commands that list things have in common: names, lists for people, JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from convfilter import filters
from convfilter.cli.options import AnyType, Command, offered

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["Known", "families", "filter_summaries", "listing", "print_groups", "print_json"]

Groups = Mapping[str, Sequence[tuple[str, str]]]
"""Names with their summaries, under the title of each group."""


class Known(AnyType):
    """A name out of a list, which completion offers; whoever uses it says if there is none such."""

    name = "name"

    def __init__(self, summaries: Callable[[], Mapping[str, str]]) -> None:
        self._summaries = summaries

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name as it is."""
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin with what is there."""
        return offered(self._summaries(), incomplete)


def filter_summaries() -> dict[str, str]:
    """Return the one-line description of every filter by name."""
    return {entry.name: entry.summary for entry in filters.index().values()}


def families() -> Groups:
    """Return the names and summaries of the filters under their families, all sorted."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for entry in sorted(filters.index().values(), key=lambda entry: (entry.family, entry.name)):
        groups.setdefault(entry.family, []).append((entry.name, entry.summary))
    return groups


def listing(
    name: str, text: str, callback: Callable[..., None], summaries: Callable[[], Mapping[str, str]]
) -> Command:
    """Return a command that lists what there is, or shows what is named, for people or as JSON."""
    as_json = click.Option(["--json"], is_flag=True, default=False, help="print JSON")
    known = Known(summaries)
    return Command(
        name,
        callback=callback,
        help=text,
        arguments=[click.Argument(["name"], required=False, type=known, metavar="[NAME]")],
        sections=[("Options", [as_json])],
    )


def print_json(value: Any) -> None:
    """Print a value as JSON, to standard output as all data."""
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_groups(groups: Groups) -> None:
    """Print each group under its title, with names and summaries in columns."""
    width = max(len(name) for entries in groups.values() for name, _ in entries)
    blocks = []
    for title, entries in groups.items():
        lines = [f"{title.replace('_', ' ').capitalize()}:"]
        lines += [f"  {name:<{width}}  {summary}" for name, summary in entries]
        blocks.append("\n".join(lines))
    print("\n\n".join(blocks))
