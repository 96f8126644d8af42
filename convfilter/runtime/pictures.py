"""Arrays of any number of axes: taken apart into pictures (H, W) or (H, W, C), and put together.

Functions of the engine are written for one picture; `of_pictures` makes them functions of arrays
whose axes the caller names. Filters and pipelines do the same by `over_pictures`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from convfilter.errors import ArgumentError
from convfilter.runtime.array_axes import MOST_CHANNELS, is_plain, layout_of
from convfilter.runtime.checks import LARGEST_ELEMENTS, Array, as_array
from convfilter.runtime.missing import (
    Present,
    check_nodata,
    filled,
    is_masked,
    is_nodata,
    presence,
    refuse_gaps,
    there_is_all,
)
from convfilter.runtime.watching import can_be_watched, without_gaps

__all__ = ["Gaps", "first_picture", "of_pictures", "over_pictures", "when_whole"]

_FOR_DOCSTRINGS = """\
axes : letters that say what the axes of the array are, such as "ZYX", "TZCYX" or "YXC"
    Y are rows, X columns, C channels; every other axis is a stack of pictures, each of which is
    done by itself. None stands for (H, W) and (H, W, C) of at most 4 channels; more could as well
    be a stack, and are refused until somebody says what they are.
channel_axis : which axis holds the channels, in place of `axes`
    The last two of the others are rows and columns, any before them a stack.
"""

_OF_GAPS = """\
nodata : the number that stands for no data, NaN say; None where every number is data
    Windows look only at what is there, and where one holds nothing the result is `nodata` again.
mask : array, True or other than 0 where the image holds something; or None
    Of the image's shape, with or without channels, or (H, W). What is masked of a masked array of
    NumPy is missing as well. The result is a masked array then, unless `nodata` is given.
