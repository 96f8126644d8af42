"""Keep what a format holds of a picture's metadata, and name what is left out.

Notes do not name the file: whoever writes it does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from convfilter.errors import listed
from convfilter.formats.declaring import Format
from convfilter.picture.image import CICP, COMMENT, Metadata

__all__ = ["keep"]

_SRGB_GAMMA = 45455
"""What a PNG file of sRGB states (PNG specification, third edition, 11.3.2.5)."""


def keep(pixels: NDArray[Any], form: Format, metadata: Metadata) -> tuple[Metadata, list[str]]:
    """Return what the format holds of the metadata, and a note for what it should but cannot.

    Parameters
    ----------
    pixels : ndarray
        Those that are stored.
    form : Format
    metadata : Metadata
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
    if "colours" not in form.keeps and metadata.png_colour:
        numbers = "CICP" in form.keeps
        said = tuple(each for each in metadata.png_colour if numbers and each[0] == CICP)
        kept = replace(kept, png_colour=said)
        lost = {kind: data for kind, data in metadata.png_colour if (kind, data) not in said}
        # where there are numbers, they count
        homeless += ["the description of colours"] * (not said and _tells_more(lost))
    if "photoshop" not in form.keeps and metadata.photoshop:
        kept = replace(kept, photoshop=None)
        homeless.append("IPTC and Photoshop's resources")
    if "density" not in form.keeps and metadata.density:
        kept = replace(kept, density=None)
        is_oblong = metadata.density[0] != metadata.density[1]
        homeless += ["how oblong its pixels are"] * (is_oblong and metadata.dpi is None)
    if "chunks" not in form.keeps and metadata.png_chunks:
        kept = replace(kept, png_chunks=())
        names = dict.fromkeys(kind.decode() for kind, _ in metadata.png_chunks)
        homeless.append(f"the chunk{'s' * (len(names) > 1)} {listed(names)}")
    if "tags" not in form.keeps and metadata.tags:
        from convfilter.formats.tiff.tags.names import names_of

        kept = replace(kept, tags=None)
        homeless += names_of(metadata.tags)
    if "compression" not in form.keeps:
        kept = replace(kept, jpeg=None, webp_quality=None)
    text = []
    for keyword, words in metadata.text:
        if ("comment" if keyword == COMMENT else "texts") in form.keeps:
            text.append((keyword, words))
        else:
            homeless.append(f"the text {keyword!r}")
    if homeless:
        notes.append(f"{form.name} has no place for {listed(homeless)}: left out")
    kept = replace(kept, text=tuple(text), dpi=_dpi(form, metadata, notes))
    if kept.exif or kept.xmp:
        from convfilter.formats.exif.sizes import of_this_size

        kept = of_this_size(kept, (pixels.shape[1], pixels.shape[0]))
    return replace(kept, icc_profile=_profile(pixels, kept, notes)), notes


def _tells_more(chunks: dict[bytes, bytes]) -> bool:
    """Tell whether a PNG file's chunks about colours say anything but that they are sRGB."""
    if CICP in chunks:
        return True
    gamma = int.from_bytes(chunks.get(b"gAMA", b""), "big")
    return b"sRGB" not in chunks and gamma != 0 and abs(gamma - _SRGB_GAMMA) > _SRGB_GAMMA / 50


def _dpi(form: Format, metadata: Metadata, notes: list[str]) -> tuple[float, float] | None:
    if metadata.dpi is None or "resolution" not in form.keeps:
        return None
    if all(0 < value < 1e6 for value in metadata.dpi):
        return metadata.dpi
    notes.append(f"a resolution of {metadata.dpi} dpi cannot be and was left out")
    return None


def _profile(pixels: NDArray[Any], metadata: Metadata, notes: list[str]) -> bytes | None:
    profile = metadata.icc_profile
    if not profile:
        return None
    # bytes 16 to 19 name the colour space of the profile (ICC.1:2022, 7.2)
    grey = pixels.ndim == 2 or pixels.shape[2] == 2
    if profile[16:20] == (b"GRAY" if grey else b"RGB "):
        return profile
    notes.append(
        f"the colour profile does not fit {'grey' if grey else 'RGB'} pixels and was left out"
    )
    return None
