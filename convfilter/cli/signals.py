"""Signals that ask the process to end: the stack is unwound, so that no temporary file is left."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

__all__ = [
    "ENDING",
    "GRACE",
    "Terminated",
    "ended_in_time",
    "interrupts_told",
    "leave",
    "terminable",
]

ENDING = (
    *("SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1"),
    *("SIGUSR2", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGBREAK"),
)
"""All that end a process, are no fault of it, and can be caught. Python has its own for SIGINT."""

MOST_SECONDS = 1.8
"""The process ends at the latest so long after it was asked to."""

GRACE = 1.4
"""Seconds of these that files under way have to be finished in."""


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


@contextmanager
def interrupts_told(tell: Callable[[], None]) -> Iterator[None]:
    """Have `tell` called at the first interrupt (Ctrl-C) at once, before the stack is unwound.

    To unwind it may take as long as other threads need to finish what they do.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(RuntimeError):  # it may have come while something else was being said
            tell()
        raise KeyboardInterrupt

    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def ended_in_time(seconds: float = MOST_SECONDS) -> Iterator[None]:
    """See to it that the process ends so long after a signal that ends it, or at once at a second.

    Signals are answered between two steps of Python in the main thread. Where that decodes or
    filters a large picture by itself, the next step may be long in coming; so another thread waits
    for signals as well, and ends the process without it.
    """
    if threading.current_thread() is not threading.main_thread() or os.name != "posix":
        yield
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    numbers = {getattr(signal, name, None) for name in (*ENDING, "SIGINT")}

    def end() -> None:
        while True:
            number = os.read(heard, 1)[0]
            if number == 0:
                break
            if number in numbers:
                import select

                more, _, _ = select.select([heard], [], [], seconds)
                if more and os.read(heard, 1)[0] == 0:
                    break  # the block has ended well: to be interrupted is the end of a watch
                leave(128 + number)
        os.close(heard)

    threading.Thread(target=end, name="convfilter-ending", daemon=True).start()
    try:
        yield
    except (Terminated, KeyboardInterrupt):
        raise  # time still runs, until the process has ended
    except BaseException:
        _unwatch(before, told)
        raise
    _unwatch(before, told)


def _unwatch(before: int, told: int) -> None:
    signal.set_wakeup_fd(before)
    os.write(told, b"\0")
    os.close(told)


def _restore(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)


def leave(code: int) -> None:
    """End the process at once, and leave no file half written."""
    replace = sys.modules.get("convfilter.files.replace")
    if replace is not None:
        replace.abandon()
    os._exit(code)
