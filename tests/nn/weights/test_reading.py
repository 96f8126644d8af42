"""Files of weights: what they hold is read in every format, what they claim is not believed."""

from __future__ import annotations

import io
import json
import pickle
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy
from safetensors.numpy import save

from convfilter.errors import NetworkError
from convfilter.nn.weights.reading import read_any, read_weights
from tests.nn.weights import pytorch_files
from tests.nn.weights.pth import Array, in_a_row, zipped

GENERATOR = np.random.default_rng(0)
ARRAYS: dict[str, Array] = {
    "conv1.weight": GENERATOR.standard_normal((4, 3, 3, 3), np.float32),
    "conv1.bias": GENERATOR.standard_normal(4, np.float32),
    "half": GENERATOR.standard_normal((2, 5)).astype(np.float16),
    "double": GENERATOR.standard_normal((2, 5)),
    "bn.num_batches_tracked": np.array(7),
}


def npz(arrays: dict[str, Array]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def packed(arrays: dict[str, Array]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


Writer = Callable[[dict[str, Array]], bytes]
WRITERS: dict[str, Writer] = {
    "safetensors": save,
    "npz": npz,
    "npz, packed": packed,
    "pth, newer": zipped,
    "pth, older": in_a_row,
}
PICKLES: dict[str, Writer] = {"newer": zipped, "older": in_a_row}


def written(folder: Path, data: bytes) -> Path:
    path = folder / "weights.bin"
    path.write_bytes(data)
    return path


def refused(folder: Path, data: bytes) -> str:
    """Return why a file is refused, in one line, without memory for what it claims."""
    path = written(folder, data)
    tracemalloc.start()
    try:
        with pytest.raises(NetworkError) as caught:
            read_any(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 40 * len(data) + 2_000_000
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_every_format_gives_the_same_arrays_as_float32(tmp_path: Path, write: Writer) -> None:
    found = read_any(written(tmp_path, write(ARRAYS))).arrays
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        floats = array.dtype.kind == "f"
        assert found[name].dtype == (np.float32 if floats else array.dtype)
        np.testing.assert_array_equal(found[name], array.astype(np.float32) if floats else array)


@pytest.mark.parametrize("write", PICKLES.values(), ids=PICKLES.keys())
def test_brain_floats_are_the_upper_half_of_floats(tmp_path: Path, write: Writer) -> None:
    numbers = np.array([1.5, -2.0, 0.15625], np.float32)
    upper = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    found = read_any(written(tmp_path, write({"x": upper}))).arrays["x"]
    np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize("write", [zipped, in_a_row], ids=["newer", "older"])
@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_checkpoints_are_opened(tmp_path: Path, write: Any, key: str) -> None:
    data = write(
        {f"module.{n}": a for n, a in ARRAYS.items()}, lambda state: {key: state, "epoch": 3}
    )
    assert read_any(written(tmp_path, data)).arrays.keys() == ARRAYS.keys()


@pytest.mark.parametrize("write", PICKLES.values(), ids=PICKLES.keys())
def test_pickles_are_refused_elsewhere_with_the_command(tmp_path: Path, write: Writer) -> None:
    path = tmp_path / "net.pth"
    path.write_bytes(write(ARRAYS))
    with pytest.raises(NetworkError, match=f"convfilter nn convert {path} net.safetensors$"):
        read_weights(path)


@pytest.mark.parametrize("layout", pytorch_files.LAYOUTS)
@pytest.mark.parametrize("kind", ["state", "checkpoint"])
def test_what_pytorch_wrote_is_read(layout: str, kind: str) -> None:
    found = read_any(pytorch_files.FOLDER / f"{kind}-{layout}.pth").arrays
    expected = pytorch_files.tensors(pytorch_files.array)
    expected["parameter"] = pytorch_files.numbers(2, 2)
    assert [*found] == [*expected]
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert found[name].flags.c_contiguous
        np.testing.assert_array_equal(found[name], array)


OTHER_KINDS = {
    "module": "names torch.nn.modules.container.Sequential, which is neither a tensor nor",
    "complex": "of a kind that is not supported (torch.ComplexFloatStorage)",
    "sparse": "of a kind that is not supported (torch.",
    "quantised": "of a kind that is not supported (torch.QInt8Storage)",
    "eighths": "of a kind that is not supported (torch.",
    "negatives": "has a tensor of negatives or conjugates",
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_what_else_pytorch_wrote_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    paths = sorted(pytorch_files.FOLDER.glob(f"{kind}-*.pth"))
    assert len(paths) == (1 if kind == "module" else 2)
    for path in paths:
        assert OTHER_KINDS[kind] in refused(tmp_path, path.read_bytes())


class Evil:
    def __reduce__(self) -> Any:
        return print, ("this was run",)


@pytest.mark.parametrize("write", [zipped, in_a_row], ids=["newer", "older"])
def test_every_other_name_is_refused_and_nothing_is_run(
    tmp_path: Path, write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    text = refused(tmp_path, write(ARRAYS, lambda state: {**state, "evil": Evil()}))
    assert text.startswith("names __builtin__.print, which is neither a tensor nor a dictionary")
    assert capsys.readouterr().out == ""


def of_pickle(instructions: bytes) -> bytes:
    """Return a file of the newer layout with a pickle of its own."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/data.pkl", instructions)
        archive.writestr("a/data/0", b"\0" * 16)
    return file.getvalue()


def tensor(shape: bytes, strides: bytes) -> bytes:
    """Return a pickle of one tensor in a storage of four numbers."""
    storage = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQ"
    call = (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + shape + strides + b"\x89}tR"
    )
    return b"\x80\x02}X\x01\x00\x00\x00w" + call + b"s."


HOSTILE = {
    "a bytearray of a terabyte": (
        b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",
        "bytearray8",
    ),
    "a text of a terabyte": (b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"a.", "expected"),
    "a memo far away": (b"\x80\x02}r\xff\xff\xff\xff.", "not the state_dict|holds no tensors"),
    "nothing on the stack": (b"\x80\x02t.", "damaged"),
    "a marked tuple without a mark": (b"\x80\x02}\x85\x86.", "more from the stack"),
    "no end": (b"\x80\x02}", "damaged"),
    "a number": (b"\x80\x02K\x01.", "holds a int"),
    "an instance": (b"\x80\x02(cos\nsystem\no.", "names os.system"),
    "an unbound call": (b"\x80\x02K\x01)R.", "calls what cannot be called"),
    "tuples as keys": (b"\x80\x02}" + b")" + b"\x85" * 1000 + b"K\x01s.", "as a name"),
    "one number many times": (
        tensor(b"J\xff\xff\xff\x7f\x85", b"K\x00\x85"),
        r"shape \(2147483647,\) in a storage of 4",
    ),
    "beyond its storage": (tensor(b"K\x04\x85", b"K\x02\x85"), r"in a storage of 4 numbers"),
    "negative strides": (tensor(b"K\x02\x85", b"J\xff\xff\xff\xff\x85"), "damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_pickles_are_refused_in_one_line(tmp_path: Path, case: str) -> None:
    instructions, expected = HOSTILE[case]
    assert re.search(expected, refused(tmp_path, of_pickle(instructions)))


def test_a_tensor_written_by_hand_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, of_pickle(tensor(b"K\x04\x85", b"K\x01\x85")))
    np.testing.assert_array_equal(read_any(path).arrays["w"], np.zeros(4, np.float32))


def safe(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def claiming(shape: tuple[int, ...], dtype: str = "<f4") -> bytes:
    """Return an npz file whose only header claims a shape."""
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("w.npy", header.getvalue() + b"\0" * 16)
    return file.getvalue()


def header_without_end() -> bytes:
    text = b"{'descr': ".ljust(118) + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("w.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text)
    return file.getvalue()


def packed_far() -> bytes:
    """Return an npz file whose directory claims that a member unpacks to half a gigabyte."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", bytes(1 << 19))
    data = bytearray(file.getvalue())
    size = archive.start_dir + 24
    data[size : size + 4] = struct.pack("<I", 1 << 29)
    return bytes(data)


def objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, w=np.array([{}, None], object))
    return file.getvalue()


HOSTILE_FILES = {
    "huge shape, safetensors": (
        lambda: safe(
            {"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4]}}, b"\0" * 4
        ),
        "is damaged, or no safetensors file",
    ),
    "huge header, safetensors": (
        lambda: struct.pack("<Q", 1 << 50) + b"{}",
        "is damaged, or no safetensors file",
    ),
    "unknown numbers": (
        lambda: safe({"w": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}, b"\0"),
        "holds numbers that are not supported: w of F8_E4M3",
    ),
    "half a gigabyte, npz": (packed_far, "claims far more bytes than weights can be packed"),
    "huge shape, npz": (lambda: claiming((1 << 40,)), "claims w of shape (1099511627776,)"),
    "negative shape, npz": (lambda: claiming((-1, 4)), "has a damaged header|claims w of shape"),
    "half a header, npz": (header_without_end, "has a damaged header of w"),
    "texts, npz": (lambda: claiming((1,), "<U4"), "w holds <U4, not numbers"),
    "objects, npz": (objects, "w holds pickled objects, which are not read"),
    "empty": (lambda: b"", "is empty"),
    "text": (lambda: b"hello, this is no file of weights", "is no file of weights"),
    "a plain pickle": (lambda: pickle.dumps({"w": 1}), "is no file of PyTorch"),
    "half a zip": (lambda: npz(ARRAYS)[:200], "is a damaged zip archive"),
}


@pytest.mark.parametrize("case", HOSTILE_FILES)
def test_hostile_files_are_refused_in_one_line(tmp_path: Path, case: str) -> None:
    make, expected = HOSTILE_FILES[case]
    text = refused(tmp_path, make())
    assert any(part in text for part in expected.split("|")), text


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_files_cut_anywhere_are_refused(tmp_path: Path, write: Writer) -> None:
    data = write(ARRAYS)
    for length in range(0, len(data) - 1, max(1, len(data) // 25)):
        refused(tmp_path, data[:length])


def mutated(data: bytes, generator: np.random.Generator) -> bytes:
    """Return a file with some of its bytes changed, taken away or put in."""
    changed = bytearray(data)
    for _ in range(generator.integers(1, 6)):
        place = int(generator.integers(len(changed)))
        what = generator.integers(4)
        if what == 0:
            changed[place] = int(generator.integers(256))
        elif what == 1:
            changed[place] ^= 1 << int(generator.integers(8))
        elif what == 2:
            del changed[place : place + int(generator.integers(1, 9))]
        else:
            changed[place:place] = bytes(generator.integers(0, 256, 4).tolist())
    return bytes(changed)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.thorough)])
def test_mutations_are_read_or_refused(tmp_path: Path, write: Writer, count: int) -> None:
    generator = np.random.default_rng(len(write(ARRAYS)))
    data = write(ARRAYS)
    reasons = []
    for _ in range(count):
        path = written(tmp_path, mutated(data, generator))
        try:
            for array in read_any(path).arrays.values():
                assert array.nbytes <= 4 * len(data)
        except NetworkError as error:
            reasons.append(str(error))
    assert len(reasons) > count // 4
    assert all(reason.startswith(f"{tmp_path}") for reason in reasons)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"none\.npz: cannot be read: No such file"):
        read_weights(tmp_path / "none.npz")
    with pytest.raises(NetworkError, match="cannot be read: Is a directory"):
        read_weights(tmp_path)
