"""One file to be made of one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convfilter.errors import ConvfilterError, ImageError, reason_of, shown
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place, Url

__all__ = ["Failure", "Job", "make_folder"]


class _Job(NamedTuple):
    source: str | Url | None
    target: str | Url | None
    overwrite: bool
    make_folder: bool
    has_twin: bool
    exists: bool
    why: str


class Job(_Job):
    """One file to be made; None stands for standard input or output.

    Paths are kept as text, since a plan may hold a million of them.

    Attributes
    ----------
    source, target : the paths of input and output as text; addresses in storage as they are
    overwrite : an output that exists may be replaced
    make_folder : the folder of the output may be created
    has_twin : the name of another output differs in case or forms of accents alone
    exists : something was there, when the plan was made, that writing the output would destroy
    why : it is to be made, or is done, if the journal was asked: a `batch.journal.judging.Why`
    """

    __slots__ = ()

    def __new__(
        cls,
        input: str | Place | None,  # noqa: A002 - what it is called in messages and reports
        output: str | Place | None,
        overwrite: bool = False,
        make_folder: bool = False,
        has_twin: bool = False,
        exists: bool = False,
        why: str = "",
    ) -> Job:
        """Take paths or text."""
        source = os.fspath(input) if isinstance(input, Path) else input
        target = os.fspath(output) if isinstance(output, Path) else output
        return super().__new__(cls, source, target, overwrite, make_folder, has_twin, exists, why)

    @property
    def input(self) -> Place | None:
        """The file to be read."""
        return Path(self.source) if isinstance(self.source, str) else self.source

    @property
    def output(self) -> Place | None:
        """The file to be written."""
        return Path(self.target) if isinstance(self.target, str) else self.target

    @property
    def name(self) -> str:
        """The input's name for messages."""
        return "standard input" if self.input is None else shown(self.input)

    @property
    def keeps_format(self) -> bool:
        """Whether the output has no name that could tell a format: it gets that of the input."""
        return self.output is None or (not self.output.suffix and is_stream(self.output))


class Failure(NamedTuple):
    """What cannot be done: a file whose output is also that of another, or an unreadable folder.

    `output` is where the result would be; of a folder, the folder of its results.
    """

    input: Place
    output: Place
    error: ConvfilterError


def make_folder(job: Job) -> None:
    """Make the folder of the output, and those above it."""
    assert job.output is not None
    folder = job.output.parent
    if not isinstance(folder, Path):
        return  # storage makes its own
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = reason_of(error)
        raise ImageError(f"the folder {shown(folder)} cannot be created: {why}") from error
