"""A file that is replaced keeps owner, group, rights and attributes, and nobody gains a right."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from convfilter.files.replace import replace_file
from convfilter.images import write
from tests.files.rights import (
    ACCESS,
    ANYBODY,
    DEFAULT,
    GROUP_OBJ,
    MASK,
    OTHER,
    OTHER_OWNER,
    OWNER,
    PEOPLE,
    USER,
    USER_OBJ,
    access_list,
    allowed,
    extended,
    make,
    random_entries,
)

ROOM = 0o777
"""Everybody may make and replace files in a folder of this mode."""

AS_USER = """
import io, json, os, sys
import numpy as np
from convfilter.images import write

picture = np.zeros((4, 5), np.uint8)
write(picture, io.BytesIO(), format="PNG")  # has its loops loaded
os.setgroups({groups})
os.setgid({gid})
os.setuid({uid})
os.umask(0o022)
told = []
for path in json.load(sys.stdin):
    try:
        told.append(write(picture, path))
    except Exception as error:
        told.append(f"{{type(error).__name__}}: {{error}}")
print(json.dumps(told))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user reaches, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="convfilter-test-"))
    folder.chmod(ROOM)
    yield folder
    shutil.rmtree(folder)


def of_all(file: Path) -> dict[str, Any]:
    """Return all that a file has besides its content."""
    status = file.stat()
    kept = {"owner": status.st_uid, "group": status.st_gid, "mode": stat.S_IMODE(status.st_mode)}
    return {**kept, **extended(file)}


def written_by(uid: int, gid: int, groups: list[int], paths: list[Path]) -> list[Any]:
    """Let a user write a picture to each path; return the notes, or the error, of each."""
    done = subprocess.run(
        [sys.executable, "-c", AS_USER.format(uid=uid, gid=gid, groups=groups)],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


class Watched:
    """Looks at the rights of the new file before and after each call of the system."""

    CALLS = ("fchown", "fchmod", "setxattr", "removexattr", "fsync", "replace")

    def __init__(self, patch: pytest.MonkeyPatch, old: Path) -> None:
        self._folder = old.parent
        self._most = {person: allowed(old, person) for person in PEOPLE}
        self.looks = 0
        for name in self.CALLS:
            patch.setattr(os, name, self._wrapped(getattr(os, name)))

    def _wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._look()
            result = real(*given, **named)
            self._look()
            return result

        return call

    def _look(self) -> None:
        for file in self._folder.glob(".convfilter-*.tmp"):
            self.looks += 1
            for person, most in self._most.items():
                assert not allowed(file, person) & ~most, person


@pytest.mark.linux
@pytest.mark.root
@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.thorough)])
def test_root_keeps_everything_and_widens_nothing(tmp_path: Path, count: int) -> None:
    random = Random(count)
    for trial in range(count):
        folder = tmp_path / str(trial)
        folder.mkdir()
        file = folder / "a.png"
        make(file, random, uid=OWNER, gid=random.choice((2301, 2302)))
        if random.random() < 0.5:  # what new files get here
            os.setxattr(folder, DEFAULT, access_list(random_entries(random)))
        before = of_all(file)
        with pytest.MonkeyPatch.context() as patch:
            watched = Watched(patch, file)
            assert replace_file(file, [b"new"], overwrite=True) == []
        assert watched.looks > 3
        assert file.read_bytes() == b"new"
        assert of_all(file) == before, trial
        assert [path.name for path in folder.iterdir()] == ["a.png"]


@pytest.mark.linux
@pytest.mark.root
@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.thorough)])
def test_a_user_keeps_what_may_be_kept_and_names_the_rest(open_folder: Path, count: int) -> None:
    random = Random(count)
    files, befores, mosts = [], [], []
    for trial in range(count):
        file = open_folder / f"{trial}.png"
        make(file, random, uid=random.choice((OWNER, OTHER_OWNER)), gid=random.choice((2301, 2302)))
        files.append(file)
        befores.append(of_all(file))
        mosts.append({person: allowed(file, person) for person in PEOPLE})
    told = written_by(OWNER, 2301, [2301, 2303], files)
    replaced = 0
    for file, before, most, notes in zip(files, befores, mosts, told, strict=True):
        after = of_all(file)
        if isinstance(notes, str):
            assert notes.startswith("ImageError")
            assert (after, file.read_bytes()) == (before, b"old")
            continue
        replaced += 1
        assert bool(notes) == (after != before), (before, after, notes)
        for person in PEOPLE:
            # the old owner could give himself any right
            if person.uid not in (OWNER, before["owner"]):
                assert not allowed(file, person) & ~most[person], (before, after)
        if after["owner"] != before["owner"]:
            assert not after["mode"] & stat.S_ISUID
            assert f"its owner {before['owner']}" in notes[0]
        if after["group"] != before["group"]:
            assert not after["mode"] & stat.S_ISGID
            assert f"its group {before['group']}" in notes[0]
        for name in before.keys() - after.keys() - {ACCESS}:
            assert name in notes[0]
    assert count / 5 < replaced < count
    assert not list(open_folder.glob(".convfilter*"))


@pytest.mark.linux
def test_ones_own_file_keeps_its_attributes(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.touch()
    os.setxattr(file, "user.rating", b"5")
    rights = ((USER_OBJ, 6, ANYBODY), (USER, 4, 1203), (GROUP_OBJ, 0, ANYBODY), (MASK, 4, ANYBODY))
    os.setxattr(file, ACCESS, access_list([*rights, (OTHER, 0, ANYBODY)]))
    before = of_all(file)
    assert before["mode"] == 0o640  # the group has no right for all that: this is the mask
    assert write(np.zeros((4, 5), np.uint8), file) == []
    assert of_all(file) == before


@pytest.mark.posix
def test_a_file_without_rights_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.png"
    file.touch()
    file.chmod(0)
    given: list[int] = []
    force = os.fsync

    def look(descriptor: int) -> None:
        given.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        force(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    replace_file(file, [b"new"], overwrite=True)
    assert given[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0


def test_other_names_of_a_file_are_told_of(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    for names, told in {
        ("b.png",): "its other name (a hard link) still holds the file that was there",
        ("c.png", "d.png"): "its 2 other names (hard links) still hold the file that was there",
    }.items():
        file.write_bytes(b"old")
        for name in names:
            os.link(file, tmp_path / name)
        assert write(np.zeros((4, 5), np.uint8), file) == [f"{file}: {told}"]
        assert {(tmp_path / name).read_bytes() for name in names} == {b"old"}
        file.unlink()
