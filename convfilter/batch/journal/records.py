"""What the journal says, and how it says it in lines that tell whether they are whole.

A line is a CRC-32 of the rest in eight hexadecimal digits, a space, and an array in JSON whose
first element says what it tells:

    ["begun", [output, ...]]
        Files that are about to be made, and may be there from now on.
    ["done", output, input, size, changed, sha256, recipe, numbers, size, changed, checksum]
        A file was made, and is on the disk. First what the input was known by, then the output.
    ["void", [output, ...]]
        They were not made after all.

Paths are relative to the folder of the journal, with slashes, so that trees may move together.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from convfilter.batch.job import FileState

__all__ = ["HEADER", "Known", "Record", "begun", "made", "void"]

HEADER = b"convfilter journal 1\n"
"""The first line; the number rises if older versions would misunderstand what follows."""


class Record(NamedTuple):
    """What is known of an output that was made.

    Attributes
    ----------
    source : the input's path, relative to the folder of the journal
    input : what the input was known by just before it was read
    recipe : the hash of all that decided about the result
    numbers : the version of the numbers, `identity.NUMBERS`
    output : what the output was known by as soon as it was there
    """

    source: str
    input: FileState
    recipe: str
    numbers: int
    output: FileState


class Known:
    """What the lines of a journal say together, the later ones before the earlier.

    Attributes
    ----------
    records : by output
    begun : outputs that were begun and of which no end is known
    damaged : lines that say nothing any more
    lines : that were read
    """

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.begun: set[str] = set()
        self.damaged = self.lines = 0

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in lines, those after the header."""
        for line in lines:
            if line.strip():
                self.lines += 1
                self.damaged += not self._take(line)

    def _take(self, line: bytes) -> bool:
        """Take in a line, and tell whether it was whole and made sense."""
        check, text = line[:9], line[9:].rstrip(b"\n")
        if check != b"%08x " % zlib.crc32(text):
            return False
        try:
            match json.loads(text):
                case ["begun", list(names)] if all(isinstance(name, str) for name in names):
                    self.begun.update(names)
                case ["done", str(output), *rest]:
                    self.records[output] = _record(*rest)
                    self.begun.discard(output)
                case ["void", list(names)]:
                    self.begun.difference_update(names)
                case _:
                    return False
        except (ValueError, TypeError, RecursionError):
            return False
        return True

    def whole(self) -> Iterator[bytes]:
        """Return the fewest lines that say the same."""
        for output, record in self.records.items():
            yield made(output, record)
        if self.begun:
            yield begun(sorted(self.begun))


def _record(
    source: str,
    size: int,
    changed: int,
    sha256: str,
    recipe: str,
    numbers: int,
    output_size: int,
    output_changed: int,
    checksum: str,
) -> Record:
    for text in (source, sha256, recipe, checksum):
        if not isinstance(text, str):
            raise TypeError(text)
    for number in (size, changed, numbers, output_size, output_changed):
        if not isinstance(number, int):
            raise TypeError(number)
    output = FileState(output_size, output_changed, checksum)
    return Record(source, FileState(size, changed, sha256), recipe, numbers, output)


def begun(outputs: list[str]) -> bytes:
    """Return the line that says that files are about to be made."""
    return _line(["begun", outputs])


def made(output: str, record: Record) -> bytes:
    """Return the line that says that a file was made."""
    source, before, recipe, numbers, after = record
    return _line(["done", output, source, *before, recipe, numbers, *after])


def void(outputs: list[str]) -> bytes:
    """Return the line that says that files were not made."""
    return _line(["void", outputs])


def _line(said: list[object]) -> bytes:
    text = json.dumps(
        said, separators=(",", ":")
    ).encode()  # which writes what is no text as \udc..
    return b"%08x %s\n" % (zlib.crc32(text), text)
