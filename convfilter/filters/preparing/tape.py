"""What happens to the values of a picture, noted without looking at them, to be done again.

A filter is given an array that stands for those of any picture. Arithmetic of NumPy with it, and
work of the engine, is done on the values of one picture, which tells shapes and dtypes, and noted.
Whoever asks for values, to decide by them, is told by an error that there are none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from convfilter.engine.replay import Replay, is_small
from convfilter.engine.window.axes import Outline
from convfilter.filters.pixels.waiting import Promised, Windowed, operations_of
from convfilter.runtime.checks import Array

__all__ = ["Tape", "ValuesWantedError"]

FUNCTIONS = (np.clip, np.where)
"""Functions of NumPy, besides those that work value by value, whose result decides nothing."""


class ValuesWantedError(Exception):
    """Somebody asks for values, or for something that is not noted."""


class _Place(NamedTuple):
    """What stands for an array among the arguments of a step."""

    number: int


class _Step(NamedTuple):
    """A function that makes the next array, or None to give up, and its arguments."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]


class Tape:
    """Steps that make arrays of an image, one after the other."""

    def __init__(self, image: Array) -> None:
        """Begin with an image, which stands for all of its shape and dtype."""
        self._steps: list[_Step] = []
        self.image = _StandIn(self, 0, image)

    def note(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> _StandIn:
        """Do a step with the arrays that stand for others, and note it."""
        done = function(
            *map(_sample, arguments), **{key: _sample(each) for key, each in named.items()}
        )
        if not isinstance(done, np.ndarray):
            raise ValuesWantedError
        step = _Step(
            function,
            tuple(map(_noted, arguments)),
            {key: _noted(each) for key, each in named.items()},
        )
        self._steps.append(step)
        return _StandIn(self, len(self._steps), done)

    def player(self, result: object) -> Callable[[Array, Array | None], Array | None] | None:
        """Return what makes `result`, noted on this tape, of any other image.

        It takes the image and memory for the result, or None; it returns None as well where a value
        asks for more than this. Where the result is the image itself there is nothing to be done.
        """
        if not isinstance(result, _StandIn) or result.number == 0:
            return None
        # even those after it, which may write into it
        steps, wanted = self._steps, result.number
        if len(steps) == 1 and isinstance(steps[0].function, Replay):
            return steps[0].function

        def play(image: Array, out: Array | None) -> Array | None:
            arrays = [np.ascontiguousarray(image)]
            # as filters do, which say nothing of infinities that cancel
            with np.errstate(all="ignore"):
                for function, arguments, named in steps:
                    given = [
                        arrays[each.number] if type(each) is _Place else each for each in arguments
                    ]
                    if named:
                        named = {key: _played(each, arrays) for key, each in named.items()}
                        made = function(*given, **named)
                    else:
                        made = function(*given)
                    if made is None:
                        return None
                    arrays.append(made)
            made = arrays[wanted]
            if out is None:
                return made.copy() if np.may_share_memory(made, image) else made
            out[...] = made
            return out

        return play


def _sample(argument: Any) -> Any:
    if type(argument) is tuple:
        return tuple(map(_sample, argument))
    return argument.sample if type(argument) is _StandIn else argument


def _noted(argument: Any) -> Any:
    if type(argument) is tuple:
        return tuple(map(_noted, argument))
    if type(argument) is _StandIn:
        return _Place(argument.number)
    # which somebody may write to after this step
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _played(argument: Any, arrays: list[Array]) -> Any:
    if type(argument) is tuple:
        return tuple(_played(each, arrays) for each in argument)
    return arrays[argument.number] if type(argument) is _Place else argument


def _put(array: Array, places: Any, values: Any) -> Array:
    array[places] = values
    return array


class _StandIn(NDArrayOperatorsMixin, Promised):
    """An array that stands for those of any picture, and the one of a picture for shape and dtype.

    It is no array of NumPy: what it does not know ends the attempt to note what is done.
    """

    def __init__(self, tape: Tape, number: int, sample: Array) -> None:
        self._tape = tape
        self.number = number
        self.sample = sample

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.sample.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.sample.shape

    @property
    def ndim(self) -> int:
        return self.sample.ndim

    @property
    def size(self) -> int:
        return self.sample.size

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *given: Any, **named: Any) -> _StandIn:
        if method != "__call__" or ufunc.nout != 1:
            raise ValuesWantedError
        if not all(isinstance(each, _StandIn) for each in named.get("out", ())):
            raise ValuesWantedError  # what is written to, must be there in every call
        return self._tape.note(ufunc, *given, **named)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, given: Any, named: Mapping[str, Any]
    ) -> _StandIn:
        if function not in FUNCTIONS:
            raise ValuesWantedError
        return self._tape.note(function, *given, **named)

    def astype(self, dtype: Any, *, copy: bool = True) -> _StandIn:
        if not copy and self.dtype == dtype:
            return self
        return self._tape.note(_astype, self, np.dtype(dtype))

    def copy(self) -> _StandIn:
        return self._tape.note(np.copy, self)

    def __getitem__(self, places: Any) -> _StandIn:
        return self._tape.note(operator.getitem, self, places)

    def __setitem__(self, places: Any, values: Any) -> None:
        self._tape.note(_put, self, places, values)

    def worked_on(
        self, works: Iterable[tuple[Windowed, np.dtype[Any]]], rounded: np.dtype[Any]
    ) -> Array:
        """Note what works make of it, if all of them are small."""
        height, width, *channels = self.shape
        outline = Outline((height, width, *(channels or [1])), self.dtype)  # type: ignore[arg-type]
        operations = operations_of(outline, works)
        if not all(map(is_small, operations)):
            raise ValuesWantedError
        return cast(Array, self._tape.note(Replay(operations, self.shape, rounded), self))

    def _refuse(self, *_given: Any, **_named: Any) -> NoReturn:
        raise ValuesWantedError

    __array__ = __bool__ = __float__ = __int__ = __index__ = __iter__ = __len__ = _refuse


def _astype(array: Array, dtype: np.dtype[Any]) -> Array:
    return array.astype(dtype)
