"""JPEG beside Pillow: the same pixels, the same coefficients, the same complaints."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as PillowImages
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from convfilter.errors import ArgumentError, ImageError
from convfilter.formats import jpeg
from convfilter.images import Image, Metadata, read, write
from tests.examples import examples

NOISE = np.random.default_rng(0)
SUBSAMPLINGS = {"444": 0x11, "422": 0x21, "420": 0x22, "440": 0x12, "411": 0x41}
"""How many samples of luminance there are for one of colour: across, and down."""


def pixels_of(height: int, width: int, grey: bool, seed: int = 0) -> np.ndarray:
    """Return smooth shades with noise: coefficients of every size."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[:height, :width]
    channels = [(down * (k + 1) + across * (3 - k)) % 256 for k in range(1 if grey else 3)]
    pixels = np.stack(channels, axis=2) + random.integers(-40, 40, (height, width, len(channels)))
    pixels = pixels.clip(0, 255).astype(np.uint8)
    return pixels[..., 0] if grey else pixels


def by_pillow(pixels: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    PillowImages.fromarray(pixels).save(stream, "JPEG", **options)
    return stream.getvalue()


def written(pixels: np.ndarray | Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    write(pixels, stream, format="JPEG", **options)
    return stream.getvalue()


def pillow_pixels(data: bytes) -> np.ndarray:
    return np.array(PillowImages.open(io.BytesIO(data)))


def decoded(data: bytes) -> np.ndarray | None:
    return jpeg._decoded(JpegImageFile(io.BytesIO(data)), data)


def outcome(data: bytes) -> tuple[str, Any]:
    try:
        return "pixels", read(io.BytesIO(data)).pixels.tolist()
    except ImageError as error:
        return "error", str(error)


@examples(150)
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from(("grey", *SUBSAMPLINGS)),
    st.booleans(),
    st.integers(1, 100),
    st.integers(0, 3),
)
@example(1, 1, "420", True, 50, 0)
@example(1, 70, "440", False, 92, 0)
@example(2, 1, "411", False, 92, 0)
def test_the_same_pixels_as_from_pillow(
    height: int, width: int, kind: str, progressive: bool, quality: int, restart: int
) -> None:
    pixels = pixels_of(height, width, kind == "grey")
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)]
    options += [cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
    if kind != "grey":
        factor = SUBSAMPLINGS[kind] << 16 | 0x1111
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    data = cv2.imencode(".jpg", pixels, options)[1].tobytes()
    found = decoded(data)
    assert found is not None
    np.testing.assert_array_equal(found, pillow_pixels(data))
    assert found.shape == pixels.shape
    assert found.flags.writeable
    assert found.flags.c_contiguous


def test_colours_kept_as_rgb() -> None:
    data = by_pillow(pixels_of(21, 34, grey=False), keep_rgb=True, quality=90)
    np.testing.assert_array_equal(read(io.BytesIO(data)).pixels, pillow_pixels(data))


def test_inks_are_left_to_pillow() -> None:
    stream = io.BytesIO()
    inks = NOISE.integers(0, 256, (9, 11, 4), np.uint8)
    PillowImages.fromarray(inks, "CMYK").save(stream, "JPEG")
    assert decoded(stream.getvalue()) is None
    expected = PillowImages.open(io.BytesIO(stream.getvalue())).convert("RGB")
    np.testing.assert_array_equal(read(stream_of(stream)).pixels, np.array(expected))


def stream_of(stream: io.BytesIO) -> io.BytesIO:
    return io.BytesIO(stream.getvalue())


def test_the_first_of_several_pictures() -> None:
    pages = [PillowImages.fromarray(pixels_of(17, 23, False, seed)) for seed in (1, 2)]
    stream = io.BytesIO()
    pages[0].save(stream, "MPO", save_all=True, append_images=pages[1:])
    found = read(stream_of(stream))
    assert (found.format, found.following) == ("JPEG", ())
    np.testing.assert_array_equal(found.pixels, pillow_pixels(stream.getvalue()))


@examples(150)
@given(st.data(), st.booleans(), st.booleans())
def test_damage_is_judged_by_pillow(draw: st.DataObject, grey: bool, progressive: bool) -> None:
    data = bytearray(by_pillow(pixels_of(40, 33, grey), progressive=progressive))
    for _ in range(draw.draw(st.integers(0, 3))):
        data[draw.draw(st.integers(2, len(data) - 1))] = draw.draw(st.integers(0, 255))
    del data[draw.draw(st.just(len(data)) | st.integers(3, len(data))) :]
    found = outcome(bytes(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jpeg, "_decoded", lambda *_: None)
        assert found == outcome(bytes(data))


def test_another_size_than_that_of_the_header_is_left_to_pillow() -> None:
    data = by_pillow(pixels_of(30, 20, grey=False))
    picture = JpegImageFile(io.BytesIO(data))
    for size in ((20, 29), (21, 30), (40, 40)):
        picture._size = size
        assert jpeg._decoded(picture, data) is None


def test_a_file_with_bytes_behind_its_end() -> None:
    data = by_pillow(pixels_of(12, 13, grey=False))
    np.testing.assert_array_equal(
        read(io.BytesIO(data + bytes(5000))).pixels, read(io.BytesIO(data)).pixels
    )


def test_several_threads_read_the_same_pixels() -> None:
    data = by_pillow(pixels_of(200, 300, grey=False))
    found: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: found.append(read(io.BytesIO(data)).pixels))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for pixels in found:
        np.testing.assert_array_equal(pixels, pillow_pixels(data))


@pytest.fixture
def _small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "_SMALLEST", 1)
    monkeypatch.setattr(jpeg, "_BAND_PIXELS", 256)


