"""Open picture files to be read row by row: pictures that need not fit into memory."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ImageError, listed, reason_of
from convfilter.files.reading import (
    DEFAULT_MAX_PIXELS,
    damage_told,
    display_name,
    open_picture,
)
from convfilter.formats import FORMATS, identify
from convfilter.formats.declaring import HEAD_BYTES
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.formats.declaring.limits import Limits, Selection
from convfilter.formats.declaring.rows import OnlyWholeError, RowReader
from convfilter.runtime.array_axes import check_axes

__all__ = ["OpenRows", "open_rows", "row_formats"]


def open_rows(
    source: str | os.PathLike[str],
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    frames: str | int | Iterable[int] | None = None,
    axes: str | None = None,
) -> OpenRows:
    """Open a picture file to be read row by row: the pixels are those that `read` returns.

    Parameters are those of `read`. What is returned has a file open until it is closed.

    Raises
    ------
    OnlyWholeError
        The file has to be read as a whole, and may be all right otherwise. The message says why.
    ArgumentError, ArgumentTypeError, ImageError
        As `read` has it. Damage behind the header is found while rows are read.

    Examples
    --------
    >>> with open_rows("photos/bird.png", max_pixels=5_000_000_000) as rows:
    ...     print(rows.image.shape, rows.read(0, 64).shape)
    (480, 640, 3) (64, 640, 3)
    """
    name = display_name(source)
    if axes is not None:
        axes = check_axes(axes)
    limits = Limits(max_pixels, Selection.of(frames), axes)
    file = open_picture(Path(source), name)
    try:
        return _begun(file, name, limits)
    except OnlyWholeError as error:
        file.close()
        raise OnlyWholeError(f"{name}: {error}") from error
    except ImageError as error:
        file.close()
        raise ImageError(f"{name}: {error}") from error
    except BaseException:
        file.close()
        raise


def _begun(file: BinaryIO, name: str, limits: Limits) -> OpenRows:
    if isinstance(file, io.BytesIO):  # it could not be rewound
        raise OnlyWholeError("is a stream, which is read as a whole")
    try:
        head = file.read(HEAD_BYTES)
        file.seek(0)
    except OSError as error:
        raise ImageError(f"cannot be read: {reason_of(error)}") from error
    form = FORMATS[identify(head)]
    if form.read_rows is None:
        raise OnlyWholeError(
            f"is {form.name}, which is read as a whole: save it as {listed(row_formats(), 'or')}"
        )
    if limits.axes is not None and not form.holds.arrays:
        raise ImageError(
            f"is {form.name}, which says itself what its axes are: leave axes out (--axes)"
        )
    with damage_told(file, form.name):
        reader = form.read_rows(file, limits)
    return OpenRows(file, name, form.name, reader)


def row_formats() -> list[str]:
    """Return the names of two formats that are read and written row by row."""
    plain = (name for name, each in SUMMARIES.items() if each.is_written and each.extra is None)
    return [name for name in plain if FORMATS[name].read_rows is not None][:2]


class OpenRows:
    """A picture file that is read row by row; the attributes are those of a `RowReader`.

    Attributes
    ----------
    image : Image
        All about the picture, with pixels that take no memory and say nothing.
    in_order : bool
        Whether `first` may never be below the `last` of the call before.
    held : int
        Bytes that the reader holds at most, besides what it returns.
    """

    def __init__(self, file: BinaryIO, name: str, format_name: str, reader: RowReader) -> None:
        self._file, self._name, self._format = file, name, format_name
        self._reader: RowReader | None = reader
        self.image, self.in_order, self.held = reader.image, reader.in_order, reader.held
        self._next = 0

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return the rows from `first` up to, but not including, `last`: (rows, W) or (rows, W, C).

        Raises
        ------
        ArgumentError
            There are no such rows, or they were to be asked for in order.
        ImageError
            The file is damaged or truncated, or the reader was closed.
        """
        if not 0 <= first < last <= self.image.height:
            raise ArgumentError(
                f"rows {first} to {last} are not there: give two numbers from 0 to"
                f" {self.image.height}, the smaller one first"
            )
        if self.in_order and first < self._next:
            raise ArgumentError(
                f"row {first} comes before row {self._next}, and these rows are read in order: open"
                " the file again"
            )
        if self._reader is None:
            raise ImageError(f"{self._name}: is closed: open it again")
        try:
            with damage_told(self._file, self._format):
                rows = self._reader.read(first, last)
        except ImageError as error:
            raise ImageError(f"{self._name}: {error}") from error
        self._next = last
        return rows

    def close(self) -> None:
        """Close the file; it may have been closed before."""
        reader, self._reader = self._reader, None
        if reader is not None:
            try:
                reader.close()
            finally:
                self._file.close()

    def __enter__(self) -> OpenRows:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
