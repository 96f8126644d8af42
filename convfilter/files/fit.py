"""Fit pixels to what a format holds: dtype, channels, alpha. Says what was changed.

Notes and errors do not name the file: whoever writes it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats import alternatives
from convfilter.formats.declaring import Format
from convfilter.picture.image import Image

if TYPE_CHECKING:
    from convfilter.colour.named import Colour

__all__ = ["Fitting", "check_shape", "fit"]


def fit(image: Image, form: Format, background: Colour) -> tuple[NDArray[Any], list[str]]:
    """Return pixels that the format holds as they are, and a note for each loss on the way.

    Parameters
    ----------
    image : Image
        A single frame or page.
    form : Format
    background : (int, int, int)
        RGB, 0 to 255: what transparent pixels are laid on where the format holds no alpha.

    Returns
    -------
    (ndarray, list of str)
        ``(H, W)``, ``(H, W, 2)``, ``(H, W, 3)`` or ``(H, W, 4)`` of uint8, or of uint16 or float32
        where the format is that deep; the last of 2 or 4 channels is alpha. A format of bands gets
        any number of channels, a format of signed numbers int16, a format of arrays the pixels as
        they are.

    Raises
    ------
    ImageError
        The format cannot hold the pixels; the message says which ones can.
    """
    check_shape(image, form)
    fitting = Fitting(image.alpha, form, background)
    return fitting.fit(image.pixels), fitting.notes


class Fitting:
    """Fits the pixels of a picture, all at once or some rows after the other, as `fit` has it.

    No value decides about another one, so that rows come out as those of the whole picture do; some
    values are refused wherever they stand.
    """

    def __init__(self, alpha: bool, form: Format, background: Colour) -> None:
        self._alpha, self._form, self._background = alpha, form, background
        self._losses: dict[str, None] = {}
        self._low, self._high = 0.0, 1.0

    def fit(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return further rows of the picture as pixels that the format holds."""
        form = self._form
        if form.holds.arrays:
            return pixels
        pixels = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
        _check_colour(pixels, form)
        if self._alpha and pixels.dtype.kind == "i":
            raise ImageError("alpha of signed pixels cannot be stored: leave it out (--alpha drop)")
        pixels = self._fit_dtype(pixels)
        if self._alpha and not form.holds.alpha:
            pixels = _flatten(pixels, self._background)
            self._losses[f"{form.name} holds no transparency: laid on the background"] = None
            _check_colour(pixels, form)
        if form.holds.depth == 1:
            _check_black_and_white(pixels, form)
        return pixels if form.holds.grey else _coloured(pixels)

    @property
    def notes(self) -> list[str]:
        """A line for each loss, of all rows so far."""
        low, high = self._low, self._high
        if low >= 0.0 and high <= 1.0:
            return list(self._losses)
        first, *others = self._losses  # that they were rounded
        cut = f"float pixels from {low:.4g} to {high:.4g} were clipped to the range 0 to 1"
        return [first, cut, *others]

    def _fit_dtype(self, pixels: NDArray[Any]) -> NDArray[Any]:
        form = self._form
        dtype, depth = pixels.dtype, form.holds.depth
        if form.holds.floats_alone and dtype.kind in "bu":
            white = 1 if dtype.kind == "b" else np.iinfo(dtype).max
            floats: NDArray[np.float32] = np.divide(pixels, white, dtype=np.float32)
            return floats
        if dtype == np.uint8:
            return pixels
        if dtype == np.bool_:
            return np.where(pixels, np.uint8(255), np.uint8(0))
        if dtype == np.uint16:
            if depth < 16:
                colour = pixels.ndim == 3
                others = alternatives(lambda holds: holds.depth >= 16 and holds.colour >= colour)
                if colour:
                    kind, way_out = "colour or alpha", "to 8 bits or to grey"
                else:
                    kind, way_out = "grey", "to 8 bits"
                raise ImageError(
                    f"{form.name} holds no 16-bit {kind}: write {others}, "
                    f"or convert the picture {way_out} first"
                )
            return pixels
        if dtype.kind != "f":
            if form.holds.signed:
                return pixels
            if depth >= 16 and pixels.size and pixels.min() >= 0:
                return pixels.astype(np.uint16)
            raise ImageError(
                f"signed {dtype} pixels cannot be stored in {form.name}: map them to 0 to 255 first"
                " (abs, offset, clamp or scale), or write "
                + alternatives(lambda holds: holds.signed)
            )
        if depth >= 32:
            if dtype != np.float32:
                self._losses[f"{dtype} pixels were rounded to 32-bit float"] = None
            with np.errstate(over="ignore"):
                return pixels.astype(np.float32)
        return self._to_bytes(pixels)

    def _to_bytes(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Return floats of 0 to 1 as 0 to 255: rounded to nearest, ties to even, saturated."""
        if np.isnan(pixels).any():
            others = alternatives(lambda holds: holds.depth >= 32)
            raise ImageError(
                f"NaN pixels cannot be stored in {self._form.name}: replace them first, or write"
                f" {others}"
            )
        self._low = min(self._low, float(pixels.min()))
        self._high = max(self._high, float(pixels.max()))
        self._losses["float pixels were rounded to 8 bits"] = None
        scaled = np.clip(pixels, 0.0, 1.0) * pixels.dtype.type(255)
        rounded: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
        return rounded


def _is_grey(pixels: NDArray[Any]) -> bool:
    return pixels.ndim == 2 or pixels.shape[2] == 2


def check_shape(image: Image, form: Format) -> None:
    """Refuse pictures of a size or of channels that the format does not hold.

    Raises
    ------
    ImageError
    """
    if form.holds.arrays:
        return
    height, width, channels = image.height, image.width, image.channels
    if height == 0 or width == 0 or channels == 0:
        raise ImageError(f"a picture of {width}x{height} pixels cannot be stored")
    longest = max(height, width)
    if longest > form.holds.longest_side:
        others = alternatives(lambda holds: holds.longest_side >= longest)
        raise ImageError(
            f"{width}x{height} pixels are too many for {form.name}, whose sides reach "
            f"{form.holds.longest_side}: write {others}"
        )
    if not form.holds.bands and channels not in ((2, 4) if image.alpha else (1, 3)):
        kind = "with alpha" if image.alpha else "without alpha"
        others = alternatives(lambda holds: holds.bands)
        way_out = (
            "; if the last one is alpha, say so, by Image(pixels, alpha=True) or by --alpha"
            if channels in (2, 4)
            else ""
        )
        raise ImageError(
            f"{channels} channels {kind} cannot be stored in {form.name}, where pictures are grey"
            f" or RGB, each with or without alpha: write {others}{way_out}"
        )


def _check_colour(pixels: NDArray[Any], form: Format) -> None:
    if not _is_grey(pixels) and not form.holds.colour:
        others = alternatives(lambda holds: holds.colour)
        raise ImageError(
            f"{form.name} holds grey only: write {others}, or make the picture grey first"
        )


def _flatten(pixels: NDArray[Any], background: Colour) -> NDArray[Any]:
    """Lay straight alpha on a colour; a grey picture stays grey on a grey background."""
    white = int(np.iinfo(pixels.dtype).max)
    wide = np.dtype("u2" if white == 255 else "u4")
    colours, alpha = pixels[..., :-1], pixels[..., -1:].astype(wide)
    if colours.shape[2] == 1 and len(set(background)) > 1:
        colours = np.repeat(colours, 3, axis=2)
    below = np.array(background[: colours.shape[2]], dtype=wide) * (white // 255)
    # at most white * white + white / 2, which the wider integers hold
    mixed = (colours * alpha + below * (white - alpha) + white // 2) // white
    flat: NDArray[Any] = mixed.astype(pixels.dtype)
    return flat[..., 0] if flat.shape[2] == 1 else flat


def _check_black_and_white(pixels: NDArray[Any], form: Format) -> None:
    if not bool(((pixels == 0) | (pixels == 255)).all()):
        others = alternatives(lambda holds: holds.depth > 1)
        raise ImageError(
            f"{form.name} holds black and white only: threshold the picture first, "
            f"or write {others}"
        )


def _coloured(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return grey pixels as RGB."""
    if not _is_grey(pixels):
        return pixels
    if pixels.ndim == 2:
        return np.repeat(pixels[..., np.newaxis], 3, axis=2)
    return pixels[..., [0, 0, 0, 1]]