def assert_as_in_one_piece(data: bytes, pixels: np.ndarray, quality: int) -> None:
    """Every decoder sees what it sees in Pillow's own file, and finds nothing to warn about."""
    plain = by_pillow(pixels, quality=quality, subsampling=0)
    np.testing.assert_array_equal(pillow_pixels(data), pillow_pixels(plain))
    flag = cv2.IMREAD_UNCHANGED
    np.testing.assert_array_equal(
        cv2.imdecode(np.frombuffer(data, np.uint8), flag),
        cv2.imdecode(np.frombuffer(plain, np.uint8), flag),
    )
    space = "GRAY" if pixels.ndim == 2 else "RGB"
    np.testing.assert_array_equal(
        simplejpeg.decode_jpeg(data, space, strict=True),
        simplejpeg.decode_jpeg(plain, space, strict=True),
    )


@pytest.mark.usefixtures("_small_bands")
@examples(100)
@given(
    st.integers(1, 150), st.integers(1, 90), st.booleans(), st.integers(1, 100), st.integers(1, 4)
)
@example(1, 1, False, 92, 2)
@example(8, 1, True, 92, 2)
@example(9, 257, False, 92, 2)
@example(150, 90, False, 1, 3)
def test_bands_decode_as_one_piece(
    height: int, width: int, grey: bool, quality: int, workers: int
) -> None:
    pixels = pixels_of(height, width, grey)
    data = written(pixels, quality=quality, workers=workers)
    assert_as_in_one_piece(data, pixels, quality)
    assert data == written(pixels, quality=quality, workers=1)


def compression_of(data: bytes) -> tuple[object, int]:
    """Return the tables and the subsampling of a file, as Pillow sees them."""
    with PillowImages.open(io.BytesIO(data)) as picture:
        assert isinstance(picture, JpegImageFile)
        return picture.quantization, get_sampling(picture)


@pytest.mark.parametrize("quality", [5, 60, 92, 100])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("grey", [False, True])
def test_compression_of_the_source_is_kept(quality: int, subsampling: int, grey: bool) -> None:
    pixels = pixels_of(50, 70, grey)
    data = by_pillow(pixels, quality=quality, subsampling=subsampling)
    image = read(io.BytesIO(data))
    file = io.BytesIO()
    assert write(image, file, format="JPEG") == []
    assert compression_of(file.getvalue()) == compression_of(data)
    file = io.BytesIO()
    write(image, file, format="JPEG", quality=71)
    assert compression_of(file.getvalue()) == compression_of(
        by_pillow(pixels, quality=71, subsampling=0)
    )


