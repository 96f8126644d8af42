"""GIF: what stands between its pictures, and files made of frames.

Pillow decodes and compresses each of them as a file of its own. Blocks are walked over and put
together here, since Pillow joins frames that look alike, and draws some over others in its own way.
The format is that of the specification of GIF89a (CompuServe, 1990), the number of repetitions that
of Netscape's extension.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImages
from PIL.GifImagePlugin import GifImageFile

from convfilter.errors import ImageError, shown
from convfilter.formats.animation.compositing import Sprite, composed
from convfilter.formats.animation.frames import PixelsAndAlpha, changes
from convfilter.formats.animation.reading import drawn
from convfilter.formats.behind import behind
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.gif.blocks import (
    ANIMEXTS,
    APPLICATION,
    COMMENT_BLOCK,
    CONTROL,
    END,
    EXTENSION,
    NETSCAPE,
    PICTURE,
    PLAIN_TEXT,
    PROFILE,
    XMP,
    aspect_of,
    blocks_of,
    cut,
    density_of,
    extension,
    in_parts,
    palette_of,
    taken,
)
from convfilter.formats.gif.palette import indexed
from convfilter.formats.pillow.reading import read_single
from convfilter.formats.quiet import warnings_silenced
from convfilter.picture.image import COMMENT, Disposal, Image, Metadata, Timing
from convfilter.picture.metadata import comments_of, upright_xmp

__all__ = ["FORMAT", "Animation", "read", "write"]


_DISPOSALS: dict[int, Disposal] = {2: "clear", 3: "restore"}
_DISPOSAL_NUMBERS = {"keep": 1, "clear": 2, "restore": 3}
_LONGEST_DELAY = 65535
_MOST_COLOURS = 256
# XMP is not cut into blocks: a reader that takes one of its bytes for a length lands in this
# trailer, which leads it to the end
_XMP_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file of one picture or of frames."""
    animation = Animation.of(file)
    file.seek(0)
    if not animation.cels:
        raise ImageError(f"the {FORMAT.name} file holds no picture: create it again")
    if animation.is_plain:
        image = read_single(file, GifImageFile, FORMAT, limits, _bits)
        return replace(image, left_out=animation.left_out)
    all_of_it = Limits(limits.max_pixels)

    def decode(data: bytes) -> PixelsAndAlpha:
        image = read_single(io.BytesIO(data), GifImageFile, FORMAT, all_of_it, _bits)
        return image.pixels, image.alpha

    image = drawn(animation, FORMAT, limits, decode, animation.metadata)
    return replace(image, left_out=animation.left_out)


def _bits(_: object) -> int:
    return 8


class _Cel(NamedTuple):
    """A picture within a file: its place, the pieces of a file of its own, and its timing.

    The palette of the whole file is among the pieces, the same object for all pictures.
    """

    left: int
    top: int
    size: tuple[int, int]
    pieces: tuple[bytes, ...]
    timing: Timing


@dataclass(frozen=True)
class Animation:
    """What a file holds: pictures, the columns and rows of the whole, plays and metadata.

    `left_out` are lines about what stands behind its end.
    """

    cels: tuple[_Cel, ...]
    size: tuple[int, int]
    plays: int
    metadata: Metadata
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, file: BinaryIO) -> Animation:
        """Go along a file.

        Raises
        ------
        EOFError
            The file ends too early.
        ValueError, struct.error
            It is damaged.
        """
        file.seek(6)
        screen = taken(file, 7)
        width, height, flags = struct.unpack_from("<HHB", screen)
        palette = palette_of(file, flags)
        cels: list[_Cel] = []
        plays, comments, xmp, control = 1, [], b"", b""
        profile, others = b"", []
        for label, parts in blocks_of(file):
            if label == PICTURE:
                cel = _cel(parts, control, flags, palette)
                width = max(width, cel.left + cel.size[0])
                height = max(height, cel.top + cel.size[1])
                cels.append(cel)
                control = b""
            elif label == CONTROL and parts and len(parts[0]) >= 4:
                control = parts[0][:4]
            elif label == COMMENT_BLOCK:
                comments.append(b"".join(parts))
            elif label == APPLICATION and parts[:1] in ([NETSCAPE], [ANIMEXTS]):
                plays = _plays(parts[1:], plays)
            elif label == APPLICATION and parts[:1] == [XMP]:
                packet = b"".join(bytes([len(part)]) + part for part in parts[1:])
                xmp = upright_xmp(packet.partition(_XMP_TRAILER[:8])[0])
            elif label == APPLICATION and parts[:1] == [PROFILE]:
                profile = profile or b"".join(parts[1:])
            elif label == PLAIN_TEXT:
                others.append("text that is drawn over the picture")
            elif label == APPLICATION and parts:
                others.append(f"what {shown(parts[0][:8].decode('latin-1').strip())} has added")
        metadata = Metadata(
            icc_profile=profile or None,
            text=comments_of(comments),
            xmp=xmp or None,
            density=density_of(screen[6]),
        )
        lines = [f"{each}: left out" for each in dict.fromkeys(others)]
        left_out = (*lines, *behind(file.read()))
        return cls(tuple(cels), (width, height), plays, metadata, left_out)

    @property
    def is_plain(self) -> bool:
        """Whether the file holds one picture, which covers the whole, and no metadata."""
        covers_all = [cel.size for cel in self.cels] == [self.size]
        return covers_all and self.metadata == Metadata()

    @property
    def timings(self) -> tuple[Timing, ...]:
        """How each picture is shown."""
        return tuple(cel.timing for cel in self.cels)

    def pictures(
        self, decode: Callable[[bytes], PixelsAndAlpha], numbers: Collection[int]
    ) -> Iterator[PixelsAndAlpha]:
        """Yield these frames as they look; `decode` returns the picture of a file."""
        sprites = (
            Sprite(decode(b"".join(cel.pieces)), cel.left, cel.top, cel.timing.disposal, over=True)
            for cel in self.cels
        )
        return composed(sprites, self.size, numbers)


