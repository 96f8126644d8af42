"""Tone curves of profiles and linear light, against formulas and against Little CMS."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms

from convfilter.colour.curves import SRGB, Curve, Parametric, Sampled, read_curve
from convfilter.colour.linear import Transfer
from convfilter.errors import ArgumentError, ImageError
from tests.colour.profiles import LINEAR, curv, fixed, para, profile

Array = NDArray[Any]

WAY_OUT = "leave out --linear, or convert the picture to sRGB first"

_random = np.random.default_rng(1)
RISING = np.sort(_random.choice(65536, 300, replace=False)).tolist()
CURVES = {
    "identity": curv(),
    "gamma 1.8": curv(461),
    "gamma 2.2": curv(563),
    "table": curv(*RISING),
    "like gamma 2.2": curv(*np.rint(65535 * np.linspace(0.1, 1, 1024) ** 2.2).astype(int)),
    "table of two": curv(0, 65535),
    "black with light": curv(3000, 60000),
    "type 0": para(0, 2.4),
    "type 1": para(1, 2.2, 0.9, 0.1),
    "type 2": para(2, 2.2, 0.9, 0.1, 0.02),
    "type 3": para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "type 4": para(4, 2.4, 0.94, 0.0521, 1 / 12.92, 0.04045, 0.003, 0.003),
}
FLAT = {
    "flat table": curv(*[0] * 9, 500, 9380, 9380, 9380, 30000, 65535, 65535),
    "flat type 1": para(1, 2.2, 1.1, -0.1),
    "light below none": para(4, 2.4, 0.94, 0.0521, 1 / 12.92, 0.04045, -0.02, -0.02),
    "flat type 2": para(2, 2.2, 1.1, -0.1, 0.02),
}


def srgb_light(values: Array) -> Array:
    """IEC 61966-2-1, as it is written there."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def of_little_cms(pixels: Array, source: bytes, target: bytes) -> Array:
    mode = "L" if pixels.ndim == 2 else "RGB"
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(source)),
        ImageCms.ImageCmsProfile(io.BytesIO(target)),
        mode,
        mode,
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.NOOPTIMIZE,
    )
    converted = ImageCms.applyTransform(Pillow.fromarray(pixels), transform)
    assert converted is not None
    return np.asarray(converted).astype(int)


def all_values(dtype: str, channels: int = 1) -> Array:
    count = np.iinfo(dtype).max + 1
    plane = np.arange(count, dtype=dtype).reshape(16, -1)
    return plane if channels == 1 else np.stack([plane, plane[::-1], plane[:, ::-1]], axis=2)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_srgb_is_that_of_the_standard(dtype: str) -> None:
    pixels = all_values(dtype)
    light = Transfer.of(None, 1).decode(pixels)
    expected = srgb_light(pixels / np.iinfo(dtype).max)
    np.testing.assert_allclose(light, expected, rtol=1e-7 if dtype == "uint8" else 1e-12)
    assert light.dtype == ("float32" if dtype == "uint8" else "float64")


def test_the_profile_that_pillow_makes_is_srgb() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    values = np.linspace(0, 1, 10_001).reshape(1, -1)
    light = Transfer.of(made, 1).decode(values)
    np.testing.assert_allclose(light, srgb_light(values), atol=2e-5)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", [*CURVES, *FLAT])
def test_little_cms_sees_the_same_light(name: str, channels: int) -> None:
    curve = {**CURVES, **FLAT}[name]
    pixels = all_values("uint8", channels)
    ours, straight = profile(*[curve] * channels), profile(*[LINEAR] * channels)
    transfer = Transfer.of(ours, channels)
    light = np.rint(np.clip(transfer.decode(pixels), 0, 1) * 255)
    assert np.abs(light - of_little_cms(pixels, ours, straight)).max() <= 1
    encoded = transfer.encode(pixels / np.float32(255), np.dtype(np.uint8))
    witness = of_little_cms(pixels, straight, ours)
    if name in FLAT:  # Little CMS makes black the brightest of the values that are black
        black = pixels / 255 <= transfer.decode(np.zeros_like(pixels)).max()
        assert (encoded[black] == 0).all()
        encoded, witness = encoded[~black], witness[~black]
    assert np.abs(encoded - witness).max() <= 1


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("name", ["none", "Pillow's", *CURVES])
def test_every_integer_comes_back(name: str, dtype: str) -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    chosen = {"none": None, "Pillow's": made}
    given = chosen[name] if name in chosen else profile(*[CURVES[name]] * 3)
    pixels = all_values(dtype, 3)
    transfer = Transfer.of(given, 3)
    back = transfer.encode(transfer.decode(pixels), pixels.dtype)
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, pixels)


