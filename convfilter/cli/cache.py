"""The command `cache`: what is kept of compiled loops, filling it ahead of time, clearing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from convfilter import filters
from convfilter.cli.listing import Known
from convfilter.cli.options import CONTEXT_SETTINGS, Command
from convfilter.cli.progress import display
from convfilter.cli.wording import say
from convfilter.errors import ConvfilterError
from convfilter.pipeline import find

__all__ = ["cache_command"]

SUMMARY = "Show, fill or clear the cache of compiled loops."
_HELP = f"""\
{SUMMARY}

A filter's inner loops are compiled for this processor when they are first needed, and kept. They
live in CONVFILTER_CACHE_DIR, or else in the cache directory of the system.
"""


def cache_command() -> click.Group:
    """Return the command with its three parts."""
    parts = (_info_command(), _warm_command(), _clear_command())
    return click.Group(
        "cache",
        {str(part.name): part for part in parts},
        help=_HELP,
        context_settings=CONTEXT_SETTINGS,
        no_args_is_help=False,
    )


def _info_command() -> Command:
    def callback(json: bool) -> None:
        from convfilter.runtime.compiled import cache, store

        directory, problem = store.directory(), cache.problem()
        kept = cache.kept()
        values: dict[str, Any] = {
            "directory": None if directory is None else str(directory),
            "problem": problem,
            "objects": kept.current + kept.stale,
            "current": kept.current,
            "stale": kept.stale,
            "bytes": kept.size,
        }
        if json:
            from json import dumps

            print(dumps(values, indent=2, ensure_ascii=False))
            return
        print(f"directory  {directory or 'none'}")
        print(f"state      {f'not in order: {problem}' if problem else 'in order'}")
        print(f"loops      {kept.current} by this version for this processor")
        print(f"stale      {kept.stale} by others, dropped after {cache.STALE_DAYS} days")
        print(f"size       {kept.size / 1e6:.1f} MB")

    as_json = click.Option(["--json"], is_flag=True, default=False, help="print JSON")
    return _part("info", callback, "Show where the cache is, what it holds and its state.", as_json)


def _warm_command() -> Command:
    def callback(names: tuple[str, ...], quiet: bool) -> int:
        from convfilter.cli.warming import warm
        from convfilter.runtime.compiled import cache, store
        from convfilter.runtime.threads import default_workers

        command = click.get_current_context().command_path
        if problem := cache.problem():
            raise ConvfilterError(f"{store.directory() or 'the cache'}: {problem}")
        chosen = list(dict.fromkeys(names)) or filters.names()
        for name in chosen:
            find(name)
        before = cache.kept().current
        if not quiet:
            say(f"{command}: compiling what {_number(len(chosen), 'filter')} may need")
        with display(len(chosen), wanted=not quiet) as shown:
            failed = warm(chosen, default_workers(), shown.advance)
        kept = cache.kept().current
        if failed:
            raise ConvfilterError(f"{', '.join(failed)}: could not be compiled and kept")
        if not quiet:
            say(f"{command}: {_number(kept, 'loop')} kept, {kept - before} of them new")
        return 0

    quiet = click.Option(["-q", "--quiet"], is_flag=True, default=False, help="print errors only")
    names = click.Argument(["names"], nargs=-1, type=Known("filters"), metavar="[FILTER]...")
    summary = "Compile the loops of all filters, or of those named, ahead of their use."
    return _part("warm", callback, summary, quiet, names)


def _clear_command() -> Command:
    def callback() -> None:
        from convfilter.runtime.compiled import cache, store

        if reason := cache.distrust():
            raise ConvfilterError(f"{store.directory() or 'the cache'}: {reason}")
        command = click.get_current_context().command_path
        say(f"{command}: {_number(cache.clear(), 'file')} removed")

    return _part("clear", callback, "Remove all compiled loops, and no other file.")


def _part(
    name: str, callback: Callable[..., Any], summary: str, *parameters: click.Parameter
) -> Command:
    options = [each for each in parameters if isinstance(each, click.Option)]
    arguments = [each for each in parameters if isinstance(each, click.Argument)]
    return Command(
        name,
        callback=callback,
        help=summary,
        arguments=arguments,
        sections=[("Options", options)],
    )


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
