"""The options of every command that reads and writes files, made from the settings of a job."""

from __future__ import annotations

from collections.abc import Sequence

import click

from convfilter.batch.settings import OPTIONS, SECTIONS
from convfilter.batch.settings.results import OfPixels
from convfilter.cli.options import AnyPath, Section, flag, option_of

__all__ = ["engine_options", "file_sections", "option", "paths_argument", "recipe_option"]

OF_ENGINE = (*OfPixels.__annotations__, "workers")
"""The settings that are shown among the options of the engine."""

ALSO = {"recursive": "-r", "jobs": "-j", "resume": "--update"}
"""The settings that have another name as well."""


def paths_argument() -> click.Argument:
    """Return the argument that takes all paths."""
    return click.Argument(
        ["paths"],
        nargs=-1,
        type=AnyPath(),
        metavar="INPUT... [OUTPUT]",
        required=False,
    )


def engine_options() -> Sequence[click.Option]:
    """Return the options of the engine that are no parameters of a filter."""
    return [
        *map(option, OF_ENGINE),
        flag("--explain", "say which algorithm ran and why, and how long each part took"),
    ]


def file_sections() -> Sequence[Section]:
    """Return the options about files, folders and large pictures, each kind under its title."""
    before = {
        "Options for folders": [
            flag("--dry-run", "print which file would become which, and why; write nothing", "-n"),
            list_option(),
        ]
    }
    after = {"Options about files": [recipe_option(), flag("--quiet", "print errors only", "-q")]}
    return [
        (
            title,
            [
                *before.get(title, []),
                *(option(name) for name in names if name not in OF_ENGINE),
                *after.get(title, []),
            ],
        )
        for title, names in SECTIONS.items()
    ]


def list_option() -> click.Option:
    """Return the option that takes names of files from a list."""
    return click.Option(
        ["--files-from"],
        type=AnyPath(),
        metavar="FILE",
        help="take the names of inputs from a file, or from standard input (-): one a line, or with"
        " a null character after each; the last path is the folder of the results, in which they"
        " keep their own folders",
    )


def recipe_option() -> click.Option:
    """Return the option that keeps what a command says."""
    return click.Option(
        ["--save-recipe"],
        type=AnyPath(),
        metavar="FILE.toml",
        help="write what this command says of its results to a file, for convfilter pipe",
    )


def option(name: str) -> click.Option:
    """Return the option for a setting of a job."""
    setting = OPTIONS[name]
    also = [ALSO[name]] if name in ALSO else []
    if setting.kind == "flag" and not setting.default:
        return flag(setting.option, setting.spec.help, *also)
    return option_of(setting, *also)