@pytest.mark.usefixtures("_small_bands")
@examples(60)
@given(st.integers(1, 90), st.integers(1, 90), st.booleans(), st.sampled_from([0, 1, 2]))
def test_bands_with_fewer_colours(height: int, width: int, grey: bool, subsampling: int) -> None:
    source = by_pillow(pixels_of(9, 9, grey), quality=80, subsampling=subsampling)
    pixels = pixels_of(height, width, grey)
    data = written(replace(read(io.BytesIO(source)), pixels=pixels))
    plain = by_pillow(pixels, quality=80, subsampling=subsampling)
    np.testing.assert_array_equal(pillow_pixels(data), pillow_pixels(plain))
    flag = cv2.IMREAD_UNCHANGED
    np.testing.assert_array_equal(
        cv2.imdecode(np.frombuffer(data, np.uint8), flag),
        cv2.imdecode(np.frombuffer(plain, np.uint8), flag),
    )


def test_a_colour_source_serves_grey_and_the_other_way_round() -> None:
    for grey in (False, True):
        source = read(io.BytesIO(by_pillow(pixels_of(9, 9, grey), quality=80)))
        pixels = pixels_of(40, 30, not grey)
        data = written(replace(source, pixels=pixels))
        np.testing.assert_allclose(pillow_pixels(data), pixels, atol=60)


@pytest.mark.usefixtures("_small_bands")
def test_restart_markers_go_round_and_round() -> None:
    data = written(pixels_of(8 * 20 + 3, 64, grey=False))  # four rows would make 256 pixels
    scan = data[data.index(b"\xff\xda") :]
    markers = [after for before, after in itertools.pairwise(scan) if before == 0xFF]
    assert [m & 7 for m in markers if 0xD0 <= m < 0xD8] == [n % 8 for n in range(20)]


@pytest.mark.parametrize("shape", [(1031, 1021, 3), (1025, 1024), (17, 65500, 3), (65500, 17)])
def test_large_pictures(shape: tuple[int, ...]) -> None:
    pixels = pixels_of(shape[0], shape[1], len(shape) == 2)
    data = written(pixels)
    assert b"\xff\xdd\x00\x04" in data
    assert_as_in_one_piece(data, pixels, 92)
    assert all(data == written(pixels, workers=workers) for workers in (1, 2, 3))


def test_small_pictures_are_pillows_own_file() -> None:
    pixels = pixels_of(301, 203, grey=False)
    assert written(pixels) == by_pillow(pixels, quality=92, subsampling=0)


@pytest.mark.usefixtures("_small_bands")
def test_metadata_stands_in_the_first_band_alone() -> None:
    profile = bytes(16) + b"RGB " + bytes(100_000)  # two segments
    exif = PillowImages.Exif()
    exif[0x010F] = "Maker \xff\xda" * 50
    metadata = Metadata(profile, exif.tobytes().removeprefix(b"Exif\0\0"), (300.0, 150.0))
    pixels = pixels_of(100, 60, grey=False)
    data = written(Image(pixels, metadata=metadata))
    assert data.count(b"Exif\0\0") == 1
    assert data.count(b"ICC_PROFILE\0") == 2
    assert_as_in_one_piece(data, pixels, 92)
    options = {"icc_profile": profile, "dpi": metadata.dpi, "quality": 92, "subsampling": 0}
    plain = by_pillow(pixels, exif=b"Exif\0\0" + (metadata.exif or b""), **options)
    found = read(io.BytesIO(data)).metadata
    assert found == read(io.BytesIO(plain)).metadata
    assert found.icc_profile == profile


@pytest.mark.usefixtures("_small_bands")
def test_strides_and_platforms_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = pixels_of(95, 62, grey=False)
    data = written(pixels)
    assert data == written(np.asfortranarray(pixels))
    assert data == written(np.repeat(pixels, 2, axis=1)[:, ::2])
    monkeypatch.setattr(jpeg.sys, "platform", "other")
    assert data == written(pixels)
    monkeypatch.undo()


@pytest.mark.parametrize("workers", [0, -1, 1025])
def test_wrong_workers(workers: int) -> None:
    with pytest.raises(ArgumentError, match="workers"):
        written(pixels_of(8, 8, grey=True), workers=workers)


def test_without_compiled_loops() -> None:
    code = (
        "import io, numpy as np\n"
        "from convfilter.formats import jpeg\n"
        "from tests.formats.test_jpeg import assert_as_in_one_piece, pixels_of, written\n"
        "jpeg._SMALLEST, jpeg._BAND_PIXELS = 1, 256\n"
        "pixels = pixels_of(45, 30, False)\n"
        "assert_as_in_one_piece(written(pixels), pixels, 92)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
