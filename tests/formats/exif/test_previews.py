"""No small picture of what the large one was stays in EXIF, wherever it stands."""

from __future__ import annotations

import base64
import io
import struct

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.formats.exif.ifd import Source
from convfilter.formats.exif.previews import without_pictures
from convfilter.images import Image, Metadata, read, write
from tests.formats.declared import written

PIXELS = bytes(range(1, 200))


def jpeg(**options: object) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (16, 24, 3), "u1")
    file = io.BytesIO()
    PillowImages.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


PREVIEW = jpeg()


def directory(order: str, entries: list[tuple[int, int, int, bytes]], following: int = 0) -> bytes:
    """Return a directory: tags, kinds, counts, and values or offsets of four bytes."""
    packed = b"".join(struct.pack(f"{order}HHI4s", *entry) for entry in sorted(entries))
    return struct.pack(f"{order}H", len(entries)) + packed + struct.pack(f"{order}I", following)


def block(order: str, tag: int, kind: int, content: bytes) -> bytes:
    """Return a block of a maker's name, one more tag whose value is `content`, and words behind."""
    first = 8 + 2 + 2 * 12 + 4
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = [
        (0x010F, 2, 4, b"Abc\0"),
        (tag, kind, len(content), struct.pack(f"{order}I", first)),
    ]
    return mark + struct.pack(f"{order}I", 8) + directory(order, entries) + content + b"behind"


def resources(*numbers: int, content: bytes = PIXELS) -> bytes:
    packed = b""
    for number in numbers:
        packed += b"8BIM" + struct.pack(">HH", number, 0) + struct.pack(">I", len(content))
        packed += content + bytes(len(content) % 2)
    return packed


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "preview",
    [PREVIEW, jpeg(progressive=True), b"\0" + PREVIEW[1:], jpeg(exif=b"Exif\0\0" + PREVIEW)],
    ids=["plain", "progressive", "spoiled", "nested"],
)
def test_makers_previews(order: str, preview: bytes) -> None:
    note = b"Maker\0note 1234" + preview + b"the rest of it"
    before = block(order, 0x927C, 7, note)
    after = without_pictures(before)
    assert after == before.replace(preview, bytes(len(preview)))
    assert without_pictures(after) == after


def test_what_only_looks_like_a_picture_stays() -> None:
    for words in (b"\xff\xd8\xff\xe0\0\x04ab and no more", b"\xff\xd8\xff", b"\xd8\xff\xda\0\x02"):
        before = block("<", 0x927C, 7, words)
        assert without_pictures(before) == before


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("number", [1033, 1036])
def test_photoshops_resources(order: str, number: int) -> None:
    kept = resources(1028, content=b"IPTC words")
    before = block(order, 0x8649, 7, kept + resources(number) + kept)
    after = without_pictures(before)
    assert after == before.replace(PIXELS, bytes(len(PIXELS)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_uncompressed_thumbnails_in_strips(order: str) -> None:
    second = 8 + 2 + 12 + 4
    place = second + 2 + 2 * 12 + 4
    start = directory(order, [(0x010F, 2, 4, b"Abc\0")], following=second)
    strips = directory(
        order,
        [
            (0x0111, 4, 1, struct.pack(f"{order}I", place)),
            (0x0117, 4, 1, struct.pack(f"{order}I", len(PIXELS))),
        ],
    )
    mark = b"II*\0" if order == "<" else b"MM\0*"
    before = mark + struct.pack(f"{order}I", 8) + start + strips + PIXELS
    for behind in (b"", b"words"):
        after = without_pictures(before + behind)
        assert PIXELS not in after
        assert after.endswith(behind)
        source = Source(after)
        assert not source.directory(source.first).following


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("number", [1, 2])
def test_sub_directories(order: str, number: int) -> None:
    """The entry that names them goes, the others stay, and so does what they say."""
    at = 8 + 2 + 3 * 12 + 4
    lists = 4 * number if number > 1 else 0
    size = 2 + 2 * 12 + 4
    places = [at + lists + each * size for each in range(number)]
    start = at + lists + number * size
    pointer = struct.pack(f"{order}I", at if number > 1 else places[0])
    entries = [
        (0x010F, 2, 4, b"Abc\0"),
        (0x014A, 4, number, pointer),
        (0x8298, 2, 4, b"Own\0"),
    ]
    mark = b"II*\0" if order == "<" else b"MM\0*"
    before = mark + struct.pack(f"{order}I", 8) + directory(order, entries)
    before += struct.pack(f"{order}{number}I", *places) if number > 1 else b""
    for each in range(number):
        before += directory(
            order,
            [
                (0x0201, 4, 1, struct.pack(f"{order}I", start + each * len(PIXELS))),
                (0x0202, 4, 1, struct.pack(f"{order}I", len(PIXELS))),
            ],
        )
    before += number * PIXELS + b"words"
    after = without_pictures(before)
    assert PIXELS not in after
    exif = PillowImages.Exif()
    exif.load(after)
    assert dict(exif) == {0x010F: "Abc", 0x8298: "Own"}


def test_xmp_within_exif() -> None:
    packet = b"<a xmlns:g='http://ns.adobe.com/xap/1.0/g/img/'><b><g:image>x</g:image></b></a>"
    before = block("<", 0x02BC, 1, packet)
    after = without_pictures(before)
    assert len(after) == len(before)
    assert b"g:image" not in after
    assert after.endswith(b"behind")


@pytest.mark.parametrize("name", written(keeps="EXIF XMP"))
def test_no_format_brings_one_along(name: str) -> None:
    """What is given is stored, since whoever gives metadata means it; what is read is clean."""
    below = 8 + 2 + 12 + 4
    content = b"Note" + PREVIEW
    place = struct.pack(">I", below + 2 + 12 + 4)
    pointer = struct.pack(">I", below)
    note = directory(">", [(0x927C, 7, len(content), place)])
    exif = b"MM\0*" + struct.pack(">I", 8) + directory(">", [(0x8769, 4, 1, pointer)])
    exif += note + content
    thumbnail = base64.b64encode(PREVIEW)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><p>%s</p><q/></x:xmpmeta>" % thumbnail
    file = io.BytesIO()
    image = Image(np.full((16, 16, 3), 90, np.uint8), metadata=Metadata(exif=exif, xmp=xmp))
    assert write(image, file, format=name) == []
    assert PREVIEW in file.getvalue()
    assert thumbnail in file.getvalue()
    found = read(io.BytesIO(file.getvalue())).metadata
    assert b"Note" in (found.exif or b"")
    assert PREVIEW not in (found.exif or b"")
    assert found.xmp == b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><q/></x:xmpmeta>"
