"""The commands that are no filter, each in a module of its name that is imported when it is run."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

__all__ = ["KERNELS", "SUMMARIES", "make"]

SUMMARIES = {
    "pipe": "Run several filters one after the other, or a recipe.",
    "rerun": "Make a result again as it was made, from what its stamp says.",
    "filters": "List the filters, or show one with its parameters.",
    "kernels": "List the kernels, or show one with its weights.",
    "learn": "Learn the kernel that turns one picture into another.",
    "features": "Make features of pictures: a row of numbers for each, ready for a classifier.",
    "nn": "Run, show and train networks of layers, from LeNet-5 to ResNet.",
    "completion": "Print the script by which bash, zsh or fish completes names and options.",
    "cache": "Show, fill or clear the cache of compiled loops.",
}
"""Every command of this folder with the line that the list of commands shows, in its order."""

KERNELS = ("kernels", "learn", "features")
"""Those that help lists beside the kernels."""


def make(name: str) -> click.Command:
    """Return the command of this name, which its module's function `command` makes."""
    made: click.Command = import_module(f"{__name__}.{name}").command()
    return made
