"""Edge filters: what they answer on flat fields, steps and photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from convfilter import filters, kernels
from convfilter.errors import ArgumentError
from tests.filters.pictures import Array, grey, rgb, step
from tests.filters.registry import declaring, of_family

ALL = [name for name in of_family("edges") if not filters.get(name).mixes]
GRADIENTS = [name for name in ALL if name in declaring("norm")]
COMPASS = [n for n in ALL if n not in GRADIENTS and f"{n}-nw" in kernels.names()]


def reference(name: str, image: Array) -> Array:
    """Correlate with a kernel of the catalogue in float64."""
    kernel = kernels.get(name).array
    # an even window reaches one further to the right and down
    origin = tuple(-1 if side % 2 == 0 else 0 for side in kernel.shape)
    return ndimage.correlate(image.astype(np.float64), kernel, mode="mirror", origin=origin)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("value", [0, 1, 77, 255])
def test_flat_field_has_no_edges(name: str, value: int) -> None:
    assert not filters.get(name)(np.full((11, 13), value, np.uint8)).any()


@pytest.mark.parametrize("name", ALL)
def test_bright_to_dark_is_an_edge_as_well(name: str) -> None:
    rising, falling = step(), 255 - step()
    first, second = (filters.get(name)(image) for image in (rising, falling))
    assert first.max() > 100
    if name == "roberts":  # its window is even, so mirroring would move it
        np.testing.assert_array_equal(first, second)
    else:
        np.testing.assert_array_equal(first, second[:, ::-1])


@pytest.mark.parametrize("name", [n for n in ALL if n != "roberts"])
def test_turned_step_turns_the_answer(name: str) -> None:
    along, down = filters.get(name)(step()), filters.get(name)(step(horizontal=False))
    np.testing.assert_array_equal(along, down.T)


@pytest.mark.parametrize("name", [*GRADIENTS, "robinson", "kirsch", "frei-chen"])
def test_diagonal_steps_are_answered_alike(name: str) -> None:
    rising = np.triu(np.full((16, 16), 10, np.uint8))
    falling = np.ascontiguousarray(rising[:, ::-1])
    answers = [filters.get(name)(image)[4:-4, 4:-4] for image in (rising, falling)]
    assert answers[0].max() == answers[1].max() > 0


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("norm", ["l2", "l1", "max"])
def test_gradients_join_by_norm(name: str, norm: str) -> None:
    x, y = (reference(f"{name}-{axis}", grey()) for axis in "xy")
    joined = {
        "l2": np.hypot(x, y),
        "l1": np.abs(x) + np.abs(y),
        "max": np.maximum(np.abs(x), np.abs(y)),
    }[norm]
    expected = np.clip(np.rint(joined), 0, 255)
    result = filters.get(name)(grey(), norm=norm)
    assert np.abs(result - expected).max() <= (1 if norm == "l2" else 0)


def test_sobel_is_that_of_opencv() -> None:
    x, y = (cv2.Sobel(grey(), cv2.CV_64F, *order) for order in ((1, 0), (0, 1)))
    expected = np.clip(np.rint(np.abs(x) + np.abs(y)), 0, 255)
    np.testing.assert_array_equal(filters.sobel(grey(), norm="l1"), expected)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_full_step_is_white_and_wraps_nowhere(dtype: type, white: int) -> None:
    image = (step() > 0).astype(dtype) * dtype(white)
    for name in GRADIENTS:
        result = filters.get(name)(image)
        assert result.dtype == dtype
        assert result.max() == white
        assert set(np.unique(result)) <= {0, white}
    assert filters.sobel(image, scale=0.25).max() == white
    assert filters.scharr(image, scale=0.0625).max() == white


@pytest.mark.parametrize("name", COMPASS)
def test_compass_takes_the_strongest_of_eight(name: str) -> None:
    points = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
    responses = [reference(f"{name}-{point}", grey()) for point in points]
    expected = np.clip(np.max(responses, axis=0), 0, 255)
    np.testing.assert_array_equal(filters.get(name)(grey()), expected)


@pytest.mark.parametrize("name", COMPASS)
def test_compass_answers_alike_in_eight_directions(name: str) -> None:
    """Kirsch's kernels turned in raster order, not round the ring, would fail here."""
    x = np.arange(17) - 8
    for sign in (1, -1):
        ramps = [sign * x[np.newaxis] + 0 * x[:, np.newaxis], sign * x[:, np.newaxis] + 0 * x]
        ramps += [sign * (x[np.newaxis] + x[:, np.newaxis]), sign * (x - x[:, np.newaxis])]
        peaks = []
        for ramp in ramps:
            image = (ramp > 0).astype(np.float64) / 100
            peaks.append(filters.get(name)(image)[4:-4, 4:-4].max())
        np.testing.assert_allclose(peaks, peaks[0])


