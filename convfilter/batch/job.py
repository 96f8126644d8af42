"""One file to be made of one file, and what is told of it when it is done, or where it failed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convfilter.errors import ConvfilterError, ImageError, reason_of, shown
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.batch.recipes.stamp import Source
    from convfilter.engine import Plan
    from convfilter.files.storage.url import Place, Url
    from convfilter.formats.checksum import Checksum

__all__ = [
    "Done",
    "Failure",
    "FileState",
    "Job",
    "Seconds",
    "Stage",
    "make_folder",
    "new_digest",
    "state_of",
]


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


class Seconds(NamedTuple):
    """How long the parts of a job took; compiling is no part of the others."""

    reading: float
    filtering: float
    writing: float


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


class Done(NamedTuple):
    """What a job did.

    Attributes
    ----------
    shape, dtype, frames : of the picture that was read: (H, W) or (H, W, C) of its first frame
    notes : one line for each thing that the output cannot hold, or that was not kept, and one if
        most values were cut
    plans : of every call of the engine
    seconds : how long the parts took
    alpha : whether the last channel is alpha
    source : what the input is known by, if the result was stamped
    compiling : seconds that loops were waited for, on a first use
    lengths : a line for each parameter that is a length, which tells the pixels
    input : the file as it was just before it was read; None for a stream
    output : the file as it was written, with its hash if that was asked for; None for a stream
    made : the shape of the result's first frame
    streamed : lines about how it was made band by band; none where it was made as a whole
    """

    shape: tuple[int, ...]
    dtype: str
    frames: int
    notes: tuple[str, ...]
    plans: tuple[Plan, ...]
    seconds: Seconds
    alpha: bool = False
    source: Source | None = None
    compiling: float = 0.0
    lengths: tuple[str, ...] = ()
    input: FileState | None = None
    output: FileState | None = None
    made: tuple[int, ...] = ()
    streamed: tuple[str, ...] = ()


class Stage:
    """Where a job is, so that an error which ends it tells: "input", "filter" or "output"."""

    def __init__(self) -> None:
        self.cause = "input"

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        # what is wrong with the command stays so, wherever it shows
        if isinstance(error, ConvfilterError) and error.cause == ConvfilterError.cause:
            error.cause = self.cause


def state_of(place: str | Place) -> FileState | None:
    """Return what a file is known by; None for a pipe or device, and where there is no file."""
    try:
        status = os.stat(place) if isinstance(place, str) else place.stat()  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return FileState(status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def new_digest() -> Checksum:
    """Return an empty hash for the bytes of an output."""
    from convfilter.formats.checksum import Checksum

    return Checksum()
