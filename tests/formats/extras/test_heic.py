"""HEIC files of libheif's own encoder, against what its own decoder makes of them."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.formats.boxes import Items, Property, boxes
from convfilter.formats.extras.items_file import HEIC, Item, file_of
from convfilter.images import read, write
from convfilter.picture.image import CICP
from tests.formats.extras.witnesses import made, seen

NAMES = ("rgb", "alpha", "grey", "told", "odd", "bits-10", "odd-bits-10", "grey-bits-12", "several")
SAMPLES = {f"HEIC, {name}": made(f"{name}.heic") for name in NAMES}
DEEP = {"bits-10": 10, "odd-bits-10": 10, "grey-bits-12": 12}


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


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
OF_XMP = b"application/rdf+xml\0"


def with_items(*more: tuple[bytes, bytes, bytes]) -> bytes:
    """Return a file with further items that describe the picture: kind, content type, content."""
    data = made("rgb.heic")
    told = Items.of(data)
    assert told.primary is not None
    items = {
        number: Item(kind, told.content(number, data), told.properties.get(number, ()))
        for number, kind in told.kinds.items()
    }
    references = list(told.references)
    for number, (kind, content_type, content) in enumerate(more, max(items) + 1):
        items[number] = Item(kind, content, more=content_type)
        references.append((b"cdsc", number, (told.primary,)))
    return file_of(HEIC, told.primary, items, references)


NAMES_THAT_ARE_NO_TEXT = {
    "kind": made("told.heic").replace(b"Exif\0", b"\xf3xif\0", 1),
    "content type": with_items((b"mime", b"\xff\xfe\0", XMP)),
}


@pytest.mark.parametrize("name", NAMES_THAT_ARE_NO_TEXT)
def test_a_name_that_is_no_text_does_not_end_the_process(name: str, tmp_path: Path) -> None:
    """pi_heif makes text of the names of items, and uses it where there is none."""
    path = tmp_path / "a.heic"
    path.write_bytes(NAMES_THAT_ARE_NO_TEXT[name])
    code = f"import convfilter; print(convfilter.read({str(path)!r}).pixels.sum())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    source = "told.heic" if name == "kind" else "rgb.heic"
    assert int(done.stdout) == read(io.BytesIO(made(source))).pixels.sum()


def test_metadata_are_read_from_their_items() -> None:
    exif = b"\0\0\0\6Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    image = read(io.BytesIO(with_items((b"Exif", b"", exif), (b"mime", OF_XMP, XMP))))
    assert image.metadata.exif == exif[10:]
    assert image.metadata.xmp == XMP
    assert image.left_out == ()
    packed = zlib.compress(XMP)
    others = with_items(
        (b"mime", OF_XMP + b"deflate\0", packed), (b"mime", b"text/a\0", b"b"), (b"uri ", b"", b"c")
    )
    assert read(io.BytesIO(others)).left_out == (
        "metadata of kind application/rdf+xml, text/a and uri : left out",
    )


def test_metadata_that_are_damaged_cost_no_pixels() -> None:
    data = bytearray(made("told.heic"))
    told = Items.of(bytes(data))
    (number,) = (number for number, kind in told.kinds.items() if kind == b"Exif")
    ((place, length),) = told.pieces[number]
    stated = struct.pack(">HIHII", 0, place, 1, 0, length or 0)
    data[data.index(stated) + len(stated) - 4] = 0x7F
    image = read(io.BytesIO(bytes(data)))
    assert image.left_out == ("EXIF that is damaged: left out",)
    np.testing.assert_array_equal(image.pixels, read(io.BytesIO(made("told.heic"))).pixels)


def box(kind: bytes, *contents: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, contents)), kind) + b"".join(contents)


def laid_out(version: int, width: int, *, base: bool, in_idat: bool) -> bytes:
    """Return a file whose items lie in two pieces each, told in so many bytes."""
    data = made("alpha.heic")
    told = Items.of(data)
    (meta,) = (content for kind, content in boxes(memoryview(data)) if kind == b"meta")
    rest = [
        box(kind, bytes(content))
        for kind, content in boxes(meta[4:])
        if kind not in (b"iloc", b"idat")
    ]
    contents = {number: told.content(number, data) for number in told.kinds}
    inside = b"".join(contents.values())

    def number(value: int, width: int) -> bytes:
        return value.to_bytes(width, "big")

    def places(first: int) -> bytes:
        parts = [number(version, 1), bytes(3), bytes([width << 4 | width, width * base << 4])]
        wide = 4 if version == 2 else 2
        parts.append(number(len(contents), wide))
        for item, content in contents.items():
            parts.append(number(item, wide) + (number(int(in_idat), 2) if version else b""))
            half = len(content) // 2
            start = first if base else 0
            parts.append(bytes(2) + number(start, width * base) + number(2, 2))
            for place, length in ((0, half), (half, len(content) - half)):
                parts.append(number(first - start + place, width) + number(length, width))
            first += len(content)
        return box(b"iloc", *parts)

    def whole(first: int) -> bytes:
        stored = box(b"idat", inside) if in_idat else b""
        return data[: data.index(b"meta") - 4] + box(
            b"meta", bytes(4), *rest, stored, places(first)
        )

    start = whole(0)
    return start if in_idat else whole(len(start) + 8) + box(b"mdat", inside)


@pytest.mark.parametrize(
    ("version", "width", "base", "in_idat"),
    [(0, 4, False, False), (0, 4, True, False), (1, 4, False, True), (1, 8, True, False),
     (2, 4, False, False), (2, 8, True, True)],
)  # fmt: skip
def test_items_are_found_wherever_they_lie(
    version: int, width: int, base: bool, in_idat: bool
) -> None:
    image = read(io.BytesIO(laid_out(version, width, base=base, in_idat=in_idat)))
    np.testing.assert_array_equal(image.pixels, read(io.BytesIO(made("alpha.heic"))).pixels)
    assert image.alpha


@pytest.mark.parametrize(
    ("name", "bits", "words"),
    [("grey.heic", 10, "values beyond 10 bits"), ("grey.heic", 12, "values beyond 12 bits"),
     ("grey-bits-12.heic", 8, "pixels of more bits than it says")],
)  # fmt: skip
def test_grey_of_other_bits_than_the_file_says_is_refused(name: str, bits: int, words: str) -> None:
    """pi_heif takes the bits that the file states for those of what was decoded."""
    data = bytearray(made(name))
    at = data.index(b"hvcC") + 4 + 17
    data[at : at + 2] = bytes([0xF8 | bits - 8]) * 2
    with pytest.raises(ImageError, match=words):
        read(io.BytesIO(bytes(data)))


def test_what_holds_no_picture_that_is_decoded_is_named() -> None:
    for kind in (b"unci", b"jpeg", b"av01"):
        with pytest.raises(ImageError, match=f"pictures of kind {kind.decode()}"):
            read(io.BytesIO(made("rgb.heic").replace(b"hvc1", kind)))
    sequence = box(b"ftyp", b"hevc" + bytes(4)) + box(b"moov", bytes(30))
    with pytest.raises(ImageError, match="a sequence without a picture of its own"):
        read(io.BytesIO(sequence))
    with pytest.raises(ImageError, match="no picture"):
        read(io.BytesIO(box(b"ftyp", b"heic" + bytes(20)) + box(b"mdat", bytes(30))))


def ispe(width: int, height: int) -> Property:
    return Property(b"ispe", memoryview(struct.pack(">III", 0, width, height)))


ALPHA = Property(b"auxC", memoryview(bytes(4) + b"urn:mpeg:hevc:2015:auxid:1\0"))


def grid(count: int = 1, *more: Property) -> Item:
    """Return an item that is put together of so many parts along rows and columns."""
    content = struct.pack(">BBBBHH", 0, 0, count - 1, count - 1, 64, 64)
    return Item(b"grid", content, [ispe(64, 64), *more])


def structures() -> dict[str, tuple[bytes, str]]:
    """Return files with parts within parts, and what is said of them; the last one is right."""
    data = made("rgb.heic")
    told = Items.of(data)
    (number,) = (each for each, kind in told.kinds.items() if kind == b"hvc1")
    tile = Item(b"hvc1", told.content(number, data), told.properties[number])
    within, many = "parts that lie within each other", "too many parts"

    def chain(length: int, times: int = 1) -> bytes:
        items = {each: grid(int(times**0.5)) for each in range(1, length)}
        references = [(b"dimg", each, (each + 1,) * times) for each in range(1, length)]
        return file_of(HEIC, 1, items | {length: tile}, references)

    itself = [(b"dimg", 1, (1,))]
    each_other = [(b"dimg", 1, (2,)), (b"dimg", 2, (1,))]
    # libheif 1.23 waits for itself without end
    of_its_alpha = [(b"auxl", 2, (1,)), (b"dimg", 2, (1,)), (b"dimg", 1, (3,))]
    inside_alpha = [(b"auxl", 2, (1,)), (b"dimg", 2, (2,))]
    return {
        "itself": (file_of(HEIC, 1, {1: grid()}, itself), within),
        "each other": (file_of(HEIC, 1, {1: grid(), 2: grid()}, each_other), within),
        "in its alpha": (
            file_of(HEIC, 1, {1: grid(), 2: grid(1, ALPHA), 3: tile}, of_its_alpha), within),
        "alpha in itself": (
            file_of(HEIC, 1, {1: tile, 2: grid(1, ALPHA)}, inside_alpha), within),
        "a long chain": (chain(3000), within),
        "again and again": (chain(4, 256), many),
        "many": (file_of(HEIC, 1, {1: grid(256), 2: tile}, [(b"dimg", 1, (2,) * 65535)]), many),
        "two levels": (chain(3), ""),
    }  # fmt: skip


def test_parts_within_each_other_are_refused_at_once(tmp_path: Path) -> None:
    """In a process of its own, since what is not refused may not come back."""
    files = structures()
    for name, (data, _) in files.items():
        (tmp_path / f"{name}.heic").write_bytes(data)
    code = (
        "import sys, convfilter\n"
        "for path in sys.argv[1:]:\n"
        "    try: print(convfilter.read(path).shape)\n"
        "    except convfilter.errors.ConvfilterError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, *(str(tmp_path / f"{name}.heic") for name in files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    for line, (name, (_, words)) in zip(done.stdout.splitlines(), files.items(), strict=True):
        assert (words or "(64, 64, 3)") in line, name


@pytest.mark.parametrize("name", NAMES)
def test_pixels_lie_in_memory_of_their_own(name: str) -> None:
    first = read(io.BytesIO(made(f"{name}.heic"))).pixels
    copy = first.copy()
    for other in NAMES:
        read(io.BytesIO(made(f"{other}.heic")))
    np.testing.assert_array_equal(first, copy)
    assert first.flags.writeable
