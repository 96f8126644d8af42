"""A progress bar for several files and a spinner for a wait, where a person watches a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from convfilter.cli.telling.pace import Pace
from convfilter.cli.wording import counted, say

__all__ = ["Advance", "Display", "bar", "display", "is_watched", "spinner"]


EVERY = 5.0
"""Seconds between lines where nobody watches a bar, at first."""

SELDOM = 60.0
"""Seconds between them after ten minutes: they grow with the time that has gone by."""

REFRESHED = 5.0
"""How often a second a bar is drawn."""

BAR = 20
"""Columns of a bar; half of them where there are few."""

FREE = 5
"""Columns that stay free: a line that fills the last one is not erased once ``^C`` is echoed."""

WIDE = 72
"""Columns of a terminal from which on there is a place for names of files."""

NARROW = 64
"""Columns of one that has no place for megapixels."""


class Advance(Protocol):
    """Tells that one thing more is finished."""

    def __call__(
        self, name: str = "", share: float = 1.0, *, pixels: int = 0, failed: bool = False
    ) -> None:
        """Count it: its name, its share of all work, its pixels, and whether it was in vain."""


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
    pace = Pace(count, total or count)
    if not wanted or count <= 1:
        yield Display(say, _silent)
    elif is_watched():
        with _bar(pace) as shown:
            yield shown
    else:
        yield Display(say, _lines(pace, command, thing) if lines else _silent)


def _silent(name: str = "", share: float = 1.0, *, pixels: int = 0, failed: bool = False) -> None:
    """Tell nobody."""


def _lines(pace: Pace, command: str, thing: str) -> Advance:
    began = last = time.monotonic()

    def advance(
        name: str = "", share: float = 1.0, *, pixels: int = 0, failed: bool = False
    ) -> None:
        nonlocal last
        pace.add(share, pixels, failed=failed)
        now = time.monotonic()
        if now - last >= min(SELDOM, max(EVERY, (now - began) / 10)) and pace.finished < pace.count:
            last = now
            behind = f" ({name})" if name else ""
            said = ", ".join([f"{pace.finished} of {counted(pace.count, thing)} done{behind}"])
            say(f"{command}: {', '.join([said, *pace.words()])}")

    return advance


@contextmanager
def _bar(pace: Pace) -> Iterator[Display]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task
    from rich.text import Text

    console = Console(stderr=True)
    width = BAR if console.width >= WIDE else BAR // 2

    class Words(ProgressColumn):
        """How far it is, on one line; made anew at each drawing, since time goes by."""

        def render(self, task: Task) -> Text:
            pieces = pace.words("MP/s" if console.width >= NARROW else None)
            said = ", ".join([f"{pace.finished}/{pace.count}", *pieces])
            text = Text(f"{said}  {task.fields['name']}" if console.width >= WIDE else said)
            text.truncate(max(1, console.width - width - FREE), overflow="ellipsis")
            text.no_wrap = True
            return text

    with Progress(
        BarColumn(width),
        Words(),
        console=console,
        transient=True,
        refresh_per_second=REFRESHED,
    ) as progress:
        task = progress.add_task("", total=1.0, name="")

        def advance(
            name: str = "", share: float = 1.0, *, pixels: int = 0, failed: bool = False
        ) -> None:
            pace.add(share, pixels, failed=failed)
            progress.update(task, completed=pace.share, name=name.rpartition("/")[2])

        def line(text: str) -> None:
            console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)

        yield Display(line, advance)


def spinner(text: str) -> AbstractContextManager[object] | None:
    """Return what shows a spinner with the text while it is entered, or None if nobody watches."""
    if not is_watched():
        return None
    from rich.console import Console
    from rich.markup import escape

    return Console(stderr=True).status(escape(text))


def is_watched() -> bool:
    """Tell whether messages go to a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """Show a bar where a person watches; what is yielded sets its share from 0 to 1, and a text."""
    if not is_watched():
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
