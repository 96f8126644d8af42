"""One direction of y throughout: up. Every pair, angle and compass point, on ramps that rise so."""

from __future__ import annotations

import colorsys
import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from convfilter import engine, filters, kernels

Array = np.ndarray[Any, np.dtype[Any]]

TURNS = range(0, 360, 45)
POINTS = ("e", "ne", "n", "nw", "w", "sw", "s", "se")
PAIRS = sorted(
    name.removesuffix("-y")
    for name in kernels.names()
    if name.endswith("-y")
    and abs(kernels.get(name).array.sum()) < 1e-12
    # second differences have no direction, and those of Roberts are along the diagonals
    and not name.startswith(("second-difference", "roberts"))
)
FAMILIES = sorted(name.removesuffix("-nw") for name in kernels.names() if name.endswith("-nw"))


def ramp(degrees: float) -> Array:
    """Return a picture that rises towards an angle, counterclockwise from the right."""
    up, right = np.mgrid[12:-13:-1, -12:13]
    turn = math.radians(degrees)
    return np.asarray(0.5 + 0.01 * (right * math.cos(turn) + up * math.sin(turn)))


def middle(picture: Array, kernel: str) -> float:
    """Return the raw response to a kernel of the catalogue in the middle of a picture."""
    return float(engine.correlate(picture, kernels.get(kernel).array)[12, 12])


def test_there_are_pairs_and_families() -> None:
    assert {"sobel", "scharr", "prewitt", "farid", "sobel-5", "central-difference"} == set(PAIRS)
    assert {"kirsch", "prewitt", "robinson"} <= set(FAMILIES)


@pytest.mark.parametrize("degrees", range(0, 360, 15))
@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_point_to_where_a_picture_rises(pair: str, degrees: int) -> None:
    across = pair if pair in kernels.names() else f"{pair}-x"
    x, y = (middle(ramp(degrees), name) for name in (across, f"{pair}-y"))
    assert math.degrees(math.atan2(y, x)) % 360 == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize("degrees", TURNS)
@pytest.mark.parametrize("family", FAMILIES)
def test_compass_points_are_those_of_a_map(family: str, degrees: int) -> None:
    found = {point: middle(ramp(degrees), f"{family}-{point}") for point in POINTS}
    assert max(found, key=lambda point: found[point]) == POINTS[degrees // 45]


@pytest.mark.parametrize("degrees", TURNS)
def test_isotropic_gradients_point_up_and_left(degrees: int) -> None:
    up, left = (middle(ramp(degrees), f"frei-chen-{number}") for number in (1, 2))
    assert math.degrees(math.atan2(up, -left)) % 360 == pytest.approx(degrees, abs=1e-6)
    turned = [kernels.get("frei-chen-1").rotated(steps) for steps in range(8)]
    responses = [float(engine.correlate(ramp(degrees), k.array)[12, 12]) for k in turned]
    assert int(np.argmax(responses)) == (degrees // 45 - 2) % 8  # steps are counterclockwise


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_angles_turn_counterclockwise_from_the_right(degrees: int) -> None:
    hue = filters.gradient_direction(ramp(degrees))[12, 12]
    np.testing.assert_allclose(hue, colorsys.hsv_to_rgb(degrees / 360, 1, 0.08), atol=1e-9)
    others = [(degrees + turned) % 360 for turned in (60, 90, 180, 270, 300)]
    # the light comes from where the relief falls to
    lit = {angle: filters.emboss(ramp(180 + degrees), angle=angle)[12, 12] for angle in others}
    assert filters.emboss(ramp(180 + degrees), angle=degrees)[12, 12] > max(lit.values())
    wave: dict[str, Any] = {"orientations": 1, "phase": 90, "wavelength": 8, "scale": 6}
    edges = {angle: filters.gabor(ramp(180 + degrees), angle=angle, **wave) for angle in others}
    most = filters.gabor(ramp(180 + degrees), angle=degrees, **wave)[12, 12]
    assert most > max(edge[12, 12] for edge in edges.values())


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 120, 135])
def test_motion_along_stripes_changes_least(degrees: int) -> None:
    rng = np.random.default_rng(1)
    turn = math.radians(degrees)
    up, right = np.mgrid[20:-21:-1, -20:21]
    across = right * math.sin(turn) - up * math.cos(turn)
    stripes = np.interp(across, np.arange(-30, 31), ndimage.gaussian_filter(rng.random(61), 2))
    inner = (slice(12, -12), slice(12, -12))

    def change(angle: float) -> float:
        blurred = filters.motion_blur(stripes, length=15, angle=angle)
        return float(np.abs(blurred - stripes)[inner].mean())

    assert change(degrees) < 0.1 * min(change(degrees + turned) for turned in (60, 90, 120))


@pytest.mark.parametrize("degrees", [30, 60, 120, 150])
def test_thin_edges_follow_the_pair_of_the_catalogue(degrees: int) -> None:
    soft = 1 / (1 + np.exp(-60 * (ramp(degrees) - 0.5)))
    x, y = (engine.correlate(soft, kernels.get(f"sobel-{axis}").array) for axis in "xy")
    thin = engine.non_maximum_suppression(x, y)[2:-2, 2:-2] > 0
    wrong = engine.non_maximum_suppression(x, -y)[2:-2, 2:-2] > 0
    assert 20 <= thin.sum() <= 36
    assert np.array_equal(thin, engine.canny(soft, 0, 0)[2:-2, 2:-2])
    assert not np.array_equal(thin, wrong)
