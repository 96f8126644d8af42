"""What can be said about a job: declared here once, for the command line and for Python alike."""

# no `from __future__ import annotations`: what stands in the annotations is read below
from collections.abc import Mapping
from typing import Any, cast

from convfilter.batch.settings.declaring import OF_MANY, OF_RUN
from convfilter.batch.settings.files import OfFiles, OfFolders, OfLarge, OfResuming
from convfilter.batch.settings.results import OfPixels, OfResults
from convfilter.batch.settings.runs import OfRuns
from convfilter.errors import UnknownNameError, UsageError, listed
from convfilter.filters.declaring.parameters import Parameter

__all__ = [
    "FOR_MANY",
    "OF_RECIPES",
    "OPTIONS",
    "SECTIONS",
    "Settings",
    "check_together",
    "checked",
    "completed",
]


class Settings(OfPixels, OfResults, OfFiles, OfFolders, OfResuming, OfRuns, OfLarge, total=False):
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


FOR_MANY = tuple(
    name for name, field in Settings.__annotations__.items() if OF_MANY in field.__metadata__
)
"""The options that make no sense for a single file."""


SECTIONS = {
    "Options about files": (*OfResults.__annotations__, *OfFiles.__annotations__),
    "Options for folders": (*OfFolders.__annotations__, *OfResuming.__annotations__),
    "Options for long runs": tuple(OfRuns.__annotations__),
    "Options for large pictures": tuple(OfLarge.__annotations__),
}
"""The titles under which help shows options, and these; those of pixels stand elsewhere."""


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
    naming = [OPTIONS[name].option for name in ("suffix", "keep_ext", "name") if settings.get(name)]
    if settings["in_place"] and naming:
        raise UsageError(f"--in-place keeps each file's name: leave {listed(naming)} out")
    if settings["suffix"] is not None and settings["name"] is not None:
        raise UsageError(
            "--name says all of a name: write the --suffix into it, as in {stem}-edges{ext}"
        )
    if settings["name"] is not None and settings["format"] is None:
        from convfilter.batch.settings.names import tells_format

        if not tells_format(settings["name"]):
            raise UsageError(
                f"--name {settings['name']!r} has no suffix that tells the format: end it in"
                " {ext}, or give --format"
            )
    if settings["linear"] and settings["develop"] == "linear":
        raise UsageError(
            "--develop linear gives light, which --linear would decode once more: leave one out"
        )
    _check_resuming(settings)


def _check_resuming(settings: Settings) -> None:
    """Raise UsageError for what cannot be said together of earlier and later files."""
    for name in ("watch", "resume"):
        if settings[name] and not settings["journal"]:
            raise UsageError(f"--{name} goes by the journal: leave --no-journal out")
        if settings[name] and settings["skip_existing"]:
            raise UsageError(
                f"--{name} looks at what outputs hold, --skip-existing does not: leave one out"
            )
    for name in ("watch", "resume", "skip_existing"):
        if settings[name] and settings["in_place"]:  # type: ignore[literal-required]
            raise UsageError(
                f"{OPTIONS[name].option} leaves outputs alone, --in-place has no others than the"
                " inputs: leave one out"
            )
    if settings["hash_inputs"] and not settings["journal"]:
        raise UsageError("--hash-inputs is kept in the journal: leave --no-journal out")
    if settings["watch"] and settings["fail_fast"]:
        raise UsageError("--watch goes on when a file fails, --fail-fast ends: leave one out")
    if settings["poll"] is not None and not settings["watch"]:
        raise UsageError("--poll says how --watch looks for files: give that too")
