from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from convfilter.errors import ArgumentError, ArgumentTypeError, ImageError, UnknownNameError
from convfilter.images import FORMATS, Image, read, write
from tests.formats.declared import written

RGB = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)
GREY = RGB[..., 0].copy()
RGBA = np.dstack([RGB, np.full((12, 10), 128, np.uint8)])
DEEP = GREY.astype(np.uint16) * 257


def left_over(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".convfilter")]


def test_suffix_or_format_decides(tmp_path: Path) -> None:
    write(RGB, tmp_path / "a.bmp")
    assert read(tmp_path / "a.bmp").format == "BMP"
    write(RGB, tmp_path / "b.dat", format="jpg")
    assert read(tmp_path / "b.dat").format == "JPEG"
    with pytest.raises(ImageError, match="no format has the suffix"):
        write(RGB, tmp_path / "c.dat")
    with pytest.raises(UnknownNameError, match="did you mean tiff"):
        write(RGB, tmp_path / "c.dat", format="tifff")
    with pytest.raises(ArgumentError, match="--format"):
        write(RGB, io.BytesIO())


@pytest.mark.parametrize(
    "format_name", written(lambda holds: holds.colour and not holds.alpha and not holds.arrays)
)
def test_alpha_is_laid_on_the_background(format_name: str) -> None:
    stream = io.BytesIO()
    image = Image(RGBA, alpha=True)
    notes = write(image, stream, format=format_name, background="#0000ff", quality=100)
    assert len(notes) == 1
    assert "transparency" in notes[0]
    stream.seek(0)
    back = read(stream)
    assert not back.alpha
    expected = np.rint((RGB * 128.0 + np.array([0, 0, 255]) * 127.0) / 255)
    assert np.abs(back.pixels - expected).max() <= (12 if FORMATS[format_name].holds.lossy else 0)


def test_grey_with_alpha_stays_grey_on_a_grey_background() -> None:
    picture = Image(np.dstack([GREY, np.zeros_like(GREY)]), alpha=True)
    for background, shape in (("white", (12, 10)), ("red", (12, 10, 3))):
        stream = io.BytesIO()
        write(picture, stream, format="BMP", background=background)
        stream.seek(0)
        assert read(stream).shape == shape
    with pytest.raises(ArgumentError, match="is not a colour"):
        write(picture, io.BytesIO(), format="BMP", background="whitte")


@pytest.mark.parametrize("format_name", written(lambda holds: holds.depth < 16))
def test_sixteen_bits_are_never_reduced(format_name: str) -> None:
    with pytest.raises(ImageError, match="holds no 16-bit grey: write PNG, TIFF or PGM"):
        write(DEEP, io.BytesIO(), format=format_name)


SAY_ALPHA = r"4 channels without alpha.*Image\(pixels, alpha=True\)"


@pytest.mark.parametrize("format_name", written(lambda holds: not holds.arrays))
def test_what_no_format_holds(format_name: str) -> None:
    holds = FORMATS[format_name].holds
    words = "16-bit colour" if holds.colour else "holds grey only"
    colour = [(np.zeros((2, 2, 3), np.uint16), words)]
    nan = [(np.full((2, 2), np.nan, np.float32), "NaN pixels .* or write TIFF")]
    for pixels, words in (
        *(colour if holds.depth < 16 or not holds.colour else []),
        *(nan if holds.depth < 32 else []),
        *([] if holds.signed else [(np.full((2, 2), -1, np.int16), "signed .* write TIFF")]),
        *([] if holds.bands else [(np.zeros((2, 2, 5), np.uint8), "5 channels.* write TIFF")]),
        *([] if holds.bands else [(unsaid, SAY_ALPHA) for unsaid in (RGBA, Image(RGBA))]),
        (Image(np.full((2, 2, 4), -1, np.int16), alpha=True), "signed" if holds.colour else "grey"),
        (np.zeros((0, 2), np.uint8), "cannot be stored"),
    ):
        with pytest.raises(ImageError, match=words):
            write(pixels, io.BytesIO(), format=format_name)


def test_pnm_family_is_strict() -> None:
    with pytest.raises(ImageError, match=r"PGM holds grey only: write PNG, TIFF or"):
        write(RGB, io.BytesIO(), format="PGM")
    with pytest.raises(ImageError, match="threshold"):
        write(GREY, io.BytesIO(), format="PBM")
    for name, pixels, magic in (
        ("PGM", GREY, b"P5"),
        ("PNM", RGB, b"P6"),
        ("PNM", GREY, b"P5"),
        ("PPM", GREY, b"P6"),
        ("PBM", GREY > 99, b"P4"),
    ):
        stream = io.BytesIO()
        write(pixels, stream, format=name)
        assert stream.getvalue()[:2] == magic


def test_floats_are_rounded_to_nearest_even_and_saturated() -> None:
    values = np.array([[-0.5, 0.0, 0.5, 1.0, 1.5, np.inf]])
    for dtype in (np.float32, np.float64):
        stream = io.BytesIO()
        notes = write(values.astype(dtype), stream, format="PNG")
        assert any("rounded to 8 bits" in note for note in notes)
        assert any("clipped" in note for note in notes)
        stream.seek(0)
        np.testing.assert_array_equal(read(stream).pixels, [[0, 0, 128, 255, 255, 255]])


