"""Which frames are read, how many may be, and files that end before all of them do."""

from __future__ import annotations

import io

import numpy as np
import pytest

from convfilter.errors import ArgumentError, ImageError
from convfilter.formats.declaring.limits import Selection
from convfilter.formats.gif import Animation
from convfilter.images import Image, Timing
from tests.formats.animation.animation_files import PALETTE, Cel, gif
from tests.formats.animation.test_animations import FORMATS, animation, opened, written
from tests.formats.declared import written as names


@pytest.mark.parametrize("format_name", FORMATS)
def test_chosen_frames(format_name: str) -> None:
    frames = [np.full((3, 4, 3), value, np.uint8) for value in range(6)]
    timings = [Timing(10.0 * (number + 1)) for number in range(6)]
    data, _ = written(animation(frames, timings), format_name)
    for words, wanted in [("0", [0]), ("1-3", [1, 2, 3]), ("4-", [4, 5]), ("5,0-1", [0, 1, 5])]:
        image = opened(data, frames=words)
        assert [int(frame.pixels.flat[0]) for frame in image.frames] == wanted
        assert [frame.timing for frame in image.frames] == [timings[n] for n in wanted]
    assert int(opened(data, frames=[2, 3]).pixels.flat[0]) == 2
    assert int(opened(data, frames=4).pixels.flat[0]) == 4
    with pytest.raises(ImageError, match=r"has 6 frames, 0 to 5, and none of number 6: .*--frames"):
        opened(data, frames="3-6")


@pytest.mark.parametrize("format_name", names(lambda holds: holds.colour))
def test_the_one_frame_of_a_picture(format_name: str) -> None:
    data, _ = written(Image(np.zeros((3, 4, 3), np.uint8)), format_name)
    assert opened(data, frames="0").shape[:2] == (3, 4)
    assert opened(data, frames="0-").timing is None
    with pytest.raises(ImageError, match="has one frame, 0, and none of number 1"):
        opened(data, frames="1")


@pytest.mark.parametrize("words", ["", "a", "-1", "3-1", "1,,2", "1.5", "0-3-5", "9999999999"])
def test_what_is_no_choice_of_frames(words: str) -> None:
    with pytest.raises(ArgumentError, match="is no choice of frames: give numbers from 0"):
        Selection.of(words)


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_limit_counts_all_frames(format_name: str) -> None:
    frames = [np.full((80, 80, 3), value, np.uint8) for value in range(4)]
    data, _ = written(animation(frames, [Timing()] * 4), format_name)
    assert len(opened(data, max_pixels=4 * 6400).frames) == 4
    with pytest.raises(ImageError, match=r"4 frames of 80x80 .* 25,600 pixels.*--max-pixels"):
        opened(data, max_pixels=4 * 6400 - 1)
    assert len(opened(data, max_pixels=2 * 6400, frames="1-2").frames) == 2


def test_frames_of_gif_share_the_palette() -> None:
    data = gif([Cel(np.zeros((1, 1), int))] * 2, (1, 1))
    first, second = Animation.of(io.BytesIO(data)).cels
    assert first.pieces[1] == PALETTE.tobytes()
    assert first.pieces[1] is second.pieces[1]


def test_many_tiny_frames_count_for_more() -> None:
    data = gif([Cel(np.zeros((1, 1), int))] * 200, (1, 1))
    with pytest.raises(ImageError, match=r"200 frames of 1x1 count as 819,200 pixels"):
        opened(data, max_pixels=800_000)


def test_a_gif_with_zeros_between_its_blocks() -> None:
    whole = gif([Cel(np.full((3, 4), number)) for number in range(3)], (4, 3))
    image = opened(whole.replace(b"\0!\xf9", b"\0\0\0!\xf9"))
    assert len(image.frames) == 3


def test_a_gif_that_is_cut_off_is_refused_between_its_frames_too() -> None:
    whole = gif([Cel(np.full((3, 4), number)) for number in range(3)], (4, 3))
    assert len(opened(whole).frames) == 3
    for end in range(20, len(whole)):
        with pytest.raises(ImageError, match=r"GIF file is (truncated|damaged)"):
            opened(whole[:end])


def test_a_webp_that_is_cut_off_is_refused() -> None:
    frames = [np.full((8, 8, 3), value, np.uint8) for value in range(3)]
    whole, _ = written(animation(frames, [Timing()] * 3), "WEBP")
    for end in range(20, len(whole), 7):
        with pytest.raises(ImageError, match=r"WEBP file is (truncated|damaged)"):
            opened(whole[:end])
