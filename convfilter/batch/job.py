"""One file to be made of one file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from convfilter.errors import shown

__all__ = ["Job"]


class Job(NamedTuple):
    """One file to be made; None stands for standard input or output.

    Attributes
    ----------
    input, output : the file to be read, the file to be written
    overwrite : an output that exists may be replaced
    make_folder : the folder of the output may be created
    """

    input: Path | None
    output: Path | None
    overwrite: bool = False
    make_folder: bool = False

    @property
    def name(self) -> str:
        """The input's name for messages."""
        return "standard input" if self.input is None else shown(self.input)
