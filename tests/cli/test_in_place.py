"""The command replaces files: they keep what they had, or a line says what they did not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from convfilter.images import read
from tests.cli.conftest import Runner, picture
from tests.files.rights import ACCESS, ANYBODY, GROUP_OBJ, MASK, OTHER, USER, USER_OBJ, access_list
from tests.files.test_attributes import of_all

RIGHTS = [(USER_OBJ, 6, ANYBODY), (USER, 6, 1203), (GROUP_OBJ, 4, ANYBODY), (MASK, 6, ANYBODY)]

WAYS = {
    "in place": ("invert", "a.png", "--in-place"),
    "overwritten": ("invert", "in.png", "a.png", "--overwrite"),
    "in a folder": ("invert", ".", "--in-place", "--quiet"),
    "a folder into a folder": ("invert", "from", ".", "--overwrite", "--quiet"),
    "a pipeline": ("pipe", "invert | invert", "in.png", "a.png", "--overwrite"),
    "pages": ("invert", "a.tif", "--in-place"),
    "frames": ("invert", "a.gif", "--in-place"),
}


@pytest.mark.linux
@pytest.mark.root
@pytest.mark.parametrize("way", WAYS)
def test_a_replaced_file_keeps_what_it_had(convfilter: Runner, folder: Path, way: str) -> None:
    command = WAYS[way]
    name = next((each for each in command if each.startswith("a.")), "a.png")
    for path in ("in.png", "from/a.png"):
        picture(path)
    place = picture(name, seed=1)
    os.chown(place, 1201, 2301)
    os.setxattr(place, "user.rating", b"5")
    os.setxattr(place, ACCESS, access_list([*RIGHTS, (OTHER, 0, ANYBODY)]))
    place.chmod(0o4660)
    before, pixels = of_all(place), read(place).pixels
    ended = convfilter(*command)
    assert (ended.code, ended.err) == (0, "")
    assert of_all(place) == before
    assert not np.array_equal(read(place).pixels, pixels)


@pytest.mark.linux
@pytest.mark.root
def test_what_is_not_kept_is_a_line(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    picture("a.png")
    os.chown("a.png", 61201, 62301)
    os.link("a.png", "b.png")
    monkeypatch.setattr(os, "fchown", refuse)
    ended = convfilter("invert", "a.png", "--in-place")
    assert ended.code == 0
    assert ended.lines == [
        "convfilter invert: a.png: not kept of the file that was there:"
        " its owner 61201 and its group 62301 with its rights",
        "convfilter invert: a.png: its other name (a hard link) still holds"
        " the file that was there",
    ]
