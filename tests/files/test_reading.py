from __future__ import annotations

import io
import os
import struct
import threading
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageCms, PngImagePlugin

from convfilter.errors import ImageError
from convfilter.formats.quiet import warnings_silenced
from convfilter.images import FORMATS, read
from tests.examples import examples
from tests.formats.declared import written

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (40, 30, 3), dtype=np.uint8)
GREY = PHOTO[..., 0].copy()


def encoded(picture: PillowImage.Image, format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format_name, **options)
    return stream.getvalue()


def opened(data: bytes):
    return read(io.BytesIO(data))


def test_from_path_string_and_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PillowImage.fromarray(PHOTO), "PNG"))
    for source in (path, str(path), io.BytesIO(path.read_bytes())):
        image = read(source)
        assert (image.format, image.alpha, image.following) == ("PNG", False, ())
        np.testing.assert_array_equal(image.pixels, PHOTO)


def test_content_decides_not_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PillowImage.fromarray(PHOTO), "BMP"))
    assert read(path).format == "BMP"


@pytest.mark.posix
def test_pipes_are_read_to_their_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = encoded(PillowImage.fromarray(PHOTO), "PNG")
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    np.testing.assert_array_equal(read(path).pixels, PHOTO)
    writer.join()


def test_one_bit_becomes_0_and_255() -> None:
    picture = PillowImage.fromarray(GREY).convert("1")
    image = opened(encoded(picture, "PNG"))
    np.testing.assert_array_equal(image.pixels, np.asarray(picture) * np.uint8(255))
    assert image.pixels.dtype == np.uint8


def test_palettes() -> None:
    grey = PillowImage.fromarray(GREY)
    grey_palette = grey.copy().convert("P")
    assert opened(encoded(grey_palette, "PNG")).pixels.shape == (40, 30)
    np.testing.assert_array_equal(opened(encoded(grey_palette, "PNG")).pixels, GREY)
    colours = PillowImage.fromarray(PHOTO).quantize(16)
    image = opened(encoded(colours, "PNG"))
    np.testing.assert_array_equal(image.pixels, np.asarray(colours.convert("RGB")))
    image = opened(encoded(colours, "PNG", transparency=3))
    assert image.alpha
    np.testing.assert_array_equal(image.pixels[..., 3] == 0, np.asarray(colours) == 3)
    image = opened(encoded(grey_palette, "PNG", transparency=7))
    assert (image.channels, image.alpha) == (2, True)
    np.testing.assert_array_equal(image.pixels[..., 0], GREY)
    np.testing.assert_array_equal(image.pixels[..., 1] == 0, GREY == 7)


def test_a_transparent_colour_becomes_alpha() -> None:
    colour = tuple(int(v) for v in PHOTO[0, 0])
    image = opened(encoded(PillowImage.fromarray(PHOTO), "PNG", transparency=colour))
    assert (image.channels, image.alpha) == (4, True)
    assert image.pixels[0, 0, 3] == 0
    image = opened(encoded(PillowImage.fromarray(GREY), "PNG", transparency=int(GREY[0, 0])))
    assert (image.channels, image.alpha) == (2, True)
    np.testing.assert_array_equal(image.pixels[..., 1] == 0, GREY[0, 0] == GREY)


def test_cmyk_becomes_rgb() -> None:
    inks = PillowImage.fromarray(PHOTO).convert("CMYK")
    image = opened(encoded(inks, "TIFF"))
    np.testing.assert_array_equal(image.pixels, np.asarray(inks.convert("RGB")))
    # a profile for another colour space cannot be applied; the plain way remains
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = opened(encoded(inks, "JPEG", icc_profile=profile))
    assert image.channels == 3
    assert image.metadata.icc_profile is None


