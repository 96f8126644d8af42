"""Single kinds of metadata, each by the bytes that it has in its file."""

from __future__ import annotations

import io
import struct
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImages

from convfilter import Pipeline
from convfilter.images import FORMATS, Image, Metadata, read, write
from tests.examples import examples
from tests.files.metadata_files import (
    Made,
    everything_in,
    exif,
    pixels,
    profile,
    resources,
    saved,
    segment,
    xmp,
)
from tests.formats.declared import written
from tests.formats.png.png_files import chunk


def made(seed: int = 1) -> Made:
    return Made(Random(seed), [])


def through(data: bytes, format_name: str, pipeline: str = "identity") -> tuple[bytes, list[str]]:
    file = io.BytesIO()
    image = Pipeline.parse(pipeline)(read(io.BytesIO(data)))
    notes = write(image, file, format=format_name)
    return file.getvalue(), notes


# sizes (Exif 2.32, PixelXDimension and PixelYDimension)

XMP_SIZES = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    b" exif:PixelXDimension=\"40\" tiff:ImageWidth='40'><exif:PixelYDimension>30"
    b"</exif:PixelYDimension><tiff:ImageLength>30</tiff:ImageLength></rdf:Description></rdf:RDF>"
    b"</x:xmpmeta>"
)


@pytest.mark.parametrize("format_name", [n for n in written(keeps="EXIF") if n != "TIFF"])
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("pipeline", ["identity", "max-pool size=2,4", "box-3 padding=valid"])
def test_sizes_are_those_of_the_result(format_name: str, orientation: int, pipeline: str) -> None:
    block = PillowImages.Exif()
    block[274], block[256], block[257] = orientation, 40, 30
    block.get_ifd(34665).update({40962: 40, 40963: 30})
    picture = PillowImages.new("RGB", (40, 30), (90, 120, 30))
    data, _ = through(saved(picture, "JPEG", exif=block, xmp=XMP_SIZES), format_name, pipeline)
    image = read(io.BytesIO(data))
    kept = PillowImages.Exif()
    assert image.metadata.exif is not None
    kept.load(image.metadata.exif)
    told = [kept[256], kept[257], *(kept.get_ifd(34665)[tag] for tag in (40962, 40963))]
    assert told == 2 * [image.width, image.height]
    if "XMP" in FORMATS[format_name].keeps:
        width, height = b"%d" % image.width, b"%d" % image.height
        wanted = XMP_SIZES.replace(b'"40"', b'"' + width + b'"').replace(
            b"'40'", b"'" + width + b"'"
        )
        assert image.metadata.xmp == wanted.replace(b">30<", b">" + height + b"<")


def test_what_tells_no_size_is_kept_to_the_byte() -> None:
    block, packet = b"MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x04abc\0\0\0\0\0", xmp(made())
    image = Image(np.zeros((4, 5, 3), np.uint8), metadata=Metadata(exif=block, xmp=packet))
    file = io.BytesIO()
    assert write(image, file, format="PNG") == []
    assert read(io.BytesIO(file.getvalue())).metadata == image.metadata


# JPEG


def with_segments(*parts: bytes) -> bytes:
    data = saved(pixels(Random(2)), "JPEG")
    return data[:2] + b"".join(parts) + data[2:]


@pytest.mark.parametrize("format_name", written(keeps="photoshop"))
@examples(20)
@given(seed=st.integers(0, 1 << 30))
def test_iptc_goes_to_every_format_that_holds_it(format_name: str, seed: int) -> None:
    data = resources(made(seed))
    given_file = with_segments(segment(0xED, b"Photoshop 3.0\0" + data))
    kept, notes = through(given_file, format_name)
    assert notes == []
    assert read(io.BytesIO(kept)).metadata.photoshop == data
    again, _ = through(kept, "JPEG")
    assert data in again


def test_small_pictures_of_photoshop_are_left_out() -> None:
    small = b"8BIM" + struct.pack(">HHI", 1036, 0, 7) + b"picture\0"
    others = [resources(made(seed)) for seed in (1, 2)]
    data = with_segments(segment(0xED, b"Photoshop 3.0\0" + others[0] + small + others[1]))
    assert read(io.BytesIO(data)).metadata.photoshop == b"".join(others)


@pytest.mark.parametrize("size", [65400, 65504, 65505, 200_000])
def test_xmp_of_any_length_is_kept_to_the_byte(size: int) -> None:
    packet = xmp(made(), size)
    for format_name in written(keeps="XMP"):
        image = Image(np.zeros((16, 16, 3), np.uint8), metadata=Metadata(xmp=packet))
        file = io.BytesIO()
        assert write(image, file, format=format_name) == []
        assert read(io.BytesIO(file.getvalue())).metadata.xmp == packet


def test_every_comment_is_a_text_of_its_own() -> None:
    data = with_segments(*(segment(0xFE, word) for word in (b"one", b"two", b"one")))
    for format_name in written(lambda holds: holds.colour, keeps="comment"):
        kept, notes = through(data, format_name)
        found = [text for word, text in read(io.BytesIO(kept)).metadata.text if word == "Comment"]
        assert "\n".join(found).split("\n") == ["one", "two", "one"]  # some formats hold one text
        assert notes == []


