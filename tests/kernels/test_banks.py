"""Banks against their sources, written down once more."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from convfilter import kernels
from convfilter.errors import ArgumentError, KernelError, UnknownNameError
from convfilter.kernels import banks


def responses(name: str) -> dict[str, banks.Response]:
    return {response.name: response for response in banks.get(name).responses}


@pytest.mark.parametrize("name", banks.names())
def test_a_bank_says_what_it_is(name: str) -> None:
    bank = banks.get(name)
    assert bank.name == name
    assert bank.description == banks.summaries()[name]
    assert "19" in bank.source or "20" in bank.source  # with the year
    names = [response.name for response in bank.responses]
    assert len(set(names)) == len(names)
    assert all(each.startswith(f"{name}-") for each in names)
    assert name not in kernels.names()  # one text means one thing


@pytest.mark.parametrize("name", banks.names())
def test_kernels_that_are_joined_have_one_shape(name: str) -> None:
    for response in banks.get(name).responses:
        shapes = {kernel.shape for kernel in response.kernels}
        assert len(shapes) == 1
        assert all(side % 2 for shape in shapes for side in shape)
        assert (response.combine == "abs") == (len(response.kernels) == 1)


def test_sobel_answers_a_rise_in_its_direction() -> None:
    y, x = -np.mgrid[-1:2, -1:2]  # y to the top
    x = -x
    for number, (name, response) in enumerate(responses("sobel").items()):
        angle = math.radians(45 * number)
        assert name == f"sobel-{45 * number}"
        rises = [
            float(
                (
                    response.kernels[0] * (x * math.cos(angle + turn) + y * math.sin(angle + turn))
                ).sum()
            )
            for turn in (0, math.pi / 4, math.pi / 2)
        ]
        assert rises[0] > rises[1] > 0.5
        assert rises[2] == pytest.approx(0, abs=1e-12)
        assert np.abs(response.kernels[0]).sum() == pytest.approx(1)


def test_laws_25_masks_are_all_there_and_averaged_with_their_turned_ones() -> None:
    vectors = {
        "l5": [1, 4, 6, 4, 1],
        "e5": [-1, -2, 0, 2, 1],
        "s5": [-1, 0, 2, 0, -1],
        "w5": [-1, 2, 0, -2, 1],
        "r5": [1, -4, 6, -4, 1],
    }
    masks = []
    for name, response in responses("laws").items():
        first, second = name[5:7], name[7:9]
        named = [(first, second)] if first == second else [(first, second), (second, first)]
        assert response.combine == ("abs" if first == second else "l1")
        assert len(response.kernels) == len(named)
        for (down, along), kernel in zip(named, response.kernels, strict=True):
            expected = np.outer(vectors[down], vectors[along])
            scale = np.abs(expected).sum() * len(named)
            np.testing.assert_allclose(kernel, expected / scale, rtol=1e-15)
            masks.append((down, along))
    assert sorted(masks) == sorted(itertools.product(vectors, repeat=2))


def test_gabor_pairs_answer_a_wave_of_any_phase_with_its_amplitude() -> None:
    found = responses("gabor")
    assert len(found) == 3 * 8
    for name, response in found.items():
        _, wavelength, angle = name.split("-")
        radians = math.radians(float(angle))
        down, along = (side // 2 for side in response.kernels[0].shape)
        y, x = np.mgrid[down : -down - 1 : -1, -along : along + 1]
        turns = (x * math.cos(radians) + y * math.sin(radians)) * 2 * math.pi / float(wavelength)
        for phase in (0.0, 1.0, 2.5):
            wave = 0.3 * np.cos(turns + phase) + 0.5
            energy = math.hypot(*(float((kernel * wave).sum()) for kernel in response.kernels))
            assert energy == pytest.approx(0.3, rel=0.02), name


def leung_malik(size: int = 49) -> dict[str, np.ndarray]:
    """Return the kernels as the Visual Geometry Group of Oxford wrote them down, 49x49."""
    half = size // 2
    y, x = np.mgrid[half : -half - 1 : -1, -half : half + 1].astype(float)
    found = {}
    for scale in (math.sqrt(2), 2, 2 * math.sqrt(2)):
        for orientation in range(6):
            angle = math.pi * orientation / 6
            long = math.cos(angle) * x - math.sin(angle) * y
            short = math.sin(angle) * x + math.cos(angle) * y
            bell = np.exp(-(long**2) / (2 * (3 * scale) ** 2) - short**2 / (2 * scale**2))
            direction = (90 - 30 * orientation) % 180  # along which it is derived
            found[f"lm-edge-{scale:.3g}-{direction}"] = bell * -short / scale**2
            found[f"lm-bar-{scale:.3g}-{direction}"] = bell * (short**2 - scale**2) / scale**4
    for scale in (math.sqrt(2), 2, 2 * math.sqrt(2), 4):
        for sigma in (scale, 3 * scale):
            bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
            found[f"lm-spot-{sigma:.3g}"] = bell * (x**2 + y**2 - 2 * sigma**2) / sigma**4
    found = {name: kernel - kernel.mean() for name, kernel in found.items()}
    for scale in (math.sqrt(2), 2, 2 * math.sqrt(2), 4):
        found[f"lm-gaussian-{scale:.3g}"] = np.exp(-(x**2 + y**2) / (2 * scale**2))
    return {name: kernel / np.abs(kernel).sum() for name, kernel in found.items()}


def test_leung_and_maliks_48_kernels() -> None:
    expected, found = leung_malik(), responses("lm")
    assert found.keys() == expected.keys()
    assert len(found) == 48
    for name, response in found.items():
        (kernel,) = response.kernels
        missing = (49 - len(kernel)) // 2  # what is nearly zero is left out
        whole = np.pad(kernel, missing)
        if (whole * expected[name]).sum() < 0:
            whole = -whole  # the sign is lost anyway
        np.testing.assert_allclose(whole, expected[name], atol=2e-4 * whole.max(), err_msg=name)
        if "gaussian" not in name:
            assert abs(kernel.sum()) < 1e-15


def test_banks_and_kernels_are_put_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("weights = [[1, -3]]\noffset = 5\n", "utf-8")
    bank = banks.of(f"sobel, emboss,{path}")
    assert [response.name for response in bank.responses[4:]] == ["emboss", "mine"]
    assert bank.responses[:4] == banks.get("sobel").responses
    np.testing.assert_array_equal(bank.responses[5].kernels[0], [[0.25, -0.75]])
    given = kernels.get("laplacian-4")
    of_kernel = banks.of([given, "laws"]).responses
    np.testing.assert_array_equal(of_kernel[0].kernels[0], given.weights / 8)
    assert len(of_kernel) == 16


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("gabr", UnknownNameError, "no bank or kernel is called 'gabr'; did you mean gabor?"),
        ("", ArgumentError, "a name of the bank is empty: give sobel, gabor, laws or lm, or "),
        ("sobel,,laws", ArgumentError, "a name of the bank is empty"),
        ([], ArgumentError, "a name of the bank is empty"),
        ("sobel,sobel", ArgumentError, "'sobel-0' is given twice: name each kernel once"),
        ("0 1 0, 1 -4 1, 0 1 0", ArgumentError, "'0 1 0' is no name: put weights into a file"),
        ("missing.toml", KernelError, "missing.toml: there is no such file"),
    ],
)
def test_what_is_no_bank(spec: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        banks.of(spec)
    assert str(caught.value).startswith(message)


def test_an_unknown_bank_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNameError, match="no bank is called 'lws'; did you mean laws"):
        banks.get("lws")


def test_a_kernel_without_weights_is_refused() -> None:
    with pytest.raises(ArgumentError, match="kernel 'flat': the sum of its absolute weights is 0"):
        banks.of([kernels.Kernel("flat", [[0, 0]])])
