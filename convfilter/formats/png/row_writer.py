"""PNG written row by row: the bytes that the whole picture would have."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from convfilter.formats.declaring import Effort, Frame
from convfilter.formats.declaring.rows import Groups, Sink
from convfilter.formats.png.chunks import chunk
from convfilter.formats.png.writer import Compressing, head
from convfilter.runtime.threads import check_workers

__all__ = ["Rows"]


class Rows:
    """Writes a picture of metadata that `writer.storable` has left."""

    def __init__(self, frame: Frame, sink: Sink, effort: Effort, notes: list[str]) -> None:
        self._sink, self._notes = sink, notes
        self._compressing = Compressing(
            frame.pixels, effort.compress, check_workers(effort.workers)
        )
        self._groups = Groups(self._compressing.rows, len(frame.pixels))
        sink.put(*head(frame.pixels, frame.metadata))

    def write(self, rows: NDArray[Any]) -> None:
        """Write further rows."""
        for content in self._compressing.take(self._groups.take(rows)):
            self._sink.put(*chunk(b"IDAT", *content))

    def finish(self) -> list[str]:
        """Write the last chunk, and return notes."""
        self._sink.put(*chunk(b"IEND"))
        return self._notes
