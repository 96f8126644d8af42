"""A progress bar for several files and a spinner for a wait, where a person watches a terminal."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from convfilter.cli.wording import counted, say

__all__ = ["Advance", "Display", "bar", "display", "spinner"]


EVERY = 5.0
"""Seconds between lines where nobody watches a bar."""


class Advance(Protocol):
    """Tells that one thing more is finished: its name, and its share of all work."""

    def __call__(self, name: str = "", share: float = 1.0) -> None:
        """Count it."""


class Display(NamedTuple):
    """Where lines go while files are worked on, and what to call when one is finished."""

    line: Callable[[str], None]
    advance: Advance


@contextmanager
def display(
    count: int,
    command: str = "convfilter",
    thing: str = "file",
    *,
    wanted: bool,
    total: float | None = None,
    lines: bool = True,
) -> Iterator[Display]:
    """Show a bar if it is wanted and a person watches; otherwise a line every few seconds.

    Parameters
    ----------
    count : of things to be done
    command : what lines begin with
    thing : what is done, "file" say
    wanted : else nothing is shown
    total : the sum of all shares, `count` if each is 1
    lines : whether lines come where nobody watches
    """
    if not wanted or count <= 1:
        yield Display(say, _silent)
    elif _is_watched():
        with _bar(count, total or count) as shown:
            yield shown
    else:
        yield Display(say, _lines(count, command, thing) if lines else _silent)


def _silent(name: str = "", share: float = 1.0) -> None:
    """Tell nobody."""


def _lines(count: int, command: str, thing: str) -> Advance:
    finished, last = 0, time.monotonic()

    def advance(name: str = "", share: float = 1.0) -> None:
        nonlocal finished, last
        finished += 1
        now = time.monotonic()
        if now - last >= EVERY and finished < count:
            last = now
            behind = f" ({name})" if name else ""
            say(f"{command}: {finished} of {counted(count, thing)} done{behind}")

    return advance


@contextmanager
def _bar(count: int, total: float) -> Iterator[Display]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TextColumn("{task.fields[finished]}/{task.fields[count]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, finished=0, count=count, name="")
        finished = itertools.count(1)

        def advance(name: str = "", share: float = 1.0) -> None:
            progress.update(task, advance=share, finished=next(finished), name=name)

        def line(text: str) -> None:
            console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)

        yield Display(line, advance)


def spinner(text: str) -> AbstractContextManager[object] | None:
    """Return what shows a spinner with the text while it is entered, or None if nobody watches."""
    if not _is_watched():
        return None
    from rich.console import Console
    from rich.markup import escape

    return Console(stderr=True).status(escape(text))


def _is_watched() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """Show a bar where a person watches; what is yielded sets its share from 0 to 1, and a text."""
    if not _is_watched():
        yield lambda share, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=1.0, text="")
        yield lambda share, text: progress.update(task, completed=share, text=text)
