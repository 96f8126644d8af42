from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.errors import KernelError, UnknownNameError
from convfilter.kernels import find, get, load
from convfilter.kernels.files import _from_npy

TOML = """weights = [[1, 2], [3, 4]]
scale = "1/10"
offset = 128
signed = "offset"
description = "Mine"
source = "Me"
"""


def save(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def npy(folder: Path, array: Any, name: str = "k.npy") -> Path:
    np.save(folder / name, array, allow_pickle=True)
    return folder / name


def test_toml_with_and_without_a_table(tmp_path: Path) -> None:
    for content, name in ((TOML, "k"), ("[mine]\nkind = 'relief'\n" + TOML, "mine")):
        kernel = load(save(tmp_path, "k.toml", content))
        assert kernel.name == name
        assert kernel.weights.tolist() == [[1, 2], [3, 4]]
        assert (kernel.scale, kernel.offset, kernel.signed) == (0.1, 128.0, "offset")
        assert (kernel.description, kernel.source) == ("Mine", "Me")
    kernel = load(save(tmp_path, "k.TOML", "column = [1, 2, 1]\nrow = [-1, 0, 1]"))
    assert np.array_equal(kernel.weights, get("sobel-x").weights)


def test_json_rows_and_objects(tmp_path: Path) -> None:
    assert load(save(tmp_path, "k.json", '[[1, "1/3"]]')).weights.tolist() == [[1, 1 / 3]]
    for name in ("sobel-x", "emboss", "denoise"):
        kernel = get(name)
        assert load(save(tmp_path, "k.json", json.dumps(kernel.to_dict()))) == kernel


def test_text_and_comma_separated(tmp_path: Path) -> None:
    for name, content in {
        "k.txt": "# cross\n0 -1 0\n\n-1 5 -1 # middle\n0 -1 0\n",
        "k.csv": "\ufeff0,-1,0\r\n-1,5,-1\r\n0,-1,0\r\n",
        "k": "0 -1 0, -1 5 -1, 0 -1 0",
    }.items():
        assert np.array_equal(load(save(tmp_path, name, content)).weights, get("sharpen").weights)
    assert load(save(tmp_path, "row.csv", "1,2,1\n")).shape == (1, 3)


@pytest.mark.parametrize("dtype", ["bool", "uint8", ">i4", "float16", "float32", "longdouble"])
def test_npy(tmp_path: Path, dtype: str) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)
    for order in "CF":
        assert np.array_equal(load(npy(tmp_path, np.array(array, order=order))).weights, array)
    assert load(npy(tmp_path, array[0])).shape == (1, 3)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("k.txt", "", "is empty"),
        ("k.txt", "# nothing\n", "has no weights"),
        ("k.txt", "1 2 3\n1 2 3\n1 2\n", "row 3 has 2 entries where row 1 has 3"),
        ("k.txt", "1 nan\n", "not a finite number"),
        ("k.txt", "1 a\n", "row 1: 'a' is not a number"),
        ("k.csv", "1,,2\n", "nothing between two commas"),
        ("k.txt", "0 0\n0 0\n", "all weights are 0"),
        ("k.png", b"\x89PNG\r\n\x1a\n\0\0", "is not text"),
        ("k.txt", b"1 2\0", "is not text"),
        ("k.txt", b"1 " * 2**20, "larger than 1 MiB"),
        ("k.toml", "weights = [[1, 2], [3]]", "row 2 has 1 entry where row 1 has 2"),
        ("k.toml", "weights = [[1, nan]]", "row 1, column 2 is nan: .* NaN or infinity"),
        ("k.toml", "weights = [[1, true]]", "row 1, column 2 is True: give a number"),
        ("k.toml", "weights = [[1979-05-27]]", "give a number"),
        ("k.toml", "weights = [[1]", "is not TOML"),
        ("k.toml", b"weights = \xff", "is not text"),
        ("k.toml", "weights = 3", "list of rows"),
        ("k.toml", "weights = [1, [2]]", "row 1 is 1: give a list of numbers"),
        ("k.toml", f"weights = {[1] * 9}", r"write the square \[\[1, 1, 1\], \[1, 1, 1\]"),
        ("k.json", f"{[1] * 25}", "25 numbers without rows"),
        ("k.txt", "1 " * 49, "49 numbers without rows"),
        ("k.toml", "weights = []", "has no weights"),
        ("k.toml", "scale = 2", "has no weights"),
        ("k.toml", "column = [1]", "has no weights"),
        ("k.toml", "column = [[1]]\nrow = [1]", "column must be a list of numbers"),
        ("k.toml", "column = [1e300]\nrow = [1e300]", "row 1, column 1 is inf"),
        ("k.toml", "weights = [[1]]\ncolumn = [1]", "either weights or both"),
        ("k.toml", "weights = [[1]]\nscal = 2", "unknown key 'scal'; did you mean scale"),
        ("k.toml", "weights = [[1]]\nscale = 'x'", "'x' is not a number"),
        ("k.toml", "weights = [[1]]\nscale = 0", "all weights are 0"),
        ("k.toml", "weights = [[1]]\nsigned = 'no'", "signed is 'no': give one of"),
        ("k.toml", "weights = [[1]]\nsource = 3", "source must be text"),
        ("k.toml", "[a]\nweights = [[1]]\n[b]\nweights = [[1]]", "holds 2 tables"),
        ("k.json", "[[1, NaN]]", "NaN is not a finite number"),
        ("k.json", "[[-Infinity]]", "-Infinity is not a finite number"),
        ("k.json", "[[1e999]]", "row 1, column 1 is inf"),
        ("k.json", '{"weights": [[1]], "weights": [[2]]}', "stands there twice"),
        ("k.json", '{"weights": [[1]], "size": 3}', "unknown key 'size'"),
        ("k.json", "[[1, 2], [3]]", "row 2 has 1 entry"),
        ("k.json", "[[1, null]]", "row 1, column 2 is None: give a number"),
        ("k.json", "3", "list of rows or an object"),
        ("k.json", "[[1", "is not JSON"),
        ("k.json", "[" * 100_000, "nested too deeply"),
        ("k.npy", "junk", "is not a .npy file"),
        ("k.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8' ", "is not a .npy file"),
        ("k.npy", b"\x93NUMPY\x03\x00\x10\x00\x00\x00{}", "version 3.0"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    path = save(tmp_path, name, content)
    with pytest.raises(KernelError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_bad_arrays_are_refused(tmp_path: Path) -> None:
    for array, message in (
        (np.array([[object()]]), "not object"),
        (np.array([[1j]]), "not complex128"),
        (np.array([["a"]]), "real numbers"),
        (np.float64(3), "0 dimensions"),
        (np.ones((2, 2, 2)), "3 dimensions"),
        (np.zeros((0, 3)), "has no weights"),
        (np.array([[np.nan]]), "nan"),
        (np.zeros((3, 3)), "all weights are 0"),
    ):
        with pytest.raises(KernelError, match=message):
            load(npy(tmp_path, array))
    whole = npy(tmp_path, np.ones((3, 3))).read_bytes()
    with pytest.raises(KernelError, match="is damaged"):
        load(save(tmp_path, "k.npy", whole[:-1]))


@pytest.mark.parametrize("shape", [(10**10, 10**10), (3, 4), (-3, -3), (2**62, 4)])
def test_arrays_that_are_not_as_large_as_they_say(tmp_path: Path, shape: tuple[int, ...]) -> None:
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(KernelError, match="is damaged"):
        load(save(tmp_path, "k.npy", file.getvalue() + bytes(72)))


@given(st.binary(max_size=200))
def test_no_header_of_an_array_breaks_the_reader(rest: bytes) -> None:
    for version in (b"\x01\x00", b"\x02\x00"):
        length = len(rest).to_bytes(2 if version == b"\x01\x00" else 4, "little")
        with pytest.raises(KernelError):
            _from_npy(b"\x93NUMPY" + version + length + rest, "k")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="there is no such file"):
        load(tmp_path / "none.txt")
    with pytest.raises(KernelError, match="is a folder"):
        load(tmp_path)
    with pytest.raises(KernelError, match="cannot be read"):
        load("x" * 5000)
    with pytest.raises(KernelError, match="not a possible file name"):
        load("a\0b")
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)
    with pytest.raises(KernelError, match="cannot be read"):
        load(loop)


