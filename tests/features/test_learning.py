"""Kernels learned from pictures before and after, against the kernels that made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

import convfilter
from convfilter import kernels
from convfilter.cli.main import run as run_command
from convfilter.errors import ArgumentError
from convfilter.features.equations import Plane, gather

BEFORE: np.ndarray = data.camera()  # type: ignore[no-untyped-call]

NAMES = [
    "sobel-x",
    "sobel-y",
    "scharr-x",
    "prewitt-y",
    "kirsch-ne",
    "robinson-sw",
    "central-difference",
    "laplacian-4",
    "laplacian-8",
    "laplacian-of-gaussian-5",
    "high-pass",
    "line-45",
    "box-3",
    "gaussian-3",
    "gaussian-5",
    "smooth",
    "denoise",
    "sharpen",
    "emboss",
    "emboss-strong",
    "unsharp-5",
]


def changed(before: np.ndarray, name: str, noise: float = 2.0) -> np.ndarray:
    kernel = kernels.get(name)
    exact = convfilter.correlate(before.astype(float), kernel.array, dtype=np.float64)
    exact += kernel.offset + np.random.default_rng(1).normal(0, noise, before.shape)
    return np.clip(np.rint(exact), 0, 255).astype(np.uint8)


def run(*arguments: object) -> int:
    return run_command([str(each) for each in arguments])


@pytest.mark.parametrize("name", NAMES)
def test_kernels_of_the_catalogue_are_recovered(name: str) -> None:
    kernel = kernels.get(name)
    pair = (BEFORE, changed(BEFORE, name))
    (learned,) = convfilter.learn_kernel([pair], max(kernel.shape), offset=bool(kernel.offset))
    missing = [
        (side // 2 - own // 2,) * 2
        for side, own in zip(learned.kernel.shape, kernel.shape, strict=True)
    ]
    wrong = (
        np.abs(learned.kernel.array - np.pad(kernel.array, missing)).max()
        / np.abs(kernel.array).max()
    )
    assert wrong < 0.02
    assert learned.linear
    assert learned.determined


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
    (learned,) = convfilter.learn_kernel([(flat, flat)], 3)
    assert not learned.determined
    assert learned.condition == np.inf


def test_sums_are_those_of_windows_taken_one_by_one() -> None:
    rng = np.random.default_rng(3)
    before, after = rng.integers(0, 256, (13, 17)).astype(float), rng.integers(0, 256, (11, 13))
    valid = rng.random((11, 13)) < 0.7
    found = gather([Plane(before, after.astype(float), valid)], (3, 5))
    products, answers = np.zeros((16, 16)), np.zeros(16)
    for y, x in np.argwhere(valid):
        taps = np.append(before[y : y + 3, x : x + 5].ravel(), 1)
        products += np.outer(taps, taps)
        answers += taps * after[y, x]
    assert np.array_equal(found.products, products)
    assert np.array_equal(found.answers, answers)


def test_each_channel_and_several_pairs() -> None:
    one, two = BEFORE[:200, :200], BEFORE[200:400, 200:400]
    before = np.stack([one, two], axis=2)
    after = np.stack([changed(one, "gaussian-3"), changed(two, "emboss")], axis=2)
    both = [(before[:100], after[:100]), (before[100:], after[100:])]
    first, second = convfilter.learn_kernel(both, 3, each=True, offset=True)
    assert np.abs(first.kernel.array - kernels.get("gaussian-3").array).max() < 0.01
    assert np.abs(second.kernel.array - kernels.get("emboss").array).max() < 0.04
    assert second.kernel.offset == pytest.approx(128, abs=2)


def test_pictures_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ArgumentError, match="of one size"):
        convfilter.learn_kernel([(BEFORE, BEFORE[1:])])
    with pytest.raises(ArgumentError, match="odd"):
        convfilter.learn_kernel([(BEFORE, BEFORE)], 4)


def test_the_file_repeats_the_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Emboss is not symmetric: turned by 180 degrees it would give another picture."""
    before, after, kernel, again = (
        tmp_path / name for name in ("b.png", "a.png", "k.toml", "c.png")
    )
    convfilter.write(convfilter.Image(BEFORE), before)
    convfilter.write(convfilter.Image(changed(BEFORE, "emboss")), after)
    said = run("learn", before, after, kernel, "--size", "3", "--offset")
    assert said == 0
    assert "R squared 0.99" in capsys.readouterr().out
    assert run("convolve", "--kernel", kernel, before, again) == 0
    difference = convfilter.read(again).pixels.astype(float) - changed(BEFORE, "emboss", 0)
    assert np.abs(difference).max() <= 2
    assert run("learn", before, after, kernel) == 1
    assert run("learn", before, after, tmp_path / "k.png") == 2


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
