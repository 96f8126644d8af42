"""Streams that take, or give, a part of what is asked for."""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import lzma
import mmap
import os
import socket
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.errors import ArgumentTypeError, ImageError, ReaderGoneError
from convfilter.images import read, write
from convfilter.runtime.streams import descriptor_of, is_stream, read_whole, write_whole

PICTURE = np.random.default_rng(0).integers(0, 256, (300, 301, 3), dtype=np.uint8)


def whole() -> bytes:
    """Return the file of the picture."""
    file = io.BytesIO()
    write(PICTURE, file, format="PNG")
    assert len(file.getvalue()) > 1 << 17  # more than a pipe holds
    return file.getvalue()


class Parts(io.RawIOBase):
    """An unbuffered file whose writes take as many bytes as `take` says."""

    def __init__(self, take: Callable[[int], Any]) -> None:
        self.data = b""
        self._take = take

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> Any:
        taken = self._take(len(data))
        if isinstance(taken, int) and taken > 0:
            self.data += bytes(data[:taken])
        return taken


class Duck:
    """Something with a `write` alone."""

    def __init__(self, told: Any = None) -> None:
        self.data = b""
        self._told = told

    def write(self, data: bytes) -> Any:
        self.data += data
        return self._told


@given(st.lists(st.binary(max_size=50), max_size=9), st.integers(1, 7), st.integers(0, 3))
def test_all_pieces_come_in_order(pieces: list[bytes], most: int, repeat: int) -> None:
    pieces = [*pieces, *[bytes([65 + n]) * (1 << 17) for n in range(repeat)]]
    file = Parts(lambda count: min(count, most * 1000 + 1))
    write_whole(file, pieces)
    assert file.data == b"".join(pieces)


def test_a_file_that_takes_parts_gets_the_whole_picture() -> None:
    for most in (1000, 4096, 1 << 20):
        file = Parts(lambda count, most=most: min(count, most))
        assert write(PICTURE, file, format="PNG") == []  # type: ignore[arg-type]
        assert file.data == whole()


def test_what_returns_none_has_taken_all_unless_it_is_unbuffered() -> None:
    duck = Duck()
    write(PICTURE, duck, format="PNG")  # type: ignore[arg-type]
    assert duck.data == whole()
    with pytest.raises(ImageError, match="does not wait, and cannot be waited for"):
        write(PICTURE, Parts(lambda _: None), format="PNG")  # type: ignore[arg-type]


@pytest.mark.parametrize("told", [0, -1, 1 << 40, True, "all", 2.0])
def test_what_does_not_say_how_much_it_took_is_an_error(told: Any) -> None:
    with pytest.raises(ImageError, match=r"the stream: cannot be written: of \d+ bytes it says"):
        write(PICTURE, Duck(told), format="PNG")  # type: ignore[arg-type]


def test_a_disk_that_is_full_after_a_part() -> None:
    def take(count: int) -> int:
        if count < 1 << 17:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return 5000

    with pytest.raises(ImageError, match="cannot be written: No space left"):
        write(PICTURE, Parts(take), format="PNG")  # type: ignore[arg-type]


def test_what_is_no_binary_stream() -> None:
    with pytest.raises(ArgumentTypeError, match="takes text, not bytes: open it in binary mode"):
        write(PICTURE, io.StringIO(), format="PNG")  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="None is no place for a picture"):
        write(PICTURE, None, format="PNG")  # type: ignore[arg-type]
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(ImageError, match="closed file"):
        write(PICTURE, closed, format="PNG")


@pytest.mark.parametrize("buffering", [0, -1])
def test_files_opened_by_hand(tmp_path: Path, buffering: int) -> None:
    with (tmp_path / "a").open("wb", buffering=buffering) as file:
        write(PICTURE, file, format="PNG")  # type: ignore[arg-type]
    assert (tmp_path / "a").read_bytes() == whole()


def test_files_of_the_standard_library(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for module in (bz2, gzip, lzma):
        with module.open(path, "wb") as file:
            write(PICTURE, file, format="PNG")
        with module.open(path, "rb") as file:
            assert file.read() == whole()
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("b", "w") as file:
            write(PICTURE, file, format="PNG")
        assert archive.read("b") == whole()
    for make in (
        tempfile.TemporaryFile,
        partial(tempfile.NamedTemporaryFile, buffering=0),
        partial(tempfile.SpooledTemporaryFile, max_size=100),
        lambda: mmap.mmap(-1, len(whole())),
    ):
        with make() as temporary:
            write(PICTURE, temporary, format="PNG")
            temporary.seek(0)
            assert temporary.read() == whole()
    with mmap.mmap(-1, 10) as little, pytest.raises(ImageError, match="cannot be written"):
        write(PICTURE, little, format="PNG")  # type: ignore[arg-type]


def ends(kind: str, *, waits: bool) -> tuple[int, int]:
    """Return both ends of a pipe or socket, of which the second one is written to."""
    if kind == "pipe":
        reading, writing = os.pipe()
    else:
        reading, writing = (end.detach() for end in socket.socketpair())
    os.set_blocking(writing, waits)
    return reading, writing


def read_slowly(descriptor: int, found: bytearray) -> None:
    """Read to the end, a little at a time."""
    time.sleep(0.05)
    while more := os.read(descriptor, 9999):
        found.extend(more)
    os.close(descriptor)


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["pipe", "socket"])
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("buffering", [0, -1])
def test_pipes_and_sockets(kind: str, waits: bool, buffering: int) -> None:
    reading, writing = ends(kind, waits=waits)
    found = bytearray()
    thread = threading.Thread(target=read_slowly, args=(reading, found))
    thread.start()
    with os.fdopen(writing, "wb", buffering=buffering) as file:
        write(PICTURE, file, format="PNG")
    thread.join()
    assert bytes(found) == whole()


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["pipe", "socket"])
@pytest.mark.parametrize("waits", [False, True])
def test_a_reader_that_goes(kind: str, waits: bool) -> None:
    reading, writing = ends(kind, waits=waits)
    thread = threading.Thread(target=lambda: (os.read(reading, 9999), os.close(reading)))
    thread.start()
    with os.fdopen(writing, "wb", buffering=0) as file, pytest.raises(BrokenPipeError):
        write(PICTURE, file, format="PNG")  # type: ignore[arg-type]
    thread.join()


