"""Kernels learned from pictures before and after, against the kernels that made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

import convfilter
from convfilter import kernels
from convfilter.errors import ArgumentError, ArgumentTypeError

BEFORE: np.ndarray = data.camera()  # type: ignore[no-untyped-call]

SMALL = [name for name in kernels.names() if max(kernels.get(name).shape) <= 7]
"""The kernels of the catalogue of up to 7x7."""

SCENE = Path(__file__).parents[2] / "sample_images" / "scene.png"


def changed(before: np.ndarray, name: str, noise: float = 2.0, seed: int = 1) -> np.ndarray:
    kernel = kernels.get(name)
    exact = convfilter.correlate(before.astype(float), kernel.array, dtype=np.float64)
    exact += kernel.offset + np.random.default_rng(seed).normal(0, noise, before.shape)
    return np.clip(np.rint(exact), 0, 255).astype(np.uint8)


def padded(name: str, side: int) -> np.ndarray:
    """Return a kernel laid into a square; of even size it reaches further down and right."""
    weights = kernels.get(name).array
    above = [side // 2 - (length - 1) // 2 for length in weights.shape]
    return np.pad(
        weights,
        [(gap, side - gap - length) for gap, length in zip(above, weights.shape, strict=True)],
    )


def off(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest error, as a part of the largest weight."""
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if number % 4 == 0 else [pytest.mark.thorough])
        for number, name in enumerate(SMALL)
    ],
)
def test_kernels_of_the_catalogue_are_recovered(name: str) -> None:
    """From bytes, with noise of 2 units added, of which responses below 0 and above 255 are cut."""
    kernel = kernels.get(name)
    side = max(kernel.shape) // 2 * 2 + 1
    (learned,) = convfilter.learn_kernel(
        [(BEFORE, changed(BEFORE, name))], side, offset=bool(kernel.offset)
    )
    wanted = padded(name, side)
    assert off(learned.kernel.array, wanted) < 0.02
    assert (np.abs(learned.kernel.array - wanted) < 5 * learned.errors).all()
    assert learned.linear
    assert learned.determined
    assert learned.warnings == ()


def test_enough_kernels_are_tried() -> None:
    assert len(SMALL) >= 80
    assert len(SMALL[::4]) >= 20


@pytest.mark.parametrize("noise", [0, 2])
@pytest.mark.parametrize("size", [3, 5])
def test_a_median_is_not_linear(size: int, noise: float) -> None:
    after = convfilter.median(BEFORE, size) + np.random.default_rng(2).normal(0, noise, (512, 512))
    after = np.clip(np.rint(after), 0, 255).astype(np.uint8)
    (learned,) = convfilter.learn_kernel([(BEFORE, after)], 5)
    assert not learned.linear
    assert any("not linear" in warning for warning in learned.warnings)


def test_a_flat_picture_determines_nothing() -> None:
    flat = np.full((40, 40), 100, np.uint8)
    for ridge in (None, 0.0, 0.01):
        (learned,) = convfilter.learn_kernel([(flat, flat)], 3, ridge=ridge)
        assert learned.condition == np.inf
        assert (ridge == 0.01) == learned.determined  # which keeps all weights in place
    (learned,) = convfilter.learn_kernel([(flat, flat)], 3)
    assert learned.kernel.array.sum() == pytest.approx(1, abs=1e-3)
    assert "do not determine" in learned.warnings[0]


def test_a_pattern_that_repeats_determines_nothing() -> None:
    square = np.random.default_rng(1).integers(90, 160, (4, 4)).astype(np.uint8)
    pattern = np.tile(square, (16, 16))
    (learned,) = convfilter.learn_kernel([(pattern, changed(pattern, "gaussian-5", 0))], 5)
    assert not learned.determined
    (learned,) = convfilter.learn_kernel([(pattern, changed(pattern, "emboss", 0))], 3, offset=True)
    assert off(learned.kernel.array, kernels.get("emboss").array) < 0.02
    assert learned.determined
    # of more contrast most results are black or white, so that few windows are left
    pattern = np.tile((square - 90) * 3, (16, 16))
    (learned,) = convfilter.learn_kernel([(pattern, changed(pattern, "emboss", 0))], 3, offset=True)
    assert not learned.determined


def test_small_noisy_pictures_leave_weights_uncertain() -> None:
    before = BEFORE[200:240, 200:240]
    (learned,) = convfilter.learn_kernel([(before, changed(before, "emboss", 6))], 3, offset=True)
    assert 0.02 < learned.uncertainty < 0.1
    assert learned.warnings[0].startswith("weights may be off by")


