"""Animations: every frame, how long it is shown and how often all of them, in and out."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImages

from convfilter.errors import ImageError
from convfilter.formats.animation.compositing import _Canvas
from convfilter.formats.animation.frames import PixelsAndAlpha
from convfilter.images import Image, Metadata, Timing, read, write
from tests.formats.animation.animation_files import PALETTE, Cel, Sprite, apng, drawn, gif, shown
from tests.formats.declared import written as names
from tests.formats.png.png_files import CHANNELS, chunk

SIZE = (9, 7)
FORMATS = names(lambda holds: holds.several == "frames" and not holds.lossy)
EXACT = names(lambda h: h.several == "frames" and not (h.lossy or h.colours))


def opened(data: bytes, **named: Any) -> Image:
    return read(io.BytesIO(data), **named)


def written(image: Image, format_name: str, **named: Any) -> tuple[bytes, list[str]]:
    file = io.BytesIO()
    notes = write(image, file, format=format_name, **named)
    return file.getvalue(), notes


def animation(frames: list[np.ndarray], timings: list[Timing], plays: int = 0) -> Image:
    first, *others = (
        Image(pixels, pixels.ndim == 3 and pixels.shape[2] in (2, 4), timing=timing)
        for pixels, timing in zip(frames, timings, strict=True)
    )
    return Image(first.pixels, first.alpha, None, Metadata(), first.timing, plays, tuple(others))


def with_alpha(image: Image) -> np.ndarray:
    pixels = image.pixels
    cube = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    if image.alpha:
        return cube
    white = np.iinfo(cube.dtype).max
    return np.concatenate([cube, np.full_like(cube[..., :1], white)], axis=2)


def sprites(random: Random, colour: int, depth: int) -> list[Sprite]:
    """Return frames of an animation of SIZE: the first one whole, the others parts of it."""
    made = []
    for number in range(random.randrange(2, 6)):
        wide, high = (random.randrange(1, side + 1) if number else side for side in SIZE)
        rng = np.random.default_rng(random.randrange(1000))
        samples = rng.integers(0, 2**depth, (high, wide, CHANNELS[colour]))
        if colour in (4, 6):  # opaque and clear pixels too
            samples[..., -1][rng.random((high, wide)) < 0.3] = 0
            samples[..., -1][rng.random((high, wide)) < 0.4] = 2**depth - 1
        place = random.randrange(SIZE[0] - wide + 1), random.randrange(SIZE[1] - high + 1)
        delay = Fraction(random.randrange(1, 90), random.choice((30, 100, 1000)))
        made.append(Sprite(samples, *place, delay, random.randrange(3), random.random() < 0.5))
    return made


@pytest.mark.parametrize(
    ("colour", "depth"), [(0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (6, 8), (6, 16)]
)
@given(seed=st.integers(0, 10**6))
def test_frames_of_png_are_drawn_over_one_another(colour: int, depth: int, seed: int) -> None:
    random = Random(seed)
    made = sprites(random, colour, depth)
    plays = random.randrange(4)
    image = opened(apng(made, SIZE, colour, depth, plays=plays))
    assert (image.format, image.plays, len(image.frames)) == ("PNG", plays, len(made))
    assert image.dtype.itemsize == depth // 8
    for frame, sprite, wanted in zip(
        image.frames, made, drawn(made, SIZE, colour, depth), strict=True
    ):
        assert frame.timing is not None
        assert frame.timing.duration == pytest.approx(float(1000 * sprite.delay), rel=1e-12)
        assert frame.timing.disposal == ("keep", "clear", "restore")[sprite.disposal]
        # halves may be rounded either way
        limit = 1 if sprite.over and colour in (4, 6) else 0
        assert np.abs(with_alpha(frame) - wanted).max() <= limit


def test_frames_of_png_are_those_of_opencv() -> None:
    # Pillow draws half transparent frames over others, and lets them give way, in its own way
    for seed in range(40):
        data = apng(sprites(Random(seed), 6, 8), SIZE, 6, 8)
        image = opened(data)
        _, other = cv2.imdecodeanimation(np.frombuffer(data, np.uint8))
        assert len(other.frames) == len(image.frames)
        for frame, theirs in zip(image.frames, other.frames, strict=True):
            ours = with_alpha(frame).astype(int)
            seen = ours[..., 3] > 16
            assert np.abs(theirs[..., [2, 1, 0, 3]] - ours)[seen].max(initial=0) <= 4


def test_a_palette_of_an_animation() -> None:
    frames = [np.full((4, 5, 1), number) for number in range(3)]
    palette = [(b"PLTE", bytes((255, 0, 0, 0, 255, 0, 0, 0, 255))), (b"tRNS", b"\xff\xff\x80")]
    image = opened(apng([Sprite(frame) for frame in frames], (5, 4), 3, 8, before=palette))
    assert [tuple(frame.pixels[0, 0]) for frame in image.frames] == [
        (255, 0, 0, 255),
        (0, 255, 0, 255),
        (0, 0, 255, 128),
    ]


def test_a_picture_that_is_no_frame_is_passed_over() -> None:
    frames = [np.full((4, 5, 3), number * 40) for number in range(3)]
    poster = np.full((4, 5, 3), 200)
    image = opened(apng([Sprite(frame) for frame in frames], (5, 4), 2, 8, poster=poster))
    assert [int(frame.pixels[0, 0, 0]) for frame in image.frames] == [0, 40, 80]


def test_metadata_of_an_animation_and_its_orientation() -> None:
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    before = [(b"pHYs", struct.pack(">IIB", 3937, 7874, 1)), (b"eXIf", exif)]
    before.append((b"tEXt", b"Author\0somebody"))
    samples = np.random.default_rng(1).integers(0, 256, (2, 4, 5, 3))
    before.append((b"gAMA", struct.pack(">I", 45455)))
    image = opened(apng([Sprite(part) for part in samples], (5, 4), 2, 8, before=before))
    assert image.metadata.png_colour == ((b"gAMA", struct.pack(">I", 45455)),)
    for frame, part in zip(image.frames, samples, strict=True):
        np.testing.assert_array_equal(frame.pixels, np.rot90(part, -1))
    assert image.metadata.text == (("Author", "somebody"),)
    assert image.metadata.dpi == pytest.approx((200, 100), rel=1e-3)
    assert image.following[0].metadata == Metadata()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.replace(*_numbers(2, 3)), "frames announced"),
        (lambda data: data[:-20], "truncated"),
        (lambda data: data[: data.rindex(b"fcTL") - 4], "truncated"),
    ],
)
def test_damaged_animations_of_png(change: Any, words: str) -> None:
    data = apng([Sprite(np.full((4, 5, 3), value)) for value in (3, 9)], (5, 4), 2, 8)
    with pytest.raises(ImageError, match=words):
        opened(change(data))


def test_a_palette_too_long_for_every_frame_of_png() -> None:
    before = [(b"PLTE", bytes(3 * 257))]
    data = apng([Sprite(np.zeros((4, 5, 1), int))] * 2, (5, 4), 3, 8, before=before)
    with pytest.raises(ImageError, match=r"PNG file is damaged \(a chunk 'PLTE' of 771 bytes"):
        opened(data)


def test_frames_that_are_not_chosen_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[_Canvas] = []
    picture = _Canvas.picture

    def counted(canvas: _Canvas) -> PixelsAndAlpha:
        copied.append(canvas)
        return picture(canvas)

    monkeypatch.setattr(_Canvas, "picture", counted)
    frames = [Cel(np.full((3, 4), number % 3)) for number in range(9)]
    chosen = opened(gif(frames, (4, 3)), frames="2,5-6").frames
    assert [frame.pixels[0, 0].tolist() for frame in chosen] == PALETTE[[2, 2, 0]].tolist()
    assert len(copied) == 3


def _numbers(old: int, new: int) -> tuple[bytes, bytes]:
    chunks = (chunk(b"acTL", struct.pack(">II", number, 0)) for number in (old, new))
    first, second = chunks
    return first, second


def cels(random: Random) -> list[Cel]:
    made = []
    for number in range(random.randrange(2, 6)):
        wide, high = (random.randrange(1, side + 1) if number else side for side in SIZE)
        index = np.random.default_rng(random.randrange(1000)).integers(0, 4, (high, wide))
        place = random.randrange(SIZE[0] - wide + 1), random.randrange(SIZE[1] - high + 1)
        made.append(Cel(index, *place, random.randrange(50), random.choice((0, 1, 2, 3)), True))
    return made


@given(seed=st.integers(0, 10**6))
def test_frames_of_gif_are_drawn_over_one_another(seed: int) -> None:
    random = Random(seed)
    made, again = cels(random), random.choice((None, 0, 1, 7))
    image = opened(gif(made, SIZE, again=again))
    assert image.plays == {None: 1, 0: 0}.get(again, (again or 0) + 1)
    for frame, cel, wanted in zip(image.frames, made, shown(made, SIZE), strict=True):
        disposal = {2: "clear", 3: "restore"}.get(cel.disposal, "keep")
        assert frame.timing == Timing(10.0 * cel.delay, disposal)
        found = with_alpha(frame)
        np.testing.assert_array_equal(found[..., 3], wanted[..., 3])
        seen = wanted[..., 3] > 0
        np.testing.assert_array_equal(found[seen], wanted[seen])
    # and they survive being written
    data, notes = written(image, "GIF")
    assert notes == []
    again_read = opened(data)
    assert again_read.plays == image.plays
    for frame, before in zip(again_read.frames, image.frames, strict=True):
        assert frame.timing is not None
        assert before.timing is not None
        assert frame.timing.duration == before.timing.duration
        ours, theirs = with_alpha(frame), with_alpha(before)
        np.testing.assert_array_equal(ours[..., 3], theirs[..., 3])
        seen = theirs[..., 3] > 0
        np.testing.assert_array_equal(ours[seen], theirs[seen])


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("plays", [0, 1, 5])
def test_frames_are_written_as_they_are(format_name: str, channels: int, plays: int) -> None:
    shape = (13, 17) if channels == 1 else (13, 17, channels)
    rng = np.random.default_rng(channels)
    frames = [rng.integers(0, 5, shape).astype(np.uint8) * 50 for _ in range(3)]
    frames.insert(1, frames[0].copy())  # alike, and yet a frame
    frames.append(frames[-1].copy())
    frames[-1][4:6, 5:9] += 3
    if channels == 4:
        for frame in frames:
            frame[..., 3] = np.where(frame[..., 3] > 100, 255, 0)
            frame[..., :3][frame[..., 3] == 0] = 0
    timings = [Timing(duration) for duration in (40.0, 40.0, 120.0, 990.0, 20.0)]
    data, notes = written(animation(frames, timings, plays), format_name)
    assert notes == []
    image = opened(data)
    assert (image.plays, len(image.frames)) == (plays, 5)
    for frame, wanted, timing in zip(image.frames, frames, timings, strict=True):
        assert frame.timing is not None
        assert frame.timing.duration == timing.duration
        found = frame.pixels
        if channels == 1 and found.ndim == 3:
            found = found[..., 0]
        if frame.alpha and channels == 3:
            assert (found[..., 3] == 255).all()
            found = found[..., :3]
        if channels == 4:
            seen = wanted[..., 3] > 0
            np.testing.assert_array_equal(found[..., 3], wanted[..., 3])
            np.testing.assert_array_equal(found[seen], wanted[seen])
        else:
            np.testing.assert_array_equal(found, wanted)
    _compare_with_pillow(data, image)


def _compare_with_pillow(data: bytes, image: Image) -> None:
    with PillowImages.open(io.BytesIO(data)) as other:
        assert other.n_frames == len(image.frames)
        for number, frame in enumerate(image.frames):
            other.seek(number)
            other.load()
            assert frame.timing is not None
            assert other.info["duration"] == pytest.approx(frame.timing.duration)
            theirs = np.array(other.convert("RGBA"))
            ours = np.array(PillowImages.fromarray(frame.pixels).convert("RGBA"))
            seen = ours[..., 3] > 0
            np.testing.assert_array_equal(theirs[..., 3], ours[..., 3])
            np.testing.assert_array_equal(theirs[seen], ours[seen])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_in_motion(channels: int) -> None:
    shape = (5, 6) if channels == 1 else (5, 6, channels)
    rng = np.random.default_rng(channels)
    frames = [rng.integers(0, 65536, shape, dtype=np.uint16) for _ in range(3)]
    timings = [Timing(1000 / 30, "clear"), Timing(1000 / 30, "restore"), Timing(500.0)]
    image = opened(written(animation(frames, timings), "PNG")[0])
    for frame, wanted, timing in zip(image.frames, frames, timings, strict=True):
        np.testing.assert_array_equal(frame.pixels, wanted)
        assert frame.timing == timing


def test_half_transparent_frames_replace_one_another() -> None:
    frames = [np.full((4, 6, 4), value, np.uint8) for value in (40, 90, 200)]
    timings = [Timing(50.0)] * 3
    for format_name in EXACT:
        image = opened(written(animation(frames, timings), format_name)[0])
        for frame, wanted in zip(image.frames, frames, strict=True):
            np.testing.assert_array_equal(frame.pixels, wanted)


def test_what_does_not_change_is_not_stored_again() -> None:
    still = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    moved = still.copy()
    moved[3:9, 50:60] = 7
    for format_name in EXACT:
        one, _ = written(Image(still), format_name)
        all_of_them, _ = written(animation([still, moved, still], [Timing()] * 3), format_name)
        assert len(all_of_them) < 1.1 * len(one)


def test_mixed_frames_become_alike() -> None:
    grey, deep = np.full((3, 4), 9, np.uint8), np.full((3, 4, 3), 300, np.uint16)
    image = opened(written(animation([grey, deep], [Timing()] * 2), "PNG")[0])
    assert (image.dtype, image.shape) == (np.uint16, (3, 4, 3))
    assert (image.pixels == 9 * 257).all()
    assert (image.following[0].pixels == 300).all()


def test_comment_and_xmp_of_gif() -> None:
    xmp = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
    metadata = Metadata(text=(("Comment", "ein Bild " * 60),), xmp=xmp)
    for count in (1, 2):
        frames = [np.full((3, 4, 3), value, np.uint8) for value in range(count)]
        image = animation(frames, [Timing()] * count)
        described = Image(image.pixels, metadata=metadata, following=image.following)
        data, _ = written(described, "GIF")
        found = opened(data).metadata
        assert (found.text, found.xmp) == (metadata.text, xmp)
    again = written(opened(data), "PNG")[0]
    assert opened(again).metadata.text == metadata.text


def test_hidden_colours_take_no_room_in_a_palette_of_gif() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (64, 64, 4), dtype=np.uint8)
    pixels[..., 3] = 0
    shades = np.arange(320) % 64
    pixels[:5, :, 0], pixels[:5, :, 1:3] = 100 + shades.reshape(5, 64), 50
    pixels[:5, :, 1] += np.arange(5, dtype=np.uint8)[:, np.newaxis]
    pixels[:5, :, 3] = 255
    data, notes = written(Image(pixels, True), "GIF")
    assert notes == ["the stream: GIF holds 256 colours: 320 were reduced"]
    found = opened(data).pixels
    np.testing.assert_array_equal(found[..., 3], pixels[..., 3])
    error = np.abs(found[:5, :, :3].astype(int) - pixels[:5, :, :3])
    assert error.max() <= 2


def test_what_formats_do_not_hold_is_said() -> None:
    frames = [np.full((3, 4, 3), value, np.uint8) for value in range(3)]
    image = animation(frames, [Timing(15.0), Timing(20.0), Timing(20.0)])
    data, notes = written(image, "JPEG")
    assert len(opened(data).frames) == 1
    assert notes == [
        "the stream: JPEG holds one picture: only the first of 3 frames is kept"
        " (--frames takes another)"
    ]
    _, notes = written(image, "GIF")
    assert notes == ["the stream: GIF counts hundredths of a second: durations were rounded"]
    pages = Image(frames[0], following=(Image(frames[1]),))
    data, notes = written(pages, "PNG")
    assert notes == ["the stream: pages become frames that are shown for 100 ms each"]
    assert [frame.timing for frame in opened(data).frames] == [Timing(100.0)] * 2
    sizes = Image(frames[0], following=(Image(np.zeros((9, 9), np.uint8)),))
    data, notes = written(sizes, "PNG")
    assert "holds frames of one size: only the first of 2" in notes[0]
    assert len(opened(data).frames) == 1


def test_quality_of_animated_webp() -> None:
    rng = np.random.default_rng(3)
    frames = [rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(3)]
    image = animation(frames, [Timing(70.0)] * 3, plays=2)
    exact, _ = written(image, "WEBP")
    rough, _ = written(image, "WEBP", quality=30)
    assert len(rough) < len(exact) / 2
    found = opened(rough)
    assert (len(found.frames), found.plays) == (3, 2)


def test_frames_of_avif() -> None:
    frames = [np.full((32, 32, 3), value, np.uint8) for value in (20, 120, 220)]
    timings = [Timing(duration) for duration in (40.0, 100.0, 250.0)]
    image = opened(written(animation(frames, timings), "AVIF")[0])
    assert [frame.timing for frame in image.frames] == timings
    for frame, wanted in zip(image.frames, frames, strict=True):
        assert np.abs(frame.pixels.astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("several", [False, True])
def test_what_stands_behind_a_gif_is_named(several: bool) -> None:
    pages = [PillowImages.new("L", (8, 6), shade) for shade in (20, 90)[: 1 + several]]
    file = io.BytesIO()
    pages[0].save(file, "GIF", save_all=several, append_images=pages[1:])
    assert read(io.BytesIO(file.getvalue())).left_out == ()
    image = read(io.BytesIO(file.getvalue() + b"words"))
    assert len(image.frames) == len(pages)
    line = "5 bytes that are no part of it behind the picture: left out"
    assert image.left_out == (line,)
