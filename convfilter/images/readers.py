"""Readers that do without Pillow: they are faster, or keep what it would lose."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from convfilter.errors import ImageError
from convfilter.images.exif import apply_orientation
from convfilter.images.faults import check_size, damaged, too_large, words_of
from convfilter.images.image import Image, Metadata, resolution_of
from convfilter.images.quiet import pillow_warnings_silenced

__all__ = ["png_beside", "read_array", "read_deep_ppm", "read_deep_tiff", "read_png"]


def read_png(file: BinaryIO, head: bytes, name: str, max_pixels: int) -> Image | None:
    """Read a PNG file without Pillow, or return None for one that Pillow has to look at.

    Pillow finds the words for what is damaged, and lives with some of it; but 16 bits of colour it
    would reduce to 8.
    """
    from convfilter.images import png_reader

    header = png_reader.Header.of(head)
    if header is None:
        return None
    check_size((header.width, header.height), name, max_pixels)
    try:
        found = png_reader.decode(file, header)
        metadata, orientation = Metadata(dpi=resolution_of(found.dpi)), 1
        if found.described is not None:
            metadata, orientation = png_beside(found.described, head, name)
    except MemoryError as error:
        raise too_large(header.width, header.height, name) from error
    except Exception as error:  # damage beside the pixels makes Pillow raise almost anything
        if header.is_deep_colour:
            raise ImageError(
                f"{name}: the PNG file is damaged ({words_of(error)}): create it again"
            ) from error
        file.seek(0)
        return None
    pixels = apply_orientation(found.pixels, orientation)
    return Image(pixels, found.alpha, "PNG", metadata)


def png_beside(file: BinaryIO, head: bytes, name: str) -> tuple[Metadata, int]:
    """Return what a PNG file says beside its pixels, and how they have to be turned."""
    from convfilter.images.pillow import metadata_of, open_header, orientation_of

    with pillow_warnings_silenced(), open_header(file, head, "PNG", name) as beside:
        beside.load()
        orientation = orientation_of(beside)
        return metadata_of(beside, turned=orientation in (5, 6, 7, 8)), orientation


def read_deep_tiff(file: BinaryIO, name: str, max_pixels: int) -> Image | None:
    """Read a TIFF file of 16-bit colour or floats, or return None for another one."""
    from convfilter.images.tiff import Deep

    deep = Deep.of(file)
    if deep is None:
        file.seek(0)
        return None
    check_size(deep.size, name, max_pixels)
    try:
        with pillow_warnings_silenced():
            deep.check(name)
            pixels, alpha = deep.pixels()
            metadata, orientation = deep.metadata, deep.orientation
    except ImageError:
        raise
    except MemoryError as error:
        raise too_large(*deep.size, name) from error
    except Exception as error:  # damaged data makes the libraries raise almost anything
        raise damaged(error, "TIFF", name) from error
    if orientation in (5, 6, 7, 8) and metadata.dpi is not None:
        metadata = replace(metadata, dpi=metadata.dpi[::-1])
    pixels = apply_orientation(pixels, orientation)
    return Image(pixels, alpha, "TIFF", metadata)


def read_deep_ppm(file: BinaryIO, name: str, max_pixels: int) -> Image | None:
    """Read a PPM file of more than 8 bits, or return None for another one."""
    from convfilter.images.pnm import DeepColour

    deep = DeepColour.of(file)
    if deep is None:
        return None
    check_size((deep.width, deep.height), name, max_pixels)
    try:
        return Image(deep.pixels(file), format="PPM")
    except MemoryError as error:
        raise too_large(deep.width, deep.height, name) from error
    except (EOFError, ValueError, OSError) as error:
        raise damaged(error, "PPM", name) from error


def read_array(file: BinaryIO, name: str, max_pixels: int) -> Image:
    """Read an array from a file of NumPy's."""
    from convfilter.images.arrays import Stored

    try:
        stored = Stored.of(file, name)
        check_size((stored.shape[1], stored.shape[0]), name, max_pixels)
        return replace(Image.of(stored.pixels(file)), format="NPY")
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(f"{name}: does not fit into memory: use a smaller picture") from error
    except Exception as error:  # damaged headers make NumPy raise almost anything
        raise damaged(error, "NPY", name) from error
