"""What JPEG files hold besides the picture: read, or named, and no longer announced."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.formats.segments import end_of_stream, left_out
from convfilter.images import Image, read, write

GAIN_MAP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:C="http://ns.google.com/photos/1.0/container/" hdrgm:Version="1.0" dc:format="kept">
 <C:Directory><rdf:Seq><rdf:li>GainMap</rdf:li></rdf:Seq></C:Directory>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def picture(grey: bool = False, **options: object) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30) if grey else (20, 30, 3), "u1")
    file = io.BytesIO()
    PillowImages.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


def with_segments(data: bytes, *parts: tuple[int, bytes]) -> bytes:
    """Return the file with segments behind its first marker."""
    packed = (struct.pack(">BBH", 0xFF, marker, 2 + len(words)) + words for marker, words in parts)
    return data[:2] + b"".join(packed) + data[2:]


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    ("behind", "lines"),
    [
        (b"", []),
        (bytes(100), []),
        (picture(), ["1 further picture behind the first: left out"]),
        (bytes(7) + picture() + picture(True), ["2 further pictures behind the first: left out"]),
        (b"\0\0\0\x18ftypmp42" + bytes(99), ["a video behind the picture: left out"]),
        (b"words" * 5, ["25 bytes that are no part of it behind the picture: left out"]),
        (
            picture() + b"words",
            [
                "1 further picture behind the first: left out",
                "5 bytes that are no part of it behind the picture: left out",
            ],
        ),
    ],
)
def test_what_stands_behind(progressive: bool, behind: bytes, lines: list[str]) -> None:
    data = picture(progressive=progressive)
    image = opened(data + behind)
    assert list(image.left_out) == lines
    np.testing.assert_array_equal(image.pixels, opened(data).pixels)
    assert end_of_stream(data, 2) == len(data)
    file = io.BytesIO()
    notes = write(image, file, format="JPEG")
    assert notes == [f"the stream: of the input: {line}" for line in lines]
    assert opened(file.getvalue()).left_out == ()


def test_pictures_of_mpo() -> None:
    pages = [PillowImages.new("RGB", (24, 16), colour) for colour in ("red", "green", "blue")]
    file = io.BytesIO()
    pages[0].save(file, "MPO", save_all=True, append_images=pages[1:])
    image = opened(file.getvalue())
    assert image.left_out == ("2 further pictures behind the first: left out",)
    written = io.BytesIO()
    write(image, written, format="JPEG")
    assert b"MPF" not in written.getvalue()


def test_gain_maps_are_named_and_no_longer_announced() -> None:
    data = with_segments(picture(), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + GAIN_MAP))
    image = opened(data + picture(True))
    assert image.left_out == ("a gain map for brighter screens: left out",)
    assert image.metadata.xmp is not None
    assert b'dc:format="kept"' in image.metadata.xmp
    assert b"Version" not in image.metadata.xmp
    assert b"Directory" not in image.metadata.xmp
    by_number = with_segments(picture(), (0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"))
    assert opened(by_number + picture(True)).left_out == image.left_out
    assert opened(by_number).left_out == ()


def test_segments_that_are_not_read_are_named() -> None:
    data = with_segments(
        picture(),
        (0xED, b"Photoshop 3.0\0" + b"nothing"),
        (0xEB, b"JP\0\1"),
        (0xEB, b"JP\0\1"),
        (0xE5, b"\0\1"),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)),
    )
    assert opened(data).left_out == (
        "Photoshop's resources, which are damaged: left out",
        "the part of the XMP packet beyond 64 KiB, which is damaged: left out",
        "segments that are not known here: APP11 (JP) and APP5: left out",
    )


def test_every_comment_is_kept() -> None:
    data = with_segments(picture(), (0xFE, b"one"), (0xFE, "zw\u00f6lf".encode()), (0xFE, b"two\0"))
    image = opened(data)
    assert [text for _, text in image.metadata.text] == ["one", "zw\u00f6lf", "two"]
    file = io.BytesIO()
    assert write(image, file, format="JPEG") == []
    assert opened(file.getvalue()).metadata.text == image.metadata.text


def test_a_plain_file_loses_nothing() -> None:
    for options in (
        {},
        {"progressive": True},
        {"comment": b"words"},
        {"icc_profile": bytes(70000)},
    ):
        assert left_out(picture(**options)) == ()


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_colours_keep_the_resolution_of_the_source(subsampling: int) -> None:
    file = io.BytesIO()
    write(opened(picture(subsampling=subsampling)), file, format="JPEG")
    settings = opened(file.getvalue()).metadata.jpeg
    assert settings is not None
    assert settings.subsampling == subsampling