@examples(30)
@given(across=st.integers(1, 65535), down=st.integers(1, 65535))
def test_oblong_pixels(across: int, down: int) -> None:
    head = segment(0xE0, b"JFIF\0\1\1" + struct.pack(">BHHH", 0, across, down, 0))
    data = saved(pixels(Random(1)), "JPEG")
    data = data[:2] + head + data[20:]
    for format_name in ("JPEG", "PNG"):
        kept, notes = through(data, format_name)
        density = read(io.BytesIO(kept)).metadata.density
        assert density == (None if across == down else (across, down))
        assert notes == []
    for format_name in ("BMP", "WEBP"):
        _, notes = through(data, format_name)
        assert any("how oblong its pixels are" in note for note in notes) == (across != down)


def test_a_resolution_that_nobody_states_is_none() -> None:
    block = PillowImages.Exif()
    block[271] = "Maker"
    image = read(io.BytesIO(saved(pixels(Random(1)), "JPEG", exif=block)))
    assert image.metadata.dpi is None


# PNG


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour_type", [0, 2, 3])
def test_a_background_is_that_of_the_result(colour_type: int, depth: int) -> None:
    if colour_type == 3:
        picture = PillowImages.new("P", (4, 5))
        picture.putpalette([10, 20, 30, 40, 50, 60])
        data, background = saved(picture, "PNG"), b"\1"
        colours = [40, 50, 60]
        at = data.index(b"IDAT") - 4
    else:
        count = 1 if colour_type == 0 else 3
        pixel = np.zeros((4, 5) if count == 1 else (4, 5, 3), f"uint{depth}")
        file = io.BytesIO()
        write(pixel, file, format="PNG")
        data, at = file.getvalue(), 33
        colours = [7, 8, 9][:count]
        background = struct.pack(f">{count}H", *colours)
    data = data[:at] + chunk(b"bKGD", background) + data[at:]
    kept, notes = through(data, "PNG")
    assert notes == []
    assert chunk(b"bKGD", struct.pack(f">{len(colours)}H", *colours)) in kept
    grey, notes = through(data, "PNG", "grayscale")
    assert bool(notes) == (colour_type != 0) == (b"bKGD" not in grey)


def test_a_second_block_of_a_kind_is_named() -> None:
    block = exif(made(1), (3, 4))
    data = saved(PillowImages.new("L", (3, 4)), "PNG")
    twice = [chunk(b"eXIf", block), chunk(b"eXIf", exif(made(2), (3, 4)))]
    image = read(io.BytesIO(data[:33] + b"".join(twice) + data[33:]))
    assert image.metadata.exif == block
    assert image.left_out == ("a second EXIF block was left out",)


# BMP and GIF


@pytest.mark.parametrize("format_name", written(keeps="profile"))
@pytest.mark.parametrize("grey", [False, True])
def test_profiles(format_name: str, grey: bool) -> None:
    icc = profile(made(3), b"GRAY" if grey and FORMATS[format_name].holds.grey else b"RGB ")
    values = np.zeros((16, 16) if grey else (16, 16, 3), np.uint8)
    file = io.BytesIO()
    assert write(Image(values, metadata=Metadata(icc_profile=icc)), file, format=format_name) == []
    image = read(io.BytesIO(file.getvalue()))
    assert image.metadata.icc_profile == icc
    np.testing.assert_array_equal(image.pixels.reshape(16, 16, -1)[..., 0], 0)
    assert icc in everything_in(file.getvalue()) or format_name in ("PNG", "GIF", "JPEG")


@examples(30)
@given(
    widths=st.sampled_from([(5, 5, 5, 1), (4, 4, 4, 4), (5, 6, 4, 1), (3, 3, 2, 8)]),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    downwards=st.booleans(),
    seed=st.integers(0, 99),
)
def test_bmp_of_16_bits_with_alpha(
    widths: tuple[int, ...], size: tuple[int, int], downwards: bool, seed: int
) -> None:
    high, wide = size
    values = np.random.default_rng(seed).integers(0, 1 << 16, size, np.uint16)
    masks, low = [], 0
    for width in reversed(widths):
        masks.insert(0, ((1 << width) - 1) << low)
        low += width
    rows = np.pad(values, ((0, 0), (0, wide % 2)))
    rows = rows if downwards else rows[::-1]
    data = rows.astype("<u2").tobytes()
    head = struct.pack("<IiiHHIIiiII", 124, wide, -high if downwards else high, 1, 16, 3, 0,
                       3937, 3937, 0, 0)  # fmt: skip
    head = (head + struct.pack("<4I", *masks)).ljust(124, b"\0")
    start = struct.pack("<2sIHHI", b"BM", 138 + len(data), 0, 0, 138)
    image = read(io.BytesIO(start + head + data))
    assert image.alpha
    assert image.metadata.dpi == pytest.approx((100, 100), rel=1e-3)
    for row in range(high):
        for column in range(wide):
            for number, (mask, width) in enumerate(zip(masks, widths, strict=True)):
                part = (int(values[row, column]) & mask) // (mask & -mask)
                wanted = round(255 * part / ((1 << width) - 1))
                assert image.pixels[row, column, number] == wanted
