"""TGA, PCX, SGI, QOI and DDS, as far as Pillow reads them exactly."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from convfilter.errors import ImageError
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import read_single
from convfilter.picture.image import Image

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["DDS", "PCX", "QOI", "SGI", "TGA"]

_BLOCKS = ("DXT1", "DXT3", "DXT5", "BC1", "BC2", "BC3", "BC4", "BC7")
"""Ways to pack blocks of a texture of which Pillow loses nothing."""

_DDS_RGB, _DDS_ALPHA = 0x40, 0x1
_BYTES = {255 << shift for shift in (0, 8, 16, 24)}
_CUBE, _VOLUME = 0x200, 0x200000


def _read_tga(file: BinaryIO, limits: Limits) -> Image:
    from PIL.TgaImagePlugin import TgaImageFile

    head = file.read(18)
    file.seek(0)
    if len(head) < 18:
        raise EOFError("the file is truncated")
    colours_of_map, depth, alpha_bits = head[7], head[16], head[17] & 15
    if (depth == 16 and head[2] & 3 != 3) or (head[1] and colours_of_map in (15, 16)):
        raise ImageError("TGA of 5 bits a colour is not supported: convert it to 8 bits first")
    image = read_single(file, TgaImageFile, TGA, limits, lambda _: 8)
    if image.channels == 4 and alpha_bits == 0 and not image.pixels[..., 3].any():
        # four bytes a pixel, for speed: it says that none is alpha, and nothing would be seen
        return image.with_pixels(image.pixels[..., :3].copy(), alpha=False)
    return image


def _read_pcx(file: BinaryIO, limits: Limits) -> Image:
    from PIL.PcxImagePlugin import PcxImageFile

    image = read_single(file, PcxImageFile, PCX, limits, lambda _: 8)
    # what the header calls a resolution is that of a screen
    return replace(image, metadata=replace(image.metadata, dpi=None))


def _read_sgi(file: BinaryIO, limits: Limits) -> Image:
    from PIL.SgiImagePlugin import SgiImageFile

    head = file.read(4)
    file.seek(0)
    return read_single(file, SgiImageFile, SGI, limits, lambda _: 8 * head[3])


def _read_qoi(file: BinaryIO, limits: Limits) -> Image:
    from PIL.QoiImagePlugin import QoiImageFile

    return read_single(file, QoiImageFile, QOI, limits, lambda _: 8)


def _read_dds(file: BinaryIO, limits: Limits) -> Image:
    from PIL.DdsImagePlugin import DdsImageFile

    head = file.read(128)
    file.seek(0)
    if len(head) < 128:
        raise EOFError("the file is truncated")
    (kind,) = struct.unpack_from("<I", head, 80)
    masks = struct.unpack_from("<4I", head, 92)[: 4 if kind & _DDS_ALPHA else 3]
    (further,) = struct.unpack_from("<I", head, 112)
    if kind & _DDS_RGB and not {*masks} <= _BYTES:
        raise ImageError("DDS of other than 8 bits a colour is not supported: convert it first")

    def bits(picture: ImageFile) -> int:
        packed = getattr(picture, "pixel_format", "")
        if packed and packed not in _BLOCKS:
            raise ImageError(f"DDS of the kind {packed} is not supported: convert it to PNG first")
        return 8

    image = read_single(file, DdsImageFile, DDS, limits, bits)
    if further & (_CUBE | _VOLUME):
        what = "further sides of the cube" if further & _CUBE else "further slices of the volume"
        return replace(image, left_out=(f"{what}: left out",))
    return image


TGA = Format(
    "TGA",
    suffixes=(".tga", ".icb", ".vda", ".vst"),
    signature=(
        rb".\0[\x02\x03\x0a\x0b]\0{5}.{8}[\x08\x10\x18\x20][\0-\x3f]"
        rb"|.\x01[\x01\x09]..[\0-\xff][\0\x01][\x0f\x10\x18\x20].{8}\x08[\0-\x3f]"
    ),
    holds=Holds(depth=8, alpha=True),
    read=_read_tga,
)
PCX = Format(
    "PCX",
    suffixes=(".pcx",),
    signature=rb"\x0a[\0\x02\x03\x05][\0\x01][\x01\x08]",
    holds=Holds(depth=8),
    read=_read_pcx,
)
SGI = Format(
    "SGI",
    suffixes=(".sgi", ".rgb", ".rgba", ".bw"),
    signature=rb"\x01\xda[\0\x01][\x01\x02]",
    holds=Holds(depth=8, alpha=True),
    read=_read_sgi,
)
QOI = Format(
    "QOI",
    suffixes=(".qoi",),
    signature=rb"qoif",
    holds=Holds(depth=8, grey=False, alpha=True),
    read=_read_qoi,
)
DDS = Format(
    "DDS",
    suffixes=(".dds",),
    signature=rb"DDS ",
    holds=Holds(depth=8, alpha=True),
    read=_read_dds,
)
