"""Who tells that something has changed in folders: the system, or the clock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from convfilter.formats.declaring.needed import needed

__all__ = ["Changes"]

TOGETHER = 200
"""Milliseconds for which changes that follow each other are told as one."""

FALLBACK = 2.0
"""Seconds between looks where the system cannot tell."""


class Changes:
    """Wakes whoever waits when something changes in folders.

    Parameters
    ----------
    folders : that are watched
    leave_out : a folder in which changes mean nothing, that of the outputs
    recursive : whether changes in folders inside them count
    poll : seconds between looks where the system is not to be asked
    say : takes a line for a person

    Raises
    ------
    ImageError
        The library is not installed by which the system is asked.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        leave_out: Path,
        *,
        recursive: bool,
        poll: float | None,
        say: Callable[[str], None],
    ) -> None:
        self.poll = poll
        self._folders = folders
        self._left_out = str(leave_out.absolute())
        self._recursive = recursive
        self._say = say
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if poll is None:
            with needed("watch", "--watch without --poll"):
                import watchfiles  # noqa: F401
            self._thread = threading.Thread(target=self._listen, name="convfilter-watch")
            self._thread.daemon = True
            self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for a change, and tell whether there may have been one."""
        if self.poll is not None:
            return not self._ended.wait(min(seconds, self.poll))
        changed = self._changed.wait(seconds)
        self._changed.clear()
        return changed

    def end(self) -> None:
        """Watch no longer."""
        self._ended.set()

    def _listen(self) -> None:
        from watchfiles import watch

        folders = [folder.absolute() for folder in self._folders]
        try:
            for _ in watch(
                *folders,
                watch_filter=lambda _, path: not self._is_left_out(path),
                debounce=TOGETHER,
                step=min(50, TOGETHER),
                stop_event=self._ended,
                rust_timeout=500,
                raise_interrupt=False,
                recursive=self._recursive,
                ignore_permission_denied=True,
            ):
                self._changed.set()
        except Exception as error:  # noqa: BLE001 - a limit of the system, a folder that went away
            self.poll = FALLBACK
            words = " ".join(str(error).split())
            self._say(f"the system tells of no changes ({words}): folders are looked through now")
            self._changed.set()

    def _is_left_out(self, path: str) -> bool:
        return path == self._left_out or path.startswith(f"{self._left_out}{os.sep}")
