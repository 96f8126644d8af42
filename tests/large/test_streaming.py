"""From file to file, band by band: the file that the whole picture would have given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter.batch.job import Done, Job
from convfilter.batch.settings import checked
from convfilter.batch.work import Work
from convfilter.errors import ConvfilterError, ImageError
from convfilter.images import Image, read, write
from convfilter.large.parts import Parts
from convfilter.large.streaming import bands_of, is_uneven, stream
from convfilter.pipeline import Pipeline
from convfilter.runtime.checks import Array
from tests.examples import every

SMALL = 100_000
"""Bytes of memory with which no picture of these tests is done as a whole."""

SHAPE = (160, 120)


def picture(dtype: str, channels: int, *, uneven: bool = True) -> Array:
    """Return noise; the last of 2 or 4 channels is alpha."""
    random = np.random.default_rng(7)
    shape = (*SHAPE, channels) if channels > 1 else SHAPE
    values = random.random(shape)
    if channels in (2, 4):
        values[..., -1] = random.choice([0, 0.5, 1], SHAPE) if uneven else 1
    white = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    return np.round(values * white).astype(dtype) if white > 1 else values.astype(dtype)


def done(text: str, source: str, target: str, memory: int | None, **given: Any) -> Done:
    """Filter one file into another."""
    work = Work(Pipeline.parse(text), checked({**given, "memory": memory}))
    return work(Job(source, target))


CASES: list[tuple[str, str, int, str, str, dict[str, Any]]] = [
    ("gaussian-blur | sobel | max-pool size=2", "uint8", 1, ".tif", ".tif", {}),
    ("sobel", "uint16", 3, ".png", ".png", {"stamp": True}),
    ("median size=5", "uint8", 4, ".png", ".tif", {}),
    ("max-pool size=2", "uint8", 4, ".tif", ".png", {}),
    ("gaussian-blur", "uint8", 4, ".png", ".png", {"alpha": "filter"}),
    ("sobel-x", "uint8", 1, ".pgm", ".tif", {"depth": "float"}),
    ("laplacian signed=scale", "uint8", 3, ".ppm", ".png", {"depth": "16"}),
    ("normalize", "float32", 1, ".npy", ".npy", {}),
    ("high-pass signed=raw", "float32", 1, ".tif", ".tif", {"strip": True}),
    ("box-blur radius=4", "uint8", 3, ".png", ".ppm", {"linear": True}),
    ("threshold | max-pool size=2", "uint8", 1, ".png", ".png", {}),
    ("sobel", "uint8", 3, ".tif", ".tif", {"tile": 16, "pyramid": True}),
]


@pytest.mark.parametrize(
    ("text", "dtype", "channels", "source", "target", "given"), every(6, CASES)
)
def test_a_streamed_file_has_the_bytes_of_the_whole(
    tmp_path: Path,
    text: str,
    dtype: str,
    channels: int,
    source: str,
    target: str,
    given: dict[str, Any],
) -> None:
    of_input, whole, streamed = (
        str(tmp_path / name) for name in (f"in{source}", f"whole{target}", f"bands{target}")
    )
    alpha = channels in (2, 4)
    write(Image(picture(dtype, channels), alpha=alpha), of_input)
    expected = done(text, of_input, whole, None, **given)
    made = done(text, of_input, streamed, SMALL, **given)
    assert not expected.streamed
    assert made.streamed
    assert Path(streamed).read_bytes() == Path(whole).read_bytes()
    assert (made.shape, made.dtype, made.made) == (expected.shape, expected.dtype, expected.made)
    renamed = [note.replace("whole", "bands") for note in expected.notes]
    assert list(made.notes) == renamed
    assert made.source == expected.source


def test_a_step_that_needs_the_whole_gets_it_where_that_fits(tmp_path: Path) -> None:
    source, target = str(tmp_path / "in.png"), tmp_path / "out.png"
    write(picture("uint8", 1), source)
    result = done("canny", source, str(target), SHAPE[0] * SHAPE[1] * 12)
    assert result.streamed == ()
    assert read(target).shape == SHAPE


def test_what_fits_in_no_way_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    source, target = str(tmp_path / "in.png"), tmp_path / "out.png"
    write(picture("uint8", 1), source)
    with pytest.raises(ImageError, match=r"as a whole.*band by band.*canny looks at the whole"):
        done("canny", source, str(target), SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


@pytest.mark.posix
@pytest.mark.parametrize("memory", [SMALL, 10 * SMALL])
def test_a_pipe_gets_a_whole_file_or_nothing(tmp_path: Path, memory: int) -> None:
    """Nobody goes back in it, and what has gone into it nobody takes out again."""
    source, pipe = str(tmp_path / "in.tif"), tmp_path / "pipe"
    write(picture("uint8", 1), source)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if memory == SMALL:
            with pytest.raises(ImageError, match="pipe: is a stream, which is written as a whole"):
                done("sobel", source, str(pipe), memory, format="tiff")
            assert os.read(reader, 10) == b""
        else:
            assert done("sobel", source, str(pipe), memory, format="tiff").streamed == ()
            assert os.read(reader, 10).startswith(b"II")
    finally:
        os.close(reader)


def test_damage_far_down_leaves_nothing_behind(tmp_path: Path) -> None:
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    write(picture("uint8", 3), source)
    source.write_bytes(source.read_bytes()[:-20_000])
    with pytest.raises(ConvfilterError) as caught:
        done("sobel", str(source), str(target), SMALL)
    assert caught.value.cause == "input"
    assert [path.name for path in tmp_path.iterdir()] == ["in.tif"]


def test_an_output_that_exists_is_kept(tmp_path: Path) -> None:
    source, target = str(tmp_path / "in.png"), tmp_path / "out.png"
    write(picture("uint8", 1), source)
    target.write_bytes(b"mine")
    with pytest.raises(ImageError, match="exists already"):
        done("sobel", source, str(target), SMALL)
    assert target.read_bytes() == b"mine"


def test_more_pixels_than_the_limit_are_refused_on_this_path_too(tmp_path: Path) -> None:
    source, target = str(tmp_path / "in.png"), str(tmp_path / "out.png")
    write(picture("uint8", 1), source)
    with pytest.raises(ImageError, match="more than the limit of 19,000"):
        done("sobel", source, target, SMALL, max_pixels=19_000)


class Rows:
    """Rows of an array, which have to be asked for in order."""

    def __init__(self, pixels: Array) -> None:
        self._pixels = pixels
        self._next = 0
        self.is_open = True

    def read(self, first: int, last: int) -> Array:
        """Return some rows."""
        assert self._next <= first < last
        self._next = last
        return self._pixels[first:last].copy()

    def close(self) -> None:
        """Take note of it."""
        self.is_open = False


class Written:
    """Rows that are written."""

    def __init__(self, fails: bool = False) -> None:
        self.rows: list[Array] = []
        self.is_open = True
        self._fails = fails

    def write(self, rows: Array) -> None:
        """Keep some rows."""
        if self._fails:
            raise ImageError("the disk is full")
        self.rows.append(rows.copy())

    def close(self) -> None:
        """Take note of it."""
        self.is_open = False


@pytest.mark.parametrize("rows", every(2, [7, 1, 64]))
def test_what_is_found_far_down_begins_the_output_anew(rows: int) -> None:
    pixels = picture("float32", 1)
    pixels[150, 3] = np.inf
    pipeline = Pipeline.parse("gaussian-blur | sobel")
    parts = Parts(pipeline, pixels.shape, pixels.dtype)
    inputs: list[Rows] = []
    outputs: list[Written] = []

    def begin_input() -> Rows:
        inputs.append(Rows(pixels))
        return inputs[-1]

    def begin_output() -> Written:
        outputs.append(Written())
        return outputs[-1]

    seconds: list[float] = []
    bands = bands_of(parts, rows)
    output = stream(parts, bands, begin_input, begin_output, seconds.append, workers=1)
    assert output is outputs[-1]
    assert [each.is_open for each in outputs] == [False] * (len(outputs) - 1) + [True]
    assert len(outputs) > 1
    assert not any(each.is_open for each in inputs)
    np.testing.assert_array_equal(np.concatenate(outputs[-1].rows), pipeline(pixels))


def test_an_output_that_fails_ends_all() -> None:
    pixels = picture("uint8", 1)
    parts = Parts(Pipeline.parse("sobel"), pixels.shape, pixels.dtype)
    source, output = Rows(pixels), Written(fails=True)
    with pytest.raises(ImageError, match="disk is full"):
        stream(parts, bands_of(parts, 16), lambda: source, lambda: output, lambda _: None)
    assert not source.is_open
    assert not output.is_open


def test_alpha_is_looked_at_until_it_is_uneven() -> None:
    assert not is_uneven(Rows(picture("uint8", 4, uneven=False)), SHAPE[0], 7)
    assert is_uneven(Rows(picture("uint8", 4)), SHAPE[0], 7)
