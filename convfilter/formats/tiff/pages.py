"""The pages of a TIFF file, and what each of them says besides its pixels.

Pillow gets each page as a file that begins with that page, or that holds it alone: so it neither
remembers the pages before, nor fails at one of a kind that it does not know.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, BinaryIO, cast

from convfilter.formats.exif.ifd import Directory, Field, Layout, Source
from convfilter.formats.exif.resources import without_pictures
from convfilter.formats.pillow.relayed import RelayedFile
from convfilter.formats.tiff.storage import Storage
from convfilter.formats.tiff.tags.exif_tags import block_of
from convfilter.picture.image import Metadata, Stack
from convfilter.picture.metadata import resolution_of, upright_xmp
from convfilter.picture.orientation import is_on_its_side
from convfilter.picture.tags import PageTags

if TYPE_CHECKING:
    from convfilter.picture.spacing import Spacing

__all__ = ["Page", "pages_of", "stack_of"]

_SUBFILE, _OLD_SUBFILE = 254, 255
_REDUCED, _MASK = 1, 4
_OLD_REDUCED = 2
_WIDTH, _HEIGHT, _BITS, _ORIENTATION = 256, 257, 258, 274
_ACROSS, _DOWN, _UNIT = 282, 283, 296
_BELOW = 330
_XMP, _PHOTOSHOP, _PROFILE = 700, 34377, 34675
_PER_INCH, _NO_UNIT = {2: 1.0, 3: 2.54}, 1

_DESCRIPTION, _SCALE = 270, 33550
_LONGEST_DESCRIPTION = 1 << 20

_MOST_PAGES = 1 << 16
"""Pages of a file; more cannot be numbered, and even their tags take long to read."""

_UNKNOWN = Layout(">", big=True)
"""What Pillow does not read."""

_MOST_BELOW = 64
"""Sub-directories of a page that are looked at."""

_MOST_SHARED = 64
"""How often, on average, pages may refer to the same values: every page reads them again."""

_MOST_PER_PIXEL, _MOST_BESIDE = 32, 1 << 16
"""The most bytes of a page that is copied: for each pixel, and besides, for tiles are padded."""

_MOST_EXIF = 1 << 26
"""Bytes that may be read for the EXIF of all pages, beyond the length of the file."""


class _Shared:
    """What pages have in common: their file, and values that several of them refer to."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.source = Source(file)
        self.description = b""
        """That of the first page, which may tell of all."""
        self._exif_left = self.source.size + _MOST_EXIF
        self._values_left = self.source.size
        self._values: dict[Field, bytes] = {}

    def value(self, field: Field | None) -> bytes | None:
        """Return the value of a field; None beyond the end, or if all are longer than the file."""
        if field is None or not self.source.holds(field):
            return None
        if field not in self._values:
            self._values_left -= field.length
            if self._values_left < 0:
                return None
            self._values[field] = self.source.part(field.place, field.length)
        return self._values[field]

    def exif(self, place: int) -> bytes | None:
        """Return the EXIF block of the page whose directory is at this place."""
        if self._exif_left < 0:
            return None
        before = self.source.taken
        block = block_of(self.source, place)
        self._exif_left -= self.source.taken - before
        return block


