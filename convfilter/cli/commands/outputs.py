"""Outputs of commands that write a file of their own: looked at before the work, written whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from convfilter.cli.wording import say
from convfilter.errors import ImageError, reason_of, shown

__all__ = ["check_free", "write_whole"]


def check_free(path: str, *, overwrite: bool) -> None:
    """Refuse, before any work, an output that exists or whose folder does not.

    Raises
    ------
    ImageError
        It may not be written.
    """
    from convfilter.batch.planning.checks import check_output

    check_output(path, overwrite=overwrite)


def write_whole(path: Path, pieces: Iterable[bytes], *, overwrite: bool) -> None:
    """Write a file, whole or not at all; say what it lost of the one that it replaces.

    Raises
    ------
    ImageError
        It cannot be written; what was there stays.
    """
    from convfilter.files.replace import replace_file

    try:
        notes = replace_file(path, pieces, overwrite=overwrite)
    except OSError as error:
        raise ImageError(f"{shown(path)}: cannot be written: {reason_of(error)}") from error
    for note in notes:
        say(f"{click.get_current_context().command_path}: {shown(path)}: {note}")