def test_find_names_files_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("sobel-x") is get("sobel-x")
    save(tmp_path, "k.toml", TOML)
    assert find("k.toml").scale == 0.1
    assert find(str(tmp_path / "k.toml")).scale == 0.1
    assert find(tmp_path / "k.toml").scale == 0.1
    save(tmp_path, "my kernel", "1 2\n3 4\n")
    assert find("my kernel").shape == (2, 2)
    assert find("1/9 1/9 1/9").shape == (1, 3)
    assert find("0 -1 0, -1 5 -1, 0 -1 0").weights.tolist() == get("sharpen").weights.tolist()
    assert find("1e1").weights.tolist() == [[10.0]]


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("sobel", UnknownNameError, "did you mean sobel-"),
        ("sobelx", UnknownNameError, "did you mean sobel-x"),
        ("e", UnknownNameError, "no kernel is called 'e'"),
        ("", KernelError, "has no weights"),
        ("missing.toml", KernelError, "there is no such file"),
        ("my missing.npy", KernelError, "there is no such file"),
        ("folder/kernel", KernelError, "there is no such file"),
        ("kernel.dat", KernelError, "there is no such file"),
        ("0 nan 1", KernelError, "not a finite number"),
        ("1 2, 3", KernelError, "row 2 has 1 entry"),
        ("a\0b", UnknownNameError, "no kernel"),
        ("1 " * 5000 + ", 2", KernelError, "row 2 has 1 entry"),
    ],
)
def test_find_says_what_is_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spec: str,
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        find(spec)


def test_find_says_that_a_folder_is_no_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kernels").mkdir()
    with pytest.raises(KernelError, match="is a folder"):
        find("kernels")
