"""Numba as the front end of a compiler: it writes LLVM text, and makes no machine code of it.

Left to itself, Numba makes machine code of every function before it looks at the function that
calls it, links it, makes it callable from Python, and counts references. In a process that compiles
none of this is used: all functions of a loop are put together, and become machine code once
(`build`). It takes two thirds of the time.

Numba offers no setting for this. So `only_write` puts a code library of our own in the place of
Numba's, by names of Numba that are not public; where one of them is missing, everything stays as
Numba has it, and `texts` returns the same loop as Numba put it together.
"""

from __future__ import annotations

import functools
import sys
from typing import Any


@functools.cache
def only_write() -> None:
    """Let Numba write LLVM text only, from now on in this process, which has not imported it yet.

    What it compiles cannot be called here.
    """
    # Numba would import it for products of matrices, which takes longer than most loops
    sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        _replace_libraries()
    except (AttributeError, ImportError, TypeError):
        return


def texts(function: Any) -> list[str]:
    """Return the LLVM text of a function that Numba has compiled, and of all that it calls."""
    library = function._library
    if hasattr(library, "all_texts"):
        found: list[str] = library.all_texts()
        return found
    return [function.inspect_llvm()]


def _replace_libraries() -> None:
    from numba.core import cgutils, entrypoints, registry
    from numba.core import codegen as libraries
    from numba.core.runtime import context as runtime

    written: Any = cgutils.normalize_ir_text
    counting: Any = runtime.NRTContext

    class Texts(libraries.JITCodeLibrary):
        """The text of a function, and the libraries of the functions that it calls."""

        def __init__(self, codegen: Any, name: str) -> None:
            libraries.CodeLibrary.__init__(self, codegen, name)
            self._texts: list[str] = []
            self._called: dict[Texts, None] = {}

        def add_ir_module(self, ir_module: Any) -> None:
            self._texts.append(written(str(ir_module)))

        def add_linking_library(self, library: Texts) -> None:
            self._called[library] = None

        def finalize(self) -> None:
            self._finalized = True

        def get_pointer_to_function(self, name: str) -> int:
            return 0  # as of a function that Python cannot call

        def all_texts(self) -> list[str]:
            reached = [self]
            for library in reached:
                reached += [each for each in library._called if each not in reached]
            return [text for library in reached for text in library._texts]

    class Writer(libraries.JITCPUCodegen):
        """What Numba asks for libraries."""

        _library_class = Texts

        def set_env(self, env_name: str, env: Any) -> None:
            pass  # the environment is for what Python calls

    def count_nothing(self: Any, builder: Any, typ: Any, value: Any) -> None:
        pass

    context = registry.cpu_target.target_context
    if "_internal_codegen" not in vars(context):
        raise AttributeError("Numba asks something else for libraries")
    writer: Any = Writer
    context._internal_codegen = writer("convfilter")
    entrypoints._already_initialized = True  # extensions of Numba, none of which a loop uses
    counting.incref = counting.decref = count_nothing
