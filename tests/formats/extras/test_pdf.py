"""Pages of PDF documents, against the pictures in them and what poppler makes of the pages."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convfilter.errors import ArgumentError, ImageError
from convfilter.images import Image, read, write
from tests.formats.extras.pdf_files import document
from tests.formats.extras.witnesses import made, seen


def waves(rows: int, columns: int) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns]
    parts = [127 + 110 * np.sin(x / (5 + k) + k) * np.cos(y / (4 + 2 * k)) for k in range(3)]
    return np.stack(parts, axis=-1).astype(np.uint8)


PAGES = waves(36, 48), waves(20, 30)[..., 0], waves(10, 70)
SAMPLES = {"PDF, pages": document(*PAGES), "PDF, two": made("two.pdf")}


def opened(data: bytes, **options: object) -> Image:
    return read(io.BytesIO(data), **options)


def test_a_scan_at_its_own_resolution_is_exact() -> None:
    image = opened(document(*PAGES), dpi=72)
    assert image.format == "PDF"
    assert image.metadata.dpi == (72, 72)
    for frame, given in zip(image.frames, PAGES, strict=True):
        colours = given if given.ndim == 3 else np.repeat(given[..., np.newaxis], 3, axis=2)
        np.testing.assert_array_equal(frame.pixels, colours)


def test_a_page_is_nearly_what_poppler_draws() -> None:
    image = opened(made("two.pdf"), dpi=144)
    expected = seen("two.pdf")
    assert image.shape == expected.shape
    assert np.abs(image.pixels.astype(int) - expected).mean() < 2


def test_the_resolution_is_what_is_asked_for() -> None:
    assert [frame.shape[:2] for frame in opened(document(*PAGES)).frames] == [
        (75, 100),  # at 150 dpi, rounded up
        (42, 63),
        (21, 146),
    ]
    (frame,) = opened(document(*PAGES), frames="1", dpi=100.5).frames
    assert frame.shape == (28, 42, 3)
    for dpi in (0, 2401, float("nan")):
        with pytest.raises(ArgumentError, match="dpi"):
            opened(document(*PAGES), dpi=dpi)


def test_pages_go_into_tiff() -> None:
    file = io.BytesIO()
    assert write(opened(document(*PAGES), dpi=72), file, format="TIFF") == []
    back = read(io.BytesIO(file.getvalue()))
    assert len(back.frames) == 3
    np.testing.assert_array_equal(back.frames[2].pixels, PAGES[2])


def test_sizes_are_checked_before_anything_is_drawn() -> None:
    with pytest.raises(ImageError, match="48x36 is 1,728 pixels, more than the limit"):
        opened(document(PAGES[0]), dpi=72, max_pixels=1727)
    with pytest.raises(ImageError, match="3 pages count as"):
        opened(document(*PAGES), max_pixels=10_000)
    with pytest.raises(ImageError, match=r"60000x60000 is .* more than the limit"):
        opened(document(PAGES[0], claim=(60_000, 60_000)))


def test_pages_are_drawn_side_by_side() -> None:
    with ThreadPoolExecutor(4) as pool:
        images = list(pool.map(lambda _: opened(document(*PAGES), dpi=72), range(8)))
    for image in images:
        np.testing.assert_array_equal(image.pixels, PAGES[0])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (document(PAGES[0])[:100], "PDF file is damaged"),
        (document(PAGES[0], encrypted=True), "password: take that away first"),
        (document(), "PDF file is damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        opened(data)


def test_frames_that_there_are_not_are_refused() -> None:
    with pytest.raises(ImageError, match="has 3 frames, 0 to 2"):
        opened(document(*PAGES), frames="3")


def test_without_its_library_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    monkeypatch.delitem(sys.modules, "convfilter.formats.extras.pdf", raising=False)
    monkeypatch.delattr("convfilter.formats.extras.pdf", raising=False)
    with pytest.raises(ImageError, match=r"PDF needs pypdfium2, .* 'convfilter\[pdf\]'"):
        opened(document(*PAGES))
