"""A picture in memory: its pixels and what travels with them from file to file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter.dtypes import PIXEL_DTYPES, PIXEL_TYPES, understood, way_out
from convfilter.errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from convfilter.picture.spacing import Spacing
    from convfilter.picture.tags import PageTags

__all__ = ["CICP", "COMMENT", "Disposal", "Image", "JpegSettings", "Metadata", "Stack", "Timing"]

COMMENT = "Comment"
"""The keyword of a comment of GIF, JPEG or Netpbm among texts, as PNG (11.3.3.2) has it."""

CICP = b"cICP"
"""The PNG chunk that tells the colours by four numbers (ITU-T H.273): primaries, curve, matrix 0,
and 1 for the full range. AVIF tells them, too."""

Disposal = Literal["keep", "clear", "restore"]
"""What becomes of a frame before the next one is drawn: it stays, its place is cleared, or what
was there before comes back."""


class JpegSettings(NamedTuple):
    """How a JPEG file was compressed.

    Attributes
    ----------
    tables : tuple of tuple of int
        The quantisation of brightness and of colours, 64 numbers each, row by row.
    subsampling : int
        0 where colours have full resolution, 1 for half of it along rows, 2 for half both ways.
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: int = 0


@dataclass(frozen=True)
class Metadata:
    r"""What a picture file says besides its pixels; written back where the format holds it.

    Attributes
    ----------
    icc_profile : bytes or None
        The colour profile as it stands in the file.
    exif : bytes or None
        The EXIF block in its TIFF form, without the ``Exif\0\0`` that JPEG puts before it.
        Its orientation is 1: pixels are turned upright when they are read.
    dpi : (float, float) or None
        Pixels per inch along a row and along a column.
    xmp : bytes or None
        The XMP packet (ISO 16684-1). Its orientation, if it states one, is 1.
    text : tuple of (str, str)
        Keywords and texts: author, description and the like, as PNG has them. A comment of a GIF,
        JPEG or Netpbm file has the keyword ``"Comment"``.
    png_colour : tuple of (bytes, bytes)
        What a PNG file says of its colours besides a profile: the chunks cICP, mDCV, cLLI, gAMA,
        cHRM and sRGB, each kind with its content. What AVIF says of them is cICP.
    photoshop : bytes or None
        Photoshop's resources, IPTC among them, each from its ``8BIM`` on.
    density : (float, float) or None
        Pixels per length along a row and along a column, in a unit that the file does not tell. In
        most formats their ratio alone means something: how oblong pixels are.
    png_chunks : tuple of (bytes, bytes)
        Further chunks of a PNG file that hold for a filtered picture, each kind with its content;
        that of bKGD is of 16 bits.
    tags : PageTags or None
        What a TIFF page says of its place on the earth, and of its axes in a stack.
    spacing : Spacing or None
        How far pixels lie apart, where the file says it in another way than by `dpi`. It is written
        by the tags that it comes from alone.
    webp_quality : int or None
        About which quality a lossy WebP has; WebP is written alike unless a quality is asked for.
    jpeg : JpegSettings or None
        How the picture was compressed; JPEG is written alike unless a quality is asked for.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: tuple[tuple[str, str], ...] = ()
    jpeg: JpegSettings | None = None
    xmp: bytes | None = None
    png_colour: tuple[tuple[bytes, bytes], ...] = ()
    photoshop: bytes | None = None
    density: tuple[float, float] | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    tags: PageTags | None = None
    webp_quality: int | None = None
    spacing: Spacing | None = None

    def stripped(self) -> Metadata:
        """Return what says how the pixels look and are compressed, without what says more."""
        return Metadata(
            self.icc_profile,
            jpeg=self.jpeg,
            png_colour=self.png_colour,
            webp_quality=self.webp_quality,
        )


class Timing(NamedTuple):
    """How a frame of an animation is shown.

    Attributes
    ----------
    duration : float
        Milliseconds until the next frame.
    disposal : {"keep", "clear", "restore"}
        As the file states it. Pixels of a frame are always those of the whole picture, so this
        says nothing that one would have to know to show them.
    """

    duration: float = 100.0
    disposal: Disposal = "keep"


class Stack(NamedTuple):
    """How pictures lie in one array of more axes.

    Attributes
    ----------
    axes : str
        A letter for each axis of the array, ``"TZCYX"`` for example.
    lengths : tuple of int
        Of the axes that are neither Y, X nor C, in their order; the last one counts frames fastest.
    """

    axes: str
    lengths: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Image:
    """Pixels and what belongs to them.

    Attributes
    ----------
    pixels : ndarray
        ``(H, W)`` or ``(H, W, C)``; bool, uint8, uint16, int16, float32 or float64; int8 and
        float16 are widened to int16 and float32. Integers span their range, float pixels span 0
        to 1, and of bool, True is white.
    alpha : bool
        Whether the last channel is alpha, straight: colours are not multiplied by it.
    format : str or None
        The format that the pixels were read from, ``"PNG"`` for example.
    metadata : Metadata
        Colour profile, EXIF and resolution.
    timing : Timing or None
        How long an animation shows this frame; None for pages and for pictures that stand alone.
    plays : int
        How often an animation plays, 0 for ever.
    following : tuple of Image
        The frames or pages after this one, none of which has further ones. Frames of an animation
        all have its size.
    stacked : Stack or None
        How the frames lie in an array of more axes, where the file tells that; `stack` makes it.
    left_out : tuple of str
        A line for each thing in its file that was not read, such as further pictures or damaged
        texts. Whoever writes the picture, or what filters made of it, is told.
    nodata : float or None
        The number that stands for no data among the pixels, NaN say; filters look at all others.
    """

    pixels: NDArray[Any]
    alpha: bool = False
    format: str | None = None
    metadata: Metadata = field(default_factory=Metadata)
    timing: Timing | None = None
    plays: int = 0
    following: tuple[Image, ...] = ()
    stacked: Stack | None = None
    left_out: tuple[str, ...] = ()
    nodata: float | None = None

    def __post_init__(self) -> None:
        pixels: object = self.pixels
        if not isinstance(pixels, np.ndarray):
            raise ArgumentTypeError(
                f"pixels are a NumPy array, not {type(pixels).__name__}: use numpy.asarray"
            )
        if type(pixels) is not np.ndarray:
            pixels = _plain(self, pixels)
            object.__setattr__(self, "pixels", pixels)
        if pixels.ndim not in (2, 3):
            raise ArgumentError(f"pixels have the shape (H, W) or (H, W, C), not {pixels.shape}")
        # the name of a dtype takes a while to find
        if pixels.dtype.type not in PIXEL_TYPES and pixels.dtype.name not in PIXEL_DTYPES:
            pixels = understood(pixels)
            if pixels.dtype.name not in PIXEL_DTYPES:
                raise ArgumentTypeError(
                    f"pixels of dtype {pixels.dtype} are not supported: {way_out(pixels)}"
                )
            object.__setattr__(self, "pixels", pixels)
        if self.alpha and (pixels.ndim != 3 or pixels.shape[2] < 2):
            raise ArgumentError(
                f"pixels of shape {pixels.shape} have no channel for alpha: use alpha=False"
            )
        if any(other.following for other in self.following):
            raise ArgumentError("frames that follow have none of their own: give them in one row")

    @classmethod
    def of(cls, picture: Image | ArrayLike) -> Image:
        """Return `picture` as an `Image`; an array has channels, and none of them is alpha."""
        return picture if isinstance(picture, Image) else cls(np.asanyarray(picture))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the pixels."""
        return self.pixels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the pixels."""
        return self.pixels.dtype

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """Number of channels, alpha included; 1 for ``(H, W)``."""
        return 1 if self.pixels.ndim == 2 else int(self.pixels.shape[2])

    @property
    def spacing(self) -> Spacing | None:
        """How far the pixels of this frame lie apart, by its metadata; None if they do not say."""
        said = self.metadata
        if said.spacing is not None or said.dpi is None:
            return said.spacing
        from convfilter.picture.spacing import Spacing

        return Spacing.of_resolution(*said.dpi, "in")

    def with_pixels(self, pixels: NDArray[Any], *, alpha: bool | None = None) -> Image:
        """Return the same picture with other pixels, as one that stands alone.

        Frames that follow are left out, since the pixels are those of one: `map` serves all of
        them. With ``alpha=None`` the last channel stays alpha as long as the number of channels
        stays the same; with another number of channels there is no alpha.
        """
        if alpha is None:
            count = 1 if pixels.ndim == 2 else pixels.shape[-1]
            alpha = self.alpha and count == self.channels
        return replace(self, pixels=pixels, alpha=alpha, following=())

    @property
    def frames(self) -> tuple[Image, ...]:
        """Every frame or page by itself, this one first."""
        alone = replace(self, following=()) if self.following else self
        return (alone, *self.following)

    def map(self, change: Callable[[Image], Image]) -> Image:
        """Return the picture with `change` applied to every frame or page."""
        first, *others = map(change, self.frames)
        return replace(first, following=tuple(others)) if others or first.following else first

    @property
    def axes(self) -> str:
        """What the axes of `stack` are, a letter each, as functions take them.

        ``"YX"`` or ``"YXC"`` for a single frame; before these the axes that the file tells, as in
        ``"TZYX"``, else one: T for the time of an animation, P for pages.
        """
        return self._frames_as_stack().axes + "YXC"[: self.pixels.ndim]

    def stack(self) -> NDArray[Any]:
        """Return all frames or pages as one array, whose axes are `axes`.

        ``filters.median(image.stack(), axes=image.axes)`` filters each of them. Of a single frame
        the array is its pixels; whether the last channel is alpha, the array does not tell.

        Raises
        ------
        ArgumentError
            Frames differ in their size, their channels or their dtype: take `frames` then.
        """
        if not self.following:
            return self.pixels
        kinds = [f"{'x'.join(map(str, frame.shape))} {frame.dtype}" for frame in self.frames]
        others = [kind for kind in kinds if kind != kinds[0]]
        if others:
            raise ArgumentError(
                f"frames of {kinds[0]} and of {others[0]} make no array: take image.frames one by"
                " one"
            )
        pixels = np.stack([frame.pixels for frame in self.frames])
        return pixels.reshape(*self._frames_as_stack().lengths, *self.shape)

    def _frames_as_stack(self) -> Stack:
        """Return the axes that frames make beside those of each frame."""
        count = len(self.frames)
        if count == 1:
            return Stack("", ())
        if self.stacked is not None and math.prod(self.stacked.lengths) == count:
            of_frame = "YXC"[: self.pixels.ndim]
            letters = "".join(each for each in self.stacked.axes if each not in of_frame)
            if len(letters) == len(self.stacked.lengths):
                return Stack(letters, self.stacked.lengths)
        return Stack("P" if self.timing is None else "T", (count,))

    def _repr_png_(self) -> bytes | None:
        """Return the picture for a notebook; None where PNG cannot hold it."""
        from convfilter.picture import notebooks

        return None if notebooks.png_of is None else notebooks.png_of(self)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if self.following:
            raise ArgumentError(
                f"the image has {len(self.frames)} frames, and an array is one of them: take"
                " image.stack() for all of them, or image.frames one by one"
            )
        if copy:
            return np.array(self.pixels, dtype=dtype)
        converted = self.pixels if dtype is None else self.pixels.astype(dtype, copy=False)
        if copy is False and converted is not self.pixels:
            raise ValueError("the pixels cannot be given in another dtype without a copy")
        return converted

    def __repr__(self) -> str:
        extras = [f"{self.pixels.dtype} {'x'.join(map(str, self.shape))}"]
        if self.alpha:
            extras.append("alpha")
        if self.format:
            extras.append(self.format)
        if self.following:
            extras.append(f"{len(self.frames)} frames")
        return f"<Image {' '.join(extras)}>"


def _plain(image: Image, pixels: NDArray[Any]) -> NDArray[Any]:
    """Return pixels of a class of their own as an array, what is masked as `nodata`."""
    plain = np.asarray(pixels)
    masked = getattr(pixels, "mask", False)  # of a masked array
    if not np.any(masked):
        return plain
    if image.nodata is None:
        if plain.dtype.kind != "f":
            raise ArgumentError(
                f"some pixels are masked, and {plain.dtype} has no number for that: choose one, as"
                " in Image(pixels, nodata=0)"
            )
        object.__setattr__(image, "nodata", math.nan)
    return np.where(masked, plain.dtype.type(image.nodata), plain)
