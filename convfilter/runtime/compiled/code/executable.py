"""Machine code in memory: written first and executable after that, never both at once.

For Linux on x86-64 alone, where images are made (`image`).
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from pathlib import Path
from typing import Any

PAGE = 4096
"""Bytes of a page of memory, at whose beginning code is put."""

_READ, _WRITE, _EXECUTE = 1, 2, 4
_PRIVATE, _ANONYMOUS = 2, 32
_FAILED = ctypes.c_void_p(-1).value


def is_supported() -> bool:
    """Tell whether images are made on this system."""
    is_linux = sys.platform == "linux" and sys.maxsize > 1 << 32
    return is_linux and os.uname().machine == "x86_64"


def place(code: bytes, file: Path | None, offset: int) -> int:
    """Return the address of a copy of code that can be run; it stays as long as the process.

    A system may forbid that memory which was written to becomes executable (SELinux, say, or
    `MemoryDenyWriteExecute` of systemd), but let code be mapped from a file that holds it: `file`,
    from `offset` on. Otherwise files are not mapped: one that another process truncates, or a
    server that goes away, would end this process.

    Raises
    ------
    OSError
        Neither is allowed.

    """
    try:
        return _copy(code)
    except OSError:
        if file is None:
            raise
        return _map(code, file, offset)


def _copy(code: bytes) -> int:
    libc = _libc()
    address: int = libc.mmap(None, len(code), _READ | _WRITE, _PRIVATE | _ANONYMOUS, -1, 0)
    if address == _FAILED:
        raise _error()
    ctypes.memmove(address, code, len(code))
    if libc.mprotect(address, len(code), _READ | _EXECUTE):
        error = _error()
        libc.munmap(address, len(code))
        raise error
    return address


def _map(code: bytes, file: Path, offset: int) -> int:
    libc = _libc()
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_size < offset + len(code):
            raise OSError(f"{file} has been cut short")
        address: int = libc.mmap(None, len(code), _READ | _EXECUTE, _PRIVATE, descriptor, offset)
    finally:
        os.close(descriptor)
    if address == _FAILED:
        raise _error()
    if ctypes.string_at(address, len(code)) != code:  # another file has taken its place
        libc.munmap(address, len(code))
        raise OSError(f"{file} has been replaced")
    return address


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


@functools.cache
def _libc() -> Any:
    libc = ctypes.CDLL(None, use_errno=True)
    size, number = ctypes.c_size_t, ctypes.c_int
    libc.mmap.argtypes = (ctypes.c_void_p, size, number, number, number, ctypes.c_long)
    libc.mmap.restype = ctypes.c_void_p
    libc.mprotect.argtypes = (ctypes.c_void_p, size, number)
    libc.munmap.argtypes = (ctypes.c_void_p, size)
    return libc
