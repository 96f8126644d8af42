"""Spacing and axes of stacks, as ImageJ, OME and GeoTIFF state them; tifffile writes the files."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from convfilter import Pipeline, filters
from convfilter.formats.tiff.tags.measures import Resolution, spacing_of, stack_of
from convfilter.images import Image, read, write
from convfilter.picture.image import Stack
from convfilter.picture.spacing import Spacing
from tests.examples import examples

STACK = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 12, 16), dtype=np.uint8)


def imagej(unit: str | None = "um", across: float = 4, down: float = 2, **more: Any) -> Image:
    file = io.BytesIO()
    said = {"axes": "TZCYX"} | ({"unit": unit} if unit else {})
    tifffile.imwrite(file, STACK, imagej=True, metadata=said, resolution=(across, down), **more)
    return read(io.BytesIO(file.getvalue()))


def ome(axes: str = "TZCYX", **said: Any) -> Image:
    file = io.BytesIO()
    tifffile.imwrite(file, STACK, ome=True, metadata={"axes": axes, **said})
    return read(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ("um", "um"),
        ("\\u00B5m", "um"),
        ("micron", "um"),
        ("nm", "nm"),
        ("inch", "in"),
        ("mm", "mm"),
    ],
)
def test_imagej(unit: str, written: str) -> None:
    image = imagej(unit)
    assert image.axes == "TZCYX"
    assert np.array_equal(image.stack(), STACK)
    assert {frame.spacing for frame in image.frames} == {Spacing.of(0.5, 0.25, written)}


def test_imagej_of_one_unit_a_pixel_is_calibrated() -> None:
    assert imagej("um", 1, 1).spacing == Spacing.of(1, 1, "um")


def test_imagej_without_a_unit_states_no_length() -> None:
    assert imagej(None).spacing is None
    assert imagej("pixel").spacing is None


def test_resolutions_in_centimetres_beside_a_description_in_micrometres() -> None:
    """ImageJ's Opener takes these for what they are."""
    found = spacing_of(b"ImageJ=1.54f\nunit=um\n", {}, "<", Resolution(20000, 10000, 3))
    assert found == Spacing.of("0.0001", "0.00005", "cm")
    inches = spacing_of(b"ImageJ=1.54f\nunit=um\n", {}, "<", Resolution(2, 4, 2))
    assert inches == Spacing.of(0.25, 0.5, "um")


@pytest.mark.parametrize(
    ("unit", "written"), [("µm", "um"), ("nm", "nm"), ("Å", "A"), ("mm", "mm")]
)
def test_ome(unit: str, written: str) -> None:
    said = {f"PhysicalSize{axis}Unit": unit for axis in "XY"}
    image = ome(PhysicalSizeX=0.0645, PhysicalSizeY=0.129, **said)
    assert image.axes == "TZCYX"
    assert np.array_equal(image.stack(), STACK)
    assert {frame.spacing for frame in image.frames} == {Spacing.of("0.129", "0.0645", written)}


def test_ome_in_another_order_and_without_sizes() -> None:
    image = ome("CTZYX")
    assert image.axes == "CTZYX"
    assert image.spacing is None
    assert ome(PhysicalSizeX=1, PhysicalSizeY=1, PhysicalSizeXUnit="mm").spacing is None
    without = {f"PhysicalSize{axis}Unit": "pixel" for axis in "XY"}
    assert ome(PhysicalSizeX=1, PhysicalSizeY=1, **without).spacing is None


