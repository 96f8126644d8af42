"""One file to be made of one file, and what files are known by."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, NamedTuple

from convfilter.errors import ConvfilterError, shown
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place

__all__ = ["Failure", "FileState", "Job", "state_of"]


class Job(NamedTuple):
    """One file to be made; None stands for standard input or output.

    Attributes
    ----------
    input, output : the file to be read, the file to be written
    overwrite : an output that exists may be replaced
    make_folder : the folder of the output may be created
    has_twin : the name of another output differs in case or forms of accents alone
    why : it is to be made, or is done, if the journal was asked: a `batch.journal.judging.Why`
    """

    input: Place | None
    output: Place | None
    overwrite: bool = False
    make_folder: bool = False
    has_twin: bool = False
    why: str = ""

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


class FileState(NamedTuple):
    """What a file is known by.

    Attributes
    ----------
    size : bytes
    changed : time of its last change in nanoseconds
    hash : of an input its SHA-256, of an output its `Checksum`; "" where nobody asked for it
    """

    size: int
    changed: int
    hash: str = ""


def state_of(place: Place) -> FileState | None:
    """Return what a file is known by; None for a pipe or device, and where there is no file."""
    try:
        status = place.stat()
    except (OSError, ValueError):
        return None
    return FileState(status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None
