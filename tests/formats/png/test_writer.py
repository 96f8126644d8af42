"""The PNG writer: what Pillow and OpenCV read back, and what the file is made of."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as PillowImages

from convfilter.errors import ArgumentError, ImageError, UnknownNameError
from convfilter.formats.png import writer
from convfilter.images import Image, Metadata, read, write
from tests.examples import every, examples
from tests.formats.declared import written
from tests.formats.png.png_fuzz import Case, check, draw_case

NOISE = np.random.default_rng(0)
SUBTRACTED = {"none": 0, "sub": 1, "up": 2, "average": 3, "paeth": 4}


def encoded(pixels: np.ndarray, metadata: Metadata | None = None, **options: object) -> bytes:
    return b"".join(writer.encode(pixels, metadata or Metadata(), **options))  # type: ignore[arg-type]


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Take a file apart and check lengths and checksums on the way."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(body),)
        found.append((body[:4], body[4:]))
        at += 12 + length
    return found


def filtered_rows(data: bytes) -> np.ndarray:
    """Return what the zlib stream of a file holds, a row to a line."""
    parts = chunks(data)
    stream = zlib.decompressobj()
    raw = stream.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    assert stream.eof
    assert stream.unused_data == b""
    height = struct.unpack(">I", parts[0][1][4:8])[0]
    return np.frombuffer(raw, np.uint8).reshape(height, -1)


def case(pixels: np.ndarray, compress: str = "fast") -> Case:
    return Case(pixels, Metadata(), compress, 2, "")


@pytest.mark.parametrize("compress", ["fast", "small"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 37), (41, 1), (2, 3), (7, 5), (33, 65)])
def test_kinds_and_sizes(
    size: tuple[int, int], channels: int | None, dtype: type, compress: str
) -> None:
    shape = size if channels is None else (*size, channels)
    check(case(NOISE.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True), compress))


@examples(60)
@given(
    st.sampled_from((np.uint8, np.uint16)).flatmap(
        lambda dtype: arrays(
            dtype, st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4))
        )
    )
)
def test_any_pixels(pixels: np.ndarray) -> None:
    check(case(pixels))


@pytest.mark.parametrize("number", every(4, range(200)))
def test_random_pictures(number: int) -> None:
    check(draw_case(Random(f"test/{number}"), largest=40))


def test_bands_are_one_stream() -> None:
    pixels = NOISE.integers(0, 256, (1200, 1000, 3), dtype=np.uint8)
    pixels[300:] //= 16
    data = check(case(pixels))
    kinds = [kind for kind, _ in chunks(data)]
    assert kinds == [b"IHDR", *[b"IDAT"] * 4, b"IEND"]
    assert filtered_rows(data).shape == (1200, 3001)
    assert filtered_rows(encoded(pixels, compress="small")).shape == (1200, 3001)


def test_row_longer_than_a_band() -> None:
    check(case(NOISE.integers(0, 256, (3, 400_000, 4), dtype=np.uint8) // 32))


def test_sixteen_bits_are_big_endian() -> None:
    for order in "<>":
        data = encoded(np.array([[0x0102]], dtype=f"{order}u2"))
        assert filtered_rows(data)[0, 1:].tolist() == [1, 2]


@pytest.mark.parametrize("name", SUBTRACTED)
def test_rows_are_filtered_by_what_predicts_them(name: str) -> None:
    rng = np.random.default_rng(5)
    row = rng.integers(0, 256, 400)
    row[:200] = 10  # where Paeth predicts what is on the left; elsewhere what is above
    pixels = np.stack([row, np.full(400, 200)])
    for x in range(1, 400):
        left, above, corner = int(pixels[1, x - 1]), int(row[x]), int(row[x - 1])
        slope = left + above - corner
        nearest = min((left, above, corner), key=lambda value: abs(slope - value))
        average = (left + above) // 2
        predictions = {"none": 0, "sub": left, "up": above, "average": average, "paeth": nearest}
        pixels[1, x] = (predictions[name] + rng.integers(-1, 2)) % 256
    data = check(case(pixels.astype(np.uint8)))
    filtered = filtered_rows(data)[1]
    assert filtered[0] == SUBTRACTED[name]
    assert set(filtered[2:].tolist()) <= {0, 1, 255}


def test_the_row_above_the_first_is_black() -> None:
    for kind in filtered_rows(encoded(np.full((1, 9), 7, np.uint8)))[:, 0]:
        assert kind == SUBTRACTED["sub"]


def test_small_is_smaller() -> None:
    picture = read(Path(__file__).parents[3] / "sample_images" / "scene.png").pixels
    text = np.repeat((NOISE.random((200, 300)) < 0.1)[..., np.newaxis], 3, axis=2) * np.uint8(255)
    for pixels in (picture, text):
        fast, small = (len(encoded(pixels, compress=word)) for word in ("fast", "small"))
        best = io.BytesIO()
        PillowImages.fromarray(pixels).save(best, "PNG", optimize=True)
        assert small < fast
        assert small <= len(best.getvalue()) * 1.002


def test_small_keeps_rows_plain_where_that_is_smaller() -> None:
    few = NOISE.choice(np.array([3, 90, 200], np.uint8), (200, 200))
    assert not filtered_rows(encoded(few, compress="small"))[:, 0].any()
    check(case(few, "small"))


def test_metadata_in_order() -> None:
    exif = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    profile = bytes(16) + b"GRAY" + bytes(108)
    text = (("Title", "plain"), ("Author", "Ærø ☃"), ("Lines", "one\ntwo"))
    data = encoded(np.zeros((2, 2), np.uint8), Metadata(profile, exif, (72, 300), text))
    parts = chunks(data)
    assert [kind for kind, _ in parts] == [
        b"IHDR",
        b"iCCP",
        b"pHYs",
        b"eXIf",
        b"tEXt",
        b"iTXt",
        b"tEXt",
        b"IDAT",
        b"IEND",
    ]
    with PillowImages.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.info["icc_profile"] == profile
        assert picture.info["exif"] == b"Exif\0\0" + exif
        assert picture.info["dpi"] == pytest.approx((72, 300), rel=1e-3)
        assert picture.text == dict(text)  # type: ignore[attr-defined]


def test_texts_go_from_file_to_file() -> None:
    from PIL.PngImagePlugin import PngInfo

    given = PngInfo()
    given.add_text("Title", "a title")
    given.add_itxt("Title in Danish", "rødgrød ☃")
    given.add_text("Long", "word " * 500, zip=True)
    given.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    stream = io.BytesIO()
    PillowImages.new("L", (3, 2)).save(stream, "PNG", pnginfo=given)
    stream.seek(0)
    image = read(stream)
    assert image.shape == (3, 2)  # turned, as the text says, which therefore does not go along
    wanted = (
        ("Title", "a title"),
        ("Title in Danish", "rødgrød ☃"),
        ("Long", "word " * 500),
    )
    assert image.metadata.text == wanted
    out = io.BytesIO()
    assert write(image, out, format="PNG") == []
    out.seek(0)
    again = read(out)
    assert again.metadata.text == wanted
    assert again.shape == (3, 2)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("", "no keyword"),
        ("k" * 80, "too long a keyword"),
        (" spaced", "begins with a space"),
        ("two  spaces", "in a row"),
        ("line\nbreak", "in the keyword"),
        ("漢字", "not Latin-1"),
        ("Title", "nul \0"),
        ("Title", "half a pair \ud800"),
    ],
)
def test_texts_that_png_cannot_hold(keyword: str, text: str) -> None:
    image = Image(np.zeros((2, 2), np.uint8), metadata=Metadata(text=((keyword, text),)))
    out = io.BytesIO()
    (note,) = write(image, out, format="PNG")
    assert "cannot be stored in PNG and was left out" in note
    assert b"tEXt" not in out.getvalue()
    assert b"iTXt" not in out.getvalue()


@pytest.mark.parametrize("dpi", [(0.0, 72.0), (72.0, -1.0), (float("nan"), 72.0), (1e12, 72.0)])
def test_resolutions_that_cannot_be(dpi: tuple[float, float]) -> None:
    image = Image(np.zeros((2, 2), np.uint8), metadata=Metadata(dpi=dpi))
    for format_name in written(keeps="resolution"):
        (note,) = write(image, io.BytesIO(), format=format_name)
        assert "dpi cannot be and was left out" in note


def test_compress_and_workers_are_checked() -> None:
    pixels = np.zeros((2, 2), np.uint8)
    with pytest.raises(UnknownNameError, match="no compression is called 'smal'"):
        write(pixels, io.BytesIO(), format="PNG", compress="smal")
    with pytest.raises(ArgumentError, match="workers"):
        write(pixels, io.BytesIO(), format="PNG", workers=0)


def test_compress_reaches_the_file(tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(200), np.arange(300)).astype(np.uint8)
    for word in ("fast", "small"):
        write(ramp, tmp_path / f"{word}.png", compress=word)
        np.testing.assert_array_equal(read(tmp_path / f"{word}.png").pixels, ramp)
    assert (tmp_path / "small.png").stat().st_size < (tmp_path / "fast.png").stat().st_size


def test_failures_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for failure, words in ((MemoryError(), "not enough memory"), (RuntimeError("oh"), "(oh)")):

        def fail(*_: object, failure: Exception = failure) -> None:
            raise failure

        monkeypatch.setattr(writer, "run_bands", fail)
        with pytest.raises(ImageError) as caught:
            write(np.zeros((2, 2), np.uint8), io.BytesIO(), format="PNG")
        assert words in str(caught.value)


def test_failure_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(writer, "_band", fail)
    with pytest.raises(ImageError, match="not enough memory"):
        write(np.zeros((1500, 1500), np.uint8), io.BytesIO(), format="PNG", workers=3)


def test_loop_as_plain_python() -> None:
    code = (
        "from random import Random\n"
        "from tests.formats.png.png_fuzz import check, draw_case\n"
        "cases = [draw_case(Random(f'plain/{n}'), largest=12) for n in range(60)]\n"
        "for case in cases:\n"
        "    if case.pixels.size < 1000:\n"
        "        check(case)\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
