"""HEIC files of libheif's own encoder, against what its own decoder makes of them."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.images import read, write
from convfilter.picture.image import CICP
from tests.formats.extras.witnesses import made, seen

NAMES = ("rgb", "alpha", "grey", "told", "bits-10", "grey-bits-12", "several")
SAMPLES = {f"HEIC, {name}": made(f"{name}.heic") for name in NAMES}
DEEP = {"bits-10": 10, "grey-bits-12": 12}


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_of_the_witness(name: str) -> None:
    image = read(io.BytesIO(made(f"{name}.heic")))
    expected = seen(f"{name}.heic")
    if image.pixels.ndim == 2:
        expected = expected[..., 0]
    assert image.shape == expected.shape
    assert image.alpha == (name == "alpha")
    assert image.format == "HEIC"
    if name in DEEP:  # the witness shifts values to the left instead of scaling them
        bits = DEEP[name]
        assert image.dtype == expected.dtype == np.uint16
        largest = 2**bits - 1
        exact = (expected >> (16 - bits)) / largest * 65535
        assert np.abs(image.pixels - exact).max() <= 0.5
    else:
        assert image.dtype == expected.dtype == np.uint8
        # two versions of libheif round YCbCr differently
        assert np.abs(image.pixels.astype(int) - expected).max() <= 1


def test_metadata_is_carried_and_upright() -> None:
    image = read(io.BytesIO(made("told.heic")))
    assert image.metadata.icc_profile is not None
    assert image.metadata.icc_profile[16:20] == b"RGB "
    assert image.metadata.exif is not None
    assert b"a picture" in image.metadata.exif
    file = io.BytesIO()
    assert write(image, file, format="JPEG") == []
    back = read(io.BytesIO(file.getvalue()))
    assert back.metadata.exif == image.metadata.exif
    assert back.shape == image.shape  # the orientation of EXIF, 6, was none of HEIC's


def turned(data: bytes, steps: int) -> bytes:
    """Return a file whose picture is to be turned to the left, in place of a box about bits."""
    at = data.index(b"pixi") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    box = data[at : at + 4] + b"irot" + bytes([steps]) + bytes(length - 9)
    return data[:at] + box + data[at + length :]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_picture_is_turned_once(steps: int) -> None:
    plain = read(io.BytesIO(made("rgb.heic"))).pixels
    image = read(io.BytesIO(turned(made("rgb.heic"), steps)))
    np.testing.assert_array_equal(image.pixels, np.rot90(plain, steps))


def with_numbers_of_colours(data: bytes, *numbers: int) -> bytes:
    """Return a file that tells its colours by numbers, in place of a box about bits."""
    at = data.index(b"pixi") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    box = b"\0\0\0\x13colrnclx" + struct.pack(">HHHB", *numbers, 0x80)
    more = len(box) - length
    changed = bytearray(data)
    for kind in (b"meta", b"iprp", b"ipco"):
        place = data.index(kind) - 4
        (size,) = struct.unpack_from(">I", data, place)
        struct.pack_into(">I", changed, place, size + more)
    start, end = data.index(b"iloc"), data.index(b"iinf") - 4
    for place in range(start, end - 3):
        (offset,) = struct.unpack_from(">I", data, place)
        if data.index(b"mdat") < offset < len(data):
            struct.pack_into(">I", changed, place, offset + more)
    return bytes(changed[:at]) + box + bytes(changed[at + length :])


def test_colours_by_numbers_go_into_png() -> None:
    data = with_numbers_of_colours(made("bits-10.heic"), 9, 16, 6)
    image = read(io.BytesIO(data))
    np.testing.assert_array_equal(image.pixels, read(io.BytesIO(made("bits-10.heic"))).pixels)
    assert image.metadata.png_colour == ((CICP, bytes((9, 16, 0, 1))),)
    file = io.BytesIO()
    assert write(image, file, format="PNG") == []
    assert read(io.BytesIO(file.getvalue())).metadata.png_colour == image.metadata.png_colour


def test_further_pictures_are_named_and_alpha_is_none() -> None:
    image = read(io.BytesIO(made("several.heic")))
    assert image.left_out == ("1 further picture beside the picture: left out",)
    assert read(io.BytesIO(made("alpha.heic"))).left_out == ()


def test_size_is_checked_before_it_is_decoded() -> None:
    data = made("rgb.heic")
    size = (32).to_bytes(4, "big") + (24).to_bytes(4, "big")
    assert data.count(b"ispe\0\0\0\0" + size) == 1
    huge = data.replace(size, (30000).to_bytes(4, "big") * 2)
    with pytest.raises(ImageError, match=r"30000x30000 is .* --max-pixels"):
        read(io.BytesIO(huge))
    with pytest.raises(ImageError, match="32x24 is 768 pixels, more than the limit"):
        read(io.BytesIO(data), max_pixels=767)


def test_what_libheif_does_not_decode_is_named() -> None:
    with pytest.raises(ImageError, match="HEIC file is"):
        read(io.BytesIO(made("rgb.heic").replace(b"hvc1", b"vvc1")))
