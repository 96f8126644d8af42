"""OpenEXR: floats of linear light, by the library of its makers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from convfilter.errors import ImageError, listed
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.quiet import printed, printed_by_python
from convfilter.picture.image import CICP, COMMENT, Image, Metadata
from convfilter.picture.metadata import resolution_of

__all__ = ["FORMAT", "read", "write"]

_PICTURES = (("R", "G", "B"), ("Y",))
"""Channels that make a picture, each perhaps with alpha."""

_COMPLAINTS = rb"<python_buffer>: |<[^>]*>: \(EXR_ERR"
"""How lines begin by which the library tells of damage."""

_ALPHA = "A"
_FLAT = (OpenEXR.Storage.scanlineimage, OpenEXR.Storage.tiledimage)
_LINEAR = 8
"""The number of no curve (ITU-T H.273)."""

_PRIMARIES = {
    1: (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329),
    9: (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.329),
    12: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
}
"""Red, green, blue and white of primaries by their numbers; the first are OpenEXR's own."""

_OF_LAYOUT = {"name", "type", "view"}
"""Texts that say how the file is laid out."""

_COMMENTS = "comments"
_CHANNELS_OF_A_PIXEL = 4


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the picture of the first part: values of light, with straight alpha."""
    with printed_by_python() as said, printed(_COMPLAINTS) as complaints:
        try:
            image = _read(file.read(), limits)
        except KeyError as error:  # of a channel that could not be decoded
            raise ValueError("pixels that cannot be decoded") from error
    if said.lines or complaints.lines:
        raise ValueError("pixels that cannot be decoded")
    return image


def _read(data: bytes, limits: Limits) -> Image:
    with OpenEXR.File(io.BytesIO(data), header_only=True) as header:
        parts = len(header.parts)
        told = dict(header.header())  # which is emptied when the file is closed
    if told["type"] not in _FLAT:
        raise ImageError(
            "OpenEXR of several values for a pixel (deep) is not supported: flatten it"
        )
    (left, top), (right, bottom) = (map(int, corner) for corner in told["dataWindow"])
    names = [channel.name for channel in told["channels"]]
    size = right - left + 1, bottom - top + 1
    if min(size) <= 0:
        raise ValueError("a window without pixels")
    # the library decodes every channel of the file
    limits.check_size((size[0], size[1] * -(-len(names) // _CHANNELS_OF_A_PIXEL)))
    limits.chosen()
    chosen = _chosen(names)
    with OpenEXR.File(io.BytesIO(data), separate_channels=True) as opened:
        channels = opened.channels()
        planes = [_plane(channels[name], size) for name in chosen]
    alpha = len(planes) in (2, 4)
    pixels = planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)
    if alpha:
        _divide(pixels)
    others = [name for name in names if name not in chosen]
    return Image(
        pixels,
        alpha,
        FORMAT.name,
        _metadata(told),
        left_out=tuple(_left_out(told, parts, others)),
    )


def _chosen(names: list[str]) -> list[str]:
    """Return the channels that make the picture, alpha last."""
    for colours in _PICTURES:
        if set(colours) <= set(names):
            if {"RY", "BY"} & set(names):
                break
            return [*colours, *([_ALPHA] if _ALPHA in names else [])]
    else:
        if len(names) == 1:
            return names
    few = listed(names[:8])
    raise ImageError(
        f"holds the channels {few}, which are neither R, G and B nor grey (Y) alone:"
        " save the picture with such names"
    )


def _plane(channel: Any, size: tuple[int, int]) -> NDArray[np.float32]:
    values = channel.pixels
    if values.dtype.kind != "f":
        raise ImageError("OpenEXR of whole numbers is not supported: save it as floats")
    if values.shape != size[::-1]:
        raise ImageError("OpenEXR with channels of less resolution is not supported: save it anew")
    with np.errstate(all="ignore"):  # of NaN that signal
        return np.array(values, np.float32)


def _divide(pixels: NDArray[np.float32]) -> None:
    """Make colours straight that are multiplied by alpha, as OpenEXR has them."""
    with np.errstate(all="ignore"):
        alpha = pixels[..., -1:].astype(np.float64)
        seen = np.isfinite(alpha) & (alpha > 0)
        pixels[..., :-1] = np.divide(
            pixels[..., :-1], alpha, out=pixels[..., :-1].astype(np.float64), where=seen
        )


def _metadata(told: dict[str, Any]) -> Metadata:
    texts = [
        (COMMENT if name == _COMMENTS else name, text)
        for name, text in told.items()
        if isinstance(text, str) and text and name not in _OF_LAYOUT
    ]
    across = told.get("xDensity")
    dpi = resolution_of((across, across * told["pixelAspectRatio"])) if across else None
    primaries = _primaries(told)
    said = ((CICP, bytes((primaries, _LINEAR, 0, 1))),) if primaries else ()
    return Metadata(dpi=dpi, text=tuple(texts), png_colour=said)


def _primaries(told: dict[str, Any]) -> int | None:
    """Return the number of the primaries, None for those without one."""
    stated = told.get("chromaticities")
    if stated is None:
        return 1
    for number, values in _PRIMARIES.items():
        if np.allclose(np.ravel(stated), values, atol=1e-3):
            return number
    return None


def _left_out(told: dict[str, Any], parts: int, others: list[str]) -> Iterator[str]:
    if others:
        yield f"the channels {listed(others[:8])}{' and others' * (len(others) > 8)}: left out"
    if parts > 1:
        yield f"{parts - 1} further {'part' if parts == 2 else 'parts'}: left out"
    if not np.array_equal(np.ravel(told["dataWindow"]), np.ravel(told["displayWindow"])):
        yield "the window that is shown, which is not that of the pixels: left out"
    if _primaries(told) is None:
        yield "the primaries of the colours, which have no number: left out"
    if told["pixelAspectRatio"] != 1 and not told.get("xDensity"):
        yield f"an aspect ratio of {told['pixelAspectRatio']:g}: left out"


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of floats as they are: of 16 bits where these hold all values, else of 32."""
    (frame,) = frames
    pixels, metadata = frame.pixels, frame.metadata
    planes = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, -1, 0))
    hidden = False
    names = [*(_PICTURES[0] if len(planes) > 2 else _PICTURES[1])]
    if len(planes) in (2, 4):
        names.append(_ALPHA)
        with np.errstate(all="ignore"):
            alpha = planes[-1].astype(np.float64)
            hidden = any(np.any(plane[alpha == 0]) for plane in planes[:-1])
            planes[:-1] = [(plane * alpha).astype(np.float32) for plane in planes[:-1]]
    with np.errstate(all="ignore"):
        small = [plane.astype(np.float16) for plane in planes]
    if all(np.array_equal(a, b, equal_nan=True) for a, b in zip(small, planes, strict=True)):
        planes = list(small)
    header, notes = _header(metadata)
    if hidden:
        notes.append(f"{FORMAT.name} holds no colours where nothing is seen of them: left out")
    file = io.BytesIO()
    channels = {n: np.ascontiguousarray(plane) for n, plane in zip(names, planes, strict=True)}
    OpenEXR.File(header, channels).write(file)
    return [file.getvalue()], notes


