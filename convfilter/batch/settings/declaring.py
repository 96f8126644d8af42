"""How a setting of a job is declared: as a parameter whose name is that of its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convfilter.filters.declaring.parameters import FileName, Parameter, Spec, Text

__all__ = ["OF_MANY", "OF_RUN", "Declaration", "choice", "file", "flag", "number", "text"]


Declaration = Callable[[str], Parameter]
"""All of an option but its name, which is that of its field."""


OF_RUN = object()
"""Marks what is said of how the work is done, and not of what comes out: no part of a recipe."""

OF_MANY = object()
"""Marks what is said of folders or of several files, and makes no sense for a single one."""


def flag(words: str) -> Declaration:
    """Declare what is said or not; it is not, by default."""
    return lambda name: Parameter(name, "flag", False, Spec(words))


def number(words: str, highest: int | None, automatic: str) -> Declaration:
    """Declare a whole number from 1 to `highest`; None by default, which means `automatic`."""
    spec = Spec(words, 1, highest, automatic=automatic)
    return lambda name: Parameter(name, "integer", None, spec)


def choice(
    words: str, choices: tuple[str, ...], default: str | None, automatic: str | None = None
) -> Declaration:
    """Declare one of several words."""
    spec = Spec(words, automatic=automatic)
    return lambda name: Parameter(name, "choice", default, spec, choices)


def text(
    meaning: str,
    understand: Callable[[str], str],
    metavar: str,
    default: str | None = None,
    automatic: str | None = None,
    **further: Any,
) -> Declaration:
    """Declare text, which `understand` checks and returns as it is kept."""
    spec = Spec(meaning, automatic=automatic)
    return lambda name: Text(name, default, spec, understand, metavar, **further)


def file(meaning: str, automatic: str) -> Declaration:
    """Declare the name of a file; None by default, which means `automatic`."""
    spec = Spec(meaning, automatic=automatic)
    return lambda name: FileName(name, None, spec, str, "FILE")