"""

Function = TypeVar("Function", bound=Callable[..., Any])


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
        np.asanyarray(function(*(view[index] for view in views))) for index in np.ndindex(lengths)
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
        code = function.__code__
        names = code.co_varnames[:images]
        takes_gaps = "nodata" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

        @functools.wraps(function)
        def on_arrays(
            *given: Any,
            axes: str | None = None,
            channel_axis: int | None = None,
            nodata: float | None = None,
            mask: ArrayLike | None = None,
            **named: Any,
        ) -> Any:
            said_nothing = axes is None and channel_axis is None and nodata is None and mask is None
            if said_nothing and given:
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
            arrays = [as_array(image) for image in positional]

            def whole() -> Any:
                return function(arrays[0], *further, **named)

            if images == 1:
                is_whole, result = when_whole(
                    positional[0], axes, channel_axis, nodata, mask, named, whole
                )
                if is_whole:
                    return result
            gaps = Gaps.of(positional, axes, channel_axis, nodata, mask, named)
            if gaps.present is None:

                def on_picture(*pictures: Array) -> Any:
                    return function(*pictures, *further, **named)

                result = over_pictures(on_picture, arrays, axes, channel_axis, by_planes=by_planes)
            elif not takes_gaps:
                raise refuse_gaps(function.__name__)
            else:
                how = gaps.fill_is_there, is_nodata(math.nan, gaps.nodata)

                def on_present(*pictures: Array) -> Any:
                    present = Present(pictures[-1], *how)
                    return function(*pictures[:-1], *further, mask=present, **named)

                both = [*arrays, gaps.present]
                result = over_pictures(on_present, both, axes, channel_axis, by_planes=by_planes)
            if arrays[0].dtype == np.bool_ and keeps_masks(named):
                result = _as_mask(result, named)
            return gaps.marked(result)

        on_arrays.__doc__ = _documented(function.__doc__, _OF_GAPS if takes_gaps else "")
        return cast(Function, on_arrays)

    return decorate


def _fill_is_gap(named: Mapping[str, Any], nodata: float | None) -> bool:
    return named.get("border") == "constant" and is_nodata(named.get("fill", 0.0), nodata)


def when_whole(
    image: ArrayLike,
    axes: str | None,
    channel_axis: int | None,
    nodata: float | None,
    mask: ArrayLike | None,
    named: Mapping[str, Any],
    work: Callable[[], Any],
) -> tuple[bool, Any]:
    """Do work on an image without gaps, where that can be found out on the way.

    Returns whether it has been done, and then what it has returned. `work` is about the image as
    a whole.
    """
    if nodata is None or mask is not None or not can_be_watched(image):
        return False, None
    array, code = np.asarray(image), check_nodata(nodata)
    if _fill_is_gap(named, code) or not layout_of(array.shape, axes, channel_axis).is_picture:
        return False, None
    return without_gaps(array, code, work)


class Gaps(NamedTuple):
    """What is missing of an image, and how results say so.

    Attributes
    ----------
    present : where the image holds something, None where nothing is missing
    fill_is_there : whether the `fill` of the border "constant" is no gap
    nodata : the number for no data, None if there is none
    as_masked : whether results are masked arrays
    """

    present: Array | None = None
    fill_is_there: bool = True
    nodata: float | None = None
    as_masked: bool = False

    @classmethod
    def of(
        cls,
        images: Sequence[ArrayLike],
        axes: str | None,
        channel_axis: int | None,
        nodata: float | None,
        mask: ArrayLike | None,
        named: Mapping[str, Any],
    ) -> Gaps:
        """Find out what is missing of images of one shape; `named` may tell border and fill.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            As `presence` and `layout_of`.
        """
        masked = [is_masked(image) for image in images]
        if nodata is None and mask is None and not any(masked):
            return cls()
        nodata = None if nodata is None else check_nodata(nodata)
        shape = np.shape(images[0])
        layout = layout_of(shape, axes, channel_axis)
        present = None
        for image in images:
            places = layout._asdict()
            del places["stack"]
            there = presence(image, nodata, mask, **places)
            if there is not None:
                present = there if present is None else present & there
        fill_is_there = not _fill_is_gap(named, nodata)
        if not fill_is_there and present is None:
            present = there_is_all(shape)
        return cls(present, fill_is_there, nodata, masked[0] or nodata is None)

    def marked(self, result: Any) -> Any:
        """Return a result with its gaps marked as those of the image were."""
        if self.nodata is None and not self.as_masked:
            return result
        data = np.ma.getdata(result)
        if not self.as_masked and np.ma.getmask(result) is np.ma.nomask:
            return data
        gaps = np.ma.getmaskarray(result)
        if not self.as_masked:
            assert self.nodata is not None
            return filled(data, gaps, self.nodata)
        result = np.ma.MaskedArray(data, gaps)
        if self.nodata is not None:
            result.fill_value = self.nodata
        return result


def _as_mask(result: Array, named: Mapping[str, Any]) -> Array:
    """Return a result of uint8 0 and 1 as bool."""
    if named.get("border") == "constant" and named.get("fill", 0) not in (0, 1):
        raise ArgumentError(
            f"fill is {named['fill']:g}: a mask needs 0 or 1; for more values convert it first, as"
            " in mask.astype(np.uint8)"
        )
    if is_masked(result):
        gaps = np.ma.getmaskarray(result)
        return np.ma.MaskedArray(np.ma.getdata(result).view(np.bool_), gaps)
    return cast(Array, result.view(np.bool_))


def _documented(docstring: str | None, more: str) -> str | None:
    """Return a docstring with what the axes, and `more` arguments, mean where it lists some."""
    if docstring is None:
        return None
    parameters, heading, rest = docstring.partition("Returns\n")
    if not heading:
        return docstring
    indent = " " * (len(parameters) - len(parameters.rstrip(" ")))
    lines = [indent + line for line in (_FOR_DOCSTRINGS + more).splitlines()]
    return "\n".join([parameters.rstrip(), *lines, "", indent + heading + rest])
