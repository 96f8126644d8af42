"""A lossy WebP stays lossy, of about the same quality."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.formats.webp.vp8 import quality_of
from convfilter.images import Image, read, write


def waves(seed: int = 0) -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    noise = np.random.default_rng(seed).normal(0, 6, (120, 160, 3))
    parts = [127 + 90 * np.sin(x / (9 + k) + k) * np.cos(y / (7 + 2 * k)) for k in range(3)]
    return (np.stack(parts, axis=-1) + noise).clip(0, 255).astype(np.uint8)


def by_pillow(*pictures: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    first, *others = map(PillowImages.fromarray, pictures)
    if others:
        options |= {"save_all": True, "append_images": others}
    first.save(file, "WEBP", **options)
    return file.getvalue()


def again(data: bytes, **options: int) -> bytes:
    image = read(io.BytesIO(data))
    file = io.BytesIO()
    assert write(image.map(lambda frame: frame), file, format="WEBP", **options) == []
    return file.getvalue()


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 90, 100])
@pytest.mark.parametrize("alpha", [False, True])
def test_it_keeps_its_size_and_quality(quality: int, alpha: bool) -> None:
    pixels = np.dstack([waves(), waves()[..., 0]]) if alpha else waves()
    data = by_pillow(pixels, quality=quality)
    found = read(io.BytesIO(data)).metadata.webp_quality
    assert found is not None
    assert abs(found - quality) <= 2
    same = again(data)
    assert 0.8 < len(same) / len(data) < 1.25
    assert read(io.BytesIO(same)).metadata.webp_quality == pytest.approx(found, abs=3)


def test_frames_stay_lossy_too() -> None:
    data = by_pillow(waves(1), waves(2), waves(3), quality=60)
    same = again(data)
    assert len(read(io.BytesIO(same)).frames) == 3
    assert 0.7 < len(same) / len(data) < 1.4


def test_lossless_stays_lossless_and_a_quality_counts() -> None:
    data = by_pillow(waves(), lossless=True)
    assert read(io.BytesIO(data)).metadata.webp_quality is None
    np.testing.assert_array_equal(read(io.BytesIO(again(data))).pixels, waves())
    lossy = by_pillow(waves(), quality=40)
    assert len(again(lossy, quality=95)) > 1.5 * len(again(lossy))


def test_other_formats_are_written_as_before() -> None:
    image = read(io.BytesIO(by_pillow(waves(), quality=40)))
    file = io.BytesIO()
    assert write(image, file, format="PNG") == []
    assert read(io.BytesIO(file.getvalue())).metadata.webp_quality is None
    file = io.BytesIO()
    assert write(Image(image.pixels), file, format="WEBP") == []
    np.testing.assert_array_equal(read(io.BytesIO(file.getvalue())).pixels, image.pixels)


def test_what_is_no_frame_tells_nothing() -> None:
    for data in (b"", bytes(40), b"\0\0\0\x9d\x01\x2a", b"\0\0\0\x9d\x01\x2a" + b"\xff" * 5):
        assert quality_of(data) is None
