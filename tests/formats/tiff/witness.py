"""TIFF files of tifffile's, drawn at random, and what they hold as tifffile itself reads them.

Everything is said twice: what a file holds by tifffile's reader and float64, and why it would be
refused, by what has been asked of tifffile's writer.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

Array = NDArray[Any]

LOSSLESS = (None, "zlib", "lzw", "packbits", "lzma", "zstd")
OTHERS = (
    "jpeg",
    "jpeg",
    "jpeg",
    "webp",
    "lerc",
    "jpegxl",
    "png",
    "jpeg2000",
    "jpegxr",
    "ccittfax4",
)
PICTURES = {"png": 16, "webp": 8}
"""Compressions whose strips are files of their own, and the most bits of a value in them."""

EXTRA = ("unspecified", "assocalpha", "unassalpha")


@dataclass(frozen=True)
class Trial:
    """A file, and what has been asked of its writer."""

    dtype: np.dtype[Any]
    bits: int
    colour: str
    channels: int
    extra: tuple[str, ...]
    apart: bool
    compression: str | None
    predictor: bool
    options: dict[str, Any]
    data: bytes

    def __str__(self) -> str:
        return (
            f"{self.dtype} {self.bits} bits {self.colour} {self.channels} channels {self.extra}"
            f" {'apart ' * self.apart}{self.compression} {self.predictor} {self.options}"
        )


def drawn(random: np.random.Generator) -> Trial | None:
    """Draw a file; None for what tifffile does not write, or cannot read again."""
    pick: Callable[..., Any] = lambda *of: of[int(random.integers(len(of)))]  # noqa: E731
    dtype = np.dtype(pick(*["u1"] * 4, *["u2"] * 3, "u4", "u8", "i1", "i2", "i4", "i8", "f2",
                          "f4", "f8", "c8", "bool"))  # fmt: skip
    bits = 1 if dtype == np.bool_ else 8 * dtype.itemsize
    colour = pick(*["minisblack"] * 6, *["miniswhite"] * 3, *["rgb"] * 7, *["palette"] * 3)
    if random.random() < 0.15:
        colour = pick("separated", "ycbcr", "cielab", "icclab", "mask", "cfa")
        bits, dtype = (8, np.dtype("u1")) if random.random() < 0.6 else (bits, dtype)
    if colour == "palette":
        dtype = np.dtype(pick("u1", "u2"))
        bits = 8 * dtype.itemsize
    is_packed = dtype.kind == "u" and bits < 64 and colour != "palette" and random.random() < 0.4
    if is_packed:
        bits = int(random.integers(1 if bits == 8 else bits // 2 + 1, bits))
    own = {"rgb": 3, "ycbcr": 3, "separated": 4, "cielab": 3, "icclab": 3}.get(colour, 1)
    count = pick(0, 0, 0, 1, 1, 2, 3, 5) if own + 5 < 10 else 0
    if colour in ("palette", "mask", "cfa"):
        count = 0
    extra = tuple(pick(*EXTRA) if random.random() < 0.4 else "unspecified" for _ in range(count))
    if count and random.random() < 0.5:
        extra = (*["unspecified"] * (count - 1), pick(*EXTRA))
    channels = own + count
    apart = channels > 1 and random.random() < 0.4
    height, width = (int(n) for n in random.integers(1, 70, 2))
    compression = pick(*OTHERS) if random.random() < 0.15 else pick(*LOSSLESS)
    if is_packed:
        compression = None
    predictor = random.random() < 0.4 and compression in ("zlib", "lzw", "lzma", "zstd")
    options: dict[str, Any] = {}
    if random.random() < 0.4:
        options["tile"] = (pick(16, 32, 48), pick(16, 32, 64))
    elif random.random() < 0.7:
        options["rowsperstrip"] = int(random.integers(1, height + 5))
    if colour == "palette":
        grey = random.random() < 0.3
        shades = random.integers(0, 256, (1 if grey else 3, 1 << min(bits, 16)))
        scale = pick(1, 256, 257)
        shades = (shades * scale).astype(np.uint16)
        if scale == 257 and random.random() < 0.3:
            shades = random.integers(0, 65536, shades.shape).astype(np.uint16)
        options["colormap"] = np.broadcast_to(shades, (3, shades.shape[1])).copy()
    if extra:
        options["extrasamples"] = extra
    if is_packed:
        options["bitspersample"] = bits
    if compression == "jpeg" and colour == "ycbcr":
        options["subsampling"] = pick((1, 1), (2, 1), (2, 2))
    pixels = _values(random, dtype, bits, (height, width, channels))
    stored = np.moveaxis(pixels, 2, 0) if apart else pixels
    stored = stored[..., 0] if channels == 1 else stored
    file = io.BytesIO()
    try:
        with tifffile.TiffWriter(
            file, byteorder=pick("<", ">"), bigtiff=random.random() < 0.2
        ) as w:
            w.write(np.ascontiguousarray(stored), photometric=colour, metadata=None, maxworkers=1,
                    planarconfig=("separate" if apart else "contig") if channels > 1 else None,
                    compression=compression, predictor=predictor, **options)  # fmt: skip
        data = file.getvalue()
        samples_of(data)
    except Exception:  # what its writer, and the codecs behind it, do not know  # noqa: BLE001
        return None
    return Trial(dtype, bits, colour, channels, extra, apart, compression, predictor, options, data)


def _values(
    random: np.random.Generator, dtype: np.dtype[Any], bits: int, shape: tuple[int, ...]
) -> Array:
    """Return random samples: wide integers often small enough for 16 bits."""
    if dtype == np.bool_:
        return random.random(shape) < 0.5
    if dtype.kind in "fc":
        return (3 * random.random(shape) - 1).astype(dtype)
    low, high = (-(1 << bits - 1), 1 << bits - 1) if dtype.kind == "i" else (0, 1 << bits)
    if bits > 16 and random.random() < 0.7:
        low, high = (0, 1 << 16) if random.random() < 0.5 else (-(1 << 15), 1 << 15)
        low = max(low, 0) if dtype.kind == "u" else low
    return random.integers(low, high, shape, np.dtype(f"{dtype.kind}8")).astype(dtype)


def samples_of(data: bytes) -> Array:
    """Return the samples (H, W, S) of the first page as tifffile reads them."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        values = page.asarray()
        if page.planarconfig == 2 and page.samplesperpixel > 1:  # type: ignore[union-attr]
            return np.moveaxis(values, 0, -1)
        return values.reshape(page.imagelength, page.imagewidth, -1)  # type: ignore[union-attr]