@dataclass(frozen=True)
class Page:
    """A page whose directory is at `place`, of `size` (columns, rows), or None if it states none.

    `is_copy` says that it is a smaller copy of another page, or a mask of one. The samples of
    further pictures of one directory stand `behind` those of the first by so many bytes. `unread`
    are lines about pictures of which the page tells and that are not read. The file has `count`
    pages.
    """

    shared: _Shared
    place: int
    size: tuple[int, int] | None
    is_copy: bool
    behind: int = 0
    unread: tuple[str, ...] = ()
    count: int = 1

    @property
    def file(self) -> BinaryIO:
        """A file that begins with this page or holds it alone; only one at a time can be read."""
        source = self.shared.source
        is_first = self.place == source.first
        is_alone = is_first and self._directory.following == 0 and source.layout != _UNKNOWN
        if self.size is not None and not is_alone:
            from convfilter.formats.tiff.excerpt import excerpt_of

            longest = _MOST_PER_PIXEL * prod(self.size) + _MOST_BESIDE
            excerpt = excerpt_of(source, self._directory, longest)
            if excerpt is not None:
                return excerpt
        if is_first:
            self.shared.file.seek(0)
            return self.shared.file
        return cast("BinaryIO", _Beginning(self.shared.file, source, self.place))

    @cached_property
    def _directory(self) -> Directory:
        return self.shared.source.directory(self.place)

    @property
    def description(self) -> bytes:
        """What the page says of itself in words, as far as that may tell of its layout."""
        field = self._directory.fields.get(_DESCRIPTION)
        if field is None:
            return b""
        return self.shared.source.part(field.place, min(field.length, _LONGEST_DESCRIPTION))

    @property
    def hides_a_picture(self) -> bool:
        """Whether this is a small copy of a picture in a sub-directory, as in raw camera files."""
        return self.is_copy and _BELOW in self._directory.fields

    @property
    def storage(self) -> Storage | None:
        """How its samples are stored; None if it states no size."""
        if self.size is None:
            return None
        storage = Storage.of(self.shared.source, self._directory, self.size)
        if self.behind:
            offsets = [offset + self.behind for offset in storage.offsets]
            storage = storage._replace(offsets=offsets, lengths=[])
        return storage

    @property
    def bits(self) -> int | None:
        """How many bits the deepest sample has; None if the page does not say so."""
        field = self._directory.fields.get(_BITS)
        if field is None:
            return 1
        bits = self.shared.source.wholes(field)
        return max(bits) if bits else None

    @property
    def orientation(self) -> int:
        """How the pixels have to be turned, 1 to 8."""
        value = self._whole(_ORIENTATION)
        return value if value is not None and 1 <= value <= 8 else 1

    def check(self, size: tuple[int, int]) -> None:
        """Raise ValueError if Pillow sees another number of pixels than the limits allowed."""
        if self.size is not None and prod(size) != prod(self.size):
            raise ValueError("a page of two sizes")

    def left_out(self) -> tuple[str, ...]:
        """Return a line for everything in the page that is not read."""
        from convfilter.formats.tiff.tags.beside import lost_of

        lines = [] if self.behind else list(self.unread)
        if self._has_pictures_below:
            lines.append("pictures in sub-directories of a page were not read")
        return (*lines, *lost_of(self.shared.source, self._directory, self._tags))

    @cached_property
    def _tags(self) -> PageTags | None:
        from convfilter.formats.tiff.tags.beside import tags_of

        if self.size is None:
            return None
        size = self.size[::-1] if is_on_its_side(self.orientation) else self.size
        is_upright = self.orientation == 1
        source = self.shared.source
        return tags_of(source, self._directory, size, self.count, is_upright=is_upright)

    @property
    def _has_pictures_below(self) -> bool:
        """Whether sub-directories hold pictures that are no smaller copies of this one."""
        source = self.shared.source
        for place in source.numbers(self._directory.fields.get(_BELOW), _MOST_BELOW):
            try:
                fields = source.directory(int(place)).fields
            except EOFError:
                continue
            if not _is_copy(source, fields) and _WIDTH in fields:
                return True
        return False

    def stacked(self) -> list[Page]:
        """Return the pictures of this directory, if it is the only one of its file."""
        storage = self.storage
        if storage is None:
            return [self]
        from convfilter.formats.tiff.stacks import further_pictures

        behind, unread = further_pictures(self.shared.source, self._directory, storage)
        if len(behind) >= _MOST_PAGES:
            raise ValueError(f"more than {_MOST_PAGES:,} pages")
        first = replace(self, unread=tuple(unread), count=1 + len(behind))
        return [first, *(replace(first, behind=place) for place in behind)]

    def metadata(self) -> Metadata:
        """Return what the page says, for pixels that have been turned upright."""
        profile, xmp = self._value(_PROFILE), self._value(_XMP)
        resources = self._value(_PHOTOSHOP)
        return Metadata(
            icc_profile=profile or None,
            exif=self.shared.exif(self.place),
            dpi=self._resolution(_PER_INCH),
            xmp=upright_xmp(xmp) if xmp else None,
            photoshop=without_pictures(resources) or None if resources else None,
            density=self._density(),
            tags=None if self.behind else self._tags,
            spacing=self._spacing(),
        )

    def _spacing(self) -> Spacing | None:
        """Return how far pixels lie apart, if the page tells that in another way than TIFF's."""
        description = self.shared.description
        if not (_tells(description) or _SCALE in self._directory.fields):
            return None
        from convfilter.formats.tiff.tags.measures import Resolution, spacing_of

        source = self.shared.source
        carried = self._tags.entries if self._tags else ()
        entries = {tag: (kind, data) for tag, kind, data in carried}
        across, down = self._per_unit()
        resolution = Resolution(across, down, self._whole(_UNIT) or 2) if across and down else None
        found = spacing_of(description, entries, source.layout.order, resolution)
        return found.turned() if found and is_on_its_side(self.orientation) else found

    def _per_unit(self) -> tuple[float, float]:
        """Return pixels a unit along a row and along a column, as the page has them, 0 for none."""
        across, down = (
            self.shared.source.numbers(self._directory.fields.get(tag), 2)
            for tag in (_ACROSS, _DOWN)
        )
        return (across[0], down[0]) if len(across) == len(down) == 1 else (0.0, 0.0)

    def _density(self) -> tuple[float, float] | None:
        """Return the resolution without a unit, unless pixels are square and of no length."""
        found = self._resolution({_NO_UNIT: 1.0})
        return None if found == (1.0, 1.0) else found

    def _resolution(self, units: dict[int, float]) -> tuple[float, float] | None:
        across, down = self._per_unit()
        unit = self._whole(_UNIT)
        per_inch = units.get(2 if unit is None else unit)
        if per_inch is None:
            return None
        dpi = resolution_of([per_inch * across, per_inch * down])
        return dpi[::-1] if dpi is not None and is_on_its_side(self.orientation) else dpi

    def _whole(self, tag: int) -> int | None:
        return self.shared.source.whole(self._directory.fields.get(tag))

    def _value(self, tag: int) -> bytes | None:
        return self.shared.value(self._directory.fields.get(tag))


