"""One file to be made of one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from convfilter.batch.names import shown

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """One file to be made; None stands for standard input or output.

    `overwrite` allows an existing output to be replaced, `make_folder` the output's folder to be
    created.
    """

    input: Path | None
    output: Path | None
    overwrite: bool = False
    make_folder: bool = False

    @property
    def name(self) -> str:
        """The input's name for messages."""
        return "standard input" if self.input is None else shown(self.input)