def _header(metadata: Metadata) -> tuple[dict[str, Any], list[str]]:
    header: dict[str, Any] = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.Storage.scanlineimage,
    }
    notes = []
    texts: dict[str, str] = {}
    for keyword, text in metadata.text:
        name = _COMMENTS if keyword == COMMENT else keyword
        texts[name] = f"{texts[name]}\n{text}" if name in texts else text
    header = {**texts, **header}
    if metadata.dpi:
        header["xDensity"] = metadata.dpi[0]
        header["pixelAspectRatio"] = metadata.dpi[1] / metadata.dpi[0]
    numbers = dict(metadata.png_colour).get(CICP)
    if numbers and numbers[1] != _LINEAR:
        notes.append(f"{FORMAT.name} is taken for linear light: values are stored as they are")
    if numbers and numbers[0] in _PRIMARIES and numbers[0] != 1:
        header["chromaticities"] = _PRIMARIES[numbers[0]]
    return header, notes


FORMAT = Format(
    "EXR",
    suffixes=(".exr",),
    signature=rb"v/1\x01",
    holds=Holds(depth=32, alpha=True, floats_alone=True, premultiplied=True),
    keeps=frozenset({"resolution", "texts", "comment", "CICP"}),
    read=read,
    write=write,
    extra="exr",
)
