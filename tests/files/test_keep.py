"""What stands beside the pixels: kept where a format holds it, named where it does not."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PillowImages
from PIL import ImageCms

from convfilter.images import FORMATS, Image, Metadata, read, write
from tests.formats.declared import written

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x04abc\0\0\0\0\0"
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
METADATA = Metadata(
    icc_profile=PROFILE,
    exif=EXIF,
    dpi=(200.0, 100.0),
    text=(("Comment", "a café"), ("Author", "somebody")),
    xmp=XMP,
    png_colour=((b"gAMA", struct.pack(">I", 100000)),),
)
WORDS = {
    "profile": "the colour profile",
    "EXIF": "the EXIF block",
    "XMP": "the XMP packet",
    "comment": "the text 'Comment'",
    "texts": "the text 'Author'",
    "colours": "the description of colours",
}
GREY_ONLY = written(lambda holds: not holds.colour)


@pytest.mark.parametrize("format_name", written(lambda holds: holds.colour))
def test_everything_is_kept_or_named(format_name: str) -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    file = io.BytesIO()
    notes = write(Image(pixels, metadata=METADATA), file, format=format_name)
    found = read(io.BytesIO(file.getvalue())).metadata
    texts = dict(found.text)
    kept = {
        "profile": found.icc_profile == PROFILE,
        "EXIF": found.exif is not None and b"abc" in found.exif,
        "XMP": found.xmp == XMP,
        "comment": texts.get("Comment") == "a café",
        "texts": texts.get("Author") == "somebody",
        "colours": found.png_colour == METADATA.png_colour,
    }
    for name, is_kept in kept.items():
        assert is_kept != any(WORDS[name] in note for note in notes), (name, notes)
    left_out = [word for name, word in WORDS.items() if not kept[name]]
    assert len(notes) == bool(left_out)
    if "resolution" in FORMATS[format_name].keeps:
        assert found.dpi == pytest.approx((200, 100), rel=1e-3)


def test_nothing_is_said_where_nothing_is_lost() -> None:
    for format_name in written():
        pixels = np.zeros((16, 16) if format_name in GREY_ONLY else (16, 16, 3), np.uint8)
        assert write(pixels, io.BytesIO(), format=format_name) == []


def test_the_comment_of_a_jpeg_file() -> None:
    for comment, wanted in ((b"caf\xc3\xa9", "café"), (b"caf\xe9", "café")):
        file = io.BytesIO()
        PillowImages.new("RGB", (8, 8)).save(file, "JPEG", comment=comment)
        image = read(io.BytesIO(file.getvalue()))
        assert image.metadata.text == (("Comment", wanted),)
        again = io.BytesIO()
        assert write(image, again, format="JPEG") == []
        with PillowImages.open(again) as picture:
            assert picture.info["comment"] == wanted.encode()


def test_a_comment_too_long_for_jpeg_is_named() -> None:
    image = Image(np.zeros((8, 8), np.uint8), metadata=Metadata(text=(("Comment", "x" * 70000),)))
    notes = write(image, io.BytesIO(), format="JPEG")
    assert notes == ["the stream: the comment is too long for JPEG and was left out"]


@pytest.mark.parametrize("xmp", [XMP + bytes(300), XMP.decode().encode("utf-16")])
def test_xmp_with_zeros_is_named_where_it_would_break_the_file(xmp: bytes) -> None:
    refused = []
    for format_name in written(keeps="XMP"):
        image = Image(np.zeros((16, 16, 3), np.uint8), metadata=Metadata(xmp=xmp))
        file = io.BytesIO()
        notes = write(image, file, format=format_name)
        found = read(io.BytesIO(file.getvalue())).metadata.xmp
        if found is None:
            refused.append(format_name)
            wanted = f"an XMP packet with zeros cannot be stored in {format_name}: left out"
            assert notes == [f"the stream: {wanted}"]
        else:
            assert (found, notes) == (xmp, [])
    assert {"PNG", "GIF"} <= set(refused)


def test_metadata_of_further_pages_is_named_where_it_has_no_place() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    first, other = Image(pixels, metadata=Metadata(xmp=XMP)), Image(pixels)
    words = "holds metadata once: only that of the first page is kept"
    told = replace(other, metadata=Metadata(exif=EXIF))
    for page, is_said in ((other, False), (first, False), (told, True)):
        pages = replace(first, following=(page,))
        for format_name in written(lambda h: h.several == "frames", keeps="EXIF XMP"):
            _, *notes = write(pages, io.BytesIO(), format=format_name)
            assert notes == [f"the stream: {format_name} {words}"] * is_said
        file = io.BytesIO()
        assert write(pages, file, format="TIFF") == []
        assert len(read(io.BytesIO(file.getvalue())).frames) == 2
