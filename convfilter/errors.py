"""The errors that convfilter raises on purpose, each with its exit code, and words for messages."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

__all__ = [
    "CAUSES",
    "ArgumentError",
    "ArgumentTypeError",
    "ConvfilterError",
    "ImageError",
    "KernelError",
    "NetworkError",
    "PipelineError",
    "ReaderGoneError",
    "SchedulerError",
    "UnknownNameError",
    "UsageError",
    "listed",
    "reason_of",
    "shown",
    "suggestion",
]

FEW = 8
"""So many names are listed whole."""


CAUSES = ("input", "filter", "output", "plan", "memory", "time", "crash", "usage", "fault")
"""What may have kept a file from being made, a word each, for reports.

The input cannot be read, the filters cannot be applied to it, the output cannot be written; which
file becomes which is not clear; it took too much memory or time, or brought its process to an end;
the command makes no sense for it; or it is a fault of this package.
"""


class ConvfilterError(Exception):
    """Something could not be done; the message is one line that says what, why and the way out.

    `cause` is one of `CAUSES`.
    """

    exit_code = 1
    cause = "plan"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (type(self), self.args), self.__dict__


def _made_again(kind: type[ConvfilterError], args: tuple[Any, ...]) -> ConvfilterError:
    """Return an error with its words as they were: some kinds are made of other things."""
    error = kind.__new__(kind)
    error.args = args
    return error


class UsageError(ConvfilterError):
    """The command was given in a way that cannot be carried out (colliding outputs, say)."""

    exit_code = 2
    cause = "usage"


class ArgumentError(UsageError, ValueError):
    """A value is out of range or of the wrong form."""


class ArgumentTypeError(UsageError, TypeError):
    """A value has a type that cannot be used."""


class EnvironmentVariableError(UsageError):
    """A variable of the environment, which settings come from, says what cannot be."""


class UnknownNameError(UsageError, LookupError):
    """No filter, kernel, option or choice has this name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} is called {name!r}{suggestion(name, known)}")


class KernelError(ArgumentError):
    """A kernel cannot be used: ragged, empty, not finite, or its file cannot be understood."""


class PipelineError(ArgumentError):
    """A pipeline cannot be understood."""


class ImageError(ConvfilterError):
    """A picture cannot be read or written."""


class NetworkError(ConvfilterError):
    """A file of weights or of a network cannot be read, or a network cannot be used as asked."""


class SchedulerError(ConvfilterError):
    """A scheduler, or its workers, cannot be used."""


class ReaderGoneError(ImageError):
    """A picture cannot be written to a pipe, since whoever read from it went away."""

    exit_code = 141


def suggestion(name: str, known: Iterable[str], how_many: int = 3) -> str:
    """Return "; did you mean a, b or c?" with the names nearest to `name`.

    Where none is near, all of them if they are few, else an empty string.
    """
    import difflib

    candidates = list(known)
    folded = {candidate.lower(): candidate for candidate in candidates}
    asked = name.lower()
    near = [folded[n] for n in difflib.get_close_matches(asked, folded, how_many, cutoff=0.6)]
    near += [c for c in candidates if asked and asked in c.lower() and c not in near]
    near = near[:how_many]
    if not near:
        return f": choose from {', '.join(candidates)}" if len(candidates) <= FEW else ""
    return f"; did you mean {listed(near, 'or')}?"


def listed(words: Iterable[str], before_last: str = "and") -> str:
    """Return words in a row: "a, b and c"."""
    *others, last = [*words] or [""]
    return f"{', '.join(others)} {before_last} {last}" if others else last


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path for a message, on one line whatever it holds."""
    text = os.fsdecode(path)
    return text if text.isprintable() and text else repr(text)


def reason_of(error: OSError | ValueError) -> str:
    """Return why the system could not do something with a file, in its own words."""
    return getattr(error, "strerror", None) or str(error)
