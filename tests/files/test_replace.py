"""Files are replaced whole or not at all, whatever the system refuses."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.files import replace
from convfilter.files.replace import replace_file
from convfilter.images import read, write
from tests.files.refusals import ASKING_ONLY, CALLS, ERRORS, Refusing

OLD, NEW = b"old" * 1000, b"new" * 1000


NOTE = "user.note"


def make_old(target: Path) -> None:
    """Make a file that has something to keep."""
    target.write_bytes(OLD)
    target.chmod(0o640)
    if hasattr(os, "setxattr"):
        os.setxattr(target, NOTE, b"mine")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chown(target, 1234, 2345)


def kept_by(target: Path) -> Any:
    """Return what a file has besides its content."""
    status = target.stat()
    of_system = status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)
    if not hasattr(os, "listxattr"):
        return of_system
    return of_system, {name: os.getxattr(target, name) for name in os.listxattr(target)}


def replaced(folder: Path, target: Path, overwrite: bool, refused: int | None, number: int) -> Any:
    """Replace a file with one call refused; return the calls, the error and the notes."""
    error: OSError | None = None
    notes = []
    with pytest.MonkeyPatch.context() as patch:
        calls = Refusing(patch, refused, number)
        try:
            notes = replace_file(target, [NEW[:100], NEW[100:]], overwrite=overwrite)
        except OSError as raised:
            error = raised
    assert [path for path in folder.iterdir() if path != target] == [], "something is left over"
    return calls.made, error, notes


@pytest.mark.parametrize(
    ("there", "overwrite"), [(False, False), (False, True), (True, True)], ids=str
)
def test_a_refused_call_loses_nothing(tmp_path: Path, there: bool, overwrite: bool):
    target = tmp_path / "a.bin"
    if there:
        make_old(target)
        before = kept_by(target)
    made, error, notes = replaced(tmp_path, target, overwrite, None, 0)
    assert (error, notes) == (None, [])
    assert not there or kept_by(target) == before
    trials = 0
    for refused, number in itertools.product(range(len(made)), ERRORS):
        target.unlink()
        if there:
            make_old(target)
        again, error, notes = replaced(tmp_path, target, overwrite, refused, number)
        assert refused < len(again)
        found = target.read_bytes() if target.exists() else None
        old = OLD if there else None
        # only to force the name to the disk comes after the move
        moved = {"replace", "link"} & set(again[:refused])
        assert found == (NEW if moved or error is None else old), (again[refused], number)
        if error is None:
            assert again[refused] in ASKING_ONLY, f"{again[refused]} failed without a word"
            if there:
                assert bool(notes) == (kept_by(target) != before), again[refused]
                assert not target.stat().st_mode & 0o777 & ~0o640
        trials += 1
        if not target.exists():
            target.touch()
    assert trials == len(made) * len(ERRORS)


def test_every_call_is_known(tmp_path: Path):
    made = replaced(tmp_path, tmp_path / "a", False, None, 0)[0]
    make_old(tmp_path / "a")
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
