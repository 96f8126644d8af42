"""Arrays of any number of axes: taken apart into pictures (H, W) or (H, W, C), and put together.

Functions of the engine are written for one picture; `of_pictures` makes them functions of arrays
whose axes the caller names. Filters and pipelines do the same by `over_pictures`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.runtime import memory
from convfilter.runtime.checks import LARGEST_ELEMENTS, Array, as_array
from convfilter.runtime.numbers import check_integer, shortened

__all__ = [
    "MOST_CHANNELS",
    "Layout",
    "axes_of",
    "check_axes",
    "first_picture",
    "is_plain",
    "layout_named",
    "layout_of",
    "of_pictures",
    "over_pictures",
]

MOST_CHANNELS = 4
"""Channels of an array (H, W, C) whose axes nobody named: more of them are taken for a stack."""

_FOR_DOCSTRINGS = """\
axes : letters that say what the axes of the array are, such as "ZYX", "TZCYX" or "YXC"
    Y are rows, X columns, C channels; every other axis is a stack of pictures, each of which is
    done by itself. None stands for (H, W) and (H, W, C) of at most 4 channels; more could as well
    be a stack, and are refused until somebody says what they are.
channel_axis : which axis holds the channels, in place of `axes`
    The last two of the others are rows and columns, any before them a stack.
