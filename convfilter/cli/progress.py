"""A progress bar for several files and a spinner for a wait, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

from convfilter.cli.wording import say

__all__ = ["Display", "announcement", "display"]


class Display(NamedTuple):
    """Where lines go while files are worked on, and what to call when one is finished."""

    line: Callable[[str], None]
    advance: Callable[[], None]


@contextmanager
def display(total: int, *, wanted: bool) -> Iterator[Display]:
    """Show a bar if it is wanted and a person watches; otherwise only lines."""
    if not (wanted and total > 1 and _is_watched()):
        yield Display(say, lambda: None)
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


def announcement(
    text: str, line: Callable[[str], None], *, spinning: bool
) -> Callable[[], AbstractContextManager[object]]:
    """Return what is entered for each wait: a spinner with the text, or the text once as a line."""
    said = False

    def enter() -> AbstractContextManager[object]:
        nonlocal said
        if spinning and _is_watched():
            from rich.console import Console
            from rich.markup import escape

            return Console(stderr=True).status(escape(text))
        if not said:
            said = True
            line(text)
        return nullcontext()

    return enter


def _is_watched() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
