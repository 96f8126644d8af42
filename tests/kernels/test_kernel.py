from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ArgumentTypeError, KernelError
from convfilter.kernels import Kernel, all_kernels, from_array, get


def made(weights: Any, **fields: Any) -> Kernel:
    return Kernel("mine", weights, **fields)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([], "no weights"),
        ([[]], "row 1 has no weights"),
        (np.zeros((0, 3)), "no weights"),
        ([1, 2, 3], "1 axes: give rows and columns"),
        ([[1, 2], 3], "row 2 is 3: give a list of numbers"),
        (np.ones(3), "1 axes: give rows and columns"),
        (np.ones((2, 2, 2)), "3 axes: give rows and columns"),
        ([[[1]]], r"row 1, column 1 is \[1\]: give a number"),
        ([[1, 2, 3], [1, 2, 3], [1, 2]], "row 3 has 2 entries where row 1 has 3"),
        ([[1, 2], [3]], "row 2 has 1 entry where row 1 has 2"),
        ([[1, "2"]], "row 1, column 2 is '2': give a number"),
        ([[1, None]], "row 1, column 2"),
        ([[True, 1]], "row 1, column 1"),
        ([[1, 2j]], "row 1, column 2"),
        (np.array([[1j]]), "complex128: give real numbers"),
        (np.array([["a"]]), "real numbers"),
        (np.array([[object()]]), "object: give real numbers"),
        ([[0.0, float("nan")]], "row 1, column 2 is nan"),
        ([[0], [float("-inf")]], "row 2, column 1 is -inf: .* NaN or infinity"),
        (np.array([[1.0, np.nan]]), "row 1, column 2 is nan"),
        ([[10**400]], "row 1, column 1 .* fits into float64"),
        ("1 2", "rows of numbers"),
        ({"a": 1}, "rows of numbers"),
        (["12", "34"], "1 axes: give rows and columns"),
        (None, "0 axes: give rows and columns"),
    ],
)
def test_bad_weights_are_refused_in_one_line(weights: Any, message: str) -> None:
    with pytest.raises(KernelError, match=message) as caught:
        made(weights)
    assert "'mine'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scale": float("nan")}, "scale is nan: give a finite number"),
        ({"scale": "2"}, "scale is '2': give a number"),
        ({"scale": True}, "scale is True: give a number"),
        ({"scale": 1e308}, "beyond float64"),
        ({"offset": float("inf")}, "offset is inf: give a finite number"),
        ({"offset": None}, "offset is None: give a number"),
        ({"signed": "square"}, "signed is 'square': give one of abs, offset, clamp"),
        ({"signed": None}, "signed"),
    ],
)
def test_bad_fields_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(KernelError, match=message):
        made([[100.0]], **fields)


def test_weights_are_read_only_copies_of_any_number_type() -> None:
    given = np.array([[1, 2], [3, 4]], dtype=np.uint8)
    kernel = made(given)
    given[0, 0] = 9
    assert kernel.weights.dtype == np.float64
    assert kernel.weights[0, 0] == 1
    for array in (kernel.weights, kernel.array):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 5.0
    view = np.ones((2, 2))
    kernel = made(view)
    view[0, 0] = 7
    assert kernel.weights[0, 0] == 1
    assert made(np.array([[True, False]])).weights.tolist() == [[1.0, 0.0]]


def test_properties() -> None:
    kernel = made([[1, 2], [2, 4]], scale=0.5, offset=3, signed="offset")
    assert kernel.array.tolist() == [[0.5, 1.0], [1.0, 2.0]]
    assert (kernel.shape, kernel.sum, kernel.rank, kernel.separable) == ((2, 2), 4.5, 1, True)
    assert kernel.symmetry == "none"
    assert made([[0.0]]).rank == 0
    assert made([[1e-300, 0], [0, 1e-300]]).rank == 2
    assert "2x2" in repr(kernel)


def test_flipped_replace() -> None:
    kernel = made([[1, 2, 3]], scale=2.0)
    assert kernel.flipped().weights.tolist() == [[3, 2, 1]]
    assert kernel.flipped().scale == 2.0
    assert kernel.replace(offset=7).offset == 7.0
    with pytest.raises(KernelError, match="scale"):
        kernel.replace(scale=float("nan"))


def test_a_kernel_never_changes() -> None:
    kernel = made([[1, 2]])
    with pytest.raises(AttributeError, match="replace"):
        kernel.scale = 2.0  # type: ignore[misc]
    with pytest.raises(AttributeError, match="replace"):
        del kernel.weights
    assert kernel == made([[1, 2]])
    assert kernel.sum == 3


def test_a_turn_by_45_degrees_shifts_every_ring() -> None:
    weights = np.arange(25).reshape(5, 5)
    turned = made(weights).rotated(1).weights
    assert turned.tolist() == [
        [2, 3, 4, 9, 14],
        [1, 7, 8, 13, 19],
        [0, 6, 12, 18, 24],
        [5, 11, 16, 17, 23],
        [10, 15, 20, 21, 22],
    ]
    assert np.array_equal(made(weights).rotated(2).weights, np.rot90(weights))
    assert np.array_equal(made(weights).rotated(-2).weights, np.rot90(weights, -1))
    assert np.array_equal(made(weights).rotated(4).weights, made(weights).flipped().weights)
    assert made(weights).rotated(8).weights.tolist() == weights.tolist()
    assert made([[3]]).rotated(1).weights.tolist() == [[3]]


@pytest.mark.parametrize("shape", [(2, 2), (3, 5), (1, 3), (4, 4)])
def test_other_kernels_cannot_be_turned(shape: tuple[int, int]) -> None:
    with pytest.raises(KernelError, match="only square kernels of odd size"):
        made(np.ones(shape)).rotated(1)


def test_steps_are_whole_numbers() -> None:
    with pytest.raises(ArgumentTypeError, match="whole number"):
        made(np.ones((3, 3))).rotated(0.5)  # type: ignore[arg-type]


def test_dict_survives_json_for_every_kernel() -> None:
    for kernel in all_kernels():
        plain = kernel.to_dict()
        assert list(plain) == [
            "name", "weights", "scale", "offset", "signed", "description", "source",
        ]  # fmt: skip
        assert Kernel(**json.loads(json.dumps(plain))) == kernel
    assert json.dumps(get("sobel-x").to_dict()["weights"][1]) == "[-2, 0, 2]"
    assert json.dumps(get("emboss").to_dict()["offset"]) == "128"


def test_equality_hash_copy_and_pickle() -> None:
    kernel = get("denoise")
    for twin in (copy.deepcopy(kernel), pickle.loads(pickle.dumps(kernel))):
        assert twin == kernel
        assert hash(twin) == hash(kernel)
        assert not twin.weights.flags.writeable
    assert kernel != get("smooth")
    assert kernel != 3


def test_from_array() -> None:
    assert from_array([1, 2, 1]).shape == (1, 3)
    assert from_array(np.array([1, 2, 1])).shape == (1, 3)
    kernel = from_array([[1, 0], [0, 1]], "mine", scale=0.5, offset=1, signed="abs")
    assert (kernel.name, kernel.scale, kernel.offset, kernel.signed) == ("mine", 0.5, 1.0, "abs")
    with pytest.raises(KernelError, match="no weights"):
        from_array([])
    with pytest.raises(KernelError, match="3 axes"):
        from_array(np.ones((2, 2, 2)))
