"""Machine code in memory: by copying it, or by mapping the file that holds it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from convfilter.runtime.compiled.code import executable

pytestmark = pytest.mark.linux

SEVEN = b"\xb8\x07\0\0\0\xc3"
"""mov eax, 7; ret"""


def rights(address: int) -> str:
    for line in Path("/proc/self/maps").read_text().splitlines():
        first, _, stop = line.split()[0].partition("-")
        if int(first, 16) <= address < int(stop, 16):
            return line.split()[1]
    raise AssertionError("nothing is there")


def call(address: int) -> int:
    number: int = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    return number


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "code"
    path.write_bytes(bytes(executable.PAGE) + SEVEN)
    return path


def test_copied_code_runs_and_cannot_be_written():
    address = executable.place(SEVEN, None, 0)
    assert (call(address), rights(address)) == (7, "r-xp")


class TestWhereCopiesMayNotBeExecuted:
    @pytest.fixture(autouse=True)
    def _refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(executable._libc(), "mprotect", lambda *_: -1)

    def test_the_file_is_mapped(self, file: Path):
        address = executable.place(SEVEN, file, executable.PAGE)
        assert (call(address), rights(address)) == (7, "r-xp")
        file.unlink()  # as clearing the cache does
        assert call(address) == 7

    def test_a_file_that_is_replaced_is_mapped_as_it_was(self, file: Path):
        address = executable.place(SEVEN, file, executable.PAGE)
        other = file.with_name("other")
        other.write_bytes(bytes(len(SEVEN) + executable.PAGE))
        other.replace(file)
        assert call(address) == 7

    @pytest.mark.parametrize("content", [b"", bytes(4096), bytes(4096) + b"\xb8\x08\0\0\0\xc3"])
    def test_another_file_is_refused(self, file: Path, content: bytes):
        file.write_bytes(content)
        with pytest.raises(OSError, match="has been"):
            executable.place(SEVEN, file, executable.PAGE)

    def test_a_link_is_refused(self, file: Path):
        link = file.with_name("link")
        link.symlink_to(file)
        with pytest.raises(OSError, match=str(link)):
            executable.place(SEVEN, link, executable.PAGE)

    def test_without_a_file_it_is_told(self):
        with pytest.raises(OSError, match=r"Errno"):
            executable.place(SEVEN, None, 0)

    def test_nothing_stays_open_or_mapped(self, file: Path):
        file.write_bytes(bytes(8192))
        before = (len([*Path("/proc/self/fd").iterdir()]), Path("/proc/self/maps").read_text())
        for _ in range(3):
            with pytest.raises(OSError, match="replaced"):
                executable.place(SEVEN, file, executable.PAGE)
        assert str(file) not in Path("/proc/self/maps").read_text()
        assert len([*Path("/proc/self/fd").iterdir()]) == before[0]
