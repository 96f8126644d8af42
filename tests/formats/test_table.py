"""Names, suffixes and signatures of formats."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import features

from convfilter.errors import ImageError, UnknownNameError, UsageError
from convfilter.formats import alternatives, identify, written_format_of
from convfilter.formats.declaring import HEAD_BYTES, Format
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.images import (
    FORMATS,
    SUFFIXES,
    check_format,
    format_of,
    is_image_path,
    read,
    suffix_of,
    write,
)
from tests.files.damage import whole_files


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "PNG"),
        ("b/a.JPG", "JPEG"),
        ("a.jpeg", "JPEG"),
        ("a.tif", "TIFF"),
        ("a.webp", "WEBP"),
        ("a.b.bmp", "BMP"),
        ("a.gif", "GIF"),
        ("a.ppm", "PPM"),
        ("a.pgm", "PGM"),
        ("a.pbm", "PBM"),
        ("a.pnm", "PNM"),
        ("a.avif", "AVIF"),
    ],
)
def test_suffix_names_the_format(name: str, expected: str) -> None:
    assert format_of(name) == expected
    assert is_image_path(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.pgn", "did you mean .*[.]png"),
        ("a.xyz", "known: .png, .jpg"),
        ("a", "no suffix"),
        ("a.psd", "a Photoshop document, which is not supported"),
        ("a.MOV", "a video"),
    ],
)
def test_other_suffixes_are_refused(name: str, words: str) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        format_of(name)
    assert str(caught.value).startswith(name)
    assert not is_image_path(name)


def test_format_names_in_any_case() -> None:
    assert check_format("png") == check_format(".PNG") == "PNG"
    assert check_format("jpg") == check_format("Jpeg") == "JPEG"
    assert check_format("tif") == "TIFF"
    assert suffix_of("jpeg") == ".jpg"
    with pytest.raises(UnknownNameError, match="did you mean webp"):
        check_format("wepb")
    with pytest.raises(UsageError, match="Photoshop"):
        check_format("psd")


def test_table_is_consistent() -> None:
    assert len(SUFFIXES) == sum(len(entry.suffixes) for entry in FORMATS.values())
    for name, form in FORMATS.items():
        assert form.name == name == name.upper()
        assert form.holds.grey or form.holds.colour
        assert all(suffix == suffix.lower() for suffix in form.suffixes)
        assert form.holds.depth in (1, 8, 16, 32) or form.holds.arrays
        assert SUMMARIES[name].suffixes == form.suffixes


def test_content_is_recognised() -> None:
    assert identify(b"\x89PNG\r\n\x1a\n" + bytes(8)) == "PNG"
    assert identify(b"RIFF\0\n\0\0WEBPVP8 ") == "WEBP"
    assert identify(b"P5\n3 3\n255\n") == "PGM"
    assert identify(b"\0\0\0\x1cftypavif") == "AVIF"
    assert identify(b"\0\0\0\x1cftypheic") == identify(b"\0\0\0\x1cftypmif1mif1heic") == "HEIC"
    assert identify(b"\0\0\0\x1cftypcrx ") == identify(b"II*\0\x10\0\0\0CR\2\0") == "CAMERA RAW"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"P5x", "is not a picture of a known format: give PNG, JPEG, TIFF, "),
        (b"hello", "is not a picture of a known format"),
        (b"\0\0\0\x1cftypisom", "is a video"),
        (
            b"%!PS-Adobe",
            "is a PostScript document, which is not supported: convert",
        ),
        (b"\n <svg xmlns", "is an SVG drawing"),
        (b"", "the file is empty"),
    ],
)
def test_other_content_is_refused_by_name(head: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        identify(head)


def test_every_file_is_of_one_format() -> None:
    signatures = {name: form.signature for name, form in FORMATS.items() if form.signature}
    recognised = set()
    for what, data in whole_files().items():
        head = data[:HEAD_BYTES]
        names = [n for n, pattern in signatures.items() if re.match(pattern, head, re.DOTALL)]
        assert names == [identify(head)], what
        recognised |= set(names)
    assert recognised == set(signatures), "some test of a format has to have SAMPLES of it"


def test_a_library_that_is_not_there_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load() -> Format:
        raise ModuleNotFoundError("No module named 'odd'", name="odd")

    summary = SUMMARIES["BMP"]._replace(load=load, extra="odd-formats")
    monkeypatch.setitem(SUMMARIES, "BMP", summary)
    with pytest.raises(ImageError, match=r"BMP needs odd, .* pip install 'convfilter\[odd-form"):
        read(io.BytesIO(b"BM" + bytes(70)))
    assert "BMP" not in alternatives()
    monkeypatch.setitem(SUMMARIES, "BMP", summary._replace(extra=None))
    with pytest.raises(ModuleNotFoundError):
        _ = FORMATS["BMP"]


def test_a_format_that_is_only_read_is_refused_for_writing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(SUMMARIES, "BMP", SUMMARIES["BMP"]._replace(is_written=False))
    words = r"BMP files are only read: write PNG, TIFF or"
    with pytest.raises(ImageError, match=words) as caught:
        write(np.zeros((4, 4), np.uint8), tmp_path / "a.bmp")
    assert str(caught.value).startswith(str(tmp_path / "a.bmp"))
    with pytest.raises(ImageError, match=rf"^a.bmp: {words}"):
        written_format_of("a.bmp")
    assert written_format_of("a.png") == "PNG"
    assert is_image_path("a.bmp")
    assert "BMP" not in alternatives()


def test_avif_is_refused_where_pillow_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(feature: str) -> None:
        warnings.warn(f"Unknown feature {feature!r}.", stacklevel=2)

    monkeypatch.setattr(features, "check", check)
    with pytest.raises(ImageError, match="built without AVIF: install pillow"):
        write(np.zeros((4, 4), np.uint8), io.BytesIO(), format="avif")
    with pytest.raises(ImageError, match="built without AVIF: install pillow"):
        read(io.BytesIO(b"\0\0\0\x1cftypavif" + bytes(60)))
