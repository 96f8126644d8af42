"""Metadata of every size: what is written is read again, and what is not written is named."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.images import FORMATS, Image, Metadata, read, write
from tests.examples import examples
from tests.formats.declared import written

MEBIBYTE = 1 << 20
SIZES = st.one_of(
    st.integers(0, 300),
    st.integers(65400, 65600),
    st.integers(MEBIBYTE - 200, MEBIBYTE + 200),
    st.integers(2 * MEBIBYTE, 3 * MEBIBYTE),
)
WORDS = {
    "profile": "profile",
    "EXIF": "EXIF",
    "XMP": "XMP",
    "comment": "omment",
    "texts": "'Author'",
}


def profile(size: int) -> bytes:
    return bytes(16) + b"RGB " + bytes(108) + b"p" * size


def note(size: int) -> bytes:
    return b"Maker\0" + b"n" * size  # more than the four bytes that an entry holds itself


def exif(size: int) -> bytes:
    """Return a block of a maker's name and a maker's note."""
    content = note(size)
    below = 8 + 2 + 2 * 12 + 4
    own = [(0x010F, 2, 4, b"Abc\0"), (0x8769, 4, 1, struct.pack(">I", below))]
    first = struct.pack(">H", 2) + b"".join(struct.pack(">HHI4s", *each) for each in own)
    place = struct.pack(">I", below + 2 + 12 + 4)
    second = struct.pack(">HHHI4sI", 1, 0x927C, 7, len(content), place, 0)
    return b"MM\0*" + struct.pack(">I", 8) + first + bytes(4) + second + content


def xmp(size: int) -> bytes:
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b" " * size + b"</x:xmpmeta>"


@pytest.mark.parametrize(
    "name", [name for name in written(lambda holds: holds.colour) if FORMATS[name].keeps]
)
@examples(12)
@given(sizes=st.fixed_dictionaries({name: st.none() | SIZES for name in WORDS}), data=st.data())
def test_metadata_of_any_size(name: str, sizes: dict[str, int | None], data: st.DataObject) -> None:
    sizes = {what: size for what, size in sizes.items() if what in FORMATS[name].keeps}
    letter = data.draw(st.sampled_from(["x", "\xe9", "\u4e2d"]))
    of = {what: size for what, size in sizes.items() if size is not None}
    texts = {"Comment": of.get("comment"), "Author": of.get("texts")}
    text = tuple((word, letter * (size + 1)) for word, size in texts.items() if size is not None)
    metadata = Metadata(
        icc_profile=profile(of["profile"]) if "profile" in of else None,
        exif=exif(of["EXIF"]) if "EXIF" in of else None,
        xmp=xmp(of["XMP"]) if "XMP" in of else None,
        text=text,
    )
    pixels = np.full((16, 16, 3), 90, np.uint8)
    file = io.BytesIO()
    notes = write(Image(pixels, metadata=metadata), file, format=name)
    image = read(io.BytesIO(file.getvalue()))
    assert image.left_out == ()
    found, back = image.metadata, dict(image.metadata.text)
    kept = {
        "profile": found.icc_profile == metadata.icc_profile,
        "EXIF": note(of.get("EXIF", 0)) in (found.exif or b""),
        "XMP": found.xmp == metadata.xmp,
        "comment": back.get("Comment") == dict(text).get("Comment"),
        "texts": back.get("Author") == dict(text).get("Author"),
    }
    for what in of:
        named = [each for each in notes if WORDS[what] in each]
        assert kept[what] != bool(named), (what, of[what], notes)


@pytest.mark.slow
@pytest.mark.parametrize("name", written(keeps="profile"))
def test_a_profile_that_is_longer_than_any(name: str) -> None:
    metadata = Metadata(icc_profile=profile(17 * MEBIBYTE))
    file = io.BytesIO()
    notes = write(Image(np.full((16, 16, 3), 90, np.uint8), metadata=metadata), file, format=name)
    back = read(io.BytesIO(file.getvalue())).metadata.icc_profile
    assert (back == metadata.icc_profile) != any("profile" in each for each in notes)
