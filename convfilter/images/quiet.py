"""Keep Pillow's warnings from the terminal while a file is read or written."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["pillow_warnings_silenced"]

_lock = threading.Lock()
_inside = 0
_saved: warnings.catch_warnings[None] | None = None


@contextmanager
def pillow_warnings_silenced() -> Iterator[None]:
    """Ignore warnings that come from Pillow, and from nowhere else.

    The filters of `warnings` belong to the whole process, and `warnings.catch_warnings` in several
    threads at once restores them in the wrong order. So the first thread in saves them and the
    last one out brings them back.
    """
    global _inside, _saved
    with _lock:
        if _inside == 0:
            _saved = warnings.catch_warnings()
            _saved.__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|convfilter\.images)(\.|$)")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _saved is not None:
                _saved.__exit__(None, None, None)
                _saved = None
