"""What every kernel of the catalogue has to satisfy: by its kind, and some by name.

The answers are computed by scipy.ndimage.correlate, which knows nothing of this package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from scipy import ndimage

from convfilter import kernels
from convfilter.kernels import Kernel
from tools.generate.kernels import KINDS as DECLARED_KINDS

NAMES = kernels.names()
KINDS = kernels.kinds()
DIRECTIONS = ("n", "nw", "w", "sw", "s", "se", "e", "ne")  # counterclockwise
FAMILIES = ("kirsch", "robinson", "prewitt")


class Kind(NamedTuple):
    """The invariants that all kernels of a kind share; None leaves one open."""

    flat: float | None  # the answer on a flat field of 1
    symmetry: str | None
    signed: set[str]
    extra: Callable[[Kernel], bool]


def centre(kernel: Kernel) -> float:
    rows, columns = kernel.shape
    return float(kernel.array[rows // 2, columns // 2])


KIND_TABLE = {
    "smoothing": Kind(1.0, "symmetric", {"clamp"}, lambda k: np.abs(k.array).max() <= 1.0),
    "gradient": Kind(0.0, "antisymmetric", {"abs"}, lambda k: abs(step_answer(k)) > 0),
    "compass": Kind(0.0, None, {"abs"}, lambda k: k.shape == (3, 3)),
    "basis": Kind(
        None, None, {"abs", "clamp"}, lambda k: bool(np.isclose(norm(k), 1.0, atol=1e-15))
    ),
    "high-pass": Kind(0.0, "symmetric", {"abs", "offset", "clamp"}, lambda k: k.array.any()),
    "line": Kind(0.0, "symmetric", {"abs"}, lambda k: centre(k) == 2),
    "sharpening": Kind(1.0, "symmetric", {"clamp"}, lambda k: centre(k) > 1),
    "relief": Kind(0.0, "antisymmetric", {"clamp"}, lambda k: k.offset == 128),
}

# Further invariants by name: rank, and the sum of absolute effective weights.
RANKS = {
    1: """identity sobel-x sobel-y scharr-x scharr-y prewitt-x prewitt-y farid-x farid-y sobel-5-x
        sobel-5-y central-difference central-difference-y robinson-n robinson-e robinson-s
        robinson-w frei-chen-1 frei-chen-2 frei-chen-6 frei-chen-7 frei-chen-9
        second-difference-x second-difference-y second-difference-xy noise-residual
        line-horizontal line-vertical box-3 box-5 box-7 gaussian-3 gaussian-5 gaussian-7
        burt-adelson""",
    2: """roberts-x roberts-y frei-chen-3 frei-chen-4 frei-chen-5 frei-chen-8 kirsch-n kirsch-e
        kirsch-s kirsch-w robinson-ne robinson-nw robinson-se robinson-sw laplacian-4 laplacian-8
        line-45 line-135 denoise smooth sharpen sharpen-8 high-pass outline contour detail
        edge-enhance emboss unsharp-5""",
}
ABSOLUTE_SUMS = {
    "identity": 1, "sobel-x": 8, "sobel-y": 8, "scharr-x": 32, "prewitt-x": 6, "roberts-x": 2,
    "central-difference": 1, "kirsch-n": 30, "robinson-n": 8, "laplacian-4": 8, "laplacian-8": 16,
    "laplacian-of-gaussian-5": 32, "line-45": 12, "sharpen": 9, "sharpen-8": 17,
    "high-pass": 16 / 9, "emboss": 6, "emboss-strong": 20, "denoise": 1, "box-7": 1,
}  # fmt: skip


def norm(kernel: Kernel) -> float:
    return float(np.sqrt((kernel.array**2).sum()))


def answers(image: np.ndarray, kernel: Kernel) -> np.ndarray:
    return ndimage.correlate(image.astype(np.float64), kernel.array, mode="nearest")


def step_answer(kernel: Kernel) -> float:
    """The strongest answer on a step that rises to the right and to the top."""
    step = np.zeros((15, 15))
    step[:8, 7:] = 1.0
    found = answers(step, kernel)
    return float(found.flat[np.abs(found).argmax()])


def test_the_catalogue_is_large_and_each_kind_has_its_invariants() -> None:
    assert len(NAMES) >= 60
    assert set(KINDS) == set(NAMES)
    assert set(KIND_TABLE) == set(DECLARED_KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_kernel_satisfies_its_kind(name: str) -> None:
    kernel = kernels.get(name)
    kind = KIND_TABLE[KINDS[name]]
    if kind.flat is not None:
        assert kernel.sum == pytest.approx(kind.flat, abs=1e-15)
        assert np.allclose(answers(np.ones((9, 9)), kernel), kind.flat, atol=1e-15)
    if kind.symmetry is not None:
        assert kernel.symmetry == kind.symmetry
    assert kernel.signed in kind.signed
    assert kind.extra(kernel)
    assert kernel.description
    assert len(kernel.source) > 10


@pytest.mark.parametrize("name", NAMES)
def test_an_impulse_is_answered_with_the_kernel_turned_round(name: str) -> None:
    kernel = kernels.get(name)
    impulse = np.zeros((21, 21))
    impulse[10, 10] = 1.0
    rows, columns = kernel.shape
    found = answers(impulse, kernel)
    # SciPy lays the entry at size // 2 on the pixel, so an even kernel reaches further back.
    top, left = 10 - (rows - 1 - rows // 2), 10 - (columns - 1 - columns // 2)
    assert np.array_equal(found[top : top + rows, left : left + columns], kernel.flipped().array)
    assert np.count_nonzero(found) == np.count_nonzero(kernel.array)


@pytest.mark.parametrize("rank", RANKS)
def test_rank(rank: int) -> None:
    for name in RANKS[rank].split():
        kernel = kernels.get(name)
        assert kernel.rank == rank, name
        assert kernel.separable == (rank == 1)


@pytest.mark.parametrize("name", ABSOLUTE_SUMS)
def test_absolute_sum(name: str) -> None:
    assert np.abs(kernels.get(name).array).sum() == pytest.approx(ABSOLUTE_SUMS[name])


def test_the_weights_that_others_print() -> None:
    assert kernels.get("sobel-x").weights.tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert kernels.get("sobel-y").weights.tolist() == [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    assert kernels.get("sharpen").weights.tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    denoise = kernels.get("denoise")
    assert denoise.weights.tolist() == [[1, 1, 1], [1, 2, 1], [1, 1, 1]]
    assert denoise.scale == 0.1
    for size in (3, 5):
        smooth, slope = (v.ravel() for v in reversed(cv2.getDerivKernels(1, 0, size)))
        name = "sobel" if size == 3 else "sobel-5"
        assert kernels.get(f"{name}-x").weights.tolist() == np.outer(smooth, slope).tolist()
    smooth, slope = (v.ravel() for v in reversed(cv2.getDerivKernels(1, 0, cv2.FILTER_SCHARR)))
    assert kernels.get("scharr-x").weights.tolist() == np.outer(smooth, slope).tolist()


def test_gradients_answer_ramps_to_the_right_and_to_the_top() -> None:
    rows, columns = np.mgrid[0:11, 0:11].astype(np.float64)
    for name in ("sobel", "scharr", "prewitt", "farid", "sobel-5"):
        across, up = kernels.get(f"{name}-x"), kernels.get(f"{name}-y")
        gain = answers(columns, across)[5, 5]
        assert gain > 0
        assert answers(-rows, up)[5, 5] == pytest.approx(gain, rel=1e-15)
        assert answers(rows, across)[5, 5] == pytest.approx(0.0, abs=1e-12)
        assert answers(columns, up)[5, 5] == pytest.approx(0.0, abs=1e-12)
    assert answers(columns, kernels.get("central-difference"))[5, 5] == 1.0
    assert answers(-rows, kernels.get("central-difference-y"))[5, 5] == 1.0
    assert answers(-rows * columns, kernels.get("second-difference-xy"))[5, 5] == 1.0


def test_a_full_step_is_not_wrapped_or_halved() -> None:
    step = np.zeros((7, 8), np.uint8)
    step[:, 4:] = 255
    assert answers(step, kernels.get("sobel-x"))[3].max() == 4 * 255
    assert answers(step[:, ::-1], kernels.get("sobel-x"))[3].min() == -4 * 255
    # An edge from bright to dark counts as much as one from dark to bright.
    assert all(kernels.get(name).signed == "abs" for name in NAMES if KINDS[name] == "gradient")


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("laplacian")])
def test_laplacians_answer_bowls_alike_and_ramps_not(name: str) -> None:
    kernel = kernels.get(name)
    assert centre(kernel) < 0
    y, x = np.mgrid[-10:11, -10:11].astype(np.float64)
    assert answers(3 * x - 2 * y, kernel)[10, 10] == pytest.approx(0.0, abs=1e-9)
    assert answers(x * x, kernel)[10, 10] == pytest.approx(answers(y * y, kernel)[10, 10])
    assert answers(x * x, kernel)[10, 10] > 0
    if name in ("laplacian-4", "laplacian-oono-puri", "laplacian-mehrstellen"):
        assert answers(x * x + y * y, kernel)[10, 10] == pytest.approx(4.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_compass_families_turn_round_the_ring(family: str) -> None:
    members = [kernels.get(f"{family}-{direction}") for direction in DIRECTIONS]
    for index, kernel in enumerate(members):
        for steps in (-9, -3, -1, 0, 1, 2, 5, 8):
            turned = kernel.rotated(steps)
            assert np.array_equal(turned.weights, members[(index + steps) % 8].weights)
    # In raster order, which is wrong, the middle would move.
    assert len({kernel.weights[1, 1] for kernel in members}) == 1
    assert np.array_equal(np.rot90(members[0].weights), members[2].weights)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_compass_kernels_answer_most_to_their_own_direction(family: str, direction: str) -> None:
    y, x = np.mgrid[7:-8:-1, -7:8]
    side = ("n" in direction) * y - ("s" in direction) * y
    side = side + ("e" in direction) * x - ("w" in direction) * x
    bright = np.heaviside(side, 0.5)  # the edge runs through the middle of its pixels
    found = {d: answers(bright, kernels.get(f"{family}-{d}"))[7, 7] for d in DIRECTIONS}
    assert max(found, key=found.__getitem__) == direction


def test_sobel_and_the_robinson_compass_agree() -> None:
    assert np.array_equal(kernels.get("sobel-x").weights, kernels.get("robinson-e").weights)
    assert np.array_equal(kernels.get("sobel-y").weights, kernels.get("robinson-n").weights)


def test_frei_chen_is_an_orthonormal_basis_of_edges_lines_and_the_mean() -> None:
    members = [kernels.get(f"frei-chen-{number}") for number in range(1, 10)]
    basis = np.array([kernel.array.ravel() for kernel in members])
    assert np.abs(basis @ basis.T - np.eye(9)).max() < 1e-15
    assert [kernel.symmetry for kernel in members] == ["antisymmetric"] * 4 + ["symmetric"] * 5
    assert np.abs(basis[:8].sum(axis=1)).max() < 1e-15
    assert basis[8].sum() == pytest.approx(3.0)
    # 2 is 1 turned by 90 degrees, and 4 is 3: this is where signs are mistaken most often.
    assert np.array_equal(np.rot90(members[0].array), members[1].array)
    assert np.array_equal(np.rot90(members[2].array), members[3].array)


@pytest.mark.parametrize(
    ("name", "angle"),
    [("line-horizontal", 0), ("line-45", 45), ("line-vertical", 90), ("line-135", 135)],
)
def test_lines_are_found_at_their_angle(name: str, angle: int) -> None:
    lines = ["line-horizontal", "line-45", "line-vertical", "line-135"]
    y, x = np.mgrid[7:-8:-1, -7:8]
    picture = {0: y == 0, 45: x == y, 90: x == 0, 135: x == -y}[angle].astype(np.float64)
    found = {line: answers(picture, kernels.get(line))[7, 7] for line in lines}
    assert found[name] == 6
    assert max(found, key=found.__getitem__) == name


def test_smoothing_kernels_from_other_definitions() -> None:
    for size in (3, 5, 7):
        row = [1.0]
        for _ in range(size - 1):
            row = np.convolve(row, [0.5, 0.5]).tolist()
        assert np.allclose(kernels.get(f"gaussian-{size}").array, np.outer(row, row), atol=1e-16)
        assert np.allclose(kernels.get(f"box-{size}").array, 1 / size**2, atol=1e-17)
    y, x = np.mgrid[-2:3, -2:3].reshape(2, 25)
    fit = np.linalg.pinv(np.stack([np.ones(25), x, y, x * x, x * y, y * y], axis=1))
    assert np.allclose(kernels.get("savitzky-golay-5").array.ravel(), fit[0], atol=1e-15)


def test_unsharp_and_residual_kernels_from_other_definitions() -> None:
    impulse = np.zeros((5, 5))
    impulse[2, 2] = 1.0
    expected = 2 * impulse - kernels.get("gaussian-5").array
    assert np.array_equal(kernels.get("unsharp-5").array, expected)
    difference = kernels.get("laplacian-8").array - 3 * kernels.get("laplacian-4").array
    assert np.array_equal(kernels.get("noise-residual").array, difference)
    assert norm(kernels.get("noise-residual")) == 6


def test_laplacian_of_gaussian_9_is_the_sampled_function_of_sigma_1_4() -> None:
    y, x = np.mgrid[-4:5, -4:5]
    spread = (x * x + y * y) / (2 * 1.4**2)
    sampled = -(1 - spread) * np.exp(-spread)
    weights = kernels.get("laplacian-of-gaussian-9").weights
    assert np.corrcoef(sampled.ravel(), weights.ravel())[0, 1] > 0.99


def test_relief_is_bright_on_slopes_towards_the_upper_left() -> None:
    y, x = np.mgrid[0:11, 0:11]
    for name in ("emboss", "emboss-strong"):
        assert answers(x + y, kernels.get(name))[5, 5] > 0
        assert answers(x - y, kernels.get(name))[5, 5] == 0