def test_eight_bits_survive_as_floats() -> None:
    stream = io.BytesIO()
    write(RGB / np.float32(255), stream, format="PNG")
    stream.seek(0)
    np.testing.assert_array_equal(read(stream).pixels, RGB)


def test_doubles_in_tiff_are_noted() -> None:
    notes = write(GREY / 255.0, io.BytesIO(), format="TIFF")
    assert len(notes) == 1
    assert "32-bit float" in notes[0]


def test_gif_says_what_it_loses() -> None:
    many = np.random.default_rng(2).integers(0, 256, (40, 40, 4), dtype=np.uint8)
    stream = io.BytesIO()
    notes = write(Image(many, alpha=True), stream, format="GIF")
    assert any("256 colours" in note for note in notes)
    assert any("half transparency" in note for note in notes)
    stream.seek(0)
    back = read(stream)
    np.testing.assert_array_equal(back.pixels[..., 3] == 255, many[..., 3] >= 128)


def test_quality() -> None:
    sizes = []
    for quality in (10, None, 100):
        stream = io.BytesIO()
        write(RGB, stream, format="JPEG", quality=quality)
        sizes.append(len(stream.getvalue()))
    assert sizes == sorted(sizes)
    lossy = io.BytesIO()
    write(RGB, lossy, format="WEBP", quality=5)
    lossy.seek(0)
    assert (read(lossy).pixels != RGB).any()
    for quality in (0, 101):
        with pytest.raises(ArgumentError, match="give a value from 1 to 100"):
            write(RGB, io.BytesIO(), format="JPEG", quality=quality)
    with pytest.raises(ArgumentTypeError, match=r"quality is 90.5: give a whole number"):
        write(RGB, io.BytesIO(), format="PNG", quality=90.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("format_name", written())
def test_workers_are_checked_for_every_format(format_name: str) -> None:
    with pytest.raises(ArgumentError, match="workers is 0: give a value from 1 to"):
        write(np.zeros((4, 4), np.uint8), io.BytesIO(), format=format_name, workers=0)


def test_sides_too_long_for_the_format() -> None:
    with pytest.raises(ImageError, match="write PNG, TIFF or BMP"):
        write(np.zeros((1, 16384), np.uint8), io.BytesIO(), format="WEBP")
    with pytest.raises(ImageError, match="65500"):
        write(np.zeros((65501, 1), np.uint8), io.BytesIO(), format="JPEG")


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is a folder"):
        write(RGB, tmp_path, format="PNG")
    with pytest.raises(ImageError, match="does not exist: create it first"):
        write(RGB, tmp_path / "none" / "a.png")
    with pytest.raises(ImageError, match="cannot be written"):
        write(RGB, tmp_path / ("a" * 300 + ".png"))
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(ImageError, match="--overwrite"):
        write(RGB, tmp_path / "a.png", overwrite=False)
    assert (tmp_path / "a.png").read_bytes() == b"mine"


def test_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # modes do not stop the superuser
    with pytest.raises(ImageError, match="check the permissions of the folder"):
        write(RGB, tmp_path / "a.png")


def test_write_protected_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"mine")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ImageError, match="write-protected"):
        write(RGB, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_failure_leaves_target_and_folder_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"mine")

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Path, "replace", fail)
    expected = ImageError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write(RGB, target)
    assert target.read_bytes() == b"mine"
    assert left_over(tmp_path) == []


def test_permission_bits(tmp_path: Path) -> None:
    new, old = tmp_path / "new.png", tmp_path / "old.png"
    (tmp_path / "usual").touch()
    old.touch()
    old.chmod(0o640)
    write(RGB, new)
    write(RGB, old)
    assert new.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert left_over(tmp_path) == []


def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "real.png").touch()
    (tmp_path / "link.png").symlink_to("real.png")
    write(RGB, tmp_path / "link.png")
    assert (tmp_path / "link.png").is_symlink()
    np.testing.assert_array_equal(read(tmp_path / "real.png").pixels, RGB)


def test_devices_are_written_not_replaced() -> None:
    assert write(RGB, os.devnull, format="PNG") == []
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


class Once(io.RawIOBase):
    """A stream that knows nothing but to be written to."""

    def __init__(self, error: OSError | None = None) -> None:
        self.calls: list[bytes] = []
        self.error = error

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.error:
            raise self.error
        self.calls.append(bytes(data))
        return len(data)


def test_streams_get_everything_at_once() -> None:
    stream = Once()
    write(RGB, stream, format="tiff")
    assert len(stream.calls) == 1
    np.testing.assert_array_equal(read(io.BytesIO(stream.calls[0])).pixels, RGB)


def test_stream_errors() -> None:
    with pytest.raises(ImageError, match="the stream: cannot be written: No space left"):
        write(RGB, Once(OSError(errno.ENOSPC, "No space left on device")), format="png")
    with pytest.raises(BrokenPipeError):
        write(RGB, Once(BrokenPipeError()), format="png")


def test_reads_what_it_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write(RGB, path)
    image = read(path)
    write(image.with_pixels(255 - image.pixels), path)
    np.testing.assert_array_equal(read(path).pixels, 255 - RGB)
