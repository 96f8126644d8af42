"""Images: object files of which LLVM's linker is not needed, and those of which it is."""

from __future__ import annotations

import ctypes
import random
import struct

import llvmlite.binding as llvm
import pytest

from convfilter.runtime.compiled import build
from convfilter.runtime.compiled.code import executable, linking
from convfilter.runtime.compiled.code.image import image_of

pytestmark = pytest.mark.linux

CONSTANTS = """
@table = internal constant [5 x i64] [i64 3, i64 1, i64 4, i64 1, i64 5]
@half = internal constant double 0.5, align 64
declare double @llvm.fma.f64(double, double, double)

define internal i64 @other(i64 %number) noinline {
  %place = getelementptr [5 x i64], ptr @table, i64 0, i64 %number
  %value = load volatile i64, ptr %place
  ret i64 %value
}
define i64 @entry(i64 %number) {
  %first = call i64 @other(i64 %number)
  %half = load volatile double, ptr @half
  %float = sitofp i64 %first to double
  %sum = call double @llvm.fma.f64(double %float, double 10.0, double %half)
  %result = fptosi double %sum to i64
  ret i64 %result
}
"""

UNSUITABLE = {
    "a function of another library": """
declare double @exp(double)
define double @entry(double %x) { %y = call double @exp(double %x) ret double %y }
""",
    "data of another library": """
@outside = external global i64
define i64 @entry() { %x = load i64, ptr @outside ret i64 %x }
""",
    "data that is written to": """
@count = internal global i64 5
define i64 @entry() {
  %x = load volatile i64, ptr @count %y = add i64 %x, 1 store volatile i64 %y, ptr @count ret i64 %y
}
""",
    "data that begins as zeros": """
@count = internal global i64 0
define i64 @entry() {
  %x = load volatile i64, ptr @count %y = add i64 %x, 1 store volatile i64 %y, ptr @count ret i64 %y
}
""",
    "data of each thread": """
@count = internal thread_local global i64 0
define i64 @entry() { %x = load volatile i64, ptr @count ret i64 %x }
""",
    "addresses": """
@number = internal constant i64 7
@table = internal constant [1 x ptr] [ptr @number]
define i64 @entry(i64 %n) {
  %place = getelementptr [1 x ptr], ptr @table, i64 0, i64 %n
  %p = load volatile ptr, ptr %place %x = load volatile i64, ptr %p ret i64 %x
}
""",
}


def object_file(text: str) -> bytes:
    """Compile text of LLVM as it stands."""
    build.initialise()
    return bytes(build._machine().emit_object(llvm.parse_assembly(text)))


def test_an_image_does_what_the_linked_object_does():
    code = object_file(CONSTANTS)
    made = image_of(code, "entry")
    assert made is not None
    image, start = made
    places = [executable.place(image, None, 0) + start, linking.link(code, "entry")]
    for place in places:
        function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(place)
        assert [function(number) for number in range(5)] == [30, 10, 40, 10, 50]


def test_what_is_aligned_stays_so():
    made = image_of(object_file(CONSTANTS), "entry")
    assert made is not None
    assert made[0].index(struct.pack("<d", 0.5)) % 64 == 0


@pytest.mark.parametrize("text", UNSUITABLE.values(), ids=UNSUITABLE.keys())
def test_what_needs_a_linker_has_no_image(text: str):
    code = object_file(text)
    assert image_of(code, "entry") is None
    if "outside" not in text and "thread_local" not in text:  # which LLVM's linker cannot do
        assert linking.link(code, "entry")


def test_what_is_no_object_file_has_no_image():
    code = object_file(CONSTANTS)
    assert image_of(code, "entry") is not None
    assert image_of(code, "another") is None
    for other in (b"", b"\x7fELF", b"MZ" + code[2:], code[:18] + b"\xb7\0" + code[20:]):
        assert image_of(other, "entry") is None
    random.seed(0)
    for length in random.sample(range(len(code)), 200):
        image_of(code[:length], "entry")  # whatever it returns
        damaged = bytearray(code)
        damaged[length] ^= 1 << random.randrange(8)
        image_of(bytes(damaged), "entry")


def test_what_cannot_be_linked_is_told():
    with pytest.raises(RuntimeError):
        linking.link(b"no object file at all", "entry")
    with pytest.raises(RuntimeError):
        linking.link(object_file(UNSUITABLE["data of another library"]), "entry")
