"""Filters made ready for arrays of one shape and one dtype."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from convfilter.dtypes import PIXEL_DTYPES, understood, way_out
from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.filters.preparing.recent import is_looked_at
from convfilter.filters.preparing.tracing import Quick, Run, traced
from convfilter.runtime.checks import LARGEST_ELEMENTS, Array
from convfilter.runtime.numbers import check_integer, shortened

__all__ = ["Prepared", "check_shape"]


class Prepared:
    """A pipeline made ready for arrays of one shape and dtype: `Pipeline.prepare` returns it.

    What depends on no value has been done: parameters are checked, the ways through the engine are
    chosen, and small pictures have their loops bound to memory. A call compares shape and dtype,
    runs the loops, and allocates nothing but its result. Results have the bits of the pipeline's.

    Any number of threads may call it at once. Each has memory of its own to work in, which its
    first call makes. It can be copied and pickled, and used after a fork.

    Attributes
    ----------
    shape, dtype : of the arrays that it takes
    result_shape, result_dtype : of what it makes of them
    """

    def __init__(
        self,
        pipeline: Callable[..., Array],
        again: Callable[..., Prepared],
        how: Mapping[str, Any],
        steps: Run | None,
        shape: tuple[int, ...],
        dtype: DTypeLike,
    ) -> None:
        """Prepare a pipeline, for calls with the arguments `how`; `again` prepares it once more.

        `steps` are what it runs; None where there is more to it than they.
        """
        self.shape, self.dtype = check_shape(shape), _check_dtype(dtype)
        self._pipeline, self._again, self._how = pipeline, again, dict(how)
        # refuses what does not fit, and has missing loops compiled
        result = pipeline(np.zeros(self.shape, self.dtype), **how)
        self.result_shape, self.result_dtype = result.shape, result.dtype
        self._quick: Quick | None = None
        if steps is not None:
            self._quick = traced(steps, self.shape, self.dtype)

    def __call__(self, image: Array, *, out: Array | None = None) -> Array:
        """Filter an array.

        Parameters
        ----------
        image : array of `shape` and `dtype`
            It need not be contiguous. Lists and an `Image` are refused.
        out : array of `result_shape` and `result_dtype` for the result
            It may be the image itself. None for a new one.

        Returns
        -------
        array of `result_shape` and `result_dtype`
            That is `out` if it is given.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            For another shape or dtype; those of the pipeline for values that cannot be filtered.
        """
        if not isinstance(image, np.ndarray) or image.shape != self.shape:
            raise self._refused(image, "the image", self.shape, self.dtype)
        if image.dtype != self.dtype:
            raise self._refused(image, "the image", self.shape, self.dtype)
        if out is not None:
            self._check_out(out)
        quick = self._quick
        if quick is not None and type(image) is np.ndarray and not is_looked_at():
            result = quick(image, out)
            if result is not None:
                return result
        result = self._pipeline(image, **self._how)
        if out is None:
            return result
        out[...] = result
        return out

    def __repr__(self) -> str:
        return f"<{self._pipeline!r} prepared for {_described(self.shape, self.dtype)}>"

    def __reduce__(self) -> tuple[Callable[..., Prepared], tuple[Any, ...]]:
        return _prepared, (self._again, self.shape, self.dtype, self._how)

    def _check_out(self, out: Array) -> None:
        shape, dtype = self.result_shape, self.result_dtype
        if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
            raise self._refused(out, "out", shape, dtype)
        if not out.flags.writeable:
            raise ArgumentError("out is read-only: give an array that may be written to")

    def _refused(
        self, given: object, what: str, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> ArgumentError | ArgumentTypeError:
        wanted = _described(shape, dtype)
        if not isinstance(given, np.ndarray):
            return ArgumentTypeError(
                f"{what} is {shortened(given)}: give an array of {wanted}, as this was prepared for"
            )
        described = _described(given.shape, given.dtype)
        if what == "out":
            return ArgumentError(
                f"out is of {described}: give numpy.empty({shape}, {dtype.name!r})"
            )
        if given.shape != shape:
            return ArgumentError(
                f"the image is of {described} and this was prepared for {wanted}: prepare for"
                f" {given.shape} as well, or call the pipeline itself"
            )
        return ArgumentTypeError(
            f"the image is of {described} and this was prepared for {wanted}: convert it, or"
            f" prepare for {given.dtype} as well"
        )


def _prepared(
    again: Callable[..., Prepared],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    how: Mapping[str, Any],
) -> Prepared:
    return again(shape, dtype, **how)


def _described(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    return f"{shape} {dtype}"


def check_shape(shape: Any) -> tuple[int, ...]:
    """Return the shape of arrays, or raise an error that says what is wrong with it."""
    if not isinstance(shape, (tuple, list)):
        raise ArgumentTypeError(
            f"shape is {shortened(shape)}: give that of the arrays, as (28, 28)"
        )
    checked = tuple(check_integer(length, "a length of shape", 1) for length in shape)
    elements = 1
    for length in checked:
        elements *= length
    if elements > LARGEST_ELEMENTS:
        raise ArgumentError(
            f"shape has {elements} elements: at most {LARGEST_ELEMENTS} are supported"
        )
    return checked


def _check_dtype(dtype: Any) -> np.dtype[Any]:
    try:
        known: np.dtype[Any] | None = None if dtype is None else np.dtype(dtype)
    except (TypeError, ValueError):
        known = None
    if known is None:  # which NumPy takes for float64
        words = "give that of the arrays, as numpy.uint8"
        raise ArgumentTypeError(f"dtype is {shortened(dtype)}: {words}")
    sample = np.empty(0, known)
    if understood(sample).dtype.name not in PIXEL_DTYPES:
        raise ArgumentTypeError(f"dtype is {known.name}: {way_out(sample)}")
    return known
