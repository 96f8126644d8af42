"""How a format reads and writes pictures row by row, for those that do not fit into memory.

A format that can do so declares `read_rows` and `write_rows` beside `read` and `write`
(`declaring/__init__.py`). `convfilter.files` opens and replaces the files.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol, TypeAlias

from convfilter.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convfilter.picture.image import Image

__all__ = [
    "Appended",
    "Halved",
    "OnlyWholeError",
    "RowReader",
    "RowWriter",
    "Sink",
    "Storing",
    "blank_pixels",
]

Halved: TypeAlias = "Callable[[NDArray[Any]], NDArray[Any]]"
"""Takes rows, an even number but at the end of a picture; returns half of them, half as wide."""


class OnlyWholeError(ImageError):
    """The file can be read, or the picture written, but not row by row; the message says why."""


class RowReader(Protocol):
    """The rows of a picture in a file that stays open.

    Attributes
    ----------
    image : Image
        All that there is to say about the picture. Its pixels have the shape and the dtype, take no
        memory and say nothing (`blank_pixels`).
    in_order : bool
        Whether rows have to be asked for in order: `first` is then never below the `last` of the
        call before. Rows between both are passed over.
    held : int
        Bytes that it holds, at most, besides what `read` returns.
    """

    image: Image
    in_order: bool
    held: int

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Return the rows from `first` up to, but not including, `last`: (rows, W) or (rows, W, C).

        The array is the caller's own: contiguous, writable, in the byte order of the machine.

        Raises
        ------
        ImageError, or whatever else the libraries raise
            The file is damaged, or ends too early.
        """

    def close(self) -> None:
        """Let go of memory and threads; the file is closed by whoever opened it."""


class Sink(Protocol):
    """Where a writer of rows puts the bytes of its file."""

    def put(self, *pieces: bytes) -> None:
        """Write further bytes."""

    def patch(self, place: int, data: bytes) -> None:
        """Write over bytes that have been put already."""

    def aside(self) -> BinaryIO:
        """Return an empty file for what comes later, which is gone when it is closed."""


class RowWriter(Protocol):
    """A picture that is written row by row, from the first one on."""

    def write(self, rows: NDArray[Any]) -> None:
        """Write further rows: (rows, W) or (rows, W, C), of the dtype that was said at first."""

    def finish(self) -> list[str]:
        """Write what belongs behind the last row, and return a note for each loss."""


class Appended:
    """Writes rows of formats that store them as they are, one behind the other."""

    def __init__(self, sink: Sink, bytes_of: Callable[[NDArray[Any]], bytes]) -> None:
        self._sink, self._bytes_of = sink, bytes_of

    def write(self, rows: NDArray[Any]) -> None:
        """Write further rows."""
        self._sink.put(self._bytes_of(rows))

    def finish(self) -> list[str]:
        """Nothing stands behind the last row."""
        return []


class Groups:
    """Puts rows that come in any numbers into groups of `high` rows, the last one of fewer."""

    def __init__(self, high: int, total: int) -> None:
        self._high, self._left = high, total
        self._waiting: list[NDArray[Any]] = []
        self._count = 0

    def take(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        """Take further rows, and return the groups that are complete.

        Groups may be parts of `rows`, which have to stay as they are until the groups are done
        with; rows that wait for others are copied.
        """
        import numpy as np

        groups = []
        start = 0
        while start < len(rows):
            missing = min(self._high, self._left) - self._count
            part = rows[start : start + missing]
            start += len(part)
            self._count += len(part)
            if len(part) < missing:
                self._waiting.append(part.copy())
                break
            groups.append(np.concatenate([*self._waiting, part]) if self._waiting else part)
            self._left -= self._count
            self._waiting, self._count = [], 0
        return groups


class InMemory:
    """A file in memory, in pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._ends: list[int] = []

    def put(self, *pieces: bytes) -> None:
        """Write further bytes."""
        for piece in pieces:
            self.pieces.append(piece)
            self._ends.append(len(piece) + (self._ends[-1] if self._ends else 0))

    def patch(self, place: int, data: bytes) -> None:
        """Write over bytes that lie within one piece."""
        number = bisect_right(self._ends, place)
        piece = self.pieces[number]
        at = place - self._ends[number] + len(piece)
        self.pieces[number] = piece[:at] + data + piece[at + len(data) :]

    def aside(self) -> BinaryIO:
        """Return an empty file in memory."""
        return io.BytesIO()


class Storing(NamedTuple):
    """How pixels are laid out in a file, for formats that have a choice.

    Attributes
    ----------
    tile : int or None
        Side of the squares in which pixels are stored, a multiple of 16; None for whole rows.
    halved : function or None
        Makes the reduced copies that the file holds besides, each half as large as the one before,
        until one tile holds the last; None for no such copies.
    """

    tile: int | None = None
    halved: Halved | None = None


def blank_pixels(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array of zeros that takes no memory, whatever its shape. It cannot be written."""
    import numpy as np

    return np.broadcast_to(np.zeros((), dtype), shape)
