"""How high the bands of a streamed picture are, and what memory and disk that will take."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import NamedTuple

from convfilter.large.parts import Parts, Rectangle
from convfilter.runtime import memory
from convfilter.runtime.compiled import Foresight

__all__ = ["Budget", "budget_of"]

BASE = 64_000_000
"""Bytes of a process that has imported all that is needed, where the system does not tell."""

MOST_BASE = 2 * BASE
"""What a process has besides, such as a program's own arrays, is nothing that bands could spare."""

KEPT_FREE = 0.85
"""Of the memory that is left for bands, this share is planned for."""

MOST_PIXELS = 1 << 23
"""Of a band of the input: more gains no speed."""

LEAST_BANDS = 8
"""Reading, filtering and writing go on at the same time only if there are several."""

TRIALS = 4, 36
"""Rows of the outputs that are made to see what memory that takes, besides the fewest that a part
can be made for: below these, parts are all alike."""


class Budget(NamedTuple):
    """What is planned for a streamed picture.

    Attributes
    ----------
    rows : of the output in each band
    bands : how many there are
    reads : rows of the input that a band is made from
    halo : rows of the input that two bands both read
    peak : bytes of memory of the whole process at most, about
    disk : bytes of the output before it is compressed
    passes : how often the picture is read before, for figures of the whole
    """

    rows: int
    bands: int
    reads: int
    halo: int
    peak: int
    disk: int
    passes: int

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said of it."""
        first = f"streamed in {_counted(self.bands, 'band')} of {_counted(self.rows, 'row')}"
        halo = f"each made from {_counted(self.reads, 'row')} of the input, a halo of {self.halo}"
        again = f"; read {_counted(self.passes, 'time')} before, for figures of the whole picture"
        return (
            f"{first}, {halo}{again if self.passes else ''}",
            f"about {self.peak / 1e6:.0f} MB of memory at most,"
            f" {self.disk / 1e6:.0f} MB on disk before compression",
        )


def budget_of(
    parts: Parts,
    *,
    most: int,
    held: int = 0,
    written: int = 0,
    rows: int | None = None,
    workers: int | None = None,
) -> Budget:
    """Return how a picture is cut into bands.

    Parameters
    ----------
    parts : what is made
    most : bytes that the whole process may take
    held, written : bytes that the reader holds, and the writer, whatever the bands are
    rows : of the output in each band, where somebody says so
    workers : threads
    """
    base = _resident()
    height, step = parts.shape[0], parts.rows.step
    of_input, of_output = parts.row_bytes
    fixed, per_row = _measured(parts, workers)
    # a part is filtered while the next one is read; a band is written while the next is made
    per_row += 2 * step * of_input + 2 * of_output
    sample = _read(parts, 1)
    fixed += 2 * (sample - step) * of_input + held + written
    left = KEPT_FREE * (most - min(base, MOST_BASE) - fixed)
    if rows is None:
        wide = max(1, of_input // parts.pixel_bytes)
        rows = min(
            int(left // per_row), MOST_PIXELS // (wide * step), -(-height // LEAST_BANDS), height
        )
        rows = parts.whole_bands(max(1, rows))
    reads = _read(parts, rows)
    return Budget(
        rows,
        -(-height // rows),
        reads,
        max(0, reads - rows * step),
        int(base + fixed + per_row * rows),
        height * of_output,
        parts.passes,
    )


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _read(parts: Parts, rows: int) -> int:
    """Return how many rows of the input a band of so many is made from, in the middle."""
    first, last = parts.reads(_middle(parts, rows)).rows
    return last - first


def _middle(parts: Parts, rows: int) -> Rectangle:
    height, width = parts.shape[:2]
    rows = min(rows, height)
    start = (height - rows) // 2
    return Rectangle((start, start + rows), (0, width))


def _measured(parts: Parts, workers: int | None) -> tuple[int, int]:
    """Return the bytes that a band takes besides its input: always, and for each of its rows."""
    least = -(-parts.rows.least // parts.rows.step)
    few, more = (min(least + count, parts.shape[0]) for count in TRIALS)
    with Foresight(parts.rehearse):
        peaks = [_peak(parts, rows, workers) for rows in (few, few, more)][1:]
    per_row = max(0, peaks[1] - peaks[0]) // max(1, more - few)
    return max(0, peaks[0] - few * per_row), per_row


def _peak(parts: Parts, rows: int, workers: int | None) -> int:
    memory.forget()
    tracemalloc.start(1)
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        parts.try_out(_middle(parts, rows), workers=workers)
        return max(0, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
        memory.forget()


def _resident() -> int:
    """Return the bytes of memory that this process has now, about."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096
    except (OSError, ValueError, IndexError):  # where there is no such file
        return BASE
