"""What can be said about a job: declared here once, for the command line and for Python alike."""

# no `from __future__ import annotations`: what stands in the annotations is read below
from collections.abc import Mapping
from typing import Any, cast

from convfilter.batch.settings.declaring import OF_RUN
from convfilter.batch.settings.files import OfFiles
from convfilter.batch.settings.results import OfPixels, OfResults
from convfilter.batch.settings.resuming import OfResuming
from convfilter.batch.settings.runs import OfRuns
from convfilter.errors import UnknownNameError, UsageError
from convfilter.filters.declaring.parameters import Parameter

__all__ = ["OF_RECIPES", "OPTIONS", "Settings", "check_together", "checked", "completed"]


class Settings(OfPixels, OfResults, OfFiles, OfResuming, OfRuns, total=False):
    """What is said about a job; `completed` and `checked` fill in what is not said.

    Each field holds its whole declaration: default, range, and the words of its help.
    """


OPTIONS: dict[str, Parameter] = {
    name: field.__metadata__[0](name) for name, field in Settings.__annotations__.items()
}
"""Every field of `Settings` as a parameter: what the command line and Python check and show."""


OF_RECIPES = tuple(
    name for name, field in Settings.__annotations__.items() if OF_RUN not in field.__metadata__
)
"""The options that decide about the bytes of a result."""


def completed(given: Mapping[str, Any]) -> Settings:
    """Return settings with the defaults of all that is not given; what is given is trusted."""
    values = {name: option.default for name, option in OPTIONS.items()}
    return cast(Settings, {**values, **given})


def checked(given: Mapping[str, Any]) -> Settings:
    """Return settings with every given value checked, and the defaults of all others.

    Raises
    ------
    UnknownNameError
        For an option, a format or a choice that there is not, with the nearest ones.
    ArgumentError, ArgumentTypeError
        For a value out of range or of the wrong type.
    UsageError
        For options that contradict each other.
    """
    for name in given:
        if name not in OPTIONS:
            raise UnknownNameError("option", name, OPTIONS)
    settings = completed({name: OPTIONS[name].check(value) for name, value in given.items()})
    check_together(settings)
    return settings


def check_together(settings: Settings) -> None:
    """Raise UsageError for options that contradict each other."""
    if settings["in_place"] and settings["frames"] is not None:
        raise UsageError(
            "--in-place keeps every frame of a file: leave --frames out, or name an output"
        )
    if settings["linear"] and settings["develop"] == "linear":
        raise UsageError(
            "--develop linear gives light, which --linear would decode once more: leave one out"
        )