class _Beginning(RelayedFile):
    """A file with another first page: all that differs is the offset in its head."""

    def __init__(self, file: BinaryIO, source: Source, place: int) -> None:
        super().__init__(file)
        layout = source.layout
        self._head = source.part(0, layout.first) + struct.pack(layout.offset, place)
        file.seek(0)
        if isinstance(file, io.BytesIO):
            self.getvalue = file.getvalue  # Pillow would read all of it otherwise

    def fileno(self) -> int:
        return self.file.fileno()

    def read(self, size: int | None = -1) -> bytes:
        start = self.file.tell()
        data = self.file.read(-1 if size is None else size)
        if start >= len(self._head):
            return data
        head = self._head[start : start + len(data)]
        return head + data[len(head) :]


def pages_of(file: BinaryIO) -> list[Page]:
    """Return the pages of a file that are pictures of their own, not copies or masks.

    Raises
    ------
    EOFError
        The file ends before one of its directories does.
    ValueError
        They go round in a circle, overlap, or are too many.
    """
    shared = _Shared(file)
    pages: list[Page] = []
    length = 0
    for directory in shared.source.directories():
        pages.append(_page(shared, directory))
        length += sum(field.length for field in directory.fields.values())
        if len(pages) > _MOST_PAGES:
            raise ValueError(f"more than {_MOST_PAGES:,} pages")
        if len(pages) > 1 and length > _MOST_SHARED * shared.source.size:
            raise ValueError("its pages state more than the file can hold")
    if not pages:
        raise ValueError("no page")
    shared.description = pages[0].description
    if len(pages) == 1:
        return pages[0].stacked()
    pages = [page for page in pages if not page.is_copy] or pages
    return [replace(page, count=len(pages)) for page in pages]


def _tells(description: bytes) -> bool:
    """Tell whether a description is one of those that tell of spacing and axes."""
    return description.startswith((b"ImageJ=", b'{"shape"')) or b"<OME" in description


def stack_of(pages: list[Page]) -> Stack | None:
    """Return how all pages of a file make a stack, if its first one tells."""
    description = pages[0].shared.description
    if len(pages) == 1 or not _tells(description):
        return None
    from convfilter.formats.tiff.tags import measures

    return measures.stack_of(description, len(pages))


def _page(shared: _Shared, directory: Directory) -> Page:
    source, fields = shared.source, directory.fields
    size = source.whole(fields.get(_WIDTH)) or 0, source.whole(fields.get(_HEIGHT)) or 0
    is_copy = _is_copy(source, fields)
    return Page(shared, directory.place, size if min(size) > 0 else None, is_copy)


def _is_copy(source: Source, fields: dict[int, Field]) -> bool:
    kind = source.whole(fields.get(_SUBFILE)) or 0
    return kind & (_REDUCED | _MASK) != 0 or source.whole(fields.get(_OLD_SUBFILE)) == _OLD_REDUCED