@pytest.mark.parametrize(
    ("keys", "spacing"),
    [
        ((1024, 0, 1, 1, 3076, 0, 1, 9001), Spacing.of(5, 10, "m")),
        ((1024, 0, 1, 1, 3076, 0, 1, 9002), Spacing.of(5, 10, "ft")),
        ((1024, 0, 1, 1, 3076, 0, 1, 9003), None),
        ((1024, 0, 1, 1), None),
        ((1024, 0, 1, 2), Spacing.of(5, 10, "degrees")),
        ((), None),
    ],
)
def test_geotiff(keys: tuple[int, ...], spacing: Spacing | None) -> None:
    file = io.BytesIO()
    directory = (1, 1, 0, len(keys) // 4, *keys)
    tags = [(33550, 12, 3, (10.0, 5.0, 0.0), True), (34735, 3, len(directory), directory, True)]
    tifffile.imwrite(file, STACK[0, 0, 0], extratags=tags, metadata=None)
    image = read(io.BytesIO(file.getvalue()))
    assert image.spacing == spacing
    if spacing and spacing.unit == "m":
        result = Pipeline.parse("box-blur radius=10m")(image)
        assert np.array_equal(result.pixels, filters.box_blur(STACK[0, 0, 0], radius=(2, 1)))


@pytest.mark.parametrize("unit", ["um", "inch", "cm"])
@pytest.mark.parametrize("resolution_unit", [1, 2, 3])
def test_scales_stay_true_after_strides(unit: str, resolution_unit: int) -> None:
    image = imagej(unit, 40, 20, resolutionunit=resolution_unit)
    assert image.spacing is not None
    result = Pipeline.parse("mean-pool size=2,4")(image)
    file = io.BytesIO()
    write(result, file, format="TIFF")
    back = read(io.BytesIO(file.getvalue()))
    for seen in (result, back):
        assert seen.spacing is not None
        assert seen.spacing.metres == image.spacing.times(2, 4).metres
    with tifffile.TiffFile(io.BytesIO(file.getvalue())) as written:
        tags = written.pages.first.tags
        across, down = (np.divide(*tags[tag].value) for tag in (282, 283))
        assert (across, down) == (10, 10)  # what ImageJ reads, in the unit of its description
    two = Pipeline.parse("mean-pool size=2 | mean-pool size=1,2")(image)
    assert two.spacing == result.spacing


def test_some_frames_of_a_stack_are_pages() -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, STACK, imagej=True, metadata={"axes": "TZCYX", "unit": "um"})
    assert read(io.BytesIO(file.getvalue()), frames="0-3").axes == "PYX"


def test_a_stack_goes_into_an_array_whole() -> None:
    file = io.BytesIO()
    assert write(imagej(), file, format="NPY")
    assert np.array_equal(np.load(io.BytesIO(file.getvalue())), STACK)


@examples(100)
@given(st.binary(max_size=60), st.integers(1, 30), st.sampled_from(["ImageJ=", "<OME", ""]))
def test_any_description_is_read_or_none(text: bytes, count: int, start: str) -> None:
    said = start.encode() + b"\nunit=" + text + b"\nframes=" + text
    said += b'<Pixels SizeC="' + text + b'" PhysicalSizeX="' + text + b'" PhysicalSizeY="1">'
    spacing_of(said, {33550: (12, text), 34735: (3, text)}, "<", Resolution(1, 1e-300, 1))
    stack_of(said, count)


@pytest.mark.parametrize(
    "rows", ["0", "1e-999999999", "-1", "nan", "inf", "1e999999999", "x", "", "1" * 5000]
)
def test_numbers_that_are_no_spacing(rows: str) -> None:
    assert Spacing.of(rows, "1", "um") is None


@pytest.mark.parametrize(
    ("axes", "shape", "found"),
    [
        ("ZCYX", (4, 3, 12, 16), "ZCYX"),
        ("TYX", (5, 12, 16), "TYX"),
        ("ZYXS", (4, 12, 16, 3), "ZYXC"),
        ("QYX", (5, 12, 16), "QYX"),
    ],
)
def test_axes_of_tifffile(axes: str, shape: tuple[int, ...], found: str) -> None:
    file = io.BytesIO()
    pixels = np.resize(STACK, shape)
    kind = "rgb" if "S" in axes else "minisblack"
    tifffile.imwrite(file, pixels, metadata={"axes": axes}, photometric=kind)
    image = read(io.BytesIO(file.getvalue()))
    assert image.axes == found
    assert np.array_equal(image.stack(), pixels)
    assert np.array_equal(filters.box_blur(image.stack(), axes=image.axes), _each(image))


def _each(image: Image) -> Any:
    blurred = [filters.box_blur(frame) for frame in image.frames]
    return np.reshape(blurred, image.stack().shape)


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"shape": [4], "axes": "ZYX"}',
        b'{"shape": ["4", 2, 2], "axes": "ZYX"}',
        b'{"shape": [4, 2, 2], "axes": "\xc3\x84YX"}',
        b'{"shape": [2, 2, 2, 2], "axes": "ZZYX"}',
        b'{"shape": [4, 2, 2], "axes": 3}',
        b'{"shape": ' + b"[" * 100_000,
    ],
)
def test_descriptions_of_tifffile_that_say_nothing(text: bytes) -> None:
    assert stack_of(text, 4) is None


def test_stacks_that_do_not_fit_their_pages() -> None:
    assert stack_of(b"ImageJ=1\nslices=5\n", 5) == Stack("ZYX", (5,))
    assert stack_of(b"ImageJ=1\nslices=5\n", 4) is None
    assert stack_of(b"ImageJ=1\n", 1) is None


def test_fractions_of_files_are_found_again() -> None:
    found = Spacing.of_resolution(15.503876, 1 / 3, "um")
    assert Spacing.of_resolution(1e-9, 1, "um") is None
    assert found == (Fraction(3), Fraction(250000, 3875969), "um")