def test_channels_have_curves_of_their_own() -> None:
    pixels = all_values("uint8", 3)
    transfer = Transfer.of(profile(curv(256), curv(512), curv(768)), 3)
    values = pixels / 255
    light = transfer.decode(pixels)
    np.testing.assert_allclose(light, values ** [1, 2, 3], rtol=1e-6)
    np.testing.assert_array_equal(transfer.encode(light, pixels.dtype), pixels)
    grey = transfer.encode(light[:, :, 1], pixels.dtype)  # what has become grey is as green
    np.testing.assert_array_equal(grey, pixels[:, :, 1])


def test_results_are_rounded_once_to_nearest_even_and_saturated() -> None:
    transfer = Transfer.of(profile(curv()), 1)
    light = np.array([[-1.0, -1e-9, 0.5, 1.5, 2.5, 254.5, 300, np.inf, -np.inf]]) / 255
    levels = transfer.encode(light, np.dtype(np.uint8))
    np.testing.assert_array_equal(levels, [[0, 0, 0, 2, 2, 254, 255, 255, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CURVES)
def test_floats_go_on_below_black_and_above_white(name: str, dtype: str) -> None:
    values = np.linspace(0.01, 4, 1000, dtype=dtype).reshape(10, -1)
    transfer = Transfer.of(profile(CURVES[name]), 1)
    light = transfer.decode(values)
    assert light.dtype == dtype
    assert (np.diff(light.ravel()) > 0).all()
    np.testing.assert_array_equal(transfer.decode(-values), -light)
    back = transfer.encode(light, values.dtype)
    assert back.dtype == dtype
    np.testing.assert_allclose(back, values, rtol=1e-12 if dtype == "float64" else 2e-5)
    np.testing.assert_array_equal(transfer.encode(-light, values.dtype), -back)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*CURVES, *FLAT])
def test_what_is_no_number_stays_so_without_a_warning(name: str, dtype: str) -> None:
    values = np.array([[np.nan, np.inf, -np.inf, np.finfo(dtype).max, 0.5]], dtype)
    transfer = Transfer.of(profile({**CURVES, **FLAT}[name]), 1)
    for result in (transfer.decode(values), transfer.encode(values, values.dtype)):
        assert np.isnan(result[0, 0])
        assert np.isposinf(result[0, 1])
        assert np.isneginf(result[0, 2])
        assert np.isfinite(result[0, 4])


def test_a_table_goes_on_as_it_ended() -> None:
    light = Sampled(np.array([0, 0.25, 1.0])).decode(np.array([1.0, 1.5, 2.0]))
    np.testing.assert_allclose(light, [1, 1.75, 2.5])
    flat = Sampled(np.array([0, 0.5, 0.5]))
    np.testing.assert_allclose(flat.decode(np.array([1.0, 2.0])), [0.5, 1.0])
    np.testing.assert_allclose(flat.encode(np.array([1.0])), [2.0])


def test_flat_parts_are_encoded_as_black_white_or_their_middle() -> None:
    table = np.array([1000, 1000, 1000, 2000, 2000, 2000, 60000, 60000]) / 65535
    curve = Sampled(table)
    near = np.array([0, 999, 1000, 1001, 1999, 2000, 2001, 59999, 60000]) / 65535
    expected = np.array([0, 0, 0, 2.001, 2.999, 4, 5 + 1 / 58000, 6 - 1 / 58000, 7]) / 7
    np.testing.assert_allclose(curve.encode(near), expected, atol=1e-6)


def check_inverse(curve: Curve, light: Array) -> None:
    values = curve.encode(light)
    assert (np.diff(values) >= 0).all()
    inside = (values > 0) & (values < 1)
    np.testing.assert_allclose(curve.decode(values)[inside], light[inside], rtol=1e-6, atol=2e-7)