def test_ycbcr_becomes_rgb_and_lab_is_refused() -> None:
    picture = PillowImage.fromarray(PHOTO)
    ycc = picture.convert("YCbCr")
    np.testing.assert_array_equal(
        opened(encoded(ycc, "TIFF")).pixels, np.asarray(ycc.convert("RGB"))
    )
    lab = ImageCms.profileToProfile(
        picture, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    with pytest.raises(ImageError, match="LAB colours are not supported: convert"):
        opened(encoded(lab, "TIFF"))


def test_sixteen_bit_grey_of_each_kind() -> None:
    deep = RNG.integers(0, 65536, (7, 5), dtype=np.uint16)
    for data in (
        encoded(PillowImage.fromarray(deep), "PNG"),
        encoded(PillowImage.fromarray(deep), "TIFF"),
        b"P5\n5 7\n65535\n" + deep.astype(">u2").tobytes(),
        b"P2 5 7 65535 " + b" ".join(b"%d" % v for v in deep.ravel()),
    ):
        image = opened(data)
        assert image.pixels.dtype == np.dtype("=u2")
        np.testing.assert_array_equal(image.pixels, deep)


def test_sixteen_bit_tiff_in_both_byte_orders_and_white_at_zero() -> None:
    deep = RNG.integers(0, 65536, (7, 5), dtype=np.uint16)
    for order, photometric in (("<", 1), (">", 1), ("<", 0)):
        image = opened(plain_tiff(deep, order, photometric))
        expected = deep if photometric else 65535 - deep
        np.testing.assert_array_equal(image.pixels, expected)


def plain_tiff(pixels: np.ndarray, order: str, photometric: int) -> bytes:
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    body = pixels.astype(f"{order}u2").tobytes()
    height, width = pixels.shape[:2]
    entries = [(256, width), (257, height), (259, 1), (262, photometric)]
    entries += [(277, samples), (278, height)]
    count = len(entries) + 3
    start = 8 + 2 + 12 * count + 4
    bits = struct.pack(f"{order}{samples}H", *[16] * samples)
    ifd = b"".join(struct.pack(f"{order}HHIHH", tag, 3, 1, v, 0) for tag, v in entries)
    if samples == 1:
        ifd += struct.pack(f"{order}HHIHH", 258, 3, 1, 16, 0)
    else:
        ifd += struct.pack(f"{order}HHII", 258, 3, samples, start)
    ifd += struct.pack(f"{order}HHII", 273, 4, 1, start + len(bits))
    ifd += struct.pack(f"{order}HHII", 279, 4, 1, len(body))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(f"{order}IH", 8, count)
    return head + ifd + bytes(4) + bits + body


@pytest.mark.parametrize(
    "data",
    [
        plain_tiff(np.zeros((4, 4, 3), np.uint16), "<", 2),
        plain_tiff(np.zeros((4, 4, 3), np.uint16), ">", 2),
        b"P6\n2 2\n65535\n" + bytes(24),
        b"P6\n2 2\n1023\n" + bytes(24),
        b"P3 1 1 65535 1 2 3 ",
    ],
)
def test_sixteen_bit_colour_never_becomes_eight(data: bytes) -> None:
    assert opened(data).dtype == np.uint16


@pytest.mark.parametrize("largest", [256, 1023, 65535])
@pytest.mark.parametrize("plain", [False, True])
def test_sixteen_bit_ppm(largest: int, plain: bool) -> None:
    deep = RNG.integers(0, largest + 1, (7, 5, 3))
    deep[0, 0] = largest
    head = b"P%d # a comment\n5 7\n#another\n%d\n" % (3 if plain else 6, largest)
    body = b" ".join(b"%d" % v for v in deep.ravel()) if plain else deep.astype(">u2").tobytes()
    image = opened(head + body)
    np.testing.assert_array_equal(image.pixels, np.rint(deep * (65535 / largest)))
    with pytest.raises(ImageError, match="PPM file is truncated"):
        opened((head + body)[:-7])
    with pytest.raises(ImageError, match="--max-pixels"):
        read(io.BytesIO(head), max_pixels=34)


@pytest.mark.parametrize("data", [b"P6 1 1 300 " + bytes([1, 45, 0, 0, 0, 0]), b"P3 1 1 300 1 2 x"])
def test_impossible_values_of_ppm(data: bytes) -> None:
    with pytest.raises(ImageError, match="PPM file is damaged"):
        opened(data)


def test_thirty_two_bit_integers() -> None:
    fits = np.array([[0, 65535]], np.int32)
    np.testing.assert_array_equal(opened(encoded(PillowImage.fromarray(fits), "TIFF")).pixels, fits)
    with pytest.raises(ImageError, match="from -1 to 70000 do not fit 16 bits"):
        opened(encoded(PillowImage.fromarray(np.array([[-1, 70000]], np.int32)), "TIFF"))


def test_pgm_of_other_ranges_is_scaled_to_the_full_range() -> None:
    np.testing.assert_array_equal(opened(b"P5 3 1 15\n\x00\x07\x0f").pixels, [[0, 119, 255]])
    np.testing.assert_array_equal(opened(b"P2 2 1 1023 0 1023 ").pixels, [[0, 65535]])


def test_orientation_is_applied_and_reset() -> None:
    picture = PillowImage.fromarray(PHOTO)
    exif = PillowImage.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    for format_name in ("PNG", "TIFF"):
        image = opened(encoded(picture, format_name, exif=exif, dpi=(100, 200)))
        np.testing.assert_array_equal(image.pixels, np.rot90(PHOTO, -1))
    image = opened(encoded(picture, "PNG", exif=exif, dpi=(100, 200)))
    assert image.metadata.dpi == pytest.approx((200, 100), rel=1e-3)
    kept = PillowImage.Exif()
    kept.load(image.metadata.exif)
    assert dict(kept) == {0x0112: 1, 0x010F: "Maker"}


@pytest.mark.parametrize(
    "format_name",  # but Netpbm's, of which Pillow writes one picture
    written(lambda h: h.several and not h.lossy, keeps="XMP"),
)
def test_all_frames_are_read(format_name: str) -> None:
    rolled = [np.roll(GREY, number, 0) for number in range(3)]
    first, *others = map(PillowImage.fromarray, rolled)
    options = {"lossless": True} if format_name == "WEBP" else {}
    data = encoded(first, format_name, save_all=True, append_images=others, **options)
    image = opened(data)
    assert len(image.frames) == 3
    for frame, wanted in zip(image.frames, rolled, strict=True):
        grey = frame.pixels if frame.pixels.ndim == 2 else frame.pixels[..., 0]
        np.testing.assert_array_equal(grey, wanted)
    assert (image.timing is None) == (FORMATS[format_name].holds.several == "pages")


def test_size_is_checked_before_decoding() -> None:
    data = encoded(PillowImage.fromarray(PHOTO), "PNG")
    with pytest.raises(ImageError, match=r"30x40 is 1,200 pixels.*1,199.*--max-pixels"):
        read(io.BytesIO(data), max_pixels=1199)
    assert read(io.BytesIO(data), max_pixels=1200).width == 30
    with pytest.raises(ImageError, match="max-pixels"):
        opened(b"P5 99999 99999 255\n")


def test_many_pixels_within_the_limit_are_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PillowImage, "MAX_IMAGE_PIXELS", 100)
    assert opened(encoded(PillowImage.fromarray(PHOTO), "PNG")).shape == PHOTO.shape


