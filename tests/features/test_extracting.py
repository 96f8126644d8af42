"""Features of pictures against a slow twin, and what they do not depend on."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from convfilter import Image, nn
from convfilter.errors import ArgumentError, NetworkError, UnknownNameError
from convfilter.features import Extractor, of_bank, of_layers
from convfilter.features.pooling import POOLS
from convfilter.kernels import banks
from tests.examples import examples

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (40, 33, 3), dtype=np.uint8)


def twin(
    picture: np.ndarray, bank: str, pools: tuple[str, ...], grid: tuple[int, int]
) -> list[float]:
    """Return features by the book, in float64, pixel after pixel."""
    values = picture.astype(np.float64)
    if picture.dtype.kind == "u":
        values /= np.iinfo(picture.dtype).max
    if values.ndim == 3 and values.shape[2] == 3:
        values = 0.299 * values[..., 0] + 0.587 * values[..., 1] + 0.114 * values[..., 2]
    values = values.reshape(values.shape[:2])
    row = []
    for response in banks.of(bank).responses:
        found = []
        for kernel in response.kernels:
            # of an even side, the pixel before the middle is the one that is answered for
            origin = [side % 2 - 1 for side in kernel.shape]
            found.append(np.abs(ndimage.correlate(values, kernel, mode="mirror", origin=origin)))
        joined = {
            "abs": lambda r: r[0],
            "l1": sum,
            "l2": lambda r: np.sqrt(sum(x**2 for x in r)),
        }[response.combine](found)
        cells: dict[tuple[int, int], list[float]] = {}
        for (y, x), number in np.ndenumerate(joined):
            # the last cell that begins at or before the pixel
            cell = tuple(
                max(k for k in range(cells_) if k * size // cells_ <= at)
                for at, size, cells_ in zip((y, x), joined.shape, grid, strict=True)
            )
            cells.setdefault(cell, []).append(number)
        for pool in pools:
            of = {"mean": np.mean, "max": np.max, "std": np.std}[pool]
            row += [float(of(cells[cell])) for cell in np.ndindex(grid)]
    return row


@st.composite
def pictures(draw: st.DrawFn) -> np.ndarray:
    height, width = draw(st.integers(3, 14)), draw(st.integers(3, 14))
    shape = (height, width, *draw(st.sampled_from([(), (1,), (3,)])))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]))
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    return rng.random(shape).astype(dtype)


@given(
    picture=pictures(),
    bank=st.sampled_from(["sobel", "laws", "laplacian-4,emboss", "roberts-x", "gaussian-5,sobel"]),
    pools=st.permutations(list(POOLS)).flatmap(
        lambda names: st.integers(1, 3).map(lambda count: tuple(names[:count]))
    ),
    grid=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
@examples(15)
def test_features_are_those_of_the_twin(
    picture: np.ndarray, bank: str, pools: tuple[str, ...], grid: tuple[int, int]
) -> None:
    extractor = of_bank(bank, pool=pools, grid=grid)
    row = extractor(picture)
    assert (row.dtype, row.shape) == (np.float32, (len(extractor.columns),))
    np.testing.assert_allclose(row, twin(picture, bank, pools, grid), atol=2e-6)


@pytest.mark.parametrize("bank", ["gabor", "lm"])
def test_features_of_large_kernels_are_those_of_the_twin(bank: str) -> None:
    """Those that reach far beyond the picture, too."""
    picture = RNG.integers(0, 256, (25, 31), dtype=np.uint8)
    expected = twin(picture, bank, ("mean", "std"), (2, 2))
    row = of_bank(bank, pool="mean,std", grid=2)(picture)
    np.testing.assert_allclose(row, expected, atol=1e-5)


def test_columns_tell_where_a_number_comes_from() -> None:
    extractor = of_bank("sobel-x,sobel-y", pool="max,mean", grid=(2, 3))
    assert extractor.columns[:7] == (
        *("sobel-x_max_0_0", "sobel-x_max_0_1", "sobel-x_max_0_2", "sobel-x_max_1_0"),
        *("sobel-x_max_1_1", "sobel-x_max_1_2", "sobel-x_mean_0_0"),
    )
    assert len(extractor.columns) == 2 * 2 * 6
    picture = np.zeros((20, 30), np.uint8)
    picture[12:, 23:] = 255
    row = dict(zip(extractor.columns, extractor(picture), strict=True))
    assert row["sobel-x_max_1_2"] == pytest.approx(0.5)
    assert all(row[f"sobel-x_max_{cell}"] == 0 for cell in ("0_0", "0_1", "1_0", "1_1"))
    assert of_bank("sobel-x").columns == ("sobel-x_mean",)
    assert "4 features" in repr(of_bank("sobel"))


def test_neither_depth_nor_equal_colours_nor_opacity_change_features() -> None:
    grey = PHOTO[..., 0]
    extractor = of_bank("laws,sobel", pool="mean,std", grid=2)
    expected = extractor(grey)
    np.testing.assert_allclose(extractor(grey.astype(np.uint16) * 257), expected, rtol=1e-5)
    np.testing.assert_allclose(extractor(grey / np.float32(255)), expected, rtol=1e-5)
    np.testing.assert_array_equal(extractor(np.stack([grey] * 3, -1)), expected)
    opaque = Image(np.stack([grey, np.full_like(grey, 255)], -1), alpha=True)
    np.testing.assert_array_equal(extractor(opaque), expected)
    white = np.where(np.arange(33) < 20, grey, 255).astype(np.uint8)
    hidden = np.stack([grey, np.broadcast_to(255 * (np.arange(33) < 20), grey.shape)], -1)
    found = extractor(Image(hidden.astype(np.uint8), alpha=True))
    np.testing.assert_allclose(found, extractor(white), rtol=1e-5, atol=1e-7)
    assert np.abs(found - expected).max() > 1e-3
    mask = grey > 99
    np.testing.assert_array_equal(extractor(mask), extractor(mask * np.uint8(255)))


def test_laws_features_are_the_same_for_a_picture_turned_by_a_quarter() -> None:
    extractor = of_bank("laws", pool="mean,max,std")
    turned = np.ascontiguousarray(np.rot90(PHOTO))
    np.testing.assert_allclose(extractor(turned), extractor(PHOTO), rtol=1e-4, atol=1e-7)
    assert np.abs(of_bank("sobel")(turned) - of_bank("sobel")(PHOTO)).max() > 1e-4


@pytest.mark.parametrize("bank", banks.names())
def test_features_are_from_0_to_1(bank: str) -> None:
    """Even of pictures that fit a kernel as well as any can."""
    for response in banks.get(bank).responses[::5]:
        for kernel in response.kernels:
            row = of_bank(bank, pool="max", grid=1)((kernel > 0).astype(np.uint8) * 255)
            assert row.min() >= 0
            assert row.max() < 1 + 1e-6


@pytest.mark.parametrize("bank", banks.names())
def test_the_number_of_threads_changes_no_bit(bank: str) -> None:
    picture = RNG.random((300, 200)).astype(np.float32)
    one, two = (of_bank(bank, pool="mean,max,std", grid=3, workers=n)(picture) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_picture_as_small_as_the_grid_is_welcome() -> None:
    row = of_bank("gabor", grid=(3, 2))(np.eye(3, 2, dtype=np.float32))
    assert row.shape == (24 * 6,)
    assert np.isfinite(row).all()
    np.testing.assert_array_equal(of_bank("gabor", pool="std")(np.ones((1, 1))), 0)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((3, 9)), "the picture has 3 rows and 9 columns, fewer than a grid of 4x4"),
        (np.zeros((8, 8, 4)), "a picture has 4 channels: banks take grey or RGB pictures"),
        (np.full((8, 8), np.nan), "a picture holds NaN or infinity"),
        (np.full((8, 8), 1e300), "a picture holds NaN or infinity"),
        (np.zeros(8), "pixels have the shape"),
    ],
)
def test_pictures_that_have_no_features(picture: np.ndarray, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        of_bank("sobel", grid=4)(picture)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("named", "error", "message"),
    [
        ({"pool": "median"}, UnknownNameError, "no way to pool is called 'median'"),
        ({"pool": "mean,mean"}, ArgumentError, "pool is 'mean,mean': name each way once"),
        ({"pool": ()}, ArgumentError, "pool is '': name each way once"),
        ({"grid": 0}, ArgumentError, "grid is 0"),
        ({"grid": (4, 1000)}, ArgumentError, "grid is 1000"),
        ({"pool": "mean,"}, UnknownNameError, "no way to pool is called ''"),
        ({"workers": 0}, ArgumentError, "workers is 0"),
    ],
)
def test_arguments_that_cannot_be_used(
    named: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        of_bank("sobel", **named)
    assert str(caught.value).startswith(message)


def test_a_million_features_are_enough() -> None:
    with pytest.raises(ArgumentError) as caught:
        of_bank("gabor", grid=256)
    assert str(caught.value) == (
        "a picture would have 1,572,864 features: give a smaller grid, for at most 1,000,000"
    )


@functools.cache
def network(name: str = "squeezenet") -> nn.Network:
    return nn.load(name, "random")


def test_features_of_layers_are_the_maps_pooled() -> None:
    made = network()
    extractor = of_layers(made, ["fire2", "features.0"], pool="mean,max", grid=(2, 1))
    row = extractor(PHOTO)
    from convfilter.nn.classifying import of_network

    _, maps = made(of_network(made).input(Image(PHOTO)), layers=["fire2", "features.0"])
    expected = []
    for name in ("fire2", "features.0"):
        sizes = np.abs(maps[name][0].astype(np.float64))  # without a relu
        half = sizes.shape[1] // 2
        cells = sizes[:, :half], sizes[:, half:]
        parts = [f(cell) for f in (_mean, _max) for cell in cells]
        expected += [part[each] for each in range(len(sizes)) for part in parts]
    np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-7)
    assert extractor.columns[:4] == (
        *("fire2-0_mean_0_0", "fire2-0_mean_1_0", "fire2-0_max_0_0", "fire2-0_max_1_0"),
    )
    assert extractor.columns[-1] == "features.0-63_max_1_0"
    assert maps["features.0"].min() < 0
    assert row.min() >= 0


def _mean(cell: np.ndarray) -> np.ndarray:
    return cell.mean(axis=(1, 2))


def _max(cell: np.ndarray) -> np.ndarray:
    return cell.max(axis=(1, 2))


def test_numbers_without_places_are_features_as_they_are() -> None:
    made = network("lenet5-modern")
    extractor = of_layers(made, "Out")
    assert extractor.columns == tuple(f"Out-{number}" for number in range(10))
    row = extractor(PHOTO)
    assert row.shape == (10,)
    assert row.min() < 0
    with pytest.raises(ArgumentError, match="layer 'Out' has no rows and columns: leave pool and"):
        of_layers(made, "Out", grid=2)


def test_nothing_behind_the_layer_is_computed() -> None:
    made = network().up_to(["fire2", "features.0"])
    assert made.layers[-1] == network().layer("fire2")
    assert len(made.layers) < len(network().layers) / 2
    x = RNG.random((1, 3, 60, 60)).astype(np.float32)
    _, maps = network()(x, layers=["fire2"])
    np.testing.assert_allclose(made(x), maps["fire2"], rtol=1e-5, atol=1e-6)


def _of_bare_network() -> Extractor:
    return of_layers(nn.load("squeezenet"), "conv1")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: of_layers(network(), "fir5"), ArgumentError, "squeezenet has no layer 'fir5'; di"),
        (lambda: of_layers(network(), []), ArgumentError, "layers are to be named, each of them"),
        (lambda: of_layers(network(), ["conv1"] * 2), ArgumentError, "layers are to be named"),
        (lambda: _of_bare_network()(PHOTO), NetworkError, "squeezenet has no weights"),
        (
            lambda: of_layers(network(), "fire9", grid=20)(PHOTO),
            ArgumentError,
            "layer 'fire9' has 13 rows and 13 columns, fewer than a grid of 20x20",
        ),
    ],
)
def test_layers_that_have_no_features(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value).startswith(message)