@pytest.mark.posix
def test_paths_that_are_streams(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    found = bytearray()
    thread = threading.Thread(target=read_slowly, args=(reading, found))
    thread.start()
    (tmp_path / "link.png").symlink_to(f"/dev/fd/{writing}")
    assert write(PICTURE, tmp_path / "link.png", overwrite=False) == []
    os.close(writing)
    thread.join()
    assert bytes(found) == whole()
    with pytest.raises(ImageError, match="Bad file descriptor"):
        write(PICTURE, f"/dev/fd/{writing}", format="PNG")


@pytest.mark.posix
def test_an_open_file_is_written_where_it_stands(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb", buffering=0) as file:
        file.write(b"before")
        write(PICTURE, f"/dev/fd/{file.fileno()}", format="PNG")
        file.write(b"after")
    assert (tmp_path / "a").read_bytes() == b"before" + whole() + b"after"
    with (tmp_path / "a.png").open("wb") as file:
        file.write(whole())
    with (tmp_path / "a.png").open("rb") as file:
        np.testing.assert_array_equal(read(f"/dev/fd/{file.fileno()}").pixels, PICTURE)


@pytest.mark.posix
def test_a_named_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: write(PICTURE, pipe, overwrite=False))
    thread.start()
    np.testing.assert_array_equal(read(pipe).pixels, PICTURE)
    thread.join()

    def look() -> None:
        with pipe.open("rb", buffering=0) as file:
            file.read(10)

    thread = threading.Thread(target=look)
    thread.start()
    with pytest.raises(ReaderGoneError, match="nobody reads what is written to it"):
        write(PICTURE, pipe)
    thread.join()


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["pipe", "socket"])
@pytest.mark.parametrize("buffering", [0, -1])
def test_reading_from_what_does_not_wait(kind: str, buffering: int) -> None:
    reading, writing = ends(kind, waits=True)
    os.set_blocking(reading, False)
    data = whole()

    def send() -> None:
        for start in range(0, len(data), 50_000):
            time.sleep(0.01)
            os.write(writing, data[start : start + 50_000])
        os.close(writing)

    thread = threading.Thread(target=send)
    thread.start()
    with os.fdopen(reading, "rb", buffering=buffering) as file:
        np.testing.assert_array_equal(read(file).pixels, PICTURE)  # type: ignore[arg-type]
    thread.join()


def test_reading_files_and_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert read_whole(io.BytesIO(b"")) == b""
    assert read_whole(io.StringIO("text")) == "text"  # type: ignore[arg-type]
    for buffering in (0, -1):
        with (tmp_path / "a").open("rb", buffering=buffering) as file:
            assert read_whole(file) == b"abc"  # type: ignore[arg-type]


@pytest.mark.posix
def test_which_paths_are_streams(tmp_path: Path) -> None:
    for path, number in {
        "/dev/stdin": 0,
        "/dev/stdout": 1,
        "/dev/../dev/stderr": 2,
        "/dev/fd/63": 63,
        "/proc/self/fd/7": 7,
        f"/proc/{os.getpid()}/fd/8": 8,
    }.items():
        assert descriptor_of(path) == number
        assert is_stream(path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    for path in (tmp_path / "loop", tmp_path / "file", tmp_path / "none", "", "/proc/1/fd/8"):
        assert descriptor_of(path) is None
        assert not is_stream(path)
    assert is_stream(os.devnull)


@pytest.mark.posix
@pytest.mark.thorough
def test_more_than_two_gibibytes() -> None:
    reading, writing = os.pipe()
    digest = hashlib.blake2b()
    count = 0

    def take() -> None:
        nonlocal count
        while more := os.read(reading, 1 << 20):
            digest.update(more)
            count += len(more)

    thread = threading.Thread(target=take)
    thread.start()
    piece = np.arange((1 << 31) // 8 + 1000, dtype=np.uint64).tobytes()
    with os.fdopen(writing, "wb", buffering=0) as file:
        write_whole(file, [b"first", piece, b"last"])  # type: ignore[arg-type]
    thread.join()
    os.close(reading)
    assert count == len(piece) + 9 > 1 << 31
    expected = hashlib.blake2b(b"first")
    expected.update(piece)
    expected.update(b"last")
    assert digest.digest() == expected.digest()
