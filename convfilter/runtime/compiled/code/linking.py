"""Object files linked by LLVM: the way of all systems but those that images are made for."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import llvmlite.binding as llvm


@functools.cache
def linker() -> Any:
    """Return LLVM's linker, which takes some milliseconds to be made."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.create_lljit_compiler()


_numbers = itertools.count()
_libraries: list[Any] = []
"""Linked code lives as long as the process: its addresses have been given away."""


def link(code: bytes, symbol: str) -> int:
    """Link an object file and return the address of a function.

    What it calls of the C library is found in this process.

    Raises
    ------
    RuntimeError
        It is no object file of this system, or needs something that is not there.

    """
    builder = llvm.JITLibraryBuilder()
    builder.add_object_img(code)
    builder.export_symbol(symbol)
    builder.add_current_process()
    library = builder.link(linker(), f"loop{next(_numbers)}")  # names may not come twice
    _libraries.append(library)
    address: int = library[symbol]
    return address
