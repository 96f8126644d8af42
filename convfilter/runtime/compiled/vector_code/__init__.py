"""What the functions of `vectors` become in compiled code: one LLVM instruction, or a few."""

import convfilter.runtime.compiled.vector_code.arithmetic
import convfilter.runtime.compiled.vector_code.memory  # noqa: F401 - Numba learns of them here
