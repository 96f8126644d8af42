"""One job whose picture is too large for memory: read, filtered and written band by band."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from convfilter.batch.job import Seconds, Stage, new_digest
from convfilter.batch.recipes.carrying_out import (
    as_wanted,
    deepened,
    depth_of_result,
    is_bounded,
)
from convfilter.batch.settings.files import BYTES_OF_PIXEL, FOR_ONE
from convfilter.errors import ImageError, shown
from convfilter.files.row_reading import OpenRows, open_rows
from convfilter.files.row_writing import RowsWritten, begin_rows
from convfilter.formats.declaring.rows import OnlyWholeError, blank_pixels
from convfilter.large.budget import Budget, budget_of
from convfilter.large.parts import NotInPartsError, Parts
from convfilter.large.streaming import bands_of, is_uneven, stream
from convfilter.picture.image import Image
from convfilter.runtime.checks import Array
from convfilter.runtime.numbers import written_size
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.batch.job import Job
    from convfilter.batch.settings import Settings
    from convfilter.pipeline import Pipeline

__all__ = [
    "NotInPartsError",
    "OnlyWholeError",
    "Streamed",
    "check_fits",
    "hash_of",
    "paths_of",
    "prepared",
]

LEAST_OF_PIXEL = 4
"""Bytes of a picture as a whole at least, but for grey ones of 8 bits: what is read and made."""

HELD_BY_WRITER = 8_000_000
"""Bytes that a writer holds, about."""

LOOKED_AT = 1 << 22
"""Pixels that are looked at together to see whether alpha is uneven."""


class Streamed(NamedTuple):
    """A job that can be done band by band.

    Attributes
    ----------
    image : what is filtered; its pixels take no memory and say nothing
    made : what is written, likewise
    begin_input : opens what is read
    format_name : of the file that is written
    wanted : makes rows as they are written of rows as they come from the filters
    """

    parts: Parts
    budget: Budget
    image: Image
    made: Image
    format_name: str
    begin_input: Callable[[], _Deepened]
    wanted: Callable[[Array], Array]

    def run(self, made: Image, target: Path, how: Mapping[str, Any]) -> tuple[list[str], Seconds]:
        """Make the file; return notes, and how long its parts took, which went on side by side.

        `made` is what is to be written with all that is said of it, `how` are arguments of
        `begin_rows`.
        """
        inputs: list[_Deepened] = []
        outputs: list[_Wanted] = []

        def begin_input() -> _Deepened:
            inputs.append(self.begin_input())
            return inputs[-1]

        def begin_output() -> _Wanted:
            outputs.append(_Wanted(begin_rows(made, target, **how), self.wanted))
            return outputs[-1]

        bands = bands_of(self.parts, self.budget.rows)
        filtering: list[float] = []
        told = filtering.append
        stream(self.parts, bands, begin_input, begin_output, told, workers=how["workers"])
        started = time.perf_counter()
        with outputs[-1].file as file:
            notes = file.finish()
        finishing = time.perf_counter() - started
        reading = sum(each.seconds for each in inputs)
        writing = finishing + sum(each.seconds for each in outputs)
        return notes, Seconds(reading, sum(filtering), writing)


def paths_of(job: Job) -> tuple[Path, Path]:
    """Return the files of a job.

    Raises
    ------
    OnlyWholeError
        For streams, pipes and devices among them, and for storage, which give and take whole files.
    """
    source, target = job.input, job.output
    if not isinstance(source, Path) or not isinstance(target, Path):
        raise OnlyWholeError("only files are read and written row by row")
    if is_stream(target):  # in which nobody goes back to write what is known at the end alone
        raise OnlyWholeError(f"{shown(target)}: is a stream, which is written as a whole")
    return source, target


def hash_of(path: Path) -> str:
    """Return the hash of an output."""
    digest = new_digest()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def prepared(
    path: Path,
    pipeline: Pipeline,
    settings: Settings,
    limit: int,
    workers: int | None,
    as_said: Callable[[Image], tuple[Image, str]],
) -> Streamed:
    """Make ready to filter the picture in a file band by band.

    `as_said` takes the picture as it is read, and returns it with what is said of it, and the name
    of the format that it goes into.

    Raises
    ------
    NotInPartsError, OnlyWholeError
        It can only be done as a whole; the message says why.
    ArgumentError, ImageError
        It cannot be done at all.
    """

    def opened() -> OpenRows:
        frames, axes = settings["frames"], settings["axes"]
        return open_rows(path, max_pixels=limit, frames=frames, axes=axes)

    with opened() as rows:
        held = rows.held
        image, format_name = as_said(rows.image)
    if settings["nodata"] is not None or settings["mask"] is not None or image.nodata is not None:
        raise NotInPartsError("a picture with missing values is filtered as a whole")

    def deepen(some: Image) -> Image:
        return deepened(some, pipeline, settings)

    deep = _changed(image, deepen)
    measured = pipeline.measured(deep)
    uneven = False
    if deep.alpha and settings["alpha"] not in ("drop", "filter"):
        with opened() as rows:
            uneven = is_uneven(rows, deep.height, max(1, LOOKED_AT // max(1, deep.width)))
    parts = Parts(
        measured,
        deep.shape,
        deep.dtype,
        alpha=deep.alpha,
        alpha_mode=settings["alpha"],
        uneven=uneven,
        linear=settings["linear"],
        profile=image.metadata.icc_profile,
        bounded=is_bounded(deep, pipeline, settings, format_name),
    )
    budget = budget_of(
        parts,
        most=settings["memory"] or FOR_ONE,
        held=held,
        written=HELD_BY_WRITER,
        workers=workers,
    )
    finished = deep.with_pixels(blank_pixels(parts.shape, parts.dtype), alpha=parts.has_alpha)
    depth = depth_of_result(deep, pipeline, settings)

    def want(some: Image) -> Image:
        return as_wanted(some, depth, settings)

    return Streamed(
        parts,
        budget,
        deep,
        _changed(measured.placed(deep, finished), want),
        format_name,
        lambda: _Deepened(opened(), image, deepen),
        lambda rows: want(finished.with_pixels(rows, alpha=parts.has_alpha)).pixels,
    )


def check_fits(name: str, pixels: int, memory: int | None, why: Exception) -> None:
    """Refuse a picture that cannot be filtered in bands, for `why`, where it does not fit either.

    Raises
    ------
    ImageError
    """
    # where nobody sets a limit, what would surely not fit is refused, and no more
    needed = pixels * (BYTES_OF_PIXEL if memory else LEAST_OF_PIXEL)
    most = memory or _available()
    if needed > most:
        reason = str(why).removeprefix(f"{name}: ")
        limit = "--memory allows" if memory else "there are"
        raise ImageError(
            f"{name}: needs about {written_size(needed)} bytes of memory as a whole, and {limit}"
            f" {written_size(most)}; band by band it cannot be filtered: {reason}"
        ) from why


def _available() -> int:
    """Return the bytes of memory that the system has, about; a lot where it does not tell."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 0.8)
    except (AttributeError, ValueError, OSError):
        return 1 << 40