def _cel(parts: list[bytes], control: bytes, flags: int, palette: bytes) -> _Cel:
    descriptor, local, bits, *data = parts
    left, top, width, height, own = struct.unpack("<HHHHB", descriptor)
    screen = struct.pack("<HHBBB", width, height, flags, 0, 0)
    place = struct.pack("<BHHHHB", PICTURE, 0, 0, width, height, own)
    shown = extension(CONTROL, control) if control else b""
    picture = place + local + bits + in_parts(data) + bytes([END])
    packed, delay = struct.unpack_from("<BH", control or bytes(4))
    timing = Timing(10.0 * delay, _DISPOSALS.get(packed >> 2 & 7, "keep"))
    pieces = (b"GIF89a" + screen, palette, shown + picture)
    return _Cel(left, top, (width, height), pieces, timing)


def _plays(parts: list[bytes], known: int) -> int:
    """Return how often the animation plays, 0 for ever; `known` if these parts do not say it."""
    if not parts or len(parts[0]) < 3 or parts[0][0] & 7 != 1:
        return known
    again = int.from_bytes(parts[0][1:3], "little")
    return again + 1 if again else 0


class _Indexed(NamedTuple):
    """A picture of at most 256 colours.

    `numbers` are those of each pixel's colour in the palette, `clear` is the one that shows
    nothing, or None, and `reduced` is how many colours there were, if more than fit.
    """

    numbers: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    clear: int | None
    reduced: int = 0


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture or of frames, and a note for each loss.

    The frames are (H, W), (H, W, 2), (H, W, 3) or (H, W, 4), all of one size. Of a frame that is
    drawn over the last one, only the rectangle in which they differ is stored.
    """
    notes: list[str] = []
    described = _described(frames[0].metadata, notes)
    height, width = frames[0].pixels.shape[:2]
    followers = [frame.pixels for frame in frames[1:]]
    shown = []
    for frame, following in zip(frames, [*followers, None], strict=True):
        disposal = _disposal(frame.pixels, frame.timing.disposal, following)
        shown.append(frame._replace(timing=frame.timing._replace(disposal=disposal)))
    pictures: list[bytes] = []
    most = 0
    shared: NDArray[np.uint8] | None = None
    for (top, left, part), frame in zip(changes(shown), shown, strict=True):
        with warnings_silenced():
            picture = _indexed(part, notes)
        most = max(most, picture.reduced)
        if shared is None:
            shared = picture.palette
        control = _control(picture.clear, frame.timing if len(frames) > 1 else None, notes)
        pictures.append(control + _picture(picture, top, left, shared))
    assert shared is not None
    if most:
        each, up_to = ("a frame", "up to ") if len(frames) > 1 else ("", "")
        held = " ".join(["256 colours", each]).strip()
        notes.append(f"GIF holds {held}: {up_to}{most:,} were reduced")
    bits, table = _table(shared)
    aspect = aspect_of(frames[0].metadata.density, notes)
    screen = struct.pack("<HHBBB", width, height, 0x80 | 7 << 4 | bits - 1, 0, aspect)
    head = [b"GIF89a", screen, table]
    if len(frames) > 1 and plays != 1:
        again = struct.pack("<BH", 1, plays - 1 if plays else 0)
        head.append(extension(APPLICATION, NETSCAPE, again))
    return [*head, *described, *pictures, bytes([END])], list(dict.fromkeys(notes))


def _described(metadata: Metadata, notes: list[str]) -> list[bytes]:
    """Return the blocks of comment, profile and XMP."""
    blocks = []
    if metadata.icc_profile:
        blocks.append(extension(APPLICATION, PROFILE, *cut(metadata.icc_profile)))
    for keyword, text in metadata.text:
        if keyword == COMMENT:
            blocks.append(extension(COMMENT_BLOCK, *cut(text.encode("utf-8"))))
    if b"\0" in (metadata.xmp or b""):  # readers would take it for the end of all blocks
        notes.append("an XMP packet with zeros cannot be stored in GIF: left out")
    elif metadata.xmp is not None:
        xmp = bytes([APPLICATION, len(XMP)]) + XMP + metadata.xmp + _XMP_TRAILER
        blocks.append(bytes([EXTENSION]) + xmp)
    return blocks


def _disposal(
    pixels: NDArray[np.uint8], wanted: Disposal, following: NDArray[np.uint8] | None
) -> Disposal:
    """Return a disposal after which nothing of this frame or earlier ones shows in the next."""
    hidden = None if following is None else _hidden(following)
    if hidden is None or not hidden.any():
        return wanted
    below = _hidden(pixels)
    stays = below is not None and bool((below >= hidden).all())
    return "keep" if wanted == "keep" and stays else "clear"


def _hidden(pixels: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Return where a picture is transparent, None without alpha; from 50 % on it is opaque."""
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return np.asarray(pixels[..., -1] < 128) if has_alpha else None


