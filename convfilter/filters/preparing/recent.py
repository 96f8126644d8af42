"""Calls like one just made: what they have in common is found out once, and remembered.

Calls are alike if the filter, the values of all arguments, the shape and the dtype of the array are
the same. Of the second one it is traced what it does; from the third one on that alone is done.
"""

from __future__ import annotations

import functools
import os
import pickle
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from convfilter import kernels
from convfilter.engine import planning
from convfilter.engine.replay import MOST_BYTES
from convfilter.filters.declaring.lengths import has_lengths
from convfilter.filters.declaring.parameters import Parameter
from convfilter.filters.declaring.run_options import RUN_OPTIONS
from convfilter.filters.pixels import saturation
from convfilter.filters.pixels.bands import finished
from convfilter.filters.pixels.entering import filtered
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.preparing.tracing import Quick, Run, traced
from convfilter.runtime.array_axes import MOST_CHANNELS, layout_of
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal
from convfilter.runtime.cpus import VARIABLE
from convfilter.runtime.pictures import over_pictures

__all__ = ["Entry", "by_pictures", "call", "entry", "is_looked_at", "key_of", "names_file"]

MOST_REMEMBERED = 128
"""Kinds of calls that are remembered; the one that was longest ago is forgotten first."""

MOST_VALUES = 1 << 10
"""Values of an array among the arguments, such as the weights of a kernel."""

_PLAIN = frozenset((bool, int, float, str, tuple, list, type(None)))


class Entry:
    """What is known of calls that are alike.

    Attributes
    ----------
    was_done : whether one of them has come to its end, so that nothing is wrong with them
    quick : what such a call does, once it is known; None as well where that depends on values
    """

    __slots__ = ("_is_traced", "quick", "was_done")

    def __init__(self, *key: object) -> None:
        self.was_done = self._is_traced = False
        self.quick: Quick | None = None

    def trace(self, run: Run, image: Array) -> None:
        """Find out what the call does with any image of this shape and dtype, the second time."""
        if self.was_done and not self._is_traced:
            self._is_traced = True
            self.quick = traced(run, image.shape, image.dtype)


_entries: Callable[..., Entry] = functools.lru_cache(maxsize=MOST_REMEMBERED)(Entry)


def key_of(given: Mapping[str, Any]) -> bytes | None:
    """Return bytes that are those of no other arguments; None for what it cannot tell apart."""
    for value in given.values():
        kind = type(value)
        if kind is np.ndarray:
            if value.size > MOST_VALUES or value.dtype.hasobject:
                return None
        elif kind not in _PLAIN and not issubclass(kind, np.generic):
            return None
    try:  # of equal values that are written otherwise, as 0.0 and -0.0, the bytes are others
        return pickle.dumps(given, pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001 - whatever stands in a list
        return None


def entry(whose: object, given: Mapping[str, Any], image: object) -> Entry | None:
    """Return what is known of calls of a filter or a pipeline; None where nothing is kept of them.

    The environment counts as one of the arguments, as far as a call looks at it.
    """
    if type(image) is not np.ndarray or image.nbytes > MOST_BYTES or is_looked_at():
        return None
    key = key_of(given)
    if key is None:
        return None
    return _entries(whose, key, image.shape, image.dtype, os.environ.get(VARIABLE))


def is_looked_at() -> bool:
    """Tell whether somebody wants to know more of a call than its result, or changes its plans."""
    return (
        planning.forced.get() != ""
        or planning.least_side.get() != 1
        or planning.is_recorded()
        or is_rehearsal()
        or saturation.is_recorded()
    )


class Called(Protocol):
    """What is asked of a filter."""

    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]: ...
    def run(self, pixels: Pixels, values: Mapping[str, Any]) -> Pixels: ...
    def rows_around(self, values: Mapping[str, Any]) -> int | None: ...


def call(asked: Called, image: ArrayLike, given: dict[str, Any]) -> Array:
    """Call a filter with an array or an `Image`, and the arguments that are given."""
    known = entry(asked, given, image)
    if known is not None and known.quick is not None:
        assert isinstance(image, np.ndarray)
        result = known.quick(image, None)
        if result is not None:
            return result
    how = {option.name: given.pop(option.name, None) for option in RUN_OPTIONS}
    if says_only(how, "axes", "channel_axis", "workers"):
        workers = {"workers": how["workers"]}
        done = by_pictures(lambda picture: call(asked, picture, {**given, **workers}), image, **how)
        if done is not None:
            return done
    values = asked.bind(given)
    if has_lengths(values[name] for name in given):
        from convfilter.filters.declaring.measured import in_pixels

        values = in_pixels(asked.parameters, values, getattr(image, "spacing", None))
    run = functools.partial(asked.run, values=values)
    if known is not None and not names_file(asked, given):
        assert isinstance(image, np.ndarray)
        if says_only(how, "workers"):
            known.trace(run, image)
    around = functools.partial(asked.rows_around, values)
    result = filtered(image, functools.partial(finished, run=run, rows_around=around), **how)
    if known is not None:
        known.was_done = True
    return result


def says_only(how: Mapping[str, Any], *names: str) -> bool:
    """Tell whether nothing is said but what has these names."""
    return all(value is None for name, value in how.items() if name not in names)


def by_pictures(
    call: Callable[[Array], Array],
    image: object,
    *,
    axes: str | None,
    channel_axis: int | None,
    **_unsaid: Any,
) -> Array | None:
    """Call for each picture of a stack, each of which may be like the one before it.

    Returns None for what is no stack of pictures that need no word about their axes.
    """
    if type(image) is not np.ndarray or (axes is None and channel_axis is None):
        return None
    layout = layout_of(image.shape, axes, channel_axis)
    channels = 1 if layout.channels is None else image.shape[layout.channels]
    if not layout.stack or channels > MOST_CHANNELS:
        return None
    result: Array = over_pictures(call, [image], axes, channel_axis)
    return result


def names_file(asked: Called, given: Mapping[str, Any]) -> bool:
    """Tell whether arguments may name a file, which may hold something else the next time."""
    known = {parameter.name: parameter for parameter in asked.parameters}
    return any(
        isinstance(value, str)
        and known[name].kind in ("kernel", "text", "mask")
        and value not in kernels.names()
        for name, value in given.items()
    )
