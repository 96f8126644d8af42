"""Camera raw, against what two other programs make of the same files."""

from __future__ import annotations

import io
import struct
import sys

import numpy as np
import pytest

from convfilter.errors import ImageError, UnknownNameError
from convfilter.formats.exif.block import orientation_of
from convfilter.formats.extras.raw_exif import exif_of
from convfilter.images import read, write
from convfilter.picture.image import CICP
from tests.formats.extras.raw_files import camera_raw, canon_raw
from tests.formats.extras.witnesses import made, seen

NAMES = ("thumbnail.dng", "turned.dng", "plain.dng", "nikon.nef")
SAMPLES = {f"CAMERA RAW, {name}": made(name) for name in NAMES} | {
    "CAMERA RAW, as Canon's": canon_raw()
}
CANON = b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_of_libraw_s_own_program(name: str) -> None:
    image = read(io.BytesIO(made(name)))
    assert image.format == "CAMERA RAW"
    np.testing.assert_array_equal(image.pixels, seen(name))
    assert image.metadata.png_colour == ()
    linear = read(io.BytesIO(made(name)), develop="linear")
    assert linear.dtype == np.uint16
    assert np.abs(linear.pixels.astype(int) - seen(f"{name}.linear")).max() <= 1
    assert linear.metadata.png_colour == ((CICP, bytes((1, 8, 0, 1))),)


def test_pixels_are_nearly_those_of_dcraw() -> None:
    image = read(io.BytesIO(made("plain.dng")))
    assert np.abs(image.pixels.astype(int) - seen("plain.dng.dcraw")).max() <= 1


def test_16_bits_have_the_curve_of_srgb() -> None:
    shallow = read(io.BytesIO(made("plain.dng"))).pixels
    deep = read(io.BytesIO(made("plain.dng")), develop="16")
    assert deep.dtype == np.uint16
    assert np.abs(deep.pixels / 257 - shallow).max() <= 1
    light = read(io.BytesIO(made("plain.dng")), develop="linear").pixels / 65535
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(deep.pixels / 65535 - curve).max() < 1e-3


def test_the_thumbnail_is_not_the_picture() -> None:
    image = read(io.BytesIO(made("thumbnail.dng")))
    assert image.shape == (24, 32, 3)
    np.testing.assert_array_equal(image.pixels, read(io.BytesIO(made("plain.dng"))).pixels)


def test_it_is_turned_once_and_exif_is_carried() -> None:
    image, plain = (read(io.BytesIO(made(name))) for name in ("turned.dng", "plain.dng"))
    np.testing.assert_array_equal(image.pixels, np.rot90(plain.pixels, -1))
    file = io.BytesIO()
    assert write(image.with_pixels(255 - image.pixels), file, format="TIFF") == []
    back = read(io.BytesIO(file.getvalue()))  # which is no camera raw
    assert back.format == "TIFF"
    assert back.metadata.exif is not None
    assert orientation_of(back.metadata.exif) == 1
    for words in (b"Maker", b"Model X", b"An artist"):
        assert words in back.metadata.exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("thumbnail", [False, True])
def test_byte_orders(order: str, thumbnail: bool) -> None:
    image = read(io.BytesIO(camera_raw(order=order, thumbnail=thumbnail)))
    np.testing.assert_array_equal(image.pixels, seen("plain.dng"))


def test_what_begins_as_canon_s_files_do() -> None:
    image = read(io.BytesIO(canon_raw()))
    np.testing.assert_array_equal(image.pixels, seen("plain.dng"))
    assert image.metadata.exif is not None


def test_without_its_library_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    monkeypatch.delitem(sys.modules, "convfilter.formats.extras.raw", raising=False)
    monkeypatch.delattr("convfilter.formats.extras.raw", raising=False)
    for data in (made("thumbnail.dng"), made("nikon.nef"), CANON + bytes(100)):
        words = r"needs rawpy, which is not installed: pip install 'convfilter\[raw\]'"
        with pytest.raises(ImageError, match=words):
            read(io.BytesIO(data))


def test_what_libraw_does_not_know_is_named() -> None:
    with pytest.raises(ImageError, match="is camera raw of a kind that LibRaw does not read"):
        read(io.BytesIO(CANON + bytes(1000)))
    with pytest.raises(UnknownNameError, match=r"liner.*did you mean linear"):
        read(io.BytesIO(made("plain.dng")), develop="liner")


def test_size_is_checked_before_it_is_unpacked() -> None:
    with pytest.raises(ImageError, match=r"32x24 is 768 pixels, more than the limit of 767"):
        read(io.BytesIO(made("plain.dng")), max_pixels=767)
    huge = made("plain.dng")
    for tag, side in ((256, 32), (257, 24)):
        stated = struct.pack("<HHII", tag, 4, 1, side)
        assert huge.count(stated) == 1
        huge = huge.replace(stated, struct.pack("<HHII", tag, 4, 1, 60000))
    with pytest.raises(ImageError, match="--max-pixels"):
        read(io.BytesIO(huge))


def test_memory_is_not_blamed_for_damage() -> None:
    """LibRaw says that memory does not suffice where a tag of tiles stands alone."""
    data = made("plain.dng")
    entry = struct.pack("<HH", 259, 3)
    assert data.count(entry) == 1
    with pytest.raises(ImageError, match=r"damaged .*numbers of its header contradict each other"):
        read(io.BytesIO(data.replace(entry, struct.pack("<HH", 323, 3))))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def block(tag: int, text: bytes) -> bytes:
    """Return a TIFF file without pixels, of one tag."""
    head = struct.pack("<2sHIH", b"II", 42, 8, 1)
    return head + struct.pack("<HHII", tag, 2, len(text), 26) + bytes(4) + text


def test_exif_is_found_where_canon_keeps_it() -> None:
    inner = box(b"CMT1", block(271, b"Canon\0")) + box(b"CMT2", block(42036, b"A lens\0\0"))
    name = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    data = CANON + box(b"moov", box(b"uuid", name + inner + box(b"CMT4", b"damaged")))
    exif = exif_of(data)
    assert exif is not None
    assert b"Canon" in exif
    assert b"A lens" in exif


def test_exif_is_found_where_others_keep_it() -> None:
    plain = block(271, b"Maker\0")
    assert plain in b"II*\0" + plain[4:]
    for mark in (b"IIRO", b"IIRS", b"IIU\0"):
        assert b"Maker" in (exif_of(mark + plain[4:]) or b"")
    segment = b"Exif\0\0" + plain
    preview = b"\xff\xd8\xff\xe1" + struct.pack(">H", 2 + len(segment)) + segment + b"\xff\xd9"
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"0") + struct.pack(">II", 92, len(preview))
    assert b"Maker" in (exif_of(head + preview) or b"")
    for data in (b"", b"II", head, CANON, CANON + box(b"moov", b"")):
        assert exif_of(data) is None