def _control(clear: int | None, timing: Timing | None, notes: list[str]) -> bytes:
    if timing is None and clear is None:
        return b""
    delay, disposal = 0, 0
    if timing is not None:
        delay, disposal = round(timing.duration / 10), _DISPOSAL_NUMBERS[timing.disposal]
        if delay > _LONGEST_DELAY or abs(10 * delay - timing.duration) > 1e-6:
            notes.append("GIF counts hundredths of a second: durations were rounded")
    packed = disposal << 2 | (clear is not None)
    data = struct.pack("<BHB", packed, min(delay, _LONGEST_DELAY), clear or 0)
    return extension(CONTROL, data)


def _picture(picture: _Indexed, top: int, left: int, shared: NDArray[np.uint8]) -> bytes:
    height, width = picture.numbers.shape
    flags, table = 0, b""
    if not np.array_equal(picture.palette, shared):
        bits, table = _table(picture.palette)
        flags = 0x80 | bits - 1
    place = struct.pack("<HHHHB", left, top, width, height, flags)
    return bytes([PICTURE]) + place + table + _compressed(picture.numbers)


def _compressed(numbers: NDArray[np.uint8]) -> bytes:
    """Return the pixels as GIF compresses them, with Pillow."""
    with warnings_silenced(), io.BytesIO() as file:
        picture = PillowImages.fromarray(np.ascontiguousarray(numbers))
        picture.save(file, "GIF", interlace=0, optimize=False)
        file.seek(6)
        palette_of(file, taken(file, 7)[4])
        ((_, _, bits, *data),) = (parts for label, parts in blocks_of(file) if label == PICTURE)
    return bits + in_parts(data)


def _table(palette: NDArray[np.uint8]) -> tuple[int, bytes]:
    """Return how many bits number the colours, and the colours padded to a power of two."""
    bits = max(1, int(len(palette) - 1).bit_length())
    return bits, palette.tobytes().ljust(3 << bits, b"\0")


def _indexed(pixels: NDArray[np.uint8], notes: list[str]) -> _Indexed:
    """Return the picture with a palette: exact if its colours fit, else reduced to 256."""
    hidden = _hidden(pixels)
    if hidden is not None:
        alpha = pixels[..., -1]
        if bool(((alpha != 0) & (alpha != 255)).any()):
            notes.append("GIF knows no half transparency: opaque from 50 % on")
        pixels = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :-1]
    if hidden is None and pixels.ndim == 2:
        return _Indexed(pixels, np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1), None)
    colours = np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels
    visible = colours.reshape(-1, 3) if hidden is None else colours[~hidden]
    numbers, palette, many = indexed(
        visible, _MOST_COLOURS if hidden is None else _MOST_COLOURS - 1
    )
    if hidden is None:
        return _Indexed(numbers.reshape(colours.shape[:2]), palette, None, many)
    index = np.full(hidden.shape, len(palette), np.uint8)
    index[~hidden] = numbers
    room_for_none = np.concatenate([palette, np.zeros((1, 3), np.uint8)])
    return _Indexed(index, room_for_none, len(palette), many)


FORMAT = Format(
    "GIF",
    suffixes=(".gif",),
    signature=rb"GIF8[79]a",
    holds=Holds(
        depth=8, alpha=True, several="frames", plays=65536, longest_side=65535, colours=256
    ),
    keeps=frozenset({"profile", "XMP", "density", "comment"}),
    read=read,
    write=write,
)
