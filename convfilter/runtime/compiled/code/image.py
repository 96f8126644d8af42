"""An object file as one piece of machine code, which runs wherever it lies in memory.

LLVM's linker takes 20 to 30 ms to be loaded, longer than a small picture takes to be filtered. What
a loop is made of needs no linker: code and constants that lie one after the other find each other
by their distance. So the places where code mentions another piece are filled in here, once, when
the loop is compiled.

This is done for the object files of Linux on x86-64 (ELF). Of others, and of those that mention
anything outside, hold an address in full, or write to memory of their own, no image is made: LLVM
links them whenever they are loaded.

The format is that of the System V ABI: "Object Files" in the generic part, and "Relocation" in the
supplement for AMD64.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from convfilter.runtime.compiled.code.executable import PAGE

_IDENTITY = b"\x7fELF\x02\x01\x01"  # 64 bits, the lowest byte first, version 1
_RELOCATABLE, _X86_64 = 1, 62

_SYMBOLS, _RELOCATIONS, _ZEROS, _SHORT_RELOCATIONS = 2, 4, 8, 9
"""Types of sections; short relocations have no addend."""

_WRITABLE, _NEEDED, _OF_EACH_THREAD = 1, 2, 1024
"""Flags of sections; what is not needed is there for linkers and debuggers."""

_DISTANCES = {2: "<i", 4: "<i", 24: "<q"}
"""How the distances are written that relocations ask for: R_X86_64_PC32, PLT32 and PC64."""

_UNWINDING = b".eh_frame"
"""The section that tells how to leave a function by an exception, of which there are none."""


class _Section(NamedTuple):
    name: bytes
    type: int
    flags: int
    data: bytes
    link: int
    information: int
    alignment: int

    @property
    def is_part(self) -> bool:
        """Whether the code reads it."""
        return bool(self.flags & _NEEDED) and self.name != _UNWINDING and bool(self.data)

    @property
    def is_constant(self) -> bool:
        """Whether it stays as it is in the file."""
        changes = self.flags & (_WRITABLE | _OF_EACH_THREAD) or self.type == _ZEROS
        return not changes and self.alignment <= PAGE


class _Symbol(NamedTuple):
    name: bytes
    section: int
    value: int


class _UnsuitableError(Exception):
    """An object file of which no image can be made."""


def image_of(code: bytes, entry: str) -> tuple[bytes, int] | None:
    """Return an object file as an image, and where the function `entry` begins in it.

    An image is put at the beginning of a page; it is read and run, and never written to. Returns
    None where none can be made.
    """
    try:
        sections = _sections(code)
        symbols = _symbols(sections)
        image, places = _lay_out(sections)
        for section in sections:
            if section.information in places:
                _resolve(section, symbols, places, image)
        (start,) = (
            places[symbol.section] + symbol.value
            for symbol in symbols
            if symbol.name == entry.encode() and symbol.section in places
        )
    except (_UnsuitableError, struct.error, ValueError, IndexError):
        return None
    return bytes(image), start


def _sections(code: bytes) -> list[_Section]:
    """Return the sections of an object file."""
    kind, machine = struct.unpack_from("<HH", code, 16)
    if not code.startswith(_IDENTITY) or (kind, machine) != (_RELOCATABLE, _X86_64):
        raise _UnsuitableError
    (place,) = struct.unpack_from("<Q", code, 40)
    size, count, names_number = struct.unpack_from("<HHH", code, 58)
    headers = [
        struct.unpack_from("<IIQQQQIIQQ", code, place + number * size) for number in range(count)
    ]
    names_start = headers[names_number][4]
    sections = []
    for name, kind, flags, _, start, length, link, information, alignment, _ in headers:
        data = b"\0" if kind == _ZEROS and length else code[start : start + length]
        text = _text(code, names_start + name)
        sections.append(_Section(text, kind, flags, data, link, information, alignment))
    return sections


def _symbols(sections: list[_Section]) -> list[_Symbol]:
    """Return the symbols of an object file, in their order."""
    (table,) = (section for section in sections if section.type == _SYMBOLS)
    names = sections[table.link].data
    return [
        _Symbol(_text(names, name), section, value)
        for name, _, _, section, value, _ in struct.iter_unpack("<IBBHQQ", table.data)
    ]


def _text(data: bytes, start: int) -> bytes:
    return data[start : data.index(b"\0", start)]


def _lay_out(sections: list[_Section]) -> tuple[bytearray, dict[int, int]]:
    """Put what the code reads into one piece; return it, and where each section begins."""
    image, places = bytearray(), {}
    for number, section in enumerate(sections):
        if section.is_part:
            if not section.is_constant:
                raise _UnsuitableError
            image += bytes(-len(image) % max(section.alignment, 1))
            places[number] = len(image)
            image += section.data
    return image, places


def _resolve(
    section: _Section, symbols: list[_Symbol], places: dict[int, int], image: bytearray
) -> None:
    """Fill in the distances that a section of relocations asks for."""
    if section.type == _SHORT_RELOCATIONS:
        raise _UnsuitableError
    if section.type != _RELOCATIONS:
        return
    for offset, kind_and_symbol, addend in struct.iter_unpack("<QQq", section.data):
        symbol = symbols[kind_and_symbol >> 32]
        form = _DISTANCES.get(kind_and_symbol & 0xFFFFFFFF)
        if form is None or symbol.section not in places:
            raise _UnsuitableError
        place = places[section.information] + offset
        struct.pack_into(form, image, place, places[symbol.section] + symbol.value + addend - place)
