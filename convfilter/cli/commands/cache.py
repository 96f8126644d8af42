"""The command `cache`: what is cached of compiled loops, filling it ahead of time, clearing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from convfilter import filters
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.commands.listing import Known, filter_summaries, print_json
from convfilter.cli.options import CONTEXT_SETTINGS, Command, flag, needs_command
from convfilter.cli.telling.progress import display
from convfilter.cli.wording import counted, say
from convfilter.errors import ConvfilterError
from convfilter.pipeline import find

__all__ = ["command"]

_HELP = f"""\
{SUMMARIES["cache"]}

A filter's inner loops are compiled for this processor when they are first needed, and kept. They
live in CONVFILTER_CACHE_DIR, or else in the cache directory of the system.
"""


def command() -> click.Group:
    """Return the command with its three parts."""
    parts = (
        _part(
            "info",
            _info,
            "Show where the cache is, what it holds and its state.",
            options=[flag("--json", "print JSON")],
        ),
        _part(
            "warm",
            _warm,
            "Compile the loops of all filters, or of those named, ahead of their use.",
            options=[flag("--quiet", "print errors only", "-q")],
            arguments=[
                click.Argument(
                    ["names"], nargs=-1, type=Known(filter_summaries), metavar="[FILTER]..."
                )
            ],
        ),
        _part("clear", _clear, "Remove all compiled loops, and no other file."),
    )
    return click.Group(
        "cache",
        {str(part.name): part for part in parts},
        help=_HELP,
        context_settings=CONTEXT_SETTINGS,
        invoke_without_command=True,
        callback=needs_command,
    )


def _part(
    name: str,
    callback: Callable[..., int | None],
    summary: str,
    *,
    options: list[click.Option] | None = None,
    arguments: list[click.Argument] | None = None,
) -> Command:
    return Command(
        name,
        callback=callback,
        help=summary,
        arguments=arguments or [],
        sections=[("Options", options or [])],
    )


def _info(json: bool) -> None:
    from convfilter.runtime.compiled import cache, store

    directory, problem = store.directory(), cache.problem()
    cached = cache.kept()
    if json:
        values: dict[str, Any] = {
            "directory": None if directory is None else str(directory),
            "problem": problem,
            "objects": cached.current + cached.stale,
            "current": cached.current,
            "stale": cached.stale,
            "bytes": cached.size,
        }
        print_json(values)
        return
    print(f"directory  {directory or 'none'}")
    print(f"state      {f'not in order: {problem}' if problem else 'in order'}")
    print(f"loops      {cached.current} by this version for this processor")
    print(f"stale      {cached.stale} by others, dropped after {cache.STALE_DAYS} days")
    print(f"size       {cached.size / 1e6:.1f} MB")


def _warm(names: tuple[str, ...], quiet: bool) -> int:
    from convfilter.batch import needs
    from convfilter.runtime.compiled import cache, compile_all, missing, store

    path = click.get_current_context().command_path
    if problem := cache.problem():
        raise ConvfilterError(f"{store.directory() or 'the cache'}: {problem}")
    chosen = list(dict.fromkeys(names)) or filters.names()
    for name in chosen:
        find(name)
    if not quiet:
        say(f"{path}: compiling what {counted(len(chosen), 'filter')} may need")
    needed = needs.of_filters(chosen)
    absent = missing(needed)
    with display(len(absent), path, "loop", wanted=not quiet, lines=False) as shown:
        failures = compile_all(absent, shown.advance)
    store.open_to_all()
    if failures:
        raise ConvfilterError("; ".join(failures))
    if not quiet:
        say(f"{path}: {counted(len(needed), 'loop')} kept, {len(absent)} of them new")
    return 0


def _clear() -> None:
    from convfilter.runtime.compiled import cache, store

    if reason := cache.distrust():
        raise ConvfilterError(f"{store.directory() or 'the cache'}: {reason}")
    path = click.get_current_context().command_path
    say(f"{path}: {counted(cache.clear(), 'file')} removed")
