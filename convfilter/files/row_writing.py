"""Write picture files row by row: pictures that need not fit into memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ConvfilterError, ImageError, ReaderGoneError, listed
from convfilter.files.fit import Fitting, check_shape
from convfilter.files.reading import display_name
from convfilter.files.replace import Replacement, check_target, exists_already, explained
from convfilter.files.row_reading import row_formats
from convfilter.files.storing import storing_of
from convfilter.files.writing import (
    background_of,
    check_effort,
    kept,
    told,
)
from convfilter.formats import FORMATS, check_format, check_written, format_of
from convfilter.formats.declaring import Format, Frame
from convfilter.formats.declaring.limits import words_of
from convfilter.formats.declaring.rows import OnlyWholeError, RowWriter, blank_pixels
from convfilter.picture.image import Image, Timing

__all__ = ["RowsWritten", "begin_rows"]


def begin_rows(
    image: Image,
    target: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know
    overwrite: bool = True,
    quality: int | None = None,
    compress: str = "fast",
    background: str = "white",
    workers: int | None = None,
    tile: int | None = None,
    pyramid: bool = False,
) -> RowsWritten:
    """Begin a picture file whose rows come one after the other.

    The file has the bytes that `write` would make of the whole picture. It is written beside its
    place, and put there by `finish`; whatever happens before that, nothing is left of it.

    Parameters
    ----------
    image : Image
        All about the picture; of its pixels, shape and dtype count alone (`blank_pixels`).
    The others are those of `write`, and so are the errors; besides:

    Raises
    ------
    OnlyWholeError
        The format writes pictures as a whole only, or what goes on to somebody is no file.

    Examples
    --------
    >>> from convfilter.files.row_reading import open_rows
    >>> with open_rows("photos/bird.png") as rows, begin_rows(rows.image, "bird.tif") as output:
    ...     for first in range(0, 480, 64):
    ...         output.write(rows.read(first, min(first + 64, 480)))
    ...     output.finish()
    []
    """
    effort = check_effort(quality, compress, workers)
    colour = background_of(background)
    name, path = display_name(target), Path(target)
    form = FORMATS[check_written(format_of(path) if format is None else check_format(format))]
    if form.write_rows is None:
        others = listed(row_formats(), "or")
        raise OnlyWholeError(f"{name}: {form.name} is written as a whole: write {others}")
    check_target(path, name, overwrite)
    begin = form.write_rows
    try:
        effort = effort._replace(storing=storing_of(image, form, tile, pyramid))
        check_shape(image, form)
        fitting = Fitting(image.alpha, form, colour)
        # a row is enough to find out what becomes of the others
        row = Fitting(image.alpha, form, colour).fit(
            blank_pixels((1, *image.shape[1:]), image.dtype)
        )
        blank = blank_pixels((image.height, *row.shape[1:]), row.dtype)
        frame = Frame(blank, Timing(), told(image, form), image.alpha and form.holds.alpha)
        notes = [f"of the input: {line}" for line in image.left_out]
        if form.holds.arrays:
            notes += _as_array(image, form)
        kept_notes: list[str] = []
        (frame,) = kept([frame], form, kept_notes)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error
    output = RowsWritten(image, path, name, form, fitting, overwrite=overwrite)
    output.begin(lambda file: begin(frame, file, effort), notes, kept_notes)
    return output


def _as_array(image: Image, form: Format) -> list[str]:
    """Return notes about a picture that becomes an array."""
    if image.stacked is not None and image.stacked.axes != image.axes:
        raise OnlyWholeError(
            f"arrays of the axes {image.stacked.axes} are written as a whole: write another format"
        )
    from convfilter.files.arrays import as_array

    return as_array(image, form)[1]


class RowsWritten:
    """A picture file that is being written; `begin_rows` makes it, and errors are its own."""

    def __init__(
        self,
        image: Image,
        path: Path,
        name: str,
        form: Format,
        fitting: Fitting,
        *,
        overwrite: bool,
    ) -> None:
        self._path, self._name, self._form, self._fitting = path, name, form, fitting
        self._file = Replacement(path, overwrite=overwrite)
        self._writer: RowWriter | None = None
        self._shape, self._dtype, self._done = image.shape, image.dtype, 0
        self._notes: tuple[list[str], list[str]] = [], []

    def begin(
        self, begin: Callable[[Replacement], RowWriter], first: list[str], last: list[str]
    ) -> None:
        """Open the file and write what stands before the rows."""
        self._notes = first, last

        def work() -> None:
            self._file.begin()
            self._writer = begin(self._file)

        self._tried(work)

    def write(self, rows: NDArray[Any]) -> None:
        """Write further rows: (rows, W) or (rows, W, C), as the picture was announced.

        Raises
        ------
        ArgumentError
            They are of another shape or dtype, or too many.
        ImageError
            The format cannot hold a value, or the file cannot be written. Nothing is left of it.
        """
        if rows.shape[1:] != self._shape[1:] or rows.dtype != self._dtype:
            raise ArgumentError(
                f"rows of shape {rows.shape} and {rows.dtype} are none of a picture"
                f" {self._shape} of {self._dtype}"
            )
        self._done += len(rows)
        if self._done > self._shape[0]:
            raise ArgumentError(f"{self._done} rows are more than the {self._shape[0]} announced")

        def work() -> None:
            assert self._writer is not None
            self._writer.write(self._fitting.fit(rows))

        self._tried(work)

    def finish(self) -> list[str]:
        """Put the file in its place, and return notes as `write` of whole pictures does."""
        if self._done < self._shape[0]:
            raise ArgumentError(f"only {self._done} of {self._shape[0]} rows were written")
        losses: list[str] = []
        of_file: list[str] = []

        def work() -> None:
            assert self._writer is not None
            losses.extend(self._writer.finish())
            of_file.extend(self._file.finish())

        self._tried(work)
        self.close()
        before, kept_notes = self._notes
        notes = dict.fromkeys(before + self._fitting.notes + kept_notes + losses)
        return [f"{self._name}: {note}" for note in (*notes, *of_file)]

    def close(self) -> None:
        """Remove what was not finished; what was is there to stay."""
        self._writer = None
        self._file.close()

    def _tried(self, work: Callable[[], None]) -> None:
        """Do something; where that fails, leave nothing behind and say why."""
        path, name = self._path, self._name
        try:
            work()
        except BaseException as error:
            self.close()
            if isinstance(error, OnlyWholeError):
                raise OnlyWholeError(f"{name}: {error}") from error
            if isinstance(error, ImageError):
                raise ImageError(f"{name}: {error}") from error
            if isinstance(error, ConvfilterError) or not isinstance(error, Exception):
                raise
            if isinstance(error, FileExistsError):
                raise exists_already(name) from error
            if isinstance(error, BrokenPipeError):
                raise ReaderGoneError(f"{name}: nobody reads what is written to it") from error
            if isinstance(error, OSError):
                raise ImageError(explained(error, path, name)) from error
            if isinstance(error, MemoryError):
                raise ImageError(f"{name}: not enough memory to write {self._form.name}") from error
            raise ImageError(
                f"{name}: cannot be written as {self._form.name} ({words_of(error)}): try another"
                " format"
            ) from error

    def __enter__(self) -> RowsWritten:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