@given(
    st.lists(st.integers(0, 65535), min_size=2, max_size=40)
    .map(sorted)
    .filter(lambda table: table[0] < table[-1])
)
def test_light_that_a_table_encodes_is_the_light_that_it_decodes(table: list[int]) -> None:
    curve = read_curve(curv(*table))
    ends = table[0] / 65535, table[-1] / 65535
    check_inverse(curve, np.linspace(*ends, 999))
    entries = np.unique(np.array(table) / 65535)
    np.testing.assert_allclose(curve.decode(curve.encode(entries)), entries, rtol=1e-9)


@given(
    st.floats(0.5, 4),
    st.floats(0.5, 1.5),
    st.floats(0, 0.3),
    st.floats(0, 0.5),
    st.floats(0, 0.1),
)
def test_light_that_a_formula_encodes_is_the_light_that_it_decodes(
    g: float, a: float, b: float, d: float, e: float
) -> None:
    meeting = (a * d + b) ** g
    curve = Parametric(g, a, b, meeting / d if d > 0.01 else 0, d if d > 0.01 else 0, e, e)
    black, white = curve.decode(np.array([0.0, 1.0]))
    check_inverse(curve, np.linspace(black, white, 999))


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("curves", [(SRGB,), (SRGB, Parametric(2.2), Parametric(1.8))])
def test_the_number_of_threads_changes_no_bit(curves: tuple[Curve, ...], workers: int) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (401, 307, 3), dtype=np.uint8)
    transfer = Transfer(curves)
    light = transfer.decode(pixels, workers)
    assert light.tobytes() == transfer.decode(pixels, 3).tobytes()
    blurred = light + np.float32(0.0123)
    for dtype in (pixels.dtype, light.dtype):
        encoded = transfer.encode(blurred, dtype, workers)
        assert encoded.tobytes() == transfer.encode(blurred, dtype, 3).tobytes()


def test_signed_integers_have_no_white() -> None:
    with pytest.raises(ArgumentError, match="int16 pixels have no white"):
        Transfer().decode(np.zeros((2, 2), np.int16))


