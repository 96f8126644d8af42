"""Read pickles of dictionaries and tensors, and of nothing else.

A pickle is a program for a small machine with a stack, and the machine of `pickle` imports and
calls whatever the program names. The one here knows the instructions by `pickletools`, runs those
that build numbers, texts, tuples, lists and dictionaries, and calls nothing but functions of the
reader that asks. None of what it runs takes more memory than the file has bytes, by a small factor:
`pickle` itself would believe the length of a bytearray and the number of a memo before it has read
them.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from convfilter.errors import NetworkError

__all__ = ["read_pickle"]

Known = Mapping[str, Callable[..., Any]]
"""What stands in for a name, such as ``"collections.OrderedDict"``."""

_EMPTY: Mapping[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}

_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
}
"""Instructions that put their own argument on the stack."""

_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_pickle(file: IO[bytes], known: Known, persistent: Callable[[Any], Any]) -> Any:
    """Return what the next pickle of a file holds; the file stands behind it afterwards.

    Parameters
    ----------
    file : where it is read, with `read` and `readline`
    known : the names that it may hold, and what is called instead
    persistent : called with what the pickle says of something that lies outside it

    Raises
    ------
    NetworkError
        It names something else, holds other instructions, is damaged, or ends too early.
    """
    machine = _Machine(known, persistent)
    try:
        with warnings.catch_warnings():  # of escapes in damaged texts
            warnings.simplefilter("ignore")
            for operation, argument, _ in pickletools.genops(file):
                machine.run(operation.name, argument)
        return machine.result()
    except NetworkError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise NetworkError(f"is damaged, or no pickle of weights ({error})") from error


@dataclass
class _Machine:
    known: Known
    persistent: Callable[[Any], Any]
    stack: list[Any] = field(default_factory=list)
    below: list[list[Any]] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def result(self) -> Any:
        """Return the one thing that is left."""
        (value,) = self.stack
        return value

    def run(self, name: str, argument: Any) -> None:
        """Do one instruction."""
        stack = self.stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            count = _TUPLES[name]
            if len(stack) < count:
                raise NetworkError("is damaged: it takes more from the stack than is there")
            stack[-count:] = [tuple(stack[-count:])]
        else:
            step = getattr(self, f"_{name.lower()}", None)
            if step is None:
                raise NetworkError(f"holds more than dictionaries and tensors (instruction {name})")
            step(argument)

    def _since_mark(self) -> list[Any]:
        """Return what was put on the stack since the last mark, and go on with what lies below."""
        values = self.stack
        self.stack = self.below.pop()
        return values

    def _proto(self, _: Any) -> None:
        """Say nothing of the version: instructions are the same in all that have them."""

    _frame = _proto
    _stop = _proto

    def _mark(self, _: Any) -> None:
        self.below.append(self.stack)
        self.stack = []

    def _pop(self, _: Any) -> None:
        self.stack.pop()

    def _pop_mark(self, _: Any) -> None:
        self._since_mark()

    def _dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def _put(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    _binput = _put
    _long_binput = _put

    def _memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, place: int) -> None:
        self.stack.append(self.memo[place])

    _binget = _get
    _long_binget = _get

    def _tuple(self, _: Any) -> None:
        values = self._since_mark()
        self.stack.append(tuple(values))

    def _list(self, _: Any) -> None:
        values = self._since_mark()
        self.stack.append(values)

    def _dict(self, _: Any) -> None:
        values = self._since_mark()
        self.stack.append({})
        self._set(values)

    def _append(self, _: Any) -> None:
        value = self.stack.pop()
        self._top(list).append(value)

    def _appends(self, _: Any) -> None:
        values = self._since_mark()
        self._top(list).extend(values)

    def _setitem(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set([key, value])

    def _setitems(self, _: Any) -> None:
        self._set(self._since_mark())

    def _set(self, values: list[Any]) -> None:
        target = self._top(dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            # of a tuple within ten thousand others, Python would overrun its stack for the hash
            if not isinstance(key, (str, int)):
                raise NetworkError(f"has a {type(key).__name__} as a name in a dictionary")
            target[key] = value

    def _top(self, kind: type) -> Any:
        value = self.stack[-1]
        if not isinstance(value, kind):
            raise NetworkError("is damaged: it fills what is no list or dictionary")
        return value

    def _global(self, argument: str) -> None:
        self._named(".".join(argument.split(" ")))

    def _stack_global(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self._named(f"{module}.{name}")

    def _named(self, name: str) -> None:
        if name not in self.known:
            raise NetworkError(
                f"names {name}, which is neither a tensor nor a dictionary, and could be made to do"
                " anything when it is loaded: save the state_dict() alone"
            )
        self.stack.append(self.known[name])

    def _reduce(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(arguments, tuple) or function not in self.known.values():
            raise NetworkError("is damaged: it calls what cannot be called")
        self.stack.append(function(*arguments))

    def _build(self, _: Any) -> None:
        """Drop what is said of an object beside its contents, such as versions of layers."""
        self.stack.pop()

    def _binpersid(self, _: Any) -> None:
        self.stack.append(self.persistent(self.stack.pop()))