"""

Function = TypeVar("Function", bound=Callable[..., Any])


class Layout(NamedTuple):
    """Where rows, columns, channels and stacks of pictures lie among the axes of an array.

    Attributes
    ----------
    rows, columns : numbers of axes
    channels : the number of an axis, or None where there is none
    stack : numbers of all other axes, in order
    """

    rows: int
    columns: int
    channels: int | None
    stack: tuple[int, ...]

    @property
    def is_picture(self) -> bool:
        """Whether the array is one picture (H, W) or (H, W, C) as it stands."""
        places = (self.rows, self.columns, self.channels)
        return not self.stack and places in ((0, 1, None), (0, 1, 2))

    @property
    def planes(self) -> Layout:
        """The same with each channel as a picture of its own."""
        if self.channels is None:
            return self
        stack = tuple(sorted((*self.stack, self.channels)))
        return self._replace(channels=None, stack=stack)

    def pictures(self, array: Array) -> Array:
        """Return a view (..., H, W) or (..., H, W, C) of the array."""
        last = () if self.channels is None else (self.channels,)
        return array.transpose(*self.stack, self.rows, self.columns, *last)

    def _order(self, numbers: int) -> list[int]:
        """Return which axis of results, each of so many axes, is the first one, and so on.

        Results are pictures, or a number for each channel, or one number; the stack comes first.
        """
        places: tuple[float, ...] = self.stack
        if numbers >= 2:
            places += (self.rows, self.columns)
        if numbers in (1, 3):
            # channels that were not there before come last
            places += (float("inf") if self.channels is None else self.channels,)
        return sorted(range(len(places)), key=places.__getitem__)

    def put_together(self, lengths: tuple[int, ...], results: Iterable[Array]) -> Array:
        """Return one array of a result for each picture, its axes in the order of this layout.

        `lengths` are those of the stack. Axes that the results do not have are left out.
        """
        array = by_pictures = None
        for index, result in zip(np.ndindex(lengths), results, strict=True):
            if by_pictures is None:
                order = self._order(result.ndim)
                whole = (*lengths, *result.shape)
                array = memory.empty(tuple(whole[axis] for axis in order), result.dtype)
                by_pictures = array.transpose(np.argsort(order))
            by_pictures[index] = result
        assert array is not None
        return array


def layout_of(shape: Sequence[int], axes: str | None, channel_axis: int | None = None) -> Layout:
    """Return how an array of this shape is laid out.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For axes that do not fit the array, and where nobody said what more axes than those of a
        picture, or more than four channels, are.
    """
    count = len(shape)
    if axes is not None:
        if channel_axis is not None:
            raise ArgumentError("axes and channel_axis are both given: leave one of them out")
        letters = check_axes(axes)
        if len(letters) != count:
            raise ArgumentError(
                f"axes is {letters!r} and the image has {count} axes, {tuple(shape)}: give a letter"
                " for each"
            )
        return layout_named(letters)
    if channel_axis is not None:
        channels = check_integer(channel_axis, "channel_axis")
        if count < 3 or not -count <= channels < count:
            raise ArgumentError(
                f"channel_axis is {channels} and the image has {count} axes, {tuple(shape)}: it"
                " counts one of at least three, from 0 or, from the last one, from -1"
            )
        channels %= count
        *_, rows, columns = (axis for axis in range(count) if axis != channels)
        return _layout(count, rows, columns, channels)
    if count == 3 and shape[2] > MOST_CHANNELS:
        raise ArgumentError(
            f"the image has shape {tuple(shape)}, which could be a stack of {shape[0]} pictures or"
            f" one picture of {shape[2]} channels: say so by axes (--axes), ZYX or YXC, or CYX if"
            " channels come first"
        )
    if count not in (2, 3):
        raise ArgumentError(
            f"the image has {count} axes: give (height, width) or (height, width, channels)"
            + (", or say by axes (--axes) what they are, as in TZYX" if count > 3 else "")
        )
    return _layout(count, 0, 1, 2 if count == 3 else None)


def layout_named(letters: str) -> Layout:
    """Return the layout of axes that `check_axes` has understood."""
    channels = letters.find("C")
    rows, columns = letters.index("Y"), letters.index("X")
    return _layout(len(letters), rows, columns, None if channels < 0 else channels)


def _layout(count: int, rows: int, columns: int, channels: int | None) -> Layout:
    taken = (rows, columns, channels)
    return Layout(rows, columns, channels, tuple(n for n in range(count) if n not in taken))


def check_axes(axes: str) -> str:
    """Return the letters of axes, capitals, or raise an error that says what is wrong with them."""
    if not isinstance(axes, str):
        raise ArgumentTypeError(f"axes is {shortened(axes)}: give a letter for each, such as 'ZYX'")
    letters = axes.upper()
    if not (letters.isascii() and letters.isalpha()) or len(set(letters)) < len(letters):
        raise ArgumentError(
            f"axes is {shortened(axes)}: give a different letter for each, such as 'ZYX'"
        )
    if "S" in letters:
        raise ArgumentError(
            f"axes is {axes!r}, where S may be samples or slices: write C for channels, Z for a"
            " stack of pictures"
        )
    if "Y" not in letters or "X" not in letters:
        raise ArgumentError(f"axes is {axes!r}: it needs Y and X, the rows and columns of pictures")
    return letters


def axes_of(picture: Array) -> str:
    """Return the axes of an array that is known to be a picture (H, W) or (H, W, C)."""
    return "YXC"[: picture.ndim]


def is_plain(image: ArrayLike) -> bool:
    """Tell whether an image is an array that needs no word about its axes."""
    if type(image) is not np.ndarray:
        return False
    shape = image.shape
    count = len(shape)
    return count == 2 or (count == 3 and shape[2] <= MOST_CHANNELS)


def over_pictures(
    function: Callable[..., Any],
    images: Sequence[ArrayLike],
    axes: str | None,
    channel_axis: int | None = None,
    *,
    by_planes: bool = False,
) -> Any:
    """Call a function for each picture of images of one shape, and put the results together.

    The function takes pictures (H, W) or (H, W, C), one of each image, and returns one, or an array
    of a number for each channel, or a number; with `by_planes` it gets planes (H, W) alone.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        As `layout_of`, for images of different shapes, and for a stack of nothing.
    """
    named = axes is not None or channel_axis is not None
    if not named and all(map(is_plain, images)):
        return function(*images)
    arrays = [as_array(image) for image in images]
    shape = arrays[0].shape
    layout = layout_of(shape, axes, channel_axis)
    if by_planes and named:
        layout = layout.planes
    if layout.is_picture:
        return function(*arrays)
    if any(array.shape != shape for array in arrays):
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise ArgumentError(f"the images have the shapes {shapes}: give them one shape")
    if 0 in shape:
        raise ArgumentError(f"the image is empty: its shape is {shape}")
    if arrays[0].size > LARGEST_ELEMENTS:
        raise ArgumentError(
            f"the image has {arrays[0].size} elements: at most {LARGEST_ELEMENTS} are taken"
        )
    views = [layout.pictures(array) for array in arrays]
    lengths = views[0].shape[: len(layout.stack)]
    results = (
        np.asarray(function(*(view[index] for view in views))) for index in np.ndindex(lengths)
    )
    return layout.put_together(lengths, results)


def first_picture(image: ArrayLike, axes: str | None, channel_axis: int | None) -> Array:
    """Return the first picture (H, W) or (H, W, C) of an image; raises as `over_pictures`."""
    array = as_array(image)
    layout = layout_of(array.shape, axes, channel_axis)
    if 0 in array.shape:
        raise ArgumentError(f"the image is empty: its shape is {array.shape}")
    return cast(Array, layout.pictures(array)[(0,) * len(layout.stack)])


def of_pictures(
    *,
    images: int = 1,
    by_planes: bool = False,
    keeps_masks: Callable[[Mapping[str, Any]], bool] = lambda named: False,
) -> Callable[[Function], Function]:
    """Make a function of one picture one of arrays of any number of axes.

    The function states `axes` and `channel_axis` among its arguments, for whoever reads it; what
    they mean is added to its docstring, and they are dealt with here.

    Parameters
    ----------
    images : how many of the first arguments are images
    by_planes : the function takes planes (H, W) alone: where axes are named, channels are so many
    keeps_masks : tells of the named arguments whether results are values of the image: of bool,
        which such a function takes as uint8 0 and 1, they are made bool then
    """

    def decorate(function: Function) -> Function:
        names = function.__code__.co_varnames[:images]

        @functools.wraps(function)
        def on_arrays(
            *given: Any, axes: str | None = None, channel_axis: int | None = None, **named: Any
        ) -> Any:
            if axes is None and channel_axis is None and given:
                image = given[0]
                # `is_plain`, written out: a call costs a tenth of a microsecond
                if type(image) is np.ndarray and image.dtype.char != "?":
                    shape = image.shape
                    count = len(shape)
                    if count == 2 or (count == 3 and shape[2] <= MOST_CHANNELS):
                        return function(*given, **named)
            positional = list(given[:images])
            for name in names[len(positional) :]:
                if name not in named:
                    return function(*given, **named)  # which says what is missing
                positional.append(named.pop(name))
            further = given[images:]

            def on_picture(*pictures: Array) -> Any:
                return function(*pictures, *further, **named)

            arrays = [as_array(image) for image in positional]
            result = over_pictures(on_picture, arrays, axes, channel_axis, by_planes=by_planes)
            if arrays[0].dtype == np.bool_ and keeps_masks(named):
                result = _as_mask(result, named)
            return result

        on_arrays.__doc__ = _documented(function.__doc__)
        return cast(Function, on_arrays)

    return decorate


def _as_mask(result: Array, named: Mapping[str, Any]) -> Array:
    """Return a result of uint8 0 and 1 as bool."""
    if named.get("border") == "constant" and named.get("fill", 0) not in (0, 1):
        raise ArgumentError(
            f"fill is {named['fill']:g}: a mask needs 0 or 1; for more values convert it first, as"
            " in mask.astype(np.uint8)"
        )
    return cast(Array, result.view(np.bool_))


def _documented(docstring: str | None) -> str | None:
    """Return a docstring with what the axes mean, where it lists parameters."""
    if docstring is None:
        return None
    parameters, heading, rest = docstring.partition("Returns\n")
    if not heading:
        return docstring
    indent = " " * (len(parameters) - len(parameters.rstrip(" ")))
    lines = [indent + line for line in _FOR_DOCSTRINGS.splitlines()]
    return "\n".join([parameters.rstrip(), *lines, "", indent + heading + rest])
