from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from convfilter.errors import UsageError, shown
from convfilter.files.storage.address import without_secrets
from convfilter.files.storage.url import Url, place_of
from convfilter.runtime.streams import is_address, is_stream

SHOWN = {
    "s3://bucket/photos/a.png": "s3://bucket/photos/a.png",
    "S3://bucket/a.png": "s3://bucket/a.png",
    "sftp://me:secret@host:22/x/y.jpg": "sftp://me@host:22/x/y.jpg",
    "https://token@host/a.png?X-Signature=se%20cret#x": "https://host/a.png",
    "https://me:secret@host/a.png": "https://host/a.png",
    "s3://bucket/a.png?X-Amz-Signature=secret": "s3://bucket/a.png",
    "abfs://box@account.dfs.core.windows.net/a.png": "abfs://box@account.dfs.core.windows.net/a.png",
    "gs://bucket/what?#1.png": "gs://bucket/what?#1.png",
    "memory:///a/b.png": "memory://a/b.png",
}
"""What may be shown of addresses."""


@pytest.mark.parametrize(("address", "expected"), SHOWN.items())
def test_no_credentials_are_shown(address: str, expected: str) -> None:
    url = place_of(address)
    assert isinstance(url, Url)
    assert str(url) == os.fspath(url) == shown(url) == without_secrets(address) == expected
    assert expected in repr(url)
    assert "secret" not in repr(url) + str(Path(url))
    assert pickle.loads(pickle.dumps(url)) == url
    assert url.address == address.replace("memory:///", "memory://")


@pytest.mark.parametrize("top", ["s3://bucket", "sftp://me:secret@host/x", "memory://x"])
def test_addresses_go_as_paths(top: str) -> None:
    url = Url(top) / "in" / Path("b", "a.b.png")
    assert url.address == f"{top}/in/b/a.b.png"
    assert (url.name, url.suffix, url.stem) == ("a.b.png", ".png", "a.b")
    assert url.parent == Url(f"{top}/in/b")
    assert url.with_name("c.png") == Url(f"{top}/in/b/c.png")
    assert Url(top) / "." == Url(top)
    assert url.parent.parent.parent == Url(top)


def test_what_stands_behind_a_question_mark_is_no_name() -> None:
    url = Url("https://host/a/b.png?key=abcd1234")
    assert url.name == "b.png"
    assert url.with_name("c.png").address == "https://host/a/c.png"
    assert "abcd1234" in url.secrets


@pytest.mark.parametrize("text", ["a.png", "C:/a.png", "c://a", "./s3://x", "://x", "", "-"])
def test_paths_are_no_addresses(text: str) -> None:
    assert not is_address(text)
    assert place_of(text) == Path(text)


def test_files_of_this_machine_are_paths() -> None:
    assert place_of("file:///a/b.png") == Path("/a/b.png")
    assert not is_stream(Url("s3://bucket/dev/null"))


@pytest.mark.parametrize("text", ["zip://a.png::s3://b/c.zip", "s3://[b/a.png"])
def test_what_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="address"):
        place_of(text)