def test_frei_chen_compass() -> None:
    kernel = kernels.get("frei-chen-1")
    responses = [
        ndimage.correlate(grey().astype(float), kernel.rotated(steps).array, mode="mirror")
        for steps in range(8)
    ]
    expected = np.clip(np.max(responses, axis=0), 0, 255)
    assert np.abs(filters.frei_chen(grey()) - expected).max() <= 0.52


@pytest.mark.parametrize(("subspace", "members"), [("edge", range(1, 5)), ("line", range(5, 9))])
def test_frei_chen_subspace_is_a_cosine(subspace: str, members: range) -> None:
    image = grey() / 255
    energy = {n: reference(f"frei-chen-{n}", image) ** 2 for n in range(1, 10)}
    expected = np.sqrt(sum(energy[n] for n in members) / sum(energy.values()))
    result = filters.frei_chen(image, method="subspace", subspace=subspace)
    np.testing.assert_allclose(result, expected, atol=1e-12)
    # contrast does not matter, brightness does
    fainter = filters.frei_chen(image / 8, method="subspace", subspace=subspace)
    np.testing.assert_allclose(fainter, expected, atol=1e-12)


def test_frei_chen_knows_edges_from_lines() -> None:
    line = np.zeros((9, 9))
    line[:, 4] = 1.0
    shares = {
        subspace: filters.frei_chen(line, method="subspace", subspace=subspace)[4, 4]
        for subspace in ("edge", "line")
    }
    assert shares["edge"] < 1e-12 < shares["line"]
    assert not filters.frei_chen(np.zeros((5, 5)), method="subspace").any()


@pytest.mark.parametrize("neighbours", [4, "4", 8, "8"])
def test_laplacian(neighbours: int | str) -> None:
    response = reference(f"laplacian-{neighbours}", grey())
    shown = {
        "abs": np.abs(response),
        "clamp": response,
        "offset": response + 128,
        "scale": (response - response.min()) * 255 / np.ptp(response),
    }
    for signed, expected in shown.items():
        result = filters.laplacian(grey(), neighbours=neighbours, signed=signed)
        assert np.abs(result - np.clip(expected, 0, 255)).max() <= 0.52


def test_laplacian_refuses_other_neighbours() -> None:
    with pytest.raises(LookupError, match="neighbours"):
        filters.laplacian(grey(), neighbours=6)


def test_laplacian_of_gaussian_is_that_of_scipy() -> None:
    image = grey() / 255
    expected = ndimage.gaussian_laplace(image, 3, mode="mirror")
    result = filters.laplacian_of_gaussian(image, sigma=3, scale=1, signed="offset")
    # SciPy samples the derivative without making it exact on parabolas
    np.testing.assert_allclose(result - 128 / 255, expected, atol=0.01 * np.abs(expected).max())


def test_difference_of_gaussians_is_that_of_scipy() -> None:
    image = grey() / 255
    narrow = ndimage.gaussian_filter(image, 2, mode="mirror", radius=16)
    wide = ndimage.gaussian_filter(image, 4, mode="mirror", radius=16)
    result = filters.difference_of_gaussians(image, sigma=2, ratio=2, scale=1, signed="offset")
    np.testing.assert_allclose(result - 128 / 255, narrow - wide, atol=1e-12)


@pytest.mark.parametrize("name", ["laplacian-of-gaussian", "difference-of-gaussians"])
@pytest.mark.parametrize("sigma", [0.5, 1, 2.5, (1, 2)])
def test_full_step_is_answered_with_white(name: str, sigma: float) -> None:
    answers = [filters.get(name)(step(h, 64), sigma=sigma).max() for h in (True, False)]
    assert max(answers) in (254, 255)


def test_colours_are_filtered_each() -> None:
    result = filters.sobel(rgb())
    for channel in range(3):
        np.testing.assert_array_equal(result[:, :, channel], filters.sobel(rgb()[:, :, channel]))


def test_window_options_reach_the_engine() -> None:
    result = filters.sobel(grey(), stride=2, padding="valid")
    np.testing.assert_array_equal(result, filters.sobel(grey())[1:-1:2, 1:-1:2])
    framed = filters.sobel(np.zeros((5, 5), np.uint16), border="constant", fill=255)
    assert framed[0, 0] == 65535
    assert framed[2, 2] == 0
    with pytest.raises(ArgumentError, match="no output"):
        filters.sobel(grey()[:2], padding="valid")
