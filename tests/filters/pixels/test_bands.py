"""Large pictures of uneven opacity are filtered in bands of rows, as they would be as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Pipeline, filters
from convfilter.filters.declaring.run_options import AlphaMode
from convfilter.filters.pixels import bands
from convfilter.filters.pixels.picture import Pixels
from tests.examples import every
from tests.filters.pictures import Array, uneven
from tests.filters.registry import NAMES, bound, case, variants

CASES = [
    case(name, given)
    for name in NAMES
    for given in variants(name)
    if filters.get(name).rows_around(bound(name, **given)) is not None
]
CHAINS = (
    "gaussian-blur sigma=2 | sobel",
    "median size=3 | unsharp-mask sigma=1.5 | invert",
    "sobel-x signed=offset border=constant fill=90 | maximum size=5",
    "bilateral size=5 | gradient-direction",
)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make bands as narrow as can be, and return the heights of those that are made."""
    heights: list[int] = []
    part = Pixels.part

    def counted(self: Pixels, first: int, last: int, *, uneven: bool) -> Pixels:
        heights.append(last - first)
        return part(self, first, last, uneven=uneven)

    monkeypatch.setattr(bands, "BAND_PIXELS", 1)
    monkeypatch.setattr(bands, "LEAST_SHARE", 1)
    monkeypatch.setattr(Pixels, "part", counted)
    return heights


def seen(picture: Array) -> Array:
    """Return the picture with nothing where it is clear."""
    return np.where(picture[..., -1:] > 0, picture, 0)


def tall(rows_around: int, channels: int, dtype: str) -> Array:
    """Return a picture of several bands, the first ones of which are clear, and the last opaque."""
    height = 6 * max(1, rows_around) + 5
    random = np.random.default_rng(5)
    picture = uneven(random, (height, 23, channels), dtype)
    picture[: height // 3, :, -1] = 0
    picture[-height // 3 :, :, -1] = 1 if dtype == "float64" else np.iinfo(dtype).max
    return picture


@pytest.mark.parametrize(("name", "given"), every(4, CASES))
def test_bands_give_the_picture_as_a_whole(
    name: str, given: dict[str, Any], narrow: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    around = filters.get(name).rows_around(bound(name, **given))
    assert around is not None
    picture = tall(around, 4, "float64")
    in_bands = filters.get(name)(picture, alpha="weigh", **given)
    assert given.get("signed") == "scale" or len(narrow) >= 5
    monkeypatch.setattr(bands, "BAND_PIXELS", picture.size)
    whole = filters.get(name)(picture, alpha="weigh", **given)
    if name == "gradient-direction":  # where a turn ends is where it begins
        in_bands[..., :-1] %= 1
        whole[..., :-1] %= 1
    np.testing.assert_allclose(seen(in_bands), seen(whole), rtol=0, atol=1e-9)


@pytest.mark.parametrize("linear", [False, True], ids=["values", "light"])
@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("text", CHAINS)
def test_chains_in_bands(
    text: str, channels: int, linear: bool, narrow: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline.parse(text)
    picture = tall(20, channels, "uint8")
    alpha: AlphaMode | None = None if channels == 3 else "weigh"
    in_bands = pipeline(picture, linear=linear, alpha=alpha)
    assert (len(narrow) > 1) == (linear or channels != 3)
    monkeypatch.setattr(bands, "BAND_PIXELS", picture.size)
    whole = pipeline(picture, linear=linear, alpha=alpha)
    assert in_bands.dtype == whole.dtype
    assert in_bands.shape == whole.shape
    if channels != 3:
        in_bands, whole = seen(in_bands), seen(whole)
    # what lies between two levels may be rounded to either
    turns = np.abs(in_bands.astype(int) - whole)
    assert np.minimum(turns, 256 - turns if "direction" in text else turns).max() <= 1


def test_what_depends_on_the_whole_picture_is_not_cut(narrow: list[int]) -> None:
    picture = tall(8, 4, "uint8")
    for name, given in [
        ("canny", {}),
        ("sobel", {"stride": 2}),
        ("sobel", {"padding": "valid"}),
        ("sobel", {"border": "wrap"}),
        ("max-pool", {}),
    ]:
        convfilter.apply(name, picture, alpha="weigh", **given)
    assert narrow == []


def test_the_scale_of_a_response_is_that_of_the_whole_picture(narrow: list[int]) -> None:
    picture = tall(8, 4, "uint8")
    result = convfilter.apply("sobel-x", picture, signed="scale", alpha="weigh")
    visible = result[picture[..., -1] > 0][:, :-1]
    assert (visible.min(), visible.max()) == (0, 255)


def test_the_number_of_threads_changes_nothing(narrow: list[int]) -> None:
    picture = tall(4, 4, "uint8")
    results = [
        convfilter.apply("gaussian-blur", picture, sigma=1, alpha="weigh", workers=workers)
        for workers in (1, 2, 3)
    ]
    assert len(narrow) > 3
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
