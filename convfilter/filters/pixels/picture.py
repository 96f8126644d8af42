"""A picture on its way through filters: raw numbers, and what must happen to them at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.planning import within
from convfilter.errors import ArgumentError
from convfilter.filters.declaring.options import SignedMode
from convfilter.filters.declaring.run_options import ALPHA, AlphaMode
from convfilter.filters.pixels import saturation
from convfilter.filters.pixels.values import (
    MIDDLE_GREY,
    as_alpha,
    check_alpha,
    found_together,
    ignoring_infinities,
    luma,
    rounded,
    with_gaps,
)
from convfilter.filters.pixels.waiting import Waiting, Windowed, work_over
from convfilter.runtime.checks import Array, check_image, limits_of
from convfilter.runtime.missing import Bools, is_nodata, there_is_all
from convfilter.runtime.threads import check_workers

if TYPE_CHECKING:
    from convfilter.engine.window.placing import Figure
    from convfilter.filters.pixels.shown import Ends

__all__ = ["Pixels"]

Found = TypeVar("Found")


class Pixels:
    """Colour and alpha of a picture between the steps of a pipeline; it never changes.

    Attributes
    ----------
    alpha : array (H, W) or None
        Raw alpha, as floats once it has been smoothed.
    white : the value that stands for white, and for opaque: 255, 65535, 1.0
    dtype : dtype of the picture that the pipeline began with, and will end with
    signed : how a raw signed response is to be shown at the end; None for a plain picture
    bounded : whether what the finished picture goes into holds nothing below black
        Then signed responses are shown, else they stay raw. By default that is so for unsigned
        integers.
    workers : threads for the engine; None for all CPUs
    keeps_alpha : whether alpha is only sampled or pooled where the size changes, never smoothed
    beside : alpha as a picture of its own, filtered as the colours are
    is_mask : whether it began as a mask and still is one: all values are black or white
    of_uneven : whether these are some rows of a picture whose alpha is uneven
    present : bool, of the shape of the colours: which of them are there; None if all are
        What stands for the others, 0, means nothing.
    nodata : the number for no data in the picture it began with, None if there is none
    """

    __slots__ = (
        "_colour",
        "alpha",
        "beside",
        "bounded",
        "dtype",
        "is_mask",
        "keeps_alpha",
        "nodata",
        "of_uneven",
        "present",
        "signed",
        "white",
        "workers",
    )

    def __init__(
        self,
        colour: Array | Waiting,
        alpha: Array | None,
        *,
        white: float,
        dtype: np.dtype[Any],
        signed: SignedMode | None = None,
        workers: int | None = None,
        keeps_alpha: bool = False,
        beside: Pixels | None = None,
        is_mask: bool = False,
        of_uneven: bool = False,
        bounded: bool | None = None,
        present: Bools | None = None,
        nodata: float | None = None,
    ) -> None:
        self._colour = colour
        self.alpha = alpha
        self.white = white
        self.dtype = dtype
        self.signed: SignedMode | None = signed
        self.workers = workers
        self.keeps_alpha = keeps_alpha
        self.beside = beside
        self.is_mask = is_mask
        self.of_uneven = of_uneven
        self.bounded = dtype.kind == "u" if bounded is None else bounded
        self.present = present
        self.nodata = nodata

    @classmethod
    def of(
        cls,
        image: ArrayLike,
        *,
        alpha: bool = False,
        alpha_mode: AlphaMode | None = None,
        workers: int | None = None,
        present: Bools | None = None,
        nodata: float | None = None,
    ) -> Pixels:
        """Take an image (H, W) or (H, W, C) apart.

        `alpha` says whether the last channel is alpha, `alpha_mode` what filters do with it;
        `present` which values are there, None that all are. Alpha is always there.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            For an image that cannot be filtered, alpha beyond its range, a wrong number of workers,
            and for uneven alpha of an image that is not all there.
        UnknownNameError
            For a mode that there is not.
        """
        if workers is not None:
            check_workers(workers)
        mode = ALPHA.check(alpha_mode)
        checked = check_image(image)
        is_mask = np.asarray(image).dtype.kind == "b"
        if is_mask:
            checked = checked * np.uint8(255)
        colour = checked if np.ndim(image) == 3 else checked[:, :, 0]
        white = 1.0 if colour.dtype.kind == "f" else float(limits_of(colour.dtype)[1])
        plane = beside = None
        if alpha:
            plane, colour = colour[:, :, -1], colour[:, :, :-1]
            if mode != "drop":
                check_alpha(plane, white)
            if mode == "filter":
                beside = cls(plane, None, white=white, dtype=colour.dtype, workers=workers)
            if mode in ("filter", "drop"):
                plane, colour = None, np.ascontiguousarray(colour)
        if present is not None:
            present = present[:, :, :-1] if alpha else present
            colour = with_gaps(colour, present, plane)
        saturation.begin(colour, white)
        return cls(
            colour,
            plane,
            white=white,
            dtype=colour.dtype,
            workers=workers,
            keeps_alpha=mode == "keep",
            beside=beside,
            is_mask=is_mask and plane is None and beside is None,
            present=present,
            nodata=nodata,
        )

    @property
    def has_alpha(self) -> bool:
        """Whether the finished picture has alpha in its last channel."""
        return self.alpha is not None or self.beside is not None

    @property
    def colour(self) -> Array:
        """The raw values (H, W) or (H, W, C) without alpha; read-only by agreement."""
        return self._colour.raw() if isinstance(self._colour, Waiting) else self._colour

    @property
    def colour_dtype(self) -> np.dtype[Any]:
        """The dtype of the raw values, known before they are computed."""
        return self._colour.dtype

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        height, width = self.colour.shape[:2]
        return height, width

    def part(self, first: int, last: int, *, uneven: bool) -> Pixels:
        """Return these rows, without the last; `uneven` tells whether alpha is, of all rows."""
        beside = self.beside and self.beside.part(first, last, uneven=False)
        alpha = None if self.alpha is None else self.alpha[first:last]
        colour = self.colour[first:last]
        present = None if self.present is None else self.present[first:last]
        parts = {"colour": colour, "alpha": alpha, "beside": beside, "present": present}
        return self.changed(**parts, of_uneven=uneven)

    @property
    def working_dtype(self) -> np.dtype[Any]:
        """float64 for pictures of float64, else float32."""
        return self.dtype if self.dtype == np.float64 else np.dtype(np.float32)

    @property
    def values(self) -> Array:
        """The raw colour values as floats (H, W) or (H, W, C)."""
        return self.colour.astype(self.working_dtype, copy=False)

    def intensity(self, value: float) -> float:
        """Turn an intensity on the scale 0 to 255 into a value of this picture."""
        return value * (self.white / 255)

    def changed(self, **changes: Any) -> Pixels:
        """Return the same picture with other attributes, named as the arguments of `Pixels`."""
        values: dict[str, Any] = {
            "colour": self._colour,
            "alpha": self.alpha,
            "white": self.white,
            "dtype": self.dtype,
            "signed": self.signed,
            "workers": self.workers,
            "keeps_alpha": self.keeps_alpha,
            "beside": self.beside,
            "is_mask": self.is_mask,
            "of_uneven": self.of_uneven,
            "bounded": self.bounded,
            "present": self.present,
            "nodata": self.nodata,
        }
        values.update(changes)
        return Pixels(**values)

    def with_colour(self, colour: Array, **changes: Any) -> Pixels:
        """Return the same picture with other colour values (and other attributes)."""
        return self.changed(colour=colour, **changes)

    def with_floats(self, colour: Array, **changes: Any) -> Pixels:
        """Return the same picture with other colours, floats of any precision."""
        return self.with_colour(colour.astype(self.working_dtype, copy=False), **changes)

    def missing_as(self, *others: Pixels) -> Pixels:
        """Return the same picture, missing where it is and where others of its size are."""
        there = None
        for each in (self, *others):
            if each.present is not None:
                wide = each.present.ndim == 2 and self.colour.ndim == 3
                own = each.present[:, :, np.newaxis] if wide else each.present
                there = own if there is None else there & own
        if there is not None:
            there = np.broadcast_to(there, self.colour.shape)
        return self.changed(present=there)

    def going_into(self, *, bounded: bool) -> Pixels:
        """Return the same picture for an output that holds nothing below black, or does."""
        beside = None if self.beside is None else self.beside.going_into(bounded=bounded)
        return self.changed(bounded=bounded, beside=beside)

    def keeping_alpha(self) -> Pixels:
        """Return the same picture, whose alpha what smooths it leaves as it is."""
        return self.changed(keeps_alpha=True)

    def awaiting(self, work: Windowed, *, pads: bool = False, **changes: Any) -> Pixels:
        """Return the picture that some work makes of this one when somebody asks for it.

        Of a picture with gaps it is made at once. With `pads` nothing is beyond the edge but
        padding.
        """
        present = self.present
        if work.fill is not None and is_nodata(work.fill, self.nodata):
            present = there_is_all(self.colour.shape) if present is None else present
        if present is not None:
            colour, present = work_over(self.colour, present, work, self, pads)
            return self.changed(colour=colour, present=present, **changes)
        waiting = Waiting(self._colour, work, self.working_dtype, self.workers)
        return self.changed(colour=waiting, **changes)

    def pass_on(self) -> None:
        """Say that no step but the next one will ask for the values."""
        if isinstance(self._colour, Waiting):
            self._colour.only_next_asks = True
        if self.beside is not None:
            self.beside.pass_on()

    def luma(self) -> Pixels:
        """Return the brightness of an RGB picture as (H, W); other pictures as they are."""
        if not self.has_luma:
            return self
        present = None if self.present is None else self.present.all(axis=2)
        return self.with_colour(luma(self.values), present=present)

    @property
    def has_luma(self) -> bool:
        """Whether its colours are red, green and blue, so that their brightness is another one."""
        colour = self.colour
        return colour.ndim == 3 and colour.shape[2] == 3

    def visible(self, values: Array) -> Array:
        """Return those of the values (H, W) or (H, W, C) that are not clear, a row for each pixel.

        What nobody sees must not sway a decision about the whole picture, nor what is missing in
        some channel. Where all is clear or missing, all values decide.
        """
        if self.present is not None:
            there = self.present if self.present.ndim == 2 else self.present.all(axis=2)
            return values[there] if there.any() else values.reshape(-1, *values.shape[2:])
        if self.alpha is None or not self.alpha.any():
            return values.reshape(-1, *values.shape[2:])
        return values[self.alpha > 0]

    def ends_of_visible(self, values: Array) -> Ends:
        """Return the lowest and the highest finite value of those that `visible` returns."""
        from convfilter.filters.pixels.shown import Extremes, ends_of

        return self.of_visible("ends", values, ends_of, Extremes)

    def of_visible(
        self, name: str, values: Array, find: Callable[[Array], Found], kind: type[Figure[Found]]
    ) -> Found:
        """Return what `find` finds in the values that `visible` returns.

        Of a part of a picture it is what is found in those of the whole; `kind` is how parts find
        that together, each giving its own.
        """
        if within() is None:
            return find(self.visible(values))
        return found_together(name, values, self.alpha, kind)

    def as_word_says(self, word: SignedMode) -> Pixels:
        """Return what a word makes of a signed response: a plain picture, or by "raw" itself."""
        if word == "raw":
            return self.changed(signed=word)
        colour = self._colour.as_word_says(word) if isinstance(self._colour, Waiting) else None
        return self.changed(colour=self._shown(word) if colour is None else colour, signed=None)

    def shown(self) -> Pixels:
        """Return the picture as it would be shown at the end, a signed response as a plain one."""
        word = self._last_word
        return self if word is None else self.as_word_says(word)

    @property
    def _last_word(self) -> SignedMode | None:
        """How a signed response is shown at the end; None where values stay as they are."""
        return self.signed if self.bounded and self.signed != "raw" else None

    def _shown(self, word: SignedMode | None) -> Array:
        if word is None:
            return self.colour
        from convfilter.filters.pixels.shown import as_picture  # the engine shows most responses

        values, middle = self.values, self.intensity(MIDDLE_GREY)
        return as_picture(values, word, self.white, middle, lambda: self.ends_of_visible(values))

    def finish(self) -> Array:
        """Map a signed response, round once, and return the picture in the dtype it began with.

        A picture with gaps is a masked array.

        Raises
        ------
        ArgumentError
            For a response that a step said to leave raw, where the picture holds nothing negative.
        """
        colour, alpha = self.planes()
        whole = colour if alpha is None else np.dstack([colour, alpha])
        if self.present is None:
            return whole
        gaps = ~self.present
        if alpha is not None:
            gaps = np.dstack([gaps, np.zeros(alpha.shape, np.bool_)])
        return np.ma.MaskedArray(whole, gaps)

    def planes(self) -> tuple[Array, Array | None]:
        """Return the finished picture's colours, and its alpha (H, W) if it has some."""
        with ignoring_infinities():
            colour = self._finished_colour()
        if self.is_mask:
            return colour != 0, None
        if self.beside is not None:
            return colour, as_alpha(self.beside.finish(), self.beside.white)
        if self.alpha is None:
            return colour, None
        return colour, as_alpha(rounded(self.alpha, self.dtype), self.white)

    def _finished_colour(self) -> Array:
        if self.signed == "raw" and self.bounded:
            raise ArgumentError(
                "signed raw: the output holds no negative values: make it one of floats (--depth"
                " float), or choose abs, offset, clamp or scale"
            )
        word = self._last_word
        if isinstance(self._colour, Waiting):
            finished = self._colour.finished(word, self.dtype)
            if finished is not None:
                return finished
        shown = self._shown(word)
        if self.bounded and shown.dtype.kind == "f" and saturation.is_recorded():
            saturation.count_cut(self.values if word == "clamp" else shown, self.white)
        return rounded(shown, self.dtype)
