"""Files of several frames, from the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convfilter import apply
from convfilter.images import FORMATS, Image, Metadata, Timing, read, write
from tests.cli.conftest import Runner, everything
from tests.formats.declared import written

SUFFIXES = {
    name: FORMATS[name].suffixes[0]
    for name in written(lambda holds: holds.several and holds.colour and not holds.lossy)
}
"""Of the formats that hold several coloured pictures as they are, by the names of the formats."""

PAGED = {name for name in SUFFIXES if FORMATS[name].holds.several == "pages"}
"""Formats whose pictures have no time."""

DURATIONS = (40.0, 40.0, 120.0, 990.0, 20.0)
ANIMATION = Path(__file__).parents[2] / "sample_images" / "animation.gif"


def moving(path: str, *, plays: int = 3, metadata: Metadata | None = None) -> Image:
    """Write five frames, two of them alike, and return what is in the file."""
    rows, columns = np.mgrid[0:24, 0:32]
    frames = []
    for number in (0, 0, 1, 2, 3):
        disc = np.hypot(rows - 12, columns - 6 - 5 * number) < 6
        pixels = np.where(disc[..., np.newaxis], (250, 180, 20), (10, 30, 80)).astype(np.uint8)
        frames.append(Image(pixels, timing=Timing(DURATIONS[len(frames)])))
    if path.endswith(tuple(SUFFIXES[name] for name in PAGED)):
        frames = [replace(frame, timing=None) for frame in frames]
    described = metadata or Metadata()
    write(replace(frames[0], plays=plays, following=tuple(frames[1:]), metadata=described), path)
    return read(path)


@pytest.mark.parametrize("format_name", SUFFIXES)
@pytest.mark.parametrize("plays", [0, 1, 4])
def test_frames_stay_as_they_are_timed(
    convfilter: Runner, folder: Path, format_name: str, plays: int
) -> None:
    suffix = SUFFIXES[format_name]
    before = moving(f"in{suffix}", plays=plays)
    assert len(before.frames) == 5
    for name in ("identity", "median", "sobel"):
        ended = convfilter(name, f"in{suffix}", f"{name}{suffix}")
        assert (ended.code, ended.err) == (0, "")
        after = read(f"{name}{suffix}")
        assert [frame.timing for frame in after.frames] == [f.timing for f in before.frames]
        assert after.plays == before.plays == (0 if format_name in PAGED else plays)
        for frame, source in zip(after.frames, before.frames, strict=True):
            wanted = apply(name, source).pixels
            np.testing.assert_array_equal(np.squeeze(frame.pixels), np.squeeze(wanted))


@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("target", SUFFIXES)
def test_frames_from_format_to_format(
    convfilter: Runner, folder: Path, source: str, target: str
) -> None:
    before = moving(f"in{SUFFIXES[source]}")
    output = f"out{SUFFIXES[target]}"
    ended = convfilter("identity", f"in{SUFFIXES[source]}", output)
    after = read(output)
    assert (ended.code, len(after.frames)) == (0, 5)
    if not PAGED & {source, target}:
        assert [f.timing.duration for f in after.frames if f.timing] == list(DURATIONS)
        assert after.plays == before.plays
        assert ended.err == ""
    elif {source, target} <= PAGED:
        assert ended.err == ""
    else:
        assert len(ended.lines) == 1
        assert output in ended.err
    for frame, wanted in zip(after.frames, before.frames, strict=True):
        np.testing.assert_array_equal(frame.pixels, wanted.pixels)


def test_colours_of_a_blurred_gif(convfilter: Runner, folder: Path) -> None:
    ended = convfilter("gaussian-blur", ANIMATION, "out.gif", "--sigma", "3")
    assert ended.code == 0
    assert len(read("out.gif").frames) == 12
    assert len(ended.lines) <= 1


@pytest.mark.parametrize("format_name", SUFFIXES)
def test_some_frames(convfilter: Runner, folder: Path, format_name: str) -> None:
    name = f"in{SUFFIXES[format_name]}"
    before = moving(name)
    out = f"out{SUFFIXES[format_name]}"
    assert convfilter("identity", name, out, "--frames", "0-1,4").code == 0
    after = read(out)
    assert len(after.frames) == 3
    np.testing.assert_array_equal(after.frames[2].pixels, before.frames[4].pixels)
    ended = convfilter("identity", name, "one.jpg", "--frames", "3")
    assert (ended.code, ended.err) == (0, "")
    ended = convfilter("identity", name, "first.jpg")
    assert ended.code == 0
    assert "first.jpg: JPEG holds one picture: only the first of 5 frames is kept" in ended.err


def test_frames_that_there_are_not(convfilter: Runner, folder: Path) -> None:
    moving("in.gif")
    before = everything(folder)
    ended = convfilter("sobel", "in.gif", "out.gif", "--frames", "5")
    assert ended.code == 1
    assert ended.lines == [
        "convfilter sobel: in.gif: has 5 frames, 0 to 4, and none of number 5: see --frames"
    ]
    ended = convfilter("sobel", "in.gif", "out.gif", "--frames", "first")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "--frames 'first': 'first' is no choice of frames" in ended.err
    ended = convfilter("sobel", "in.gif", "--in-place", "--frames", "0")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "--in-place keeps every frame" in ended.err
    assert everything(folder) == before


def test_in_place_keeps_all_frames(convfilter: Runner, folder: Path) -> None:
    before = moving("in.webp")
    assert convfilter("sobel", "in.webp", "--in-place").code == 0
    after = read("in.webp")
    assert [frame.timing for frame in after.frames] == [frame.timing for frame in before.frames]


def test_the_limit_counts_all_frames(convfilter: Runner, folder: Path) -> None:
    moving("in.gif")
    ended = convfilter("sobel", "in.gif", "out.gif", "--max-pixels", "20000")
    assert ended.code == 1
    assert "5 frames of 32x24 count as 20,480 pixels, more than the limit" in ended.err
    assert not Path("out.gif").exists()
    assert convfilter("sobel", "in.gif", "out.gif", "--max-pixels", "20480").code == 0


def test_depth_and_strip_take_all_frames(convfilter: Runner, folder: Path) -> None:
    moving("in.gif", metadata=Metadata(text=(("Comment", "a disc"),)))
    assert convfilter("identity", "in.gif", "kept.png").code == 0
    assert read("kept.png").metadata.text == (("Comment", "a disc"),)
    assert convfilter("identity", "in.gif", "deep.png", "--depth", "16", "--strip").code == 0
    deep = read("deep.png")
    assert {frame.dtype.name for frame in deep.frames} == {"uint16"}
    assert deep.metadata == Metadata()


def test_explain_counts_frames(convfilter: Runner, folder: Path) -> None:
    moving("in.gif")
    ended = convfilter("sobel", "in.gif", "out.gif", "--explain")
    assert ended.lines[0] == "in.gif: 32x24 RGB, uint8, 5 frames"


def test_standard_streams(convfilter: Runner, folder: Path) -> None:
    before = moving("in.gif")
    ended = convfilter("median", "-", "-", stdin=Path("in.gif").read_bytes())
    assert ended.code == 0
    Path("out.gif").write_bytes(ended.out)
    assert [f.timing for f in read("out.gif").frames] == [f.timing for f in before.frames]
