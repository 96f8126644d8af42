"""What is wrong with a picture file, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from convfilter.errors import ImageError

__all__ = [
    "SMALLEST_FRAME",
    "check_pages",
    "check_size",
    "damaged",
    "faults_named",
    "is_cut_off",
    "too_large",
    "words_of",
]

SMALLEST_FRAME = 4096
"""Pixels that a frame counts as, if it has fewer and others are with it."""

_CUT_OFF = ("truncated", "not enough image data", "unexpected end", "reached eof", "broken data")


def check_size(size: tuple[int, int], name: str, max_pixels: int, frames: int = 1) -> None:
    """Refuse pictures of more pixels than the limit, all frames together.

    Frames count as 4,096 pixels at least, since even the smallest one takes time and memory.
    """
    width, height = size
    if frames > 1:
        total = frames * max(width * height, SMALLEST_FRAME)
        what = f"{frames:,} frames of {width}x{height} count as"
    else:
        total, what = width * height, f"{width}x{height} is"
    _check_total(total, what, name, max_pixels, frames)


def check_pages(sizes: Sequence[tuple[int, int] | None], name: str, max_pixels: int) -> None:
    """Refuse pages, each of its own size, as `check_size` does frames of one size.

    Raises ValueError for a page that states no size.
    """
    total = 0
    for size in sizes:
        if size is None:
            raise ValueError("a page without a size")
        total += max(size[0] * size[1], SMALLEST_FRAME)
    _check_total(total, f"{len(sizes):,} pages count as", name, max_pixels, len(sizes))


def _check_total(total: int, what: str, name: str, max_pixels: int, frames: int) -> None:
    if total > max_pixels:
        raise ImageError(
            f"{name}: {what} {total:,} pixels, more than the limit of "
            f"{max_pixels:,}: raise it with --max-pixels if you trust the file"
            + (", or take fewer with --frames" if frames > 1 else "")
        )


def damaged(error: Exception, format_name: str, name: str) -> ImageError:
    """Return the error of a file that a reader could not make sense of."""
    if is_cut_off(error):
        return ImageError(f"{name}: the {format_name} file is truncated: copy or create it again")
    return ImageError(
        f"{name}: the {format_name} file is damaged ({words_of(error)}): create it again"
    )


def too_large(size: tuple[int, int] | None, name: str) -> ImageError:
    """Return the error of a picture, of `size` (columns, rows), that does not fit into memory."""
    what = "does not" if size is None else f"{size[0]}x{size[1]} pixels do not"
    return ImageError(f"{name}: {what} fit into memory: use a smaller picture")


@contextmanager
def faults_named(
    format_name: str, name: str, size: tuple[int, int] | None = None
) -> Iterator[None]:
    """Make an `ImageError` about the file `name` of whatever a reader raises."""
    try:
        yield
    except ImageError:
        raise
    except MemoryError as error:
        raise too_large(size, name) from error
    except Exception as error:  # damaged data makes the libraries raise almost anything
        raise damaged(error, format_name, name) from error


def is_cut_off(error: Exception) -> bool:
    """Tell whether a reader met the end of a file too early."""
    message = str(error).lower()
    return isinstance(error, EOFError) or any(words in message for words in _CUT_OFF)


def words_of(error: Exception) -> str:
    """Return the words of an exception on one line."""
    text = " ".join(str(error).split())
    return text[:120] if text else type(error).__name__
