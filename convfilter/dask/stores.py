"""zarr stores: in folders and in storage, opened, and put in place whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convfilter.errors import ConvfilterError, ImageError, UsageError, shown
from convfilter.files.replace import new_folder
from convfilter.files.replacing.temporaries import clear_dead, temporary_name
from convfilter.files.storage.address import Address

if TYPE_CHECKING:
    from zarr import Array as ZarrArray

    from convfilter.files.storage.url import Place

__all__ = ["Stored", "create_like", "needed", "opened", "placed", "say_last", "store_of"]

Stored = Any
"""A store of zarr."""


@contextmanager
def needed() -> Iterator[None]:
    """Import in this block what stores need; where it is missing, say what installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"zarr stores need {error.name}, which is not installed: pip install 'convfilter[dask]'"
        ) from error


def opened(place: Place) -> Any:
    """Return the array or the group of a store, to be read.

    Raises
    ------
    ImageError
        It cannot be opened.
    """
    with needed():
        import zarr
    with _told(place, "cannot be opened as zarr"):
        return zarr.open(store_of(place, read_only=True), mode="r")


def store_of(place: Place, *, read_only: bool = False) -> Stored:
    """Return the store at a path or an address."""
    from zarr.storage import FsspecStore, LocalStore

    if isinstance(place, Path):
        return LocalStore(place, read_only=read_only)
    return FsspecStore.from_url(place.address, read_only=read_only)


@contextmanager
def placed(place: Place, *, overwrite: bool) -> Iterator[Stored]:
    """Enter with a new store, which stands at a place when the block has ended well.

    In a folder it is made beside its place and renamed, so that it is there whole or not at all; a
    store that was there is removed then. In storage of objects, which renames nothing, it is made
    at its place: whoever makes it writes last what says that it is an image. If the block fails,
    nothing is left.

    Raises
    ------
    ImageError
        Something is there and may not be replaced, or it cannot be written.
    """
    if not isinstance(place, Path):
        with _in_storage(place, overwrite=overwrite) as store:
            yield store
        return
    target = Path(os.path.realpath(place))
    if os.path.lexists(target) and not overwrite:
        raise _exists(place)
    with _told(place, "cannot be made"):
        clear_dead([target.parent])
        with new_folder(target) as temporary:
            yield store_of(temporary)
            _move(temporary, target, overwrite=overwrite)


def _move(temporary: Path, target: Path, *, overwrite: bool) -> None:
    if not os.path.lexists(target):
        temporary.rename(target)
        return
    if not overwrite:
        raise _exists(target)
    aside = temporary.with_name(temporary_name())
    target.rename(aside)
    try:
        temporary.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink()


@contextmanager
def _in_storage(place: Address, *, overwrite: bool) -> Iterator[Stored]:
    from convfilter.files.storage.remote import found, remove_all

    if found(place) is not None:
        if not overwrite:
            raise _exists(place)
        remove_all(place)
    with _told(place, "cannot be made"):
        try:
            yield store_of(place)  # type: ignore[arg-type]
        except BaseException:
            with suppress(ConvfilterError):
                remove_all(place)
            raise


def create_like(
    store: Stored, name: str, model: ZarrArray[Any], shape: Sequence[int], dtype: Any
) -> Any:
    """Create an array that is stored as another one is: chunks, shards, compression, names."""
    import zarr

    said: Any = model.metadata
    how: dict[str, Any] = {
        "chunks": _within(model.chunks, shape) if model.shards is None else model.chunks,
        "shards": model.shards,
        "compressors": model.compressors or None,
        "fill_value": model.fill_value,
        "zarr_format": said.zarr_format,
        "attributes": dict(model.attrs),
    }
    same = str(dtype) == str(model.dtype)
    if said.zarr_format == 2:
        how["order"] = model.order
        how["filters"] = (model.filters or None) if same else None
        how["chunk_key_encoding"] = {"name": "v2", "separator": said.dimension_separator}
    else:
        how["filters"] = model.filters or None
        how["serializer"] = model.serializer if same else "auto"
        how["chunk_key_encoding"] = said.chunk_key_encoding
        if len(shape) == model.ndim:
            how["dimension_names"] = said.dimension_names
    return zarr.create_array(store, name=name or None, shape=tuple(shape), dtype=dtype, **how)


def say_last(store: Stored, attributes: Mapping[str, Any], zarr_format: Any) -> None:
    """Write what is said of the group of a store."""
    import zarr

    group = zarr.open_group(store, mode="a", zarr_format=zarr_format)
    group.attrs.update(dict(attributes))


def _within(chunks: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(max(1, min(chunk, length)) for chunk, length in zip(chunks, shape, strict=True))


def _exists(place: os.PathLike[str]) -> ImageError:
    return ImageError(f"{shown(place)}: exists already: allow it to be replaced (--overwrite)")


@contextmanager
def _told(place: Place | Address, what: str) -> Iterator[None]:
    """Turn what zarr and drivers raise into one line that shows no credentials."""
    try:
        yield
    except (ConvfilterError, MemoryError):
        raise
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        if isinstance(place, Address):
            from convfilter.files.storage.remote import without_secrets_of

            words = without_secrets_of(place, words)
        raise ImageError(f"{shown(place)}: {what}: {words[:160]}") from error
