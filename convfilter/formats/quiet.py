"""Keep what libraries print about damaged files from the terminal: errors say it in our words."""

from __future__ import annotations

import ctypes
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

__all__ = ["keep_logs_quiet", "silence_libtiff", "warnings_silenced"]

_lock = threading.Lock()
_inside = 0
_saved: warnings.catch_warnings[None] | None = None


@contextmanager
def warnings_silenced() -> Iterator[None]:
    """Ignore warnings of Pillow, and of libraries that name the modules here as their cause.

    The filters of `warnings` belong to the whole process, and `warnings.catch_warnings` in several
    threads at once restores them in the wrong order. So the first thread in saves them and the
    last one out brings them back.
    """
    global _inside, _saved
    with _lock:
        if _inside == 0:
            _saved = warnings.catch_warnings()
            _saved.__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|convfilter)(\.|$)")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _saved is not None:
                _saved.__exit__(None, None, None)
                _saved = None


@cache
def keep_logs_quiet(library: str) -> None:
    """Keep what a library logs about damaged files from standard error.

    Python prints there what is logged if no handler is installed. Handlers get it as before.
    """
    import logging  # its import would be felt by commands that never log

    logging.getLogger(library).addHandler(logging.NullHandler())


@cache
def silence_libtiff() -> None:
    """Keep libtiff from printing lines of its own about damaged files.

    Pillow turns its failures into exceptions anyway, but leaves its printing on. The library is
    reached through the extension module that uses it; if that fails, libtiff prints.
    """
    from PIL import _imaging

    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(_imaging.__file__)
        for setter in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
            setter.restype = ctypes.c_void_p
            setter.argtypes = [ctypes.c_void_p]
            setter(None)
