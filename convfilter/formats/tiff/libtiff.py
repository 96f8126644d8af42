"""What Pillow's libtiff does: it reads whole pages, and unpacks the bytes of strips and tiles."""

from __future__ import annotations

import io
import struct

from PIL import Image as PillowImages
from PIL.TiffImagePlugin import TiffImageFile

from convfilter.formats.quiet import silence_libtiff, warnings_silenced

__all__ = ["Picture", "unpacked"]


_LARGEST_SHARE = 50_000
"""More bytes than one can stand for: Zstandard has blocks of 4 bytes that stand for 131,072."""


class Picture(TiffImageFile):
    """A page on its way through Pillow, whose number of pixels others have checked."""

    def load_prepare(self) -> None:
        """Provide memory for the pixels; left to Pillow, a limit of its own would decide."""
        if getattr(self, "_im", None) is None:
            size = getattr(self, "_tile_size", self.size)  # before it is turned upright
            self.im = PillowImages.new(self.mode, size, None).im
        super().load_prepare()


def unpacked(data: bytes, compression: int, rows: int, count: int) -> bytes:
    """Return the `count` bytes of a strip or tile of so many rows.

    libtiff gets them as a grey picture of 8 bits.

    Raises
    ------
    EOFError
        There are far too few bytes for so many.
    """
    if count > _LARGEST_SHARE * (len(data) + 1):
        raise EOFError("the file is truncated")
    silence_libtiff()
    if count % rows:
        rows = 1
    tags = [(256, count // rows), (257, rows), (258, 8), (259, compression), (262, 1)]
    tags += [(273, 8 + 2 + 12 * 9 + 4), (277, 1), (278, rows), (279, len(data))]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    file = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + directory + bytes(4) + data
    with warnings_silenced(), Picture(io.BytesIO(file)) as picture:
        return picture.tobytes()
