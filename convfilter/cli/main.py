"""Run one command line and turn whatever happens into one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from convfilter.cli.group import Commands
from convfilter.cli.options import COMMAND_PATH, CONTEXT_SETTINGS
from convfilter.cli.wording import describe, say, usage_line
from convfilter.errors import ConvfilterError, reason_of

__all__ = ["Terminated", "run"]

FAILED, WRONG_USAGE, INTERRUPTED, READER_GONE, TERMINATED = 1, 2, 130, 141, 143


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


def run(arguments: Sequence[str]) -> int:
    """Run `convfilter` with these arguments and return its exit code; never raises."""
    group = Commands()
    if "_CONVFILTER_COMPLETE" in os.environ:
        group.main([*arguments], prog_name="convfilter", complete_var="_CONVFILTER_COMPLETE")
    try:
        with _terminable():
            code = _run(group, arguments)
            if sys.stdout is not None:
                sys.stdout.flush()
            return code
    except BrokenPipeError:
        _silence_output()
        return READER_GONE
    except Terminated:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(group: Commands, arguments: Sequence[str]) -> int:
    # not `group.main`, which would give an interrupt and a closed pipe other exit codes
    meta: dict[str, Any] = {}
    try:
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
    except ConvfilterError as error:
        say(f"{_command(meta)}: {describe(error)}")
        return error.exit_code
    except OSError as error:  # of the standard streams: those of files have become ours
        say(f"{_command(meta)}: standard output: {reason_of(error)}")
        return FAILED
    except MemoryError:
        say(f"{_command(meta)}: not enough memory")
        return FAILED
    except Exception as error:  # noqa: BLE001 - a bug shows one line too, not a traceback
        say(f"{_command(meta)}: {describe(error)}")
        return FAILED


def _command(meta: dict[str, Any]) -> str:
    return str(meta.get(COMMAND_PATH, "convfilter"))


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that temporary files are taken away."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    try:
        before: Any = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread, which alone may do this
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _silence_output() -> None:
    """Keep the interpreter from writing, as it ends, what nobody reads any more."""
    try:
        hole = os.open(os.devnull, os.O_WRONLY)
        os.dup2(hole, sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return
