"""Files are replaced whole or not at all, whatever the system refuses."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.files import replace
from convfilter.files.replace import replace_file
from convfilter.images import read, write
from tests.files.refusals import CALLS, ERRORS, Refusing

OLD, NEW = b"old" * 1000, b"new" * 1000


def replaced(folder: Path, target: Path, overwrite: bool, refused: int | None, number: int) -> Any:
    """Replace a file with one call refused; return the calls that were made, and the error."""
    error: OSError | None = None
    with pytest.MonkeyPatch.context() as patch:
        calls = Refusing(patch, refused, number)
        try:
            replace_file(target, [NEW[:100], NEW[100:]], overwrite=overwrite)
        except OSError as raised:
            error = raised
    assert [path for path in folder.iterdir() if path != target] == [], "something is left over"
    return calls.made, error


@pytest.mark.parametrize(
    ("there", "overwrite"), [(False, False), (False, True), (True, True)], ids=str
)
def test_a_refused_call_loses_nothing(tmp_path: Path, there: bool, overwrite: bool):
    target = tmp_path / "a.bin"
    made, error = replaced(tmp_path, target, overwrite, None, 0)
    assert error is None
    trials = 0
    for refused, number in itertools.product(range(len(made)), ERRORS):
        target.unlink()
        if there:
            target.write_bytes(OLD)
        again, error = replaced(tmp_path, target, overwrite, refused, number)
        assert refused < len(again)
        found = target.read_bytes() if target.exists() else None
        before = OLD if there else None
        # only to force the name to the disk comes after the move
        moved = {"replace", "link"} & set(again[:refused])
        assert found == (NEW if moved or error is None else before), (again[refused], number)
        if error is None:
            tolerated = again[refused] in ("open", "link", "fsync")
            assert tolerated, f"{again[refused]} failed without a word"
        trials += 1
        if not target.exists():
            target.touch()
    assert trials == len(made) * len(ERRORS)


def test_every_call_is_known(tmp_path: Path):
    made = replaced(tmp_path, tmp_path / "a", False, None, 0)[0]
    made += replaced(tmp_path, tmp_path / "a", True, None, 0)[0]
    assert set(made) == set(CALLS)


def test_data_is_on_the_disk_before_its_name(tmp_path: Path):
    made = replaced(tmp_path, tmp_path / "a", True, None, 0)[0]
    first, last = made.index("fsync"), len(made) - 1 - made[::-1].index("fsync")
    assert made.index("write") < first < made.index("replace") < last


def test_what_came_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "a.png"
    real = replace._force

    def meanwhile(descriptor: int) -> None:
        target.write_bytes(OLD)
        real(descriptor)

    monkeypatch.setattr(replace, "_force", meanwhile)
    with pytest.raises(ImageError, match="exists already"):
        write(np.zeros((3, 4), np.uint8), target, overwrite=False)
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("there", [False, True])
def test_file_systems_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool):
    target = tmp_path / "a.png"

    def refuse(*_: object) -> None:
        if there:
            target.write_bytes(OLD)
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    if there:
        with pytest.raises(ImageError, match="exists already"):
            write(picture, target, overwrite=False)
        assert target.read_bytes() == OLD
    else:
        write(picture, target, overwrite=False)
        np.testing.assert_array_equal(read(target).pixels, picture)
    assert list(tmp_path.iterdir()) == [target]


def test_file_systems_that_force_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(_: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    replace_file(tmp_path / "a", [NEW], overwrite=True)
    assert (tmp_path / "a").read_bytes() == NEW
