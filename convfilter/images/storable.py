"""What of a picture's metadata a format holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from convfilter.images.formats import Format
from convfilter.images.image import COMMENT, Metadata

__all__ = ["storable"]

# JPEG holds each of them in one segment, which is at most this long with its prefix.
_JPEG_EXIF_LIMIT = 65533
_JPEG_XMP_LIMIT = 65504
_JPEG_COMMENT_LIMIT = 65533

_SRGB_GAMMA = 45455
"""What a PNG file of sRGB states (PNG specification, third edition, 11.3.2.5)."""

_EXIF_PREFIX = b"Exif\0\0"


def storable(
    pixels: NDArray[Any], form: Format, metadata: Metadata, name: str
) -> tuple[Metadata, list[str]]:
    """Return what the format holds of the metadata, and a note for what it should but cannot.

    `pixels` are those that are stored; `name` is that of the target, for messages.
    """
    notes: list[str] = []
    homeless: list[str] = []
    kept = replace(metadata, text=())
    if "profile" not in form.keeps and metadata.icc_profile:
        kept = replace(kept, icc_profile=None)
        homeless.append("the colour profile")
    if "EXIF" not in form.keeps and metadata.exif:
        kept = replace(kept, exif=None)
        homeless.append("the EXIF block")
    if "XMP" not in form.keeps and metadata.xmp:
        kept = replace(kept, xmp=None)
        homeless.append("the XMP packet")
    if form.name != "PNG" and metadata.png_colour:
        kept = replace(kept, png_colour=())
        homeless += ["the description of colours"] * _tells_more(dict(metadata.png_colour))
    text = []
    for keyword, words in metadata.text:
        if "texts" in form.keeps or ("comment" in form.keeps and keyword == COMMENT):
            text.append((keyword, words))
        else:
            homeless.append(f"the text {keyword!r}")
    if homeless:
        notes.append(f"{name}: {form.name} has no place for {_listed(homeless)}: left out")
    kept = replace(kept, text=tuple(text), dpi=_dpi(form, metadata, name, notes))
    kept = replace(kept, icc_profile=_profile(pixels, kept, name, notes))
    if form.name == "JPEG":
        kept = _within_segments(kept, name, notes)
    if form.name in ("PNG", "GIF") and b"\0" in (kept.xmp or b""):
        # where readers would see its end, and in GIF that of all blocks
        notes.append(f"{name}: an XMP packet with zeros cannot be stored in {form.name}: left out")
        kept = replace(kept, xmp=None)
    if form.name == "PNG":
        kept = _in_png(kept, name, notes)
    return kept, notes


def _tells_more(chunks: dict[bytes, bytes]) -> bool:
    """Tell whether a PNG file's chunks about colours say anything but that they are sRGB."""
    if b"cICP" in chunks:
        return True
    gamma = int.from_bytes(chunks.get(b"gAMA", b""), "big")
    return b"sRGB" not in chunks and gamma != 0 and abs(gamma - _SRGB_GAMMA) > _SRGB_GAMMA / 50


def _listed(words: list[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"


def _dpi(
    form: Format, metadata: Metadata, name: str, notes: list[str]
) -> tuple[float, float] | None:
    if metadata.dpi is None or "resolution" not in form.keeps:
        return None
    if all(0 < value < 1e6 for value in metadata.dpi):
        return metadata.dpi
    notes.append(f"{name}: a resolution of {metadata.dpi} dpi cannot be and was left out")
    return None


def _profile(pixels: NDArray[Any], metadata: Metadata, name: str, notes: list[str]) -> bytes | None:
    profile = metadata.icc_profile
    if not profile:
        return None
    # bytes 16 to 19 name the colour space of the profile (ICC.1:2022, 7.2)
    grey = pixels.ndim == 2 or pixels.shape[2] == 2
    if profile[16:20] == (b"GRAY" if grey else b"RGB "):
        return profile
    notes.append(
        f"{name}: the colour profile does not fit {'grey' if grey else 'RGB'} pixels "
        "and was left out"
    )
    return None


def _within_segments(metadata: Metadata, name: str, notes: list[str]) -> Metadata:
    # Pillow wants the prefix from the caller
    exif = _EXIF_PREFIX + metadata.exif if metadata.exif else None
    if exif is not None and len(exif) > _JPEG_EXIF_LIMIT:
        notes.append(f"{name}: the EXIF block is too long for JPEG and was left out")
        exif = None
    xmp = metadata.xmp
    if xmp is not None and len(xmp) > _JPEG_XMP_LIMIT:
        notes.append(f"{name}: the XMP packet is too long for JPEG and was left out")
        xmp = None
    text = metadata.text
    if any(len(words.encode()) > _JPEG_COMMENT_LIMIT for _, words in text):
        notes.append(f"{name}: the comment is too long for JPEG and was left out")
        text = ()
    return replace(metadata, exif=exif, xmp=xmp, text=text)


def _in_png(metadata: Metadata, name: str, notes: list[str]) -> Metadata:
    from convfilter.images.png import holds_text

    text = []
    for keyword, words in metadata.text:
        if holds_text(keyword, words):
            text.append((keyword, words))
        else:
            notes.append(f"{name}: the text {keyword!r} cannot be stored in PNG and was left out")
    return replace(metadata, text=tuple(text))