THREE = [CURVES["gamma 2.2"]] * 3
REFUSED = {
    "grey for RGB": (profile(curv(563)), 3, "is for GRAY, the picture has 3 channels"),
    "RGB for five channels": (profile(*THREE), 5, "is for RGB, the picture has 5 channels"),
    "RGB of three curves for grey": (
        profile(curv(256), curv(512), curv(768)),
        1,
        "a curve for each of three colours, the picture is grey",
    ),
    "inks": (profile(*THREE, space=b"CMYK"), 3, "is for CMYK"),
    "Lab": (profile(*THREE, space=b"Lab "), 3, "is for Lab"),
    "strange letters": (profile(*THREE, space=b"\n\x1b[m"), 3, "is for unknown colours"),
    "no curves": (profile(*THREE).replace(b"TRC", b"TRX"), 3, "holds no curves"),
    "two curves": (profile(*THREE[:2]), 3, "holds no curves"),
    "curves to lightness": (profile(curv(563), pcs=b"Lab "), 1, "holds no curves"),
    "nothing": (b"nothing", 3, "is damaged"),
    "another file": (bytes(4000), 3, "is damaged"),
    "a header only": (profile(*THREE)[:131], 3, "is damaged"),
    "a cut table": (profile(*THREE)[:150], 3, "is damaged"),
    "too many tags": (profile(*THREE, count=2**32 - 1), 3, "is damaged"),
    "cut curves": (profile(*THREE)[:-8], 3, "the tag is too short"),
    "a cut table of samples": (profile(curv(1, 2, 3, 4))[:-4], 1, "a table of 4 samples"),
    "far too many samples": (
        profile(b"curv" + bytes(4) + b"\xff" * 4 + bytes(100)),
        1,
        "a table of 4294967295 samples",
    ),
    "a table that falls": (profile(curv(0, 9, 8, 65535)), 1, "does not rise"),
    "a table of one value": (profile(curv(9, 9, 9)), 1, "does not rise"),
    "no gamma": (profile(curv(0)), 1, "does not rise"),
    "a negative gamma": (profile(para(0, -2.2)), 1, "does not rise"),
    "a mirrored formula": (profile(para(1, 2.2, -1, 1)), 1, "does not rise"),
    "a line that falls": (profile(para(3, 2.4, 1, 0, -1, 0.5)), 1, "does not rise"),
    "a formula that falls": (profile(para(3, 2.4, 0.5, 0, 1, 0.5)), 1, "falls"),
    "a formula of one value": (profile(para(4, 2.4, 1, 0, 0, 2, 0, 0.1)), 1, "one value"),
    "a formula beyond numbers": (profile(para(3, 32767, 32767, 0, 1, 0.5)), 1, "beyond"),
    "a formula far above white": (profile(para(1, 10, 9, 0)), 1, "far above white"),
    "an unknown function": (profile(para(5, *[1] * 9)), 1, "function of the type 5"),
    "another type of curve": (profile(b"text" + bytes(20)), 1, "type b'text'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_profiles_that_cannot_be_used_are_refused_with_the_way_out(name: str) -> None:
    data, channels, words = REFUSED[name]
    with pytest.raises(ImageError) as caught:
        Transfer.of(data, channels)
    message = str(caught.value)
    assert words in message
    assert message.endswith(WAY_OUT)
    assert message.isprintable()


def test_grey_pixels_may_have_a_profile_of_equal_curves() -> None:
    assert Transfer.of(profile(*THREE), 1).curves == Transfer.of(profile(THREE[0]), 1).curves


def test_changed_bytes_are_read_or_refused() -> None:
    random = np.random.default_rng(3)
    originals = [
        profile(CURVES["type 4"]),
        profile(CURVES["gamma 2.2"]),
        profile(curv(0, 1, 5, 900, 65535)),
    ]
    pixels = all_values("uint8")
    read, messages = 0, []
    for _ in range(3000):
        data = bytearray(originals[random.integers(3)])
        ends = [len(data), 132, len(data)]  # of the whole, of the header, of the curves
        starts = [0, 16, len(data) - 44]
        part = random.integers(3)
        for place in random.integers(starts[part], ends[part], random.integers(1, 4)):
            data[place] = random.integers(256)
        try:
            transfer = Transfer.of(bytes(data[: random.integers(100, 2 * len(data))]), 1)
        except ImageError as error:
            messages.append(str(error))
            continue
        read += 1
        light = transfer.decode(pixels)
        assert (np.diff(light.ravel()) >= -1e-6 * np.abs(light).max()).all()
        transfer.encode(light, pixels.dtype)
    assert read > 500
    assert len(messages) > 500
    assert all(message.isprintable() for message in messages)


def test_a_line_that_ends_a_little_above_the_power_is_bent_to_it() -> None:
    curve = Parametric(2.4, 0.948, 0.0521, 0.0773, 0.04045)
    above = Parametric(2.4, 0.948, 0.0521, 0.0780, 0.04045)
    assert curve.c == 0.0773
    assert 0.0773 < above.c < 0.0774
    values = np.linspace(0.04, 0.041, 1001)
    np.testing.assert_allclose(above.encode(above.decode(values)), values, rtol=1e-12)
    assert (
        above.decode(np.array([0.0, 1.0])).tolist() == curve.decode(np.array([0.0, 1.0])).tolist()
    )


def test_numbers_of_a_formula_are_those_of_its_type() -> None:
    function = read_curve(b"para" + bytes(8) + fixed(1.5))
    assert function == Parametric(1.5)
    assert read_curve(para(1, 2, 0.5, 0.25)) == Parametric(2, 0.5, 0.25, d=-0.5)
    assert read_curve(para(2, 2, 0.5, 0.25, 0.125)) == Parametric(
        2, 0.5, 0.25, d=-0.5, e=0.125, f=0.125
    )
    numbers = (2.0, 0.5, 0.25, 0.125, 0.0625, 0.375, 0.28125)
    assert read_curve(para(3, *numbers[:5])) == Parametric(*numbers[:5])
    assert read_curve(para(4, *numbers)) == Parametric(*numbers)
