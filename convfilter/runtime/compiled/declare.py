"""`@loop` states the types of a loop's arguments beside its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}}
"""How every loop is compiled: no flag that would change what NaN and infinity do."""

Function = TypeVar("Function", bound=Callable[..., Any])


def loop(signature: str) -> Callable[[Function], Function]:
    """Declare the types of a loop, for example ``"const S[:,:] image, i8 n, T[:,:] out -> i8"``.

    An argument is a type and a name. Types are `i8`, `f8`, ... as NumPy spells them, or a capital
    letter that the caller of `native.loop` binds to a dtype. Arrays are C-contiguous; `const` ones
    are only read, so that a read-only array may be passed.
    """

    def mark(function: Function) -> Function:
        function.loop_signature = signature  # type: ignore[attr-defined]
        return function

    return mark