def reasons(trial: Trial) -> list[str]:
    """Return every true reason to refuse a file, as regular expressions; none for one to read."""
    kind, bits, colour, extra = trial.dtype.kind, trial.bits, trial.colour, trial.extra
    kind = "u" if kind == "b" else kind
    found = []
    if kind == "c":
        found.append("complex numbers are not")
    if kind == "u" and bits > 16 and bits not in (32, 64):
        found.append(f"{bits}-bit whole numbers are not")
    if colour in ("cielab", "icclab", "mask", "cfa"):
        found.append("(CIELAB|ICCLAB|mask|colour filter array) colours are not")
    if kind == "i" and colour == "miniswhite":
        found.append("signed numbers of which 0 is white")
    if colour in ("separated", "ycbcr"):
        if kind != "u" or bits > 8 or (colour == "ycbcr" and bits < 8):
            found.append(f"(CMYK|YCbCr) of {bits}-bit .* is not")
        if extra:
            found.append(f"{len(extra)} further channels beside (CMYK|YCbCr)")
    if any(each.endswith("alpha") for each in extra[:-1]):
        found.append("alpha that is not the last channel")
    if extra and extra[-1].endswith("alpha") and kind in "ui" and (kind == "i" or bits > 16):
        found.append(f"alpha of {bits}-bit .*whole numbers")
    if trial.compression == "jpeg":
        if extra not in ((), ("unassalpha",)):
            found.append(f"{len(extra)} further channels in JPEG")
        if bits != 8:
            found.append(f"JPEG compression of {bits}-bit")
        if colour == "palette":
            found.append("JPEG compression of a palette")
    elif trial.compression == "ccittfax4":
        if bits != 1:
            found.append(f"fax compression of {bits}-bit")
    elif trial.compression in PICTURES:
        if kind != "u" or bits not in (8, PICTURES[trial.compression]):
            found.append(f"{bits}-bit .* in (PNG|WebP) in TIFF are not")
    elif trial.compression not in LOSSLESS:
        found.append("(JPEG 2000|JPEG XL|JPEG XR|LERC) compression in TIFF")
    if not found and kind in "ui" and bits > 16:
        values = _black_is_zero(samples_of(trial.data), colour)
        low, high = int(values.min()), int(values.max())
        fits_signed = kind == "i" and low >= -(1 << 15) and high < 1 << 15
        if not (low >= 0 and high < 1 << 16) and not fits_signed:
            told = f"from {low} to {high}" if colour != "miniswhite" else "of which 0 is white"
            found.append(f"{bits}-bit whole numbers {told} do not fit 16 bits")
    return found