def _changed(image: Image, change: Callable[[Image], Image]) -> Image:
    """Return what a change makes of a picture whose pixels take no memory, nor do the result's."""
    alone = image.with_pixels(blank_pixels((1, *image.shape[1:]), image.dtype), alpha=image.alpha)
    row = change(alone)
    blank = blank_pixels((image.height, *row.shape[1:]), row.dtype)
    return row.with_pixels(blank, alpha=row.alpha)


@contextlib.contextmanager
def _causing(cause: str) -> Iterator[None]:
    """Say of errors in the block where they come from."""
    with Stage() as stage:
        stage.cause = cause
        yield


class _Deepened:
    """Rows of a file, as deep as they are filtered."""

    def __init__(self, rows: OpenRows, image: Image, deepen: Callable[[Image], Image]) -> None:
        self._rows, self._image, self._deepen = rows, image, deepen
        self.seconds = 0.0

    def read(self, first: int, last: int) -> Array:
        """Return some rows."""
        started = time.perf_counter()
        with _causing("input"):
            rows = self._rows.read(first, last)
        rows = self._deepen(self._image.with_pixels(rows, alpha=self._image.alpha)).pixels
        self.seconds += time.perf_counter() - started
        return rows

    def close(self) -> None:
        """Close the file."""
        self._rows.close()


class _Wanted:
    """A file that takes rows as they come from the filters."""

    def __init__(self, file: RowsWritten, wanted: Callable[[Array], Array]) -> None:
        self.file, self._wanted = file, wanted
        self.seconds = 0.0

    def write(self, rows: Array) -> None:
        """Write further rows."""
        started = time.perf_counter()
        rows = self._wanted(rows)
        with _causing("output"):
            self.file.write(rows)
        self.seconds += time.perf_counter() - started

    def close(self) -> None:
        """Remove what was not finished."""
        self.file.close()
