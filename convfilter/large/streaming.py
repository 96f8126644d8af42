"""A picture filtered from rows to rows, band by band: one is read, one filtered, one written."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar

from convfilter.large.parts import FigureNeededError, Parts, Rectangle
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Foresight

__all__ = ["Input", "Output", "bands_of", "is_uneven", "stream"]

READ_AT_ONCE = 1 << 22
"""Bytes of rows that are asked for at a time, about."""

WAITING = 1 << 24
"""Bytes of memory that wait to be taken up again while bands come and go."""

Given = TypeVar("Given")


class Input(Protocol):
    """A picture whose rows are read; each row is asked for once, in order."""

    def read(self, first: int, last: int) -> Array:
        """Return the rows from `first` up to, but not including, `last`."""

    def close(self) -> None:
        """Let go of everything."""


class Output(Protocol):
    """A picture whose rows are written, in order."""

    def write(self, rows: Array) -> None:
        """Write further rows."""

    def close(self) -> None:
        """Remove what has been written, unless it is finished."""


def bands_of(parts: Parts, rows: int) -> list[Rectangle]:
    """Return the bands of an output, of so many rows each."""
    height, width = parts.shape[:2]
    return [
        Rectangle((start, min(height, start + rows)), (0, width))
        for start in range(0, height, rows)
    ]


def stream(
    parts: Parts,
    bands: Sequence[Rectangle],
    begin_input: Callable[[], Input],
    begin_output: Callable[[], Output],
    told: Callable[[float], None],
    *,
    workers: int | None = None,
) -> Output:
    """Filter a picture band by band, and return the output, which is to be finished.

    `told` hears of the seconds that each band took to be filtered.
    The input is begun anew for each figure of the whole that has to be found out first; and both,
    where values far down ask for another arithmetic than was planned for those above them.

    Raises
    ------
    ArgumentError, ImageError
        What input, pipeline and output raise; nothing is left of the output then.
    """
    with Foresight(parts.rehearse), memory.sparing(WAITING):
        while True:
            output = _once(parts, bands, begin_input, begin_output, told, workers)
            if output is not None:
                return output


def _once(
    parts: Parts,
    bands: Sequence[Rectangle],
    begin_input: Callable[[], Input],
    begin_output: Callable[[], Output],
    told: Callable[[float], None],
    workers: int | None,
) -> Output | None:
    """Go through a picture once; None if something was found that asks for another time."""
    findings, output, is_known = parts.findings, None, True
    levels: dict[Any, int] | None = None
    try:
        with _Threads() as threads:
            reading = _parts(parts, bands, begin_input, threads)
            with contextlib.closing(reading):
                for band in bands:
                    # what holds a part longer than it is needed takes the memory of another one
                    made = _made(parts, next(reading), band, told, workers)
                    if made is None:
                        is_known = False
                        continue
                    if levels not in (None, findings.levels):
                        break  # what was written has to be made again
                    levels = dict(findings.levels)
                    output = output or begin_output()
                    threads.write(output, made)
                    del made
                else:
                    threads.finish()
                    if is_known:
                        done, output = output, None
                        return done
                    findings.conclude()
    finally:
        if output is not None:
            output.close()
    return None


def _made(
    parts: Parts,
    part: Array,
    band: Rectangle,
    told: Callable[[float], None],
    workers: int | None,
) -> Array | None:
    """Return a band, made of the part that it needs; None where a figure has to be known first."""
    started = time.perf_counter()
    try:
        return parts.make(part, band, workers=workers)
    except FigureNeededError:
        return None
    finally:
        told(time.perf_counter() - started)


class _Threads:
    """Two threads: one reads ahead, one writes what is made."""

    def __init__(self) -> None:
        self._reader = ThreadPoolExecutor(1, "convfilter-read")
        self._writer = ThreadPoolExecutor(1, "convfilter-write")
        self._written: Future[None] | None = None

    def __enter__(self) -> _Threads:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._reader, self._writer):
            each.shutdown(wait=True, cancel_futures=True)

    def read(self, call: Callable[[], Given]) -> Future[Given]:
        """Begin to read."""
        return self._reader.submit(call)

    def write(self, output: Output, rows: Array) -> None:
        """Write rows as soon as those before them are written, for which this waits."""
        self.finish()
        self._written = self._writer.submit(output.write, rows)

    def finish(self) -> None:
        """Wait until all is written."""
        written, self._written = self._written, None
        if written is not None:
            written.result()


def _parts(
    parts: Parts,
    bands: Sequence[Rectangle],
    begin_input: Callable[[], Input],
    threads: _Threads,
) -> Generator[Array]:
    """Yield the part of the picture that each band is made from; the next one is on its way."""
    spans = [parts.reads(band).rows for band in bands]
    # no band after one needs rows before these
    firsts = list(itertools.accumulate((first for first, _ in reversed(spans)), min))[::-1]
    with contextlib.closing(begin_input()) as source:
        window = _Window(source)

        def begin(number: int) -> Future[Array]:
            first, (_, last) = firsts[number], spans[number]
            return threads.read(lambda: window.read(first, last))

        following = begin(0)
        try:
            for number in range(len(bands)):
                part = following.result()
                if number + 1 < len(bands):
                    following = begin(number + 1)
                first, last = (row - firsts[number] for row in spans[number])
                # no name is left for it here while it is worked on
                here = [part[first:last]]
                del part
                yield here.pop()
        finally:
            following.cancel()
            wait([following])


class _Window:
    """Rows of a picture from some on; those that the next ones begin with are kept."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self._rows: Array | None = None
        self._first = self._last = 0

    def read(self, first: int, last: int) -> Array:
        """Return some rows, of which the first is not before the first of the call before."""
        before, start = self._rows, max(first, self._last)
        self._rows = None
        rows: Array | None = None
        while start < last or rows is None:
            if start < last:
                some = self._source.read(start, min(last, start + self._at_once(rows)))
            else:
                assert before is not None
                some = before[:0]
            if rows is None:
                rows = memory.empty((last - first, *some.shape[1:]), some.dtype)
                if before is not None and first < self._last:
                    kept = before[first - self._first : last - self._first]
                    rows[: len(kept)] = kept
                before = None
            rows[start - first : start - first + len(some)] = some
            start += len(some)
        self._rows, self._first, self._last = rows, first, max(last, self._last)
        return rows

    @staticmethod
    def _at_once(rows: Array | None) -> int:
        """Return how many rows to ask for; a few, as long as nobody knows how long they are."""
        return 16 if rows is None else max(1, READ_AT_ONCE // max(1, rows[:1].nbytes))


def is_uneven(source: Input, height: int, rows: int) -> bool:
    """Tell whether some pixels of a picture with alpha are more opaque than others.

    Of integers it is enough to look until two differ; of floats all have to be in range.
    """
    first = None
    for start in range(0, height, rows):
        alpha = source.read(start, min(height, start + rows))[..., -1]
        first = alpha[0, 0] if first is None else first
        if bool((alpha != first).any()):
            return True
    return False
