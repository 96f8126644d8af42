"""Stamps: what a result says of how it was made, so that it can be made again.

A stamp is a recipe in TOML with one table more, of the input's hash and size.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from convfilter.batch.recipes.embedding import document_of
from convfilter.batch.recipes.recipe import INPUT, Recipe
from convfilter.errors import PipelineError, shown
from convfilter.picture.image import Metadata
from convfilter.toml import table

if TYPE_CHECKING:
    from convfilter.files.storage.url import Url

__all__ = ["Source", "Stamp", "hashed", "taken"]


class Source(NamedTuple):
    """What a file is known by: the SHA-256 of its bytes, and how many they are."""

    sha256: str
    size: int


class Stamp(NamedTuple):
    """How a result was made."""

    recipe: Recipe
    source: Source

    def __str__(self) -> str:
        said = table(f"[{INPUT}]", self.source._asdict())
        version, _, rest = str(self.recipe).partition("\n\n")
        return f"{version}\n\n{said}\n{rest}"

    @classmethod
    def load(cls, path: Path) -> Stamp:
        """Read the stamp of a result.

        Raises
        ------
        ImageError
            It cannot be read, or has no stamp.
        PipelineError
            The stamp cannot be understood.
        """
        from convfilter.files.reading import read

        return cls.of(read(path, frames=0).metadata, shown(path))

    @classmethod
    def of(cls, metadata: Metadata, name: str) -> Stamp:
        """Return the stamp among the metadata of the picture `name`; raises as `load`."""
        document = document_of(metadata, name)
        said = document.tables.get(INPUT)
        if not isinstance(said, dict):
            raise PipelineError(f"{document.name}: has no table [{INPUT}]")
        sha256, size = said.get("sha256"), said.get("size")
        if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise PipelineError(f"{document.place(INPUT, 'sha256')}: sha256 is no hash")
        if not isinstance(size, int) or size < 0:
            raise PipelineError(f"{document.place(INPUT, 'size')}: size is no number of bytes")
        return cls(Recipe.of_document(document), Source(sha256, size))

    def find_input(self, result: Path) -> Path | None:
        """Return the file that a result was made from, wherever it lies near; None if it does not.

        It is looked for in the folder of the result, in the folders beside that, and in the
        current one.
        """
        for path in _near(result):
            try:
                if path.stat().st_size == self.source.size and path.is_file():
                    with path.open("rb") as file:
                        if hashed(file) == self.source:
                            return path
            except OSError:
                continue
        return None


def hashed(file: IO[bytes]) -> Source:
    """Return what the bytes of a file are known by, from where it stands to its end."""
    import hashlib

    digest, size = hashlib.sha256(), 0
    while piece := file.read(1 << 20):
        digest.update(piece)
        size += len(piece)
    return Source(digest.hexdigest(), size)


def taken(source: Path | Url | IO[bytes]) -> tuple[Path | IO[bytes], Source]:
    """Return an input that can be read, and what it is known by.

    What comes from pipes and from storage is taken into memory.
    """
    from convfilter.files.reading import display_name
    from convfilter.runtime.streams import read_whole

    if isinstance(source, Path) and source.is_file():
        with source.open("rb") as file:
            return source, hashed(file)
    name = display_name(source)
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = read_whole(file)
    elif isinstance(source, os.PathLike):
        from convfilter.files.storage.remote import opened

        data = read_whole(opened(source))
    else:
        data = read_whole(source)
    kept = _Named(data)
    kept.name = name
    return kept, hashed(io.BytesIO(data))


class _Named(io.BytesIO):
    """Bytes that came from somewhere, under the name that messages give it."""

    name: str


def _near(result: Path) -> Iterator[Path]:
    """Yield the files in folders where the input of a result may lie, each folder once."""
    home = result.absolute().parent
    folders = [home, Path.cwd()]
    with contextlib.suppress(OSError):
        folders += [Path(each.path) for each in os.scandir(home.parent) if each.is_dir()]
    for folder in dict.fromkeys(folders):
        try:
            with os.scandir(folder) as entries:
                yield from sorted(Path(entry.path) for entry in entries if entry.is_file())
        except OSError:
            continue