def test_results_that_are_cut_off_at_white() -> None:
    """Brightened by half, most of the sky is white."""
    exact = convfilter.correlate(BEFORE, kernels.get("gaussian-3").array * 1.5, dtype=np.float64)
    noisy = exact + np.random.default_rng(4).normal(0, 2, exact.shape)
    after = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    assert (after == 255).mean() > 0.3
    (learned,) = convfilter.learn_kernel([(BEFORE, after)], 3)
    assert off(learned.kernel.array, kernels.get("gaussian-3").array * 1.5) < 0.01
    assert learned.linear


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_pictures_of_every_dtype(dtype: str) -> None:
    """Offsets are on the scale 0 to 255 whatever the pictures are."""
    wanted = np.array([[0, 1, 2], [-1, 1, 1], [-2, -1, 0]]) / 2
    white = 1 if dtype.startswith("float") else np.iinfo(dtype).max
    before = (BEFORE[:200, :200] * (white / 255)).astype(dtype)
    exact = convfilter.correlate(before, wanted, offset=20 * white / 255, dtype=np.float64)
    after = (
        exact.astype(dtype)
        if white == 1
        else convfilter.correlate(before, wanted, offset=20 * white / 255, dtype=dtype)
    )
    (learned,) = convfilter.learn_kernel([(before, after)], 3, offset=True)
    assert off(learned.kernel.array, wanted) < 0.002
    assert learned.kernel.offset == pytest.approx(20, abs=0.1)
    assert learned.r_squared > 0.999
    assert learned.linear
    assert learned.determined


def test_float_responses_below_black_count_unless_they_are_cut_off() -> None:
    before = BEFORE[:200, :200] / 255
    response = convfilter.correlate(before, kernels.get("sobel-x").array)
    for after in (response, response.clip(0, 1)):
        (learned,) = convfilter.learn_kernel([(before, after)], 3)
        assert off(learned.kernel.array, kernels.get("sobel-x").array) < 1e-3
        assert learned.linear
        assert (learned.pixels == 198 * 198) == (after is response)


@pytest.mark.parametrize("name", ["sobel-x", "sobel-y", "kirsch-ne", "laplacian-8", "farid-x"])
def test_absolute_values_do_not_tell_the_sign(name: str) -> None:
    """`convfilter sobel-x` shows how strong an edge is, not which side of it is brighter."""
    wanted = kernels.get(name).array
    exact = np.abs(convfilter.correlate(BEFORE, wanted, dtype=np.float64))
    noisy = exact + np.random.default_rng(6).normal(0, 1, exact.shape)
    after = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    (learned,) = convfilter.learn_kernel([(BEFORE, after)], len(wanted))
    found = learned.kernel
    assert min(off(found.array, wanted), off(-found.array, wanted)) < 0.02
    assert found.signed == "abs"
    assert learned.linear
    assert any("sign" in warning for warning in learned.warnings)


def test_a_kernel_of_absolute_values_repeats_the_change() -> None:
    before = convfilter.read(SCENE)
    after = convfilter.apply("sobel-x", before)
    (learned,) = convfilter.learn_kernel([(before, after)], 3)
    again = convfilter.apply("convolve", before, kernel=learned.kernel)
    assert np.abs(again.pixels.astype(int) - after.pixels).max() <= 1


def test_a_folded_scale_is_not_linear() -> None:
    """What would be darker than black comes back in another way than as absolute values."""
    exact = convfilter.correlate(BEFORE, kernels.get("sobel-x").array, dtype=np.float64)
    after = np.clip(np.where(exact < 0, 40 - exact / 4, exact), 0, 255).astype(np.uint8)
    (learned,) = convfilter.learn_kernel([(BEFORE, after)], 3)
    assert not learned.linear
    assert any("not linear" in warning for warning in learned.warnings)


def test_a_smooth_ramp_gives_the_kernel_that_is_sure() -> None:
    """All its windows are nearly alike: no large weights that cancel each other."""
    before = np.linspace(1000, 60000, 200)[None, :] + np.linspace(0, 3000, 100)[:, None]
    before = before.astype(np.uint16)
    (learned,) = convfilter.learn_kernel([(before, before)], 3)
    assert np.abs(learned.kernel.array).sum() < 1.2


def test_each_channel_and_several_pairs() -> None:
    one, two = BEFORE[:200, :200], BEFORE[200:400, 200:400]
    before = np.stack([one, two], axis=2)
    after = np.stack([changed(one, "gaussian-3"), changed(two, "emboss")], axis=2)
    both = [(before[:100], after[:100]), (before[100:], after[100:])]
    first, second = convfilter.learn_kernel(both, 3, each=True, offset=True)
    assert off(first.kernel.array, kernels.get("gaussian-3").array) < 0.02
    assert off(second.kernel.array, kernels.get("emboss").array) < 0.02
    assert second.kernel.offset == pytest.approx(128, abs=2)
    assert [first.kernel.name, second.kernel.name] == ["learned-0", "learned-1"]


