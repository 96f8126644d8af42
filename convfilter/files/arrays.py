"""Pictures put together as one array, for formats that hold arrays."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from convfilter.formats.declaring import Format
from convfilter.picture.image import Image
from convfilter.runtime.array_axes import layout_named

__all__ = ["as_array"]


def as_array(image: Image, form: Format) -> tuple[NDArray[Any], list[str]]:
    """Return an array of all frames that came from one, and a note for each loss.

    Its axes are in the order of the array that the frames were read from; channels that the frames
    no longer have are left out, new ones come last. Other pictures have an array of the first
    frame.
    """
    frames, stack, notes = image.frames, image.stacked, []
    if any(frame.alpha for frame in frames):
        notes.append(
            f"{form.name} does not tell that the last channel is alpha: say so when it is read"
            " (--alpha)"
        )
    kinds = {(frame.shape, frame.dtype) for frame in frames}
    if stack is not None and len(kinds) == 1 and len(frames) == math.prod(stack.lengths):
        if image.axes == stack.axes:
            return image.stack(), notes
        layout = layout_named(stack.axes)
        if len(layout.stack) == len(stack.lengths):
            pixels = (frame.pixels for frame in frames)
            return layout.put_together(stack.lengths, pixels), notes
    if len(frames) > 1:
        notes.append(
            f"{form.name} holds one picture: only the first of {len(frames)} frames is kept"
            " (--frames takes another)"
        )
    return frames[0].pixels, notes
