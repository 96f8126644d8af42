"""What is asked of storage: by fsspec, whose drivers and credentials are its own.

Every failure becomes one line that shows no credentials, whatever the driver's own words hold.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from convfilter.errors import ConvfilterError, ImageError, UsageError
from convfilter.files.storage.address import Address, Entry, Status, address_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = [
    "entries",
    "found",
    "opened",
    "place_file",
    "read_file",
    "remove_all",
    "status",
    "without_secrets_of",
]

WITH_RENAMES = ("sftp", "ssh", "smb", "hdfs", "webhdfs", "ftp")
"""Protocols of file systems, where half a file could be found if it were written under its name."""

_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")

_MOST_WORDS = 160


def opened(given: str | os.PathLike[str]) -> BinaryIO:
    """Return a file whose bytes are in memory, since readers go to and fro; raises ImageError."""
    return io.BytesIO(read_file(address_of(given)))


def read_file(url: Address) -> bytes:
    """Return the bytes of a file, or raise ImageError."""
    with _told(url, "cannot be read"):
        system, path = _system(url)
        data: bytes = system.cat_file(path)
        return data


def place_file(given: str | os.PathLike[str], pieces: Iterable[bytes], *, overwrite: bool) -> None:
    """Write a file so that nobody finds half of it.

    In storage of objects that is one put, which replaces an object at once or not at all. In file
    systems it is written beside its place, and renamed.

    Raises
    ------
    FileExistsError
        The file is there and may not be replaced. Where the storage does not refuse that itself,
        another program may make it between the look and the writing.
    ImageError
        It cannot be written. Nothing is left behind.
    """
    url = address_of(given)
    url.check_may_be_written()
    data = b"".join(pieces)
    with _told(url, "cannot be written"):
        system, path = _system(url)
        if not overwrite and system.exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if url.protocol not in WITH_RENAMES:
            system.pipe_file(path, data)
            return
        system.makedirs(system._parent(path), exist_ok=True)
        temporary = f"{system._parent(path)}/.convfilter-{os.urandom(8).hex()}.tmp"
        try:
            system.pipe_file(temporary, data)
            system.mv(temporary, path)
        except BaseException:
            with suppress(Exception):
                system.rm_file(temporary)
            raise
        finally:
            system.invalidate_cache(system._parent(path))


def remove_all(url: Address) -> None:
    """Remove a file, or a folder with all that is in it; raises ImageError."""
    with _told(url, "cannot be removed"):
        system, path = _system(url)
        system.rm(path, recursive=True)


def found(url: Address) -> Status | None:
    """Return what there is, or None; raises ImageError where the storage does not answer."""
    try:
        return status(url)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ImageError(f"{url}: cannot be looked at: {_words(url, error)}") from None


def status(url: Address) -> Status:
    """Return what storage says of a file or a folder; raises OSError, and ConvfilterError."""
    with _worded(url):
        system, path = _system(url)
        return _status(system.info(path))


def entries(url: Address) -> Iterator[Entry]:
    """Yield what a folder holds, by one listing; raises OSError, and ConvfilterError."""
    with _worded(url):
        system, path = _system(url)
        listing: list[Mapping[str, Any]] = system.ls(path, detail=True)
    own = str(path).rstrip("/")
    for info in listing:
        whole = str(info["name"]).rstrip("/")
        if whole != own:  # some storage lists a folder in itself
            yield Entry(whole.rpartition("/")[2], _status(info))


def _system(url: Address) -> tuple[AbstractFileSystem, str]:
    """Return the file system of an address, and the path in it."""
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import known_implementations
    except ModuleNotFoundError as error:
        raise ImageError(
            f"{url}: addresses need fsspec, which is not installed: pip install 'convfilter[dask]'"
        ) from error
    try:
        found: tuple[AbstractFileSystem, str] = url_to_fs(url.address)
        return found
    except ValueError:
        if url.protocol in known_implementations:
            raise
        raise UsageError(f"{url}: fsspec knows no storage called {url.protocol}") from None
    except ImportError:
        said = known_implementations[url.protocol].get("err", "a package is not installed")
        raise ImageError(
            f"{url}: the driver of {url.protocol} is missing, which pip installs: {said}"
        ) from None


def _status(info: Mapping[str, Any]) -> Status:
    is_folder = info.get("type") == "directory"
    mode = (stat.S_IFDIR if is_folder else stat.S_IFREG) | 0o644
    return Status(mode, int(info.get("size") or 0), _modified(info))


def _modified(info: Mapping[str, Any]) -> int:
    """Return when a file was changed, in nanoseconds since 1970; 0 where nothing tells."""
    for key in _TIMES:
        value = info.get(key)
        if isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1_000_000) * 1000
        if isinstance(value, (int, float)):
            return int(value * 1_000_000) * 1000
    return 0


@contextmanager
def _told(url: Address, what: str) -> Iterator[None]:
    """Turn what storage raises into an ImageError; a file that exists stays FileExistsError."""
    try:
        yield
    except (ConvfilterError, FileExistsError):
        raise
    except FileNotFoundError:
        raise ImageError(f"{url}: no such file: check the name and the folder") from None
    except PermissionError:
        raise ImageError(f"{url}: {what}: access is denied: check the credentials") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - drivers raise almost anything
        raise ImageError(f"{url}: {what}: {_words(url, error)}") from None


@contextmanager
def _worded(url: Address) -> Iterator[None]:
    """Turn what is no OSError of storage into one."""
    try:
        yield
    except (ConvfilterError, FileNotFoundError, MemoryError):
        raise
    except PermissionError:
        words = "access is denied: check the credentials"
        raise PermissionError(errno.EACCES, words, os.fspath(url)) from None
    except Exception as error:  # noqa: BLE001 - drivers raise almost anything
        raise OSError(errno.EIO, _words(url, error), os.fspath(url)) from None


def _words(url: Address, error: BaseException) -> str:
    """Return an error's words without what an address keeps secret."""
    text = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    text = without_secrets_of(url, " ".join(str(text).split()))
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}..."


def without_secrets_of(url: Address, text: str) -> str:
    """Return text without what an address keeps secret."""
    text = text.replace(url.address, os.fspath(url))
    for secret in sorted(url.secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
