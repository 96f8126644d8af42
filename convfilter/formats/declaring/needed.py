"""What is said where the library of an extra is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from convfilter.errors import ImageError

__all__ = ["needed"]


@contextmanager
def needed(extra: str, what: str) -> Iterator[None]:
    """Import in this block what `what` needs of an extra; where it is missing, say so.

    Raises
    ------
    ImageError
        With the line that installs the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImageError(
            f"{what} needs {error.name}, which is not installed: pip install 'convfilter[{extra}]'"
        ) from error
    except ImportError as error:
        words = " ".join(str(error).split())[:120]
        raise ImageError(
            f"{what} needs a library that cannot be loaded ({words}):"
            f" pip install --force-reinstall 'convfilter[{extra}]'"
        ) from error
