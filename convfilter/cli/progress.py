"""A progress bar for several files and a spinner for a wait, where a person watches a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from convfilter.cli.wording import say

__all__ = ["Display", "bar", "display", "spinner"]


class Display(NamedTuple):
    """Where lines go while files are worked on, and what to call when one is finished."""

    line: Callable[[str], None]
    advance: Callable[[], None]


LINES_ALONE = Display(say, lambda: None)


@contextmanager
def display(total: int, *, wanted: bool) -> Iterator[Display]:
    """Show a bar if it is wanted and a person watches; otherwise only lines."""
    if not (wanted and total > 1 and _is_watched()):
        yield LINES_ALONE
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield Display(
            lambda text: console.print(
                text, markup=False, emoji=False, highlight=False, soft_wrap=True
            ),
            lambda: progress.advance(task),
        )


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
