"""From the source of a loop to machine code: Numba once, LLVM once. Imported only to compile.

Numba would optimise every function on its own, then all of them together, and make machine code of
both. It is asked for neither: what it writes is optimised here, once, with all functions of a loop
in one place, for the processor of this machine.

What is made depends on the loop, the versions and the processor alone: on no setting of Numba, and
on nothing of the process that compiles, which may have ended long before the code runs.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import llvmlite.binding as llvm
import numba
from numba.core.compiler_lock import global_compiler_lock

import convfilter.runtime.compiled.vector_code  # noqa: F401 - Numba learns of vectors
from convfilter.runtime.compiled.code.executable import is_supported
from convfilter.runtime.compiled.code.image import image_of
from convfilter.runtime.compiled.declare import OPTIONS, signature_of, source
from convfilter.runtime.compiled.frontend import texts
from convfilter.runtime.compiled.store import Compiled
from convfilter.runtime.compiled.vectors import processor_features

SETTINGS = {"OPT": 0, "BOUNDSCHECK": 0, "DEBUGINFO_DEFAULT": 0}
"""What Numba's settings are while it writes the text of a loop."""

_COUNTS = re.compile(r"^ +(?:tail )?call void @NRT_(?:inc|dec)ref\(ptr [^)]*\).*\n", re.MULTILINE)
"""Counts of references to memory of Numba's own, of which a loop never has any."""

_ERRORS = re.compile(
    r"^declare (?P<returned>\S+) @\"?(?P<name>Py\w+|NRT_Free|NRT_MemInfo_call_dtor|numba_do_raise|"
    r"numba_gil_(?:ensure|release)|numba_runtime_build_excinfo_struct|numba_unpickle)"
    r"\"?\((?P<types>[^)]*)\).*$",
    re.MULTILINE,
)
"""What tells Python of an error, which no loop makes: `range` with a step of 0, say."""

_ERROR_TOLD = re.compile(
    r"^ +store .*@\"?\.const\.picklebuf\..*!numba_exception_output !\d+$", re.MULTILINE
)
"""Where a function is going to return with such an error."""

_STOP = """\
define internal {returned} @{name}({types}) noreturn {{
  call void @llvm.trap()
  unreachable
}}"""

_OBJECTS = re.compile(r"^(@\"?numba\.dynamic\.globals\S*) = .*$", re.MULTILINE)
"""Where Python objects of the process that compiles are. No loop looks at any."""

_DEFINITION = re.compile(r"^(define .*)\n?\{$", re.MULTILINE)
_OWN_MEMORY_LOOPS = r'\1 "no-builtin-memset" "no-builtin-memcpy" "no-builtin-memmove"\n{'
"""Loops that fill and copy memory stay loops: no call of the C library takes their place."""


def build(name: str, dtypes: Iterable[tuple[str, str]]) -> Compiled:
    """Compile a loop; `dtypes` are the letters of its signature and what they stand for."""
    with _settled():
        arguments, returned, function = _entry(name, dict(dtypes))
        written = texts(function)
    symbol = function.native_name
    code = to_object(written, symbol)
    image = image_of(code, symbol) if is_supported() else None
    if image is None:
        return Compiled(arguments, returned, code, symbol=symbol)
    code, start = image
    return Compiled(arguments, returned, code, start=start)


def compile_here(name: str, dtypes: Iterable[tuple[str, str]]) -> tuple[Compiled, int]:
    """Return a loop that Numba alone has compiled and linked, without its code, and its address."""
    arguments, returned, function = _entry(name, dict(dtypes))
    _compiled_here.append(function)
    return Compiled(arguments, returned, b""), function.address


_compiled_here: list[Any] = []
"""What Numba has linked lives as long as the process: its addresses have been given away."""


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """Have Numba work by `SETTINGS`, whatever the environment says, and nobody else meanwhile."""
    config: Any = numba.config
    with global_compiler_lock:
        config.reload_config()  # as Numba itself does now and then: not inside the block
        before = {name: getattr(config, name) for name in SETTINGS}
        for name, value in SETTINGS.items():
            setattr(config, name, type(before[name])(value) if before[name] is not None else value)
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(config, name, value)


def _entry(name: str, dtypes: Mapping[str, str]) -> tuple[list[tuple[Any, int]], str, Any]:
    """Compile a loop behind a function that takes pointers, extents and numbers.

    Returns the dtype and the axes of each argument, the dtype of the result, and the function.
    """
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
        passed.append((argument.dtype, argument.axes))
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
    return passed, str(signature.returned or ""), function


def to_object(written: Sequence[str], symbol: str) -> bytes:
    """Join LLVM texts, optimise them, and return their object file for this machine's processor.

    Of the functions in it, those are kept that the function `symbol` calls.
    """
    initialise()
    machine = _machine()
    module = _joined([llvm.parse_assembly(_alone(text)) for text in written], symbol)
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
    # not before: functions that this file alone can call are joined in other ways
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != symbol:
            value.linkage = "internal"
    last = llvm.create_new_module_pass_manager()
    last.add_global_dead_code_eliminate_pass()
    last.run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


def _joined(modules: Sequence[Any], symbol: str) -> Any:
    """Return one module of all, in which functions can be called as Numba's linker leaves them."""
    module, *others = modules
    for other in others:
        module.link_in(other)
    wrapped = symbol.removeprefix("cfunc.")
    for function in module.functions:
        is_external = function.linkage == llvm.Linkage.external and not function.is_declaration
        if is_external and function.name not in (symbol, wrapped):
            function.linkage = "linkonce_odr"
    return module


def _alone(text: str) -> str:
    """Return LLVM text of a loop that needs nothing of Numba and of this process.

    Where Numba would make an error of Python, the process stops at an illegal instruction: there is
    none that a loop could make.
    """
    text = _COUNTS.sub("", text)
    text = _ERROR_TOLD.sub("  call void @llvm.trap()", text)
    text = _ERRORS.sub(lambda found: _STOP.format_map(found.groupdict()), text)
    text = _OBJECTS.sub(r"\1 = external global ptr", text)
    return _DEFINITION.sub(_OWN_MEMORY_LOOPS, text) + "\ndeclare void @llvm.trap()\n"


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
    features = processor_features()
    wide = ["-prefer-256-bit"] if features.get("avx512vbmi") else []
    return ",".join([*(f"{'-+'[there]}{name}" for name, there in features.items()), *wide])
