"""EXIF blocks are changed in place, and what cannot be understood is left alone."""

from __future__ import annotations

import struct

import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from convfilter.formats.exif.block import reset_orientation, strip_prefix
from convfilter.formats.exif.previews import without_pictures


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_reset_in_its_place(order: str) -> None:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHII", 0x010F, 4, 1, 9)
    entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, 6, 0)
    block = mark + struct.pack(f"{order}IH", 8, 2) + entries + bytes(4)
    reset = reset_orientation(block)
    differing = [i for i, (a, b) in enumerate(zip(block, reset, strict=True)) if a != b]
    assert len(differing) == 1
    exif = PillowImage.Exif()
    exif.load(reset)
    assert exif[0x0112] == 1


@pytest.mark.parametrize(
    "block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff\x12\x01", b"text"]
)
def test_broken_exif_is_left_alone(block: bytes) -> None:
    assert reset_orientation(block) == block
    assert strip_prefix(b"Exif\0\0" + block) == block


def exif_with_thumbnail(order: str, picture: bytes, behind: bytes) -> bytes:
    """Return a block of a maker's name and a small picture, with other bytes behind it."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    second = 8 + 2 + 12 + 4
    place = second + 2 + 24 + 4
    first = struct.pack(f"{order}HHHI4sI", 1, 0x010F, 2, 4, b"Abc\0", second)
    entries = struct.pack(f"{order}HHII", 0x0201, 4, 1, place)
    entries += struct.pack(f"{order}HHII", 0x0202, 4, 1, len(picture))
    return (
        mark
        + struct.pack(f"{order}I", 8)
        + first
        + struct.pack(f"{order}H", 2)
        + entries
        + bytes(4)
        + picture
        + behind
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("behind", [b"", b"maker's note"])
def test_thumbnails_go_and_all_else_stays(order: str, behind: bytes) -> None:
    picture = b"\xff\xd8 what was there before \xff\xd9"
    block = exif_with_thumbnail(order, picture, behind)
    before = PillowImage.Exif()
    before.load(block)
    assert before.get_ifd(ExifTags.IFD.IFD1)
    bare = without_pictures(block)
    assert picture not in bare
    after = PillowImage.Exif()
    after.load(bare)
    assert dict(after) == dict(before) == {0x010F: "Abc"}
    assert not after.get_ifd(ExifTags.IFD.IFD1)
    assert bare.endswith(behind)
    assert len(bare) == len(block) - (0 if behind else len(picture))
    assert without_pictures(bare) == bare


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_a_cut_block_keeps_what_it_has(length: int) -> None:
    block = exif_with_thumbnail("<", b"picture", b"")[:length]
    assert without_pictures(block)[:length].startswith(block[:22])
