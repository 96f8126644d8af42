"""The words in which errors reach a person: one line, with the way out."""

from __future__ import annotations

import os
import sys

import click

from convfilter.errors import ConvfilterError, suggestion
from convfilter.runtime.streams import write_whole

__all__ = ["counted", "describe", "duration", "one_line", "say", "usage_line"]

MINUTE, HOUR = 60, 3600
"""Their seconds."""


def say(text: str) -> None:
    """Print to standard error, which carries all messages."""
    if sys.stderr is None:
        return
    try:
        stream = getattr(sys.stderr, "buffer", None)
        if stream is None:  # text in memory
            print(text, file=sys.stderr, flush=True)
        else:
            lines = f"{text}\n".replace("\n", os.linesep)
            sys.stderr.flush()
            write_whole(stream, [lines.encode(sys.stderr.encoding, "backslashreplace")])
    except (OSError, ValueError):
        return  # nobody is left to be told


def describe(error: BaseException) -> str:
    """Return what went wrong, on one line; of a bug, the traceback as well if it is asked for."""
    if isinstance(error, ConvfilterError):
        return one_line(str(error))
    if os.environ.get("CONVFILTER_DEBUG") == "1":
        import traceback

        say("".join(traceback.format_exception(error)).rstrip())
    detail = one_line(f"{type(error).__name__}: {error}")
    return f"internal error ({detail}): please report it (CONVFILTER_DEBUG=1 shows more)"


def counted(number: int, thing: str) -> str:
    """Return the number and the thing, in the plural unless it is one."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def duration(seconds: float) -> str:
    """Return a time as people say it: "42 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def one_line(text: str) -> str:
    """Return the text with line breaks and tabs as spaces, and nothing that moves a terminal.

    Names of files may hold such characters: they are written as Python writes them.
    """
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


def usage_line(error: click.UsageError) -> str:
    """Return the line for a command line that click cannot understand."""
    context = error.ctx
    path = context.command_path if context is not None else "convfilter"
    return f"{path}: {one_line(_reason(error))} (try '{path} --help')"


def _reason(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        known = _options(error.ctx)
        hint = suggestion(error.option_name, known)
        if isinstance(error.ctx and error.ctx.command, click.Group):
            hint = "; options follow the name of the filter"
        elif not error.option_name.startswith("--"):
            hint = ": a file whose name begins with a dash is written ./-name"
        return f"there is no option {error.option_name}{hint}"
    if isinstance(error, click.MissingParameter):
        parameter = error.param
        if isinstance(parameter, click.Option):
            return f"{parameter.opts[0]} is needed: {(parameter.help or '').partition('  [')[0]}"
        return f"{parameter.metavar or parameter.name if parameter else 'an argument'} is missing"
    if isinstance(error, click.BadOptionUsage):
        return error.message.removesuffix(".").replace("Option ", "option ", 1)
    if isinstance(error, click.BadParameter) and isinstance(error.param, click.Option):
        return f"{error.param.opts[0]}: {error.message}"
    return error.format_message()


def _options(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    return [
        written
        for parameter in context.command.get_params(context)
        if isinstance(parameter, click.Option)
        for written in (*parameter.opts, *parameter.secondary_opts)
        if written.startswith("--")
    ]
