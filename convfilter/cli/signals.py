"""Signals that ask the process to end: the stack is unwound, so that no temporary file is left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["ENDING", "Terminated", "leave", "terminable"]

ENDING = (
    *("SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1"),
    *("SIGUSR2", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGBREAK"),
)
"""All that end a process, are no fault of it, and can be caught. Python has its own for SIGINT."""


class Terminated(BaseException):
    """The process was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def terminable() -> Iterator[None]:
    """Let signals that end the process raise `Terminated`; what is ignored stays so (nohup).

    A second one ends it at once.
    """
    is_ending = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal is_ending
        if is_ending:
            leave(128 + number)
        is_ending = True
        raise Terminated(number)

    before: dict[int, Any] = {}
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            try:
                before[number] = signal.signal(number, stop)
            except ValueError:  # not in the main thread, which alone may do this
                break
    try:
        yield
    except (Terminated, KeyboardInterrupt):
        raise  # the process ends, and nothing may end it before its files are cleared away
    except BaseException:
        _restore(before)
        raise
    _restore(before)


def _restore(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)


def leave(code: int) -> None:
    """End the process at once, and leave no file half written."""
    replace = sys.modules.get("convfilter.files.replace")
    if replace is not None:
        replace.abandon()
    os._exit(code)
