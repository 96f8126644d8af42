"""What is told of a job that is done, or of where it failed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from convfilter.errors import ConvfilterError

if TYPE_CHECKING:
    from convfilter.batch.recipes.stamp import Source
    from convfilter.engine import Plan
    from convfilter.files.storage.url import Place
    from convfilter.files.writing import Digest

__all__ = ["Done", "FileState", "Seconds", "Stage", "new_digest", "state_of"]


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


def new_digest() -> Digest:
    """Return an empty hash for the bytes of an output."""
    from convfilter.formats.checksum import Checksum

    return Checksum()