def test_libtiff_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    data = FILES["TIFF, deflate"]
    with pytest.raises(ImageError, match="TIFF file is damaged"):
        opened(data[:8] + bytes(200) + data[208:])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"hello, world, this is text", "is not a picture of a known format"),
        (b"8BPS......", "is a Photoshop document, which is not supported"),
        (b"\0\0\0\x1cftypheic\0\0\0\0", "the HEIC file is damaged"),
        (b"\x89PNG\r\n\x1a\n", "is truncated"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "damaged or of a kind"),
        (b"P5 0 5 255\n", "is damaged .a picture of 0x5 pixels"),
    ],
)
def test_no_picture(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=words) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read(tmp_path / "none.png")
    with pytest.raises(ImageError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(ImageError, match="cannot be opened"):
        read("nul\0byte.png")
    with pytest.raises(ImageError, match="binary mode"):
        read(io.StringIO("text"))  # type: ignore[arg-type]
    (tmp_path / "a\nb.png").write_bytes(b"")
    with pytest.raises(ImageError) as caught:
        read(tmp_path / "a\nb.png")
    assert "\n" not in str(caught.value)


FILES = {
    "PNG": encoded(PillowImage.fromarray(PHOTO), "PNG"),
    "JPEG": encoded(PillowImage.fromarray(PHOTO), "JPEG"),
    "TIFF": encoded(PillowImage.fromarray(PHOTO), "TIFF"),
    "TIFF, deflate": encoded(
        PillowImage.fromarray(PHOTO), "TIFF", compression="tiff_adobe_deflate"
    ),
    "WEBP": encoded(PillowImage.fromarray(PHOTO), "WEBP"),
    "BMP": encoded(PillowImage.fromarray(PHOTO), "BMP"),
    "GIF": encoded(PillowImage.fromarray(GREY), "GIF"),
    "PPM": encoded(PillowImage.fromarray(PHOTO), "PPM"),
    "PGM, plain": b"P2 30 40 255 " + b" ".join(b"%d" % v for v in GREY.ravel()),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated(kind: str, share: float) -> None:
    data = FILES[kind]
    with pytest.raises(ImageError) as caught:
        opened(data[: int(len(data) * share)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "PPM", "PGM, plain", "TIFF"])
def test_truncated_is_said(kind: str) -> None:
    with pytest.raises(ImageError, match="is truncated: copy or create it again"):
        opened(FILES[kind][: int(len(FILES[kind]) * 0.6)])


@pytest.mark.parametrize("kind", FILES)
@examples(40)
@given(data=st.data())
def test_damage_ends_in_a_picture_or_in_one_line(kind: str, data: st.DataObject) -> None:
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        message = ""
        try:
            read(io.BytesIO(bytes(content)), max_pixels=1_000_000)
        except ImageError as error:
            message = str(error)
    assert "\n" not in message
    assert not seen


def test_text_bombs_are_left_out() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "x" * 100_000_000, zip=True)
    image = opened(encoded(PillowImage.fromarray(GREY), "PNG", pnginfo=text))
    np.testing.assert_array_equal(image.pixels, GREY)
    assert image.metadata.text == ()
    (line,) = image.left_out
    assert "the text 'comment' was left out" in line


def test_pillow_is_silenced_and_others_are_not() -> None:
    before = list(warnings.filters)
    with warnings_silenced(), warnings_silenced():
        warnings.warn_explicit("quiet", UserWarning, "x.py", 1, module="PIL.Image")
        with pytest.raises(UserWarning, match="loud"):
            warnings.warn_explicit("loud", UserWarning, "x.py", 1, module="elsewhere")
    assert warnings.filters == before


def test_avif_says_how_many_bits_it_has() -> None:
    deep = np.random.default_rng(0).integers(0, 1024, (16, 16, 3), dtype=np.uint16)
    _, data = cv2.imencode(".avif", deep, [cv2.IMWRITE_AVIF_DEPTH, 10])
    assert opened(data.tobytes()).dtype == np.uint16
    _, data = cv2.imencode(".avif", (deep >> 2).astype(np.uint8), [cv2.IMWRITE_AVIF_DEPTH, 8])
    assert opened(data.tobytes()).dtype == np.uint8
