"""How the samples of a TIFF page are stored, as its tags state it, and what of that is read.

Samples are decoded here (`strips.py`) and made colours of (`colours.py`), whatever their bits, with
two exceptions: JPEG and fax are left to Pillow as a whole. Of other compressions libtiff only
unpacks the bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from convfilter.errors import ImageError, listed
from convfilter.formats.exif.ifd import Directory, Source

__all__ = ["ASSOCIATED", "CMYK", "COMPRESSIONS", "DEFLATE", "NOT_PACKED", "PALETTE", "PICTURES",
           "WHITE_IS_ZERO", "YCBCR", "Predictor", "Storage"]  # fmt: skip

_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES = 258, 259, 262, 266, 277
_ROWS, _PLANES, _PREDICTOR, _COLOUR_MAP, _INKS, _EXTRA = 278, 284, 317, 320, 332, 338
_KIND_OF_SAMPLES, _TILE_WIDTH, _TILE_HEIGHT, _DEPTH = 339, 322, 323, 32997
_COEFFICIENTS, _SUBSAMPLING, _REFERENCE = 529, 530, 532
_STRIPS, _TILES = (273, 279), (324, 325)
"""Tags of the offsets of strips or tiles, and of their lengths."""

_KINDS = {1: "u", 2: "i", 3: "f"}
"""By the kind of samples, the letter of NumPy."""

_SAME_KIND = {4: 1}
"""Samples of no kind are whole numbers."""

_BITS_READ = {"u": (*range(1, 17), 32, 64), "i": (8, 16, 32, 64), "f": (16, 32, 64)}

NOT_PACKED, DEFLATE = 1, (8, 32946)
_LZW, _PACKBITS, _LZMA, _ZSTANDARD = 5, 32773, 34925, 50000
_WITH_DIFFERENCES = (_LZW, *DEFLATE, _LZMA, _ZSTANDARD)
PICTURES = {34933: "PNG", 50001: "WebP"}
"""Those whose strips are files of their own."""

COMPRESSIONS = (NOT_PACKED, _PACKBITS, *_WITH_DIFFERENCES, *PICTURES)
"""Those whose strips are bytes again when they are unpacked."""

_FAX, _JPEG = (2, 3, 4, 32771), (6, 7)
_OTHER_COMPRESSIONS = {
    32809: "ThunderScan", 32895: "IT8", 32896: "IT8", 32897: "IT8", 32898: "IT8", 32908: "PIXAR",
    32909: "PIXAR", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000",
    34661: "JBIG", 34676: "LogLuv", 34677: "LogLuv", 34712: "JPEG 2000", 34887: "LERC",
    34892: "lossy JPEG", 34934: "JPEG XR", 50002: "JPEG XL",
    52546: "JPEG XL",
}  # fmt: skip

WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
_COLOURS = {WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}
"""How many samples of a pixel are its colours."""

_OTHER_COLOURS = {4: "mask", 8: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "colour filter array",
                  32844: "LogL", 32845: "LogLuv", 34892: "linear raw",
                  51177: "depth map"}  # fmt: skip

ASSOCIATED, _UNASSOCIATED = 1, 2
_ALPHA = (ASSOCIATED, _UNASSOCIATED)
_APART = 2

_COEFFICIENTS_READ = (0.299, 0.587, 0.114)
_REFERENCE_READ = (0, 255, 128, 255, 128, 255)
"""What YCbCr of JPEG means: the coefficients of Rec. ITU-R BT.601, and the full range."""


class Predictor:
    """What is stored in the place of samples (TIFF 6.0, 14)."""

    NONE, DIFFERENCES, FLOAT_DIFFERENCES = 1, 2, 3


class Storage(NamedTuple):
    """How the samples of a page are stored.

    Attributes
    ----------
    size : (int, int)
        Columns and rows of the page.
    part_size : (int, int)
        Columns and rows of a strip or tile.
    is_tiled : bool
    order : {"<", ">"}
        The byte order of samples.
    kinds, bits : tuple of int
        Those that occur among the samples of a pixel, as the tags have them.
    samples : int
        Of a pixel.
    apart : bool
        Whether the first sample of all pixels comes before all second ones.
    photometric, compression, predictor, fill_order : int
        As the tags of these names have it; `predictor` only where the compression knows it.
    extra : tuple of int
        What samples beyond the colours mean, one for each.
    offsets, lengths : list of int
        Of the strips or tiles, in bytes.
    colour_map : tuple of int
        Red, green and blue of all indices of a palette, 0 to 65535.
    subsampling : (int, int)
        How many pixels share a colour of YCbCr, along rows and columns.
    unusual : str
        What is not read, in words, and what to do; empty if there is nothing.
    """

    size: tuple[int, int]
    part_size: tuple[int, int]
    is_tiled: bool
    order: str
    kinds: tuple[int, ...]
    bits: tuple[int, ...]
    samples: int
    apart: bool
    photometric: int
    compression: int
    predictor: int
    fill_order: int
    extra: tuple[int, ...]
    offsets: list[int]
    lengths: list[int]
    colour_map: tuple[int, ...]
    subsampling: tuple[int, int]
    unusual: str

    @classmethod
    def of(cls, source: Source, page: Directory, size: tuple[int, int]) -> Storage:
        """Read the tags of a page."""
        fields = page.fields

        def whole(tag: int, otherwise: int) -> int:
            value = source.whole(fields.get(tag))
            return otherwise if value is None else value

        def several(tag: int) -> tuple[int, ...]:
            values = source.numbers(fields.get(tag), samples)
            return tuple(sorted({int(value) for value in values})) or (1,)

        samples = max(whole(_SAMPLES, 1), 1)
        compression = whole(_COMPRESSION, NOT_PACKED)
        # where it is not stated, what libtiff takes for granted
        photometric = whole(_PHOTOMETRIC, _RGB if samples > 2 else WHITE_IS_ZERO)
        width, height = size
        is_tiled = _TILE_WIDTH in fields
        part_size = width, min(whole(_ROWS, height) or height, height)
        if is_tiled:
            part_size = whole(_TILE_WIDTH, 0), whole(_TILE_HEIGHT, 0)
        # as libtiff does, tiles are taken that are listed as strips
        tags = next((pair for pair in (_TILES, _STRIPS) if pair[0] in fields), _STRIPS)
        offsets, lengths = (source.wholes(fields.get(tag)) for tag in tags)
        beyond = max(samples - _COLOURS.get(photometric, samples), 0)
        extra = tuple(map(int, source.numbers(fields.get(_EXTRA), samples)))
        shared = source.numbers(fields.get(_SUBSAMPLING), 2)
        across, down = shared if len(shared) == 2 else (2, 2)
        return cls(
            size,
            part_size,
            is_tiled,
            source.layout.order,
            tuple(sorted({_SAME_KIND.get(kind, kind) for kind in several(_KIND_OF_SAMPLES)})),
            several(_BITS),
            samples,
            samples > 1 and whole(_PLANES, 1) == _APART,
            photometric,
            compression,
            # elsewhere the predictor is a word without a meaning, as libtiff has it
            whole(_PREDICTOR, 1) if compression in _WITH_DIFFERENCES else Predictor.NONE,
            whole(_FILL_ORDER, 1),
            (extra + (0,) * beyond)[:beyond],
            offsets,
            lengths,
            tuple(source.wholes(fields.get(_COLOUR_MAP))) if photometric == PALETTE else (),
            (int(across), int(down)),
            _unusual(source, page, photometric, whole(_DEPTH, 1), whole(_INKS, 1)),
        )

    @property
    def is_for_pillow(self) -> bool:
        """Whether Pillow reads the page as a whole."""
        return self.compression in (*_FAX, *_JPEG)

    @property
    def is_subsampled(self) -> bool:
        """Whether pixels share colours."""
        return self.photometric == YCBCR and self.subsampling != (1, 1)

    @property
    def depth(self) -> int:
        """The bits of every sample."""
        return self.bits[0]

    @property
    def kind(self) -> str:
        """Of the samples, as NumPy has it: "u", "i" or "f"."""
        return _KINDS[self.kinds[0]]

    @property
    def alpha(self) -> int | None:
        """What the alpha in the last sample is; None if there is none."""
        return self.extra[-1] if self.extra and self.extra[-1] in _ALPHA else None

    @property
    def keeps_numbers(self) -> bool:
        """Whether pixels are the numbers of the file, which nothing scales or turns."""
        is_whole = self.depth in (8, 16, 32, 64)
        return is_whole and self.photometric in (_BLACK_IS_ZERO, _RGB, YCBCR)

    def in_pixels(self, number: float, dtype: np.dtype[Any]) -> float | None:
        """Return what a number of the file is among its pixels of a dtype; None if it is nothing.

        Whole numbers may be scaled to all bits of `dtype`, or 0 be white among them. Pixels of
        palettes and inks are colours, and where there is alpha, that alone tells what is there.
        """
        if self.alpha:
            return None
        if self.keeps_numbers:
            return number
        largest = (1 << self.depth) - 1
        is_scaled = self.kind == dtype.kind == "u" and self.depth <= 16
        is_turned = self.photometric == WHITE_IS_ZERO
        if not (is_scaled and (is_turned or self.photometric in (_BLACK_IS_ZERO, _RGB))):
            return None
        if not (number.is_integer() and 0 <= number <= largest):
            return None
        white = int(np.iinfo(dtype).max)
        scaled = (2 * int(number) * white + largest) // (2 * largest)
        return float(white - scaled if is_turned else scaled)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of samples that are whole bytes, in the byte order of the file."""
        return np.dtype(f"{self.order}{self.kind}{self.depth // 8}")

    @property
    def _numbers(self) -> str:
        """The samples in words."""
        names = {"u": "whole numbers", "i": "signed whole numbers", "f": "floats"}
        return f"{self.depth}-bit {names[self.kind]}"

    def check(self) -> None:
        """Refuse what is not read, with the true reason.

        Raises
        ------
        ImageError
        """
        reason = self.unusual or self._number_reason() or self._colour_reason()
        reason = reason or self._extra_reason() or self._packing_reason()
        if reason:
            raise ImageError(reason)

    def _number_reason(self) -> str:
        if len(self.bits) > 1 or len(self.kinds) > 1:
            return (
                f"channels of different bits or kinds ({listed(list(map(str, self.bits)))} bits)"
                " are not supported: save all of them with 8 or 16 bits"
            )
        if self.kinds[0] not in _KINDS:
            name = {5: "complex whole numbers", 6: "complex numbers"}.get(self.kinds[0])
            return (
                f"{name or f'samples of kind {self.kinds[0]}'} are not supported: save what is"
                " wanted of them, such as the magnitude, as 32-bit float"
            )
        if self.depth not in _BITS_READ[self.kind]:
            deepest = listed(list(map(str, _BITS_READ[self.kind][-3:])), "or")
            return f"{self._numbers} are not supported: save them with {deepest} bits"
        return ""

    def _colour_reason(self) -> str:
        colours = _COLOURS.get(self.photometric)
        if colours is None:
            name = _OTHER_COLOURS.get(self.photometric, f"kind {self.photometric} of")
            return f"{name} colours are not supported: convert to RGB first"
        names = {PALETTE: "a palette", CMYK: "CMYK", YCBCR: "YCbCr"}
        name = names.get(self.photometric, "RGB" if colours == 3 else "grey")
        if self.samples < colours:
            return f"{name} of {self.samples} channels cannot be: save it anew"
        if self.photometric == WHITE_IS_ZERO and self.kind == "i":
            return "signed numbers of which 0 is white are not supported: save them as 0 is black"
        deepest = {PALETTE: 16, CMYK: 8, YCBCR: 8}.get(self.photometric)
        if deepest is not None and (self.kind != "u" or self.depth > deepest):
            return f"{name} of {self._numbers} is not supported: convert to RGB first"
        if self.photometric == YCBCR and self.depth < 8:
            return f"YCbCr of {self._numbers} is not supported: convert to RGB first"
        if self.is_subsampled and self.compression not in _JPEG:
            if self.apart or not set(self.subsampling) <= {1, 2, 4}:
                return "YCbCr of this subsampling is not supported: convert to RGB first"
            if self.predictor != Predictor.NONE:
                return "differences of subsampled YCbCr are not supported: convert to RGB first"
        return ""

    def _extra_reason(self) -> str:
        if not self.extra:
            return ""
        is_alpha_in_jpeg = self.compression in _JPEG and self.extra == (_UNASSOCIATED,)
        if self.photometric in (CMYK, YCBCR) or (self.is_for_pillow and not is_alpha_in_jpeg):
            packed = "in fax" if self.compression in _FAX else "in JPEG"
            how = {CMYK: "beside CMYK", YCBCR: "beside YCbCr"}.get(self.photometric, packed)
            return (
                f"{len(self.extra)} further channels {how} are not supported: save them apart,"
                " or as RGB with LZW, deflate or no compression"
            )
        if self.photometric == PALETTE and (self.extra != (_UNASSOCIATED,) or self.depth != 8):
            return "further channels beside a palette are not supported: convert to RGB first"
        if any(each in _ALPHA for each in self.extra[:-1]):
            return (
                "alpha that is not the last channel is not supported: give it the last place, or"
                " remove it"
            )
        if self.alpha is not None and (self.kind == "i" or (self.kind == "u" and self.depth > 16)):
            return f"alpha of {self._numbers} is not supported: save it with 8 or 16 bits"
        return ""

    def _packing_reason(self) -> str:
        if self.compression in PICTURES:
            deepest = 16 if PICTURES[self.compression] == "PNG" else 8
            if self.kind != "u" or self.depth not in (8, deepest) or self.is_subsampled:
                name = PICTURES[self.compression]
                return f"{self._numbers} in {name} in TIFF are not supported: save with deflate"
        if self.compression not in COMPRESSIONS:
            name = _OTHER_COMPRESSIONS.get(self.compression, f"kind {self.compression} of")
            if not self.is_for_pillow:
                return (
                    f"{name} compression in TIFF is not supported: save it with LZW, deflate or"
                    " none"
                )
            is_fax = self.compression in _FAX
            is_grey = self.photometric in (WHITE_IS_ZERO, _BLACK_IS_ZERO)
            if (
                self.depth != (1 if is_fax else 8)
                or self.kind != "u"
                or self.photometric == PALETTE
                or (is_fax and not is_grey)
            ):
                name = "fax" if is_fax else "JPEG"
                what = "a palette" if self.photometric == PALETTE else self._numbers
                what = "colours" if is_fax and not is_grey else what
                return (
                    f"{name} compression of {what} is not supported: save it with LZW, deflate or"
                    " none"
                )
        if self.fill_order not in (1, 2):
            return f"bits in order {self.fill_order} are not supported: save it anew"
        kinds = {
            Predictor.NONE: "uif",
            Predictor.DIFFERENCES: "uif",
            Predictor.FLOAT_DIFFERENCES: "f",
        }
        has_differences = self.predictor != Predictor.NONE
        if self.kind not in kinds.get(self.predictor, "") or (has_differences and self.depth % 8):
            return (
                f"predictor {self.predictor} of {self._numbers} is not supported: save it without"
                " a predictor"
            )
        return ""


def _unusual(source: Source, page: Directory, photometric: int, depth: int, inks: int) -> str:
    """Return what else of a page is not read, and what to do; empty if there is nothing."""
    if depth > 1:
        return (
            f"a volume of {depth} pictures in one page is not supported: save each as a page of"
            " its own"
        )
    if photometric == CMYK and inks != 1:
        return "inks other than CMYK are not supported: convert to RGB first"
    if photometric == YCBCR:
        coefficients = source.numbers(page.fields.get(_COEFFICIENTS)) or _COEFFICIENTS_READ
        if len(coefficients) != 3 or not np.allclose(coefficients, _COEFFICIENTS_READ, atol=2e-3):
            return (
                "YCbCr by other coefficients than those of JPEG is not supported: convert to RGB"
                " first"
            )
        reference = source.numbers(page.fields.get(_REFERENCE)) or _REFERENCE_READ
        if len(reference) != 6 or not np.allclose(reference, _REFERENCE_READ, atol=1):
            return (
                "YCbCr by other black and white than those of JPEG is not supported: convert to"
                " RGB first"
            )
    return ""
