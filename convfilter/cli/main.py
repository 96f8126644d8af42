"""Run one command line and turn whatever happens into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from convfilter.cli.group import Commands
from convfilter.cli.options import COMMAND_PATH, COMPLETING, CONTEXT_SETTINGS
from convfilter.cli.output import OutputError, whole_output
from convfilter.cli.signals import Terminated, terminable
from convfilter.cli.wording import describe, one_line, say, usage_line
from convfilter.errors import ConvfilterError, reason_of, shown

__all__ = ["run"]

FAILED, WRONG_USAGE, INTERRUPTED, READER_GONE = 1, 2, 130, 141


def run(arguments: Sequence[str]) -> int:
    """Run `convfilter` with these arguments and return its exit code; never raises."""
    group = Commands()
    try:
        with terminable():
            return _run(group, arguments)
    except BrokenPipeError:
        code = READER_GONE
    except Terminated as ended:
        code = ended.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    _silence_output()
    return code


def _run(group: Commands, arguments: Sequence[str]) -> int:
    # not `group.main`, which would give an interrupt and a closed pipe other exit codes
    meta: dict[str, Any] = {}
    try:
        with whole_output():
            if instruction := os.environ.get(COMPLETING):
                from click.shell_completion import shell_complete

                return shell_complete(group, {}, "convfilter", COMPLETING, instruction)
            if not arguments:
                with click.Context(group, info_name="convfilter", **CONTEXT_SETTINGS) as context:
                    say(group.get_help(context))
                return WRONG_USAGE
            with group.make_context("convfilter", [*arguments]) as context:
                meta = context.meta
                return int(group.invoke(context) or 0)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.UsageError as error:
        say(usage_line(error))
        return WRONG_USAGE
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except OutputError as error:
        say(f"{_command(meta)}: standard output: {reason_of(error)}")
        _silence_output()
        return FAILED
    except ConvfilterError as error:
        say(f"{_command(meta)}: {describe(error)}")
        return error.exit_code
    except OSError as error:
        name = "" if error.filename is None else f"{shown(error.filename)}: "
        say(f"{_command(meta)}: {name}{one_line(reason_of(error))}")
        return FAILED
    except MemoryError:
        say(f"{_command(meta)}: not enough memory")
        return FAILED
    except Exception as error:  # noqa: BLE001 - a bug shows one line too, not a traceback
        say(f"{_command(meta)}: {describe(error)}")
        return FAILED


def _command(meta: dict[str, Any]) -> str:
    return str(meta.get(COMMAND_PATH, "convfilter"))


def _silence_output() -> None:
    """Keep the interpreter from writing, as it ends, what nobody reads any more, or not now."""
    try:
        hole = os.open(os.devnull, os.O_WRONLY)
        os.dup2(hole, sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return
