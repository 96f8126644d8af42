"""Directories of tags, of which TIFF files and EXIF blocks are made (TIFF 6.0, Adobe 1992, 2).

Values stay the bytes that they are in the file, so that tags which are not understood here survive.
No length or offset is trusted: what lies beyond the end of the file counts as missing. BigTIFF
differs in the width of counts and offsets alone.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NamedTuple

__all__ = ["Directory", "Entry", "Field", "Layout", "Order", "Pointers", "Source", "Tree"]

ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 2, 3, 4, 5, 7, 16
"""Kinds of values that are written here (the field types of TIFF 6.0)."""

_KINDS: dict[int, tuple[int, int, str]] = {
    1: (1, 1, "B"),
    ASCII: (1, 1, ""),
    SHORT: (2, 2, "H"),
    LONG: (4, 4, "I"),
    RATIONAL: (8, 4, "I"),
    6: (1, 1, "b"),
    UNDEFINED: (1, 1, ""),
    8: (2, 2, "h"),
    9: (4, 4, "i"),
    10: (8, 4, "i"),
    11: (4, 4, "f"),
    12: (8, 8, "d"),
    13: (4, 4, "I"),
    LONG8: (8, 8, "Q"),
    17: (8, 8, "q"),
    18: (8, 8, "Q"),
    129: (1, 1, ""),
}
"""Of each kind the bytes of a value, the bytes that another byte order reverses, and the letter of
`struct`."""

_RATIONALS = (RATIONAL, 10)
ONLY_BIG = (LONG8, 17, 18)
"""Kinds of values that BigTIFF alone knows."""

Order = Literal["<", ">"]
"""Byte orders by their letters in `struct`: the last byte first, or the first one."""

Pointers = Mapping[int, "Pointers"]
"""Tags that point to further directories, and those in them that do."""


class Layout(NamedTuple):
    """The byte order, and whether the file is a BigTIFF."""

    order: Order
    big: bool = False

    @property
    def head(self) -> bytes:
        """The beginning of a file whose first directory stands right behind it."""
        mark = b"II" if self.order == "<" else b"MM"
        if self.big:
            return mark + struct.pack(f"{self.order}HHHQ", 43, 8, 0, 16)
        return mark + struct.pack(f"{self.order}HI", 42, 8)

    @property
    def first(self) -> int:
        """Where in the head the offset of the first directory stands."""
        return 8 if self.big else 4

    @property
    def number(self) -> str:
        """The format of `struct` for the number of entries."""
        return self.order + ("Q" if self.big else "H")

    @property
    def entry(self) -> str:
        """The format of `struct` for an entry: tag, kind, count, and a value or its offset."""
        return self.order + ("HHQ8s" if self.big else "HHI4s")

    @property
    def offset(self) -> str:
        """The format of `struct` for an offset."""
        return self.order + ("Q" if self.big else "I")

    def link(self, entries: int) -> int:
        """Where in a directory of so many entries the offset of the following one stands."""
        return struct.calcsize(self.number) + entries * struct.calcsize(self.entry)


@dataclass(frozen=True)
class Entry:
    """A tag and its value."""

    tag: int
    kind: int
    data: bytes

    @property
    def count(self) -> int:
        """The number of values."""
        return len(self.data) // _KINDS[self.kind][0]

    def swapped(self) -> Entry:
        """Return the entry in the other byte order."""
        step = _KINDS[self.kind][1]
        parts = (self.data[at : at + step][::-1] for at in range(0, len(self.data), step))
        return self if step == 1 else Entry(self.tag, self.kind, b"".join(parts))


class Field(NamedTuple):
    """An entry whose value of `length` bytes lies at `place`."""

    tag: int
    kind: int
    place: int
    length: int


class Directory(NamedTuple):
    """A directory at `place`: the first field of each tag, and `length` bytes without the values.

    `link` is the place of the offset of the directory that follows, `following`; 0 if none does,
    None where the file ends before it.
    """

    place: int
    fields: dict[int, Field]
    length: int
    link: int
    following: int | None


class Source:
    """The bytes of a file or block that holds directories; `taken` counts those that were read.

    Raises
    ------
    ValueError
        What is given does not begin as TIFF does.
    """

    def __init__(self, data: bytes | BinaryIO) -> None:
        self._file: BinaryIO = io.BytesIO(data) if isinstance(data, bytes) else data
        self.size = self._file.seek(0, io.SEEK_END)
        self.taken = 0
        start = self.part(0, 16)
        marks: dict[bytes, Order] = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
        order = marks.get(start[:4])
        if order is None:
            raise ValueError("no TIFF")
        self.layout = Layout(order, start[:4] in (b"II+\0", b"MM\0+"))
        self.first = self._offset(start[self.layout.first :])

    def part(self, place: int, length: int) -> bytes:
        """Return the bytes at a place; fewer where the file ends."""
        if not 0 <= place < self.size:
            return b""
        self._file.seek(place)
        data = self._file.read(min(length, self.size - place))
        self.taken += len(data)
        return data

    def _offset(self, data: bytes) -> int:
        width = struct.calcsize(self.layout.offset)
        if len(data) < width:
            raise EOFError("the file is truncated")
        number: int = struct.unpack_from(self.layout.offset, data)[0]
        return number

    def directory(self, place: int) -> Directory:
        """Return the directory at a place; of one that is cut off, what there is.

        Raises
        ------
        EOFError
            The file ends before the first entry.
        """
        layout = self.layout
        number = struct.calcsize(layout.number)
        start = self.part(place, number)
        if len(start) < number:
            raise EOFError("the file is truncated")
        (count,) = struct.unpack(layout.number, start)
        width, inline = struct.calcsize(layout.entry), struct.calcsize(layout.offset)
        entries = self.part(place + number, count * width)
        fields: dict[int, Field] = {}
        for at in range(0, len(entries) - width + 1, width):
            tag, kind, amount, value = struct.unpack_from(layout.entry, entries, at)
            if kind not in _KINDS or tag in fields:
                continue
            length = amount * _KINDS[kind][0]
            here = place + number + at + width - inline
            fields[tag] = Field(
                tag, kind, here if length <= inline else self._offset(value), length
            )
        link = place + layout.link(count)
        try:
            following = self._offset(self.part(link, inline))
        except EOFError:
            following = None
        return Directory(place, fields, layout.link(count) + inline, link, following)

    def directories(self) -> Iterator[Directory]:
        """Yield the directories that follow one another from the first one on.

        Raises
        ------
        EOFError
            The file ends before one of them does.
        ValueError
            They come back to an earlier one, overlap, or are empty.
        """
        places: set[int] = set()
        place, length = self.first, 0
        while place != 0:
            if place in places:
                raise ValueError("its pages go round in a circle")
            places.add(place)
            directory = self.directory(place)
            if directory.following is None:
                raise EOFError("the file is truncated")
            length += directory.length
            if length > self.size:
                raise ValueError("its pages overlap")
            if not directory.fields:
                raise ValueError("a page without tags")
            yield directory
            place = directory.following

    def holds(self, field: Field) -> bool:
        """Tell whether the whole value of a field is in the file."""
        return field.place + field.length <= self.size

    def numbers(self, field: Field | None, most: int = 16) -> tuple[float, ...]:
        """Return the first values of a field; none for what is no number or lies beyond."""
        if field is None:
            return ()
        size, step, letter = _KINDS[field.kind]
        length = min(field.length, size * most)
        data = self.part(field.place, length)
        if not letter or len(data) < length:
            return ()
        values = struct.unpack(f"{self.layout.order}{length // step}{letter}", data)
        if field.kind in _RATIONALS:
            pairs = zip(values[::2], values[1::2], strict=True)
            return tuple(over / under if under else 0.0 for over, under in pairs)
        return values

    def whole(self, field: Field | None) -> int | None:
        """Return the only value of a field, a whole number; None for anything else."""
        values = self.numbers(field, 2)
        return int(values[0]) if len(values) == 1 and isinstance(values[0], int) else None

    def wholes(self, field: Field | None) -> list[int]:
        """Return all values of a field of whole numbers without a sign; none for anything else."""
        if field is None or field.kind not in (SHORT, LONG, LONG8):
            return []
        return [int(value) for value in self.numbers(field, field.length)]


@dataclass(frozen=True)
class Tree:
    """Entries of a directory, and the directories that it points to, by their tags."""

    entries: tuple[Entry, ...]
    below: dict[int, Tree] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        source: Source,
        place: int,
        pointers: Pointers,
        longest: int,
        only: Collection[int] | None = None,
    ) -> Tree:
        """Read a directory with those below it; what cannot be read is left out.

        `only` names the tags to be taken, by default all. Kinds that BigTIFF alone knows are left
        out, too.

        Raises
        ------
        EOFError
            There is no directory at this place.
        ValueError
            There are more than `longest` bytes in it.
        """
        entries: list[Entry] = []
        below: dict[int, Tree] = {}
        length = 0
        for tag, value in source.directory(place).fields.items():
            if tag in pointers:
                at = source.whole(value) or source.size
                with suppress(EOFError):
                    tree = cls.of(source, at, pointers[tag], longest - length)
                    below[tag] = tree
                    length += tree.length
            elif (only is None or tag in only) and value.kind not in ONLY_BIG:
                if not source.holds(value):
                    continue
                length += value.length
                if length > longest:
                    raise ValueError("too long")
                entries.append(Entry(tag, value.kind, source.part(value.place, value.length)))
        return cls(tuple(entries), below)

    @property
    def length(self) -> int:
        """About how many bytes it takes."""
        own = sum(len(entry.data) + 12 for entry in self.entries)
        return own + sum(tree.length + 12 for tree in self.below.values())

    def swapped(self) -> Tree:
        """Return the same in the other byte order."""
        below = {tag: tree.swapped() for tag, tree in self.below.items()}
        return Tree(tuple(entry.swapped() for entry in self.entries), below)

    def packed(self, place: int, layout: Layout) -> bytearray:
        """Return the directory with everything that it points to, for an even place in a file.

        No other one follows it. The length does not depend on the place.
        """
        inline = struct.calcsize(layout.offset)
        items: dict[int, Entry | Tree] = {entry.tag: entry for entry in self.entries}
        items |= self.below
        out = bytearray(struct.pack(layout.number, len(items)))
        values = bytearray()
        beyond = place + layout.link(len(items)) + inline
        for tag in sorted(items):
            item = items[tag]
            at = struct.pack(layout.offset, beyond + len(values))
            if isinstance(item, Tree):
                kind, count = (LONG8 if layout.big else LONG), 1
                values += item.packed(beyond + len(values), layout)
            else:
                kind, count = item.kind, item.count
                if len(item.data) <= inline:
                    at = item.data.ljust(inline, b"\0")
                else:
                    values += item.data + bytes(len(item.data) % 2)
            out += struct.pack(layout.entry, tag, kind, count, at)
        return out + bytes(inline) + values