def test_pairs_of_different_dtypes_and_sizes_are_one_question() -> None:
    one, two = BEFORE[:200, :150], BEFORE[200:400, 200:400]
    deep = two.astype(np.uint16) * 257
    smooth = convfilter.correlate(deep, kernels.get("gaussian-3").array)
    (learned,) = convfilter.learn_kernel([(one, changed(one, "gaussian-3", 0)), (deep, smooth)], 3)
    assert off(learned.kernel.array, kernels.get("gaussian-3").array) < 0.002
    assert learned.pixels > 0.95 * (198 * 148 + 198 * 198)


def test_alpha_is_left_aside() -> None:
    rgba = np.random.default_rng(5).integers(0, 256, (40, 40, 4)).astype(np.uint8)
    blurred = convfilter.correlate(rgba, kernels.get("gaussian-3").array)
    blurred[..., 3] = 255
    before, after = (convfilter.Image(pixels, alpha=True) for pixels in (rgba, blurred))
    (learned,) = convfilter.learn_kernel([(before, after)], 3)
    assert off(learned.kernel.array, kernels.get("gaussian-3").array) < 0.01


@pytest.mark.parametrize("name", ["gaussian-3", "sobel-x"])
def test_threads_change_no_bit(name: str) -> None:
    pair = (BEFORE, changed(BEFORE, name))
    one, several = (convfilter.learn_kernel([pair], 3, workers=n)[0] for n in (1, 3))
    assert np.array_equal(one.kernel.array, several.kernel.array)
    assert np.array_equal(one.errors, several.errors)


def test_pictures_that_cannot_be_compared_are_refused() -> None:
    flat = np.full((20, 20), 0, np.uint8)
    colour = np.zeros((512, 512, 3), np.uint8)
    with pytest.raises(ArgumentError, match="of one size"):
        convfilter.learn_kernel([(BEFORE, BEFORE[1:])])
    with pytest.raises(ArgumentError, match=r"pair 2: .*1 channel and .*3 channels"):
        convfilter.learn_kernel([(BEFORE, BEFORE), (BEFORE, colour)])
    with pytest.raises(ArgumentError, match="different numbers of channels"):
        convfilter.learn_kernel([(BEFORE, BEFORE), (colour, colour)], each=True)
    with pytest.raises(ArgumentError, match="smaller than the kernel"):
        convfilter.learn_kernel([(flat, flat)], 21)
    with pytest.raises(ArgumentError, match="saturated"):
        convfilter.learn_kernel([(flat, flat)])
    with pytest.raises(ArgumentError, match="NaN"):
        convfilter.learn_kernel([(np.full((9, 9), np.nan), np.ones((9, 9)))])
    with pytest.raises(ArgumentError, match="too large"):
        convfilter.learn_kernel([(np.full((9, 9), 1e200), np.full((9, 9), 0.5))])
    with pytest.raises(ArgumentTypeError, match="complex"):
        convfilter.learn_kernel([(np.ones((9, 9), complex), np.ones((9, 9)))])
    with pytest.raises(ArgumentError, match="empty"):
        convfilter.learn_kernel([])


@pytest.mark.parametrize(
    ("given", "message"),
    [({"size": 4}, "odd"), ({"size": 33}, "odd"), ({"ridge": -1}, "ridge"), ({"workers": 0}, "w")],
)
def test_arguments_are_checked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        convfilter.learn_kernel([(BEFORE, BEFORE)], **given)


PAIRS: dict[str, Any] = {
    # convert before.png -define convolve:scale=1 -morphology Correlate "3: 0,1,2 -1,1,1 -2,-1,0"
    "imagemagick-correlate": [[0, 1, 2], [-1, 1, 1], [-2, -1, 0]],
    # convert before.png -define convolve:scale=! -morphology Convolve "3: 1,2,3 0,4,1 0,0,1"
    "imagemagick-convolve": np.array([[1, 0, 0], [1, 4, 0], [3, 2, 1]]) / 12,
    # vips conv before.png vips-conv.png with 0 1 2, -1 4 1, 0 0 1, divided by 8
    "vips-conv": np.array([[0, 1, 2], [-1, 4, 1], [0, 0, 1]]) / 8,
}
"""Pictures made by ImageMagick 6.9.11 and libvips 8.14.1, and the kernels that made them."""


@pytest.mark.parametrize("name", PAIRS)
def test_kernels_of_other_programs_are_recovered_and_not_turned(name: str) -> None:
    folder = Path(__file__).parent / "pairs"
    pair = (convfilter.read(folder / "before.png"), convfilter.read(folder / f"{name}.png"))
    (learned,) = convfilter.learn_kernel([pair], 3)
    wanted = np.array(PAIRS[name], float)
    assert np.abs(learned.kernel.array - wanted).max() < 0.02 * np.abs(wanted).max()
    assert learned.linear
