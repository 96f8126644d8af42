"""A file that goes through the command unchanged: what is kept, for every dtype and format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from convfilter.errors import ImageError
from convfilter.images import FORMATS, Image, Metadata, read, suffix_of, write
from tests.cli.conftest import Runner
from tests.conftest import TABLE
from tests.formats.declared import exact_kinds, written
from tests.formats.exif.exif_blocks import TOLD, exif_block, told_in

DTYPES = ("uint8", "uint16", "float32")
KINDS = {1: "grey", 2: "grey and alpha", 3: "RGB", 4: "RGB and alpha"}
NAMES = [*written(lambda holds: not holds.lossy), *written(keeps="compression")]
"""Formats that store pixels exactly, or the way in which they have been compressed before."""

MOST_APART = 6
"""Levels of 8 bits that lossy formats may change."""


def smooth(dtype: str, channels: int) -> NDArray[Any]:
    """Return pixels over the whole range, smooth enough for JPEG."""
    rows, columns = np.mgrid[0:1:16j, 0:1:24j]
    planes = [(rows + columns * k) / (k + 1) for k in range(1, channels + 1)]
    cube = np.stack(planes, axis=2) if channels > 1 else planes[0]
    if dtype == "float32":
        values = 3 * cube - 1  # beyond 0 to 1 as well
        if channels in (2, 4):
            values[..., -1] = cube[..., -1]
        return values.astype(dtype)
    return np.rint(cube * np.iinfo(dtype).max).astype(dtype)


def profile(channels: int) -> bytes:
    """Return a profile of grey or RGB."""
    if channels > 2:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return bytes(16) + b"GRAY" + bytes(108)


def kept_by(format_name: str) -> set[str]:
    """Return what the format keeps of what is looked at here."""
    return set(FORMATS[format_name].keeps & {"profile", "EXIF", "resolution", "texts"})


def told(format_name: str, channels: int) -> Metadata:
    """Return what the format holds besides the pixels."""
    kinds = kept_by(format_name)
    return Metadata(
        icc_profile=profile(channels) if "profile" in kinds else None,
        exif=exif_block() if "EXIF" in kinds else None,
        dpi=(200.0, 100.0) if "resolution" in kinds else None,
        text=(("Author", "somebody"),) if "texts" in kinds else (),
    )


def outcome(convfilter: Runner, folder: Path, format_name: str, dtype: str, channels: int) -> str:
    """Filter a file with a kernel that changes nothing; return what became of it."""
    suffix, pixels = suffix_of(format_name), smooth(dtype, channels)
    holds = FORMATS[format_name].holds
    most_apart = MOST_APART if holds.lossy else 0
    given = told(format_name, channels)
    source, target = folder / f"in{suffix}", folder / f"out{suffix}"
    try:
        notes = write(Image(pixels, channels in (2, 4), None, given), source)
    except ImageError:
        return "refused"
    before = read(source)
    as_shares = holds.floats_alone and pixels.dtype.kind == "u"
    if as_shares:  # the same values, 1 stands for white
        pixels = np.divide(pixels, np.iinfo(pixels.dtype).max, dtype=np.float32)
    assert before.dtype == pixels.dtype or notes, "changed without a word"
    ended = convfilter("identity", source, target, "--overwrite")
    assert ended.code == 0, ended.err
    after = read(target)
    assert after.dtype == before.dtype
    assert after.alpha == before.alpha
    apart = np.abs(after.pixels.astype(float) - before.pixels).max()
    assert apart <= most_apart, apart
    metadata = after.metadata
    assert metadata == before.metadata
    found = {
        "profile": metadata.icc_profile is not None and metadata.icc_profile == given.icc_profile,
        "EXIF": metadata.exif is not None and told_in(metadata.exif) == TOLD,
        "resolution": metadata.dpi is not None and np.allclose(metadata.dpi, (200, 100), atol=0.02),
        "texts": metadata.text == (("Author", "somebody"),),
    }
    kept = {name for name, is_there in found.items() if is_there}
    if notes or before.shape != pixels.shape:
        return "changed when written, with a note" if notes else "widened"
    assert kept == kept_by(format_name), kept
    rounding = 1e-6 if holds.premultiplied else 0  # colours times alpha, and divided by it
    np.testing.assert_allclose(before.pixels, pixels, atol=most_apart + rounding)
    if as_shares:
        return "shares of white"
    return "nearly identical" if most_apart else "identical"


def test_what_a_round_trip_keeps(
    convfilter: Runner, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    table = {
        (format_name, dtype, channels): outcome(convfilter, folder, format_name, dtype, channels)
        for format_name in NAMES
        for dtype in DTYPES
        for channels in KINDS
    }
    lines = []
    for (format_name, dtype, channels), result in table.items():
        holds = ", ".join(sorted(kept_by(format_name))) or "no metadata"
        lines.append(f"{format_name:5} {dtype:8} {KINDS[channels]:15} {result:34} {holds}")
    record_property(TABLE, "\n".join(lines))
    for (format_name, dtype, channels), result in table.items():
        form = FORMATS[format_name]
        if form.holds.lossy:
            is_kept = dtype == "uint8" and channels in (form.holds.grey, 3 * form.holds.colour)
            assert (result == "nearly identical") == is_kept, (format_name, dtype, result)
        else:
            is_kept = channels in exact_kinds(form, dtype)
            assert (result == "identical") == is_kept, (format_name, dtype, channels, result)
