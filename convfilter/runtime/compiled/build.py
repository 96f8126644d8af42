"""From the source of a loop to an object file: Numba once, LLVM once. Imported only to compile.

Numba would optimise every function on its own, then all of them together, and make machine code of
both. In a process that compiles (`workers`) it is asked for neither: what it writes is optimised
here, once, with all functions of a loop in one place, for the processor of this machine.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import llvmlite.binding as llvm
import numba

import convfilter.runtime.compiled.vector_code  # noqa: F401 - Numba learns of vectors
from convfilter.runtime.compiled.declare import OPTIONS, signature_of
from convfilter.runtime.compiled.store import Entry, ObjectFile

_COUNTS = re.compile(r"^ +(?:tail )?call void @NRT_(?:inc|dec)ref\(ptr [^)]*\).*\n", re.MULTILINE)
"""Counts of references to memory of Numba's own, of which a loop never has any."""


def source(name: str) -> Callable[..., Any]:
    """Return the Python function behind ``"engine.loops.module.function"``."""
    module, _, function = name.rpartition(".")
    loops = importlib.import_module(f"convfilter.{module}")
    return getattr(loops, function)  # type: ignore[no-any-return]


def build(name: str, dtypes: Mapping[str, str]) -> ObjectFile:
    """Compile a loop for the given dtypes."""
    entry, text = to_llvm(name, dtypes)
    return ObjectFile(entry, to_object(text))


def to_llvm(name: str, dtypes: Mapping[str, str]) -> tuple[Entry, str]:
    """Return what a caller has to know of a loop, and its LLVM text."""
    entry, function = _entry(name, dtypes)
    return entry, _COUNTS.sub("", function.inspect_llvm())


def compile_here(name: str, dtypes: Mapping[str, str]) -> tuple[Entry, int]:
    """Return the entry and the address of a loop that Numba alone has compiled and linked."""
    entry, function = _entry(name, dtypes)
    _compiled_here.append(function)
    return entry, function.address


_compiled_here: list[Any] = []
"""What Numba has linked lives as long as the process: its addresses have been given away."""


def _entry(name: str, dtypes: Mapping[str, str]) -> tuple[Entry, Any]:
    """Compile a loop behind a function that takes pointers, extents and numbers."""
    signature = signature_of(source(name), dtypes)
    parameters: list[str] = []
    values: list[str] = []
    types: list[Any] = []
    passed: list[tuple[Any, int]] = []
    names: dict[str, Any] = {"carray": numba.carray}  # type: ignore[attr-defined]
    for number, argument in enumerate(signature.arguments):
        if argument.is_class:
            names[f"a{number}"] = argument.dtype.type
            values.append(f"a{number}")
            continue
        fields = argument.dtype.descr if argument.dtype.names else argument.dtype.name
        passed.append((fields, argument.axes))
        parameters.append(f"a{number}")
        if not argument.axes:
            values.append(f"a{number}")
            types.append(numba.from_dtype(argument.dtype))
            continue
        extents = [f"a{number}_{axis}" for axis in range(argument.axes)]
        parameters += extents
        values.append(f"carray(a{number}, ({', '.join(extents)},))")
        types.append(numba.types.CPointer(numba.from_dtype(argument.dtype)))  # type: ignore[no-untyped-call]
        types += [numba.int64] * argument.axes
    returned = numba.from_dtype(signature.returned) if signature.returned else numba.void
    text = f"def entry({', '.join(parameters)}):\n    return loop({', '.join(values)})\n"
    names["loop"] = numba.njit(**OPTIONS)(source(name))
    exec(text, names)
    function = numba.cfunc(returned(*types), **OPTIONS)(names["entry"])
    return Entry(function.native_name, passed, str(signature.returned or "")), function


def to_object(text: str) -> bytes:
    """Optimise LLVM text and return its object file, for the processor of this machine."""
    initialise()
    machine = _machine()
    module = llvm.parse_assembly(text)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = True
    # not within iterations: what is left over of a row would be rounded otherwise than the rest
    tuning.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, tuning)
    # Numba keeps every variable in memory; where functions are joined first, some stay there
    first = llvm.create_new_module_pass_manager()
    first.add_sroa_pass()
    first.add_simplify_cfg_pass()
    first.run(module, builder)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


@functools.cache
def initialise() -> None:
    """Make LLVM ready to write code for this machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _machine() -> Any:
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=_features(),
        opt=3,
        reloc="pic",
        codemodel="default",
    )


def _features() -> str:
    """Return the features of the processor, with vectors of 512 bits where they pay.

    LLVM keeps to 256 bits on some processors, because the first ones with longer vectors slowed
    down for them. Those since Ice Lake and Zen 4, which AVX-512 VBMI tells from them, gain up to a
    quarter.
    """
    features = llvm.get_host_cpu_features()
    wide = ",-prefer-256-bit" if features.get("avx512vbmi") else ""
    return f"{features.flatten()}{wide}"


def as_python(name: str, dtypes: Mapping[str, str]) -> Callable[..., Any]:
    """Return the loop as the interpreter runs it, without the arguments that are classes."""
    function = source(name)
    arguments = signature_of(function, dtypes).arguments
    if not any(argument.is_class for argument in arguments):
        return function

    def run(*passed: Any) -> Any:
        values = iter(passed)
        return function(*(a.dtype.type if a.is_class else next(values) for a in arguments))

    return run