def _black_is_zero(values: Array, colour: str) -> Array:
    """Return whole numbers of which 0 is black in the first channel."""
    values = values.copy()
    if colour == "miniswhite":
        values[..., 0] = np.iinfo(values.dtype).max - values[..., 0]
    return values


def wanted(trial: Trial) -> Array:
    """Return the pixels (H, W, C) that a file means, as they are read."""
    values = samples_of(trial.data)
    colour, bits = trial.colour, trial.bits
    if colour == "palette":
        return _by_palette(values[..., 0], trial.options["colormap"])
    if values.dtype.kind == "i":
        return values.astype(np.int16 if values.max() < 1 << 15 else np.uint16)
    if values.dtype.kind == "u" and bits > 16:
        return _black_is_zero(values, colour).astype(np.uint16)
    if values.dtype.kind == "f":
        values = values.astype(np.float32 if bits < 64 else np.float64)
        white = values.dtype.type(1)
    else:
        white = 255 if bits <= 8 else 65535
        scaled = values.astype(np.float64) * white / ((1 << bits) - 1)
        values = np.rint(scaled).astype(np.uint8 if bits <= 8 else np.uint16)
    if colour == "miniswhite":
        values[..., 0] = white - values[..., 0]
    if colour == "separated":
        ink, black = values[..., :3].astype(np.float64), values[..., 3:].astype(np.float64)
        return np.clip(255 - black - np.rint(ink * (255 - black) / 255), 0, 255)
    if colour == "ycbcr" and trial.compression != "jpeg":
        y, cb, cr = np.moveaxis(values.astype(np.float64), 2, 0) - [[[0]], [[128]], [[128]]]
        blue, red = 2 * (1 - 0.114), 2 * (1 - 0.299)
        green = y - (0.114 * blue * cb + 0.299 * red * cr) / 0.587
        return np.clip(np.dstack([y + red * cr, green, y + blue * cb]), 0, 255)
    if trial.extra and trial.extra[-1] == "assocalpha":
        own = values.shape[2] - len(trial.extra)
        alpha = values[..., -1:].astype(np.float64)
        divided = values[..., :own] * (white / np.where(alpha > 0, alpha, np.inf))
        if values.dtype.kind == "u":
            divided = np.rint(divided).clip(0, white)
        values[..., :own] = divided
    return values


def _by_palette(values: Array, shades: Array) -> Array:
    """Return colours of indices, in 8 bits where they need no more."""
    if shades.max() >= 256:
        is_short = ((shades % 256 == 0) | (shades % 257 == 0)).all()
        shades = (shades // 256).astype(np.uint8) if is_short else shades
    else:
        shades = shades.astype(np.uint8)
    pixels = np.stack([shade[values] for shade in shades], axis=2)
    grey = all((shade == shades[0]).all() for shade in shades)
    return pixels[..., :1] if grey else pixels
