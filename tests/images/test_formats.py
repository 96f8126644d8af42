from __future__ import annotations

import io
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import features

from convfilter.errors import ImageError, UnknownNameError, UsageError
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
from convfilter.images.formats import foreign_format, sniff


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
        ("a.heic", "libheif"),
        ("a.HEIF", "libheif"),
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
    with pytest.raises(UsageError, match="libheif"):
        check_format("heic")


def test_table_is_consistent() -> None:
    assert len(SUFFIXES) == sum(len(entry.suffixes) for entry in FORMATS.values())
    for entry in FORMATS.values():
        assert entry.grey or entry.colour
        assert all(suffix == suffix.lower() for suffix in entry.suffixes)


def test_content_is_recognised() -> None:
    assert sniff(b"\x89PNG\r\n\x1a\n" + bytes(8)) == "PNG"
    assert sniff(b"RIFF\0\0\0\0WEBPVP8 ") == "WEBP"
    assert sniff(b"P5\n3 3\n255\n") == "PGM"
    assert sniff(b"P5x") is None
    assert sniff(b"\0\0\0\x1cftypavif") == "AVIF"
    assert foreign_format(b"\0\0\0\x1cftypheic") == "a HEIC/HEIF picture"
    assert foreign_format(b"%PDF-1.7") == "a PDF document"
    assert foreign_format(b"hello") is None


def test_the_table_costs_neither_pillow_nor_numpy() -> None:
    code = (
        "import sys, convfilter.images.formats as f; f.format_of('a.png'); "
        "assert 'PIL' not in sys.modules, 'PIL'; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"


def test_avif_is_refused_where_pillow_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(feature: str) -> None:
        warnings.warn(f"Unknown feature {feature!r}.", stacklevel=2)

    monkeypatch.setattr(features, "check", check)
    with pytest.raises(ImageError, match="built without AVIF: install pillow"):
        write(np.zeros((4, 4), np.uint8), io.BytesIO(), format="avif")
    with pytest.raises(ImageError, match="built without AVIF: install pillow"):
        read(io.BytesIO(b"\0\0\0\x1cftypavif" + bytes(60)))
