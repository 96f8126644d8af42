from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter.errors import ConvfilterError, ImageError
from convfilter.files.storage import remote
from convfilter.files.storage.address import address_of


@pytest.fixture
def memory() -> Iterator[Any]:
    """Storage in memory, empty before and after."""
    import fsspec

    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_a_picture_goes_to_storage_and_back(memory: Any) -> None:
    assert convfilter.write(PIXELS, "memory://box/a.png") == []
    np.testing.assert_array_equal(convfilter.read("memory://box/a.png").pixels, PIXELS)
    with pytest.raises(ImageError, match=r"memory://box/a\.png: exists already"):
        convfilter.write(PIXELS, "memory://box/a.png", overwrite=False)
    with pytest.raises(ImageError, match=r"memory://box/b\.png: no such file"):
        convfilter.read("memory://box/b.png")


def test_a_folder_of_storage_is_filtered(memory: Any) -> None:
    for name in ("a.png", "in/b.png", "in/notes.txt"):
        convfilter.write(PIXELS, f"memory://box/{name}", format="png")
    results = [*convfilter.filter_files("memory://box", "memory://made", "median", recursive=True)]
    assert sorted(str(result.output) for result in results) == [
        "memory://made/a.png",
        "memory://made/in/b.png",
    ]
    assert all(result.ok for result in results)
    expected = convfilter.filters.median(PIXELS)
    np.testing.assert_array_equal(convfilter.read("memory://made/in/b.png").pixels, expected)
    with pytest.raises(ConvfilterError, match=r"memory://made/a\.png: exists already"):
        convfilter.filter_files("memory://box", "memory://made", "median")


def test_one_file_gets_a_name_beside_it(memory: Any, tmp_path: Path) -> None:
    convfilter.write(PIXELS, "memory://box/a.png")
    (result,) = convfilter.filter_files("memory://box/a.png", None, "median")
    assert str(result.output) == "memory://box/a-median.png"
    (result,) = convfilter.filter_files("memory://box/a.png", tmp_path / "b.png", "median")
    assert result.ok
    assert (tmp_path / "b.png").read_bytes() == memory.cat_file("/box/a-median.png")


def test_file_systems_never_have_half_a_file(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on sftp, which renames: what fails leaves nothing, and the old file as it was."""
    monkeypatch.setattr(remote, "WITH_RENAMES", ("memory",))
    remote.place_file("memory://box/a", [b"one"], overwrite=False)
    assert memory.cat_file("/box/a") == b"one"

    def full(*_given: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(type(memory), "mv", full, raising=False)
    with pytest.raises(ImageError, match="cannot be written: no space left"):
        remote.place_file("memory://box/a", [b"two"], overwrite=True)
    assert memory.find("/") == ["/box/a"]
    assert memory.cat_file("/box/a") == b"one"


def test_words_of_drivers_show_no_credentials(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def talk(_self: object, path: str, *_rest: object) -> None:
        raise RuntimeError(f"401 for {path} with token=abcd1234 of me:s3cret@box, s3cret")

    monkeypatch.setattr(type(memory), "cat_file", talk)
    for address in ("memory://me:s3cret@box/a.png?token=abcd1234",):
        with pytest.raises(ImageError) as raised:
            convfilter.read(address)
        assert "401" in str(raised.value)
        assert "s3cret" not in str(raised.value)
        assert "abcd1234" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__


def test_what_cannot_be_reached_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    for address, said in {
        "nosuch://box/a.png": "knows no storage called nosuch",
        "gs://box/a.png": "gcsfs",
    }.items():
        with pytest.raises(ConvfilterError, match=said):
            convfilter.read(address)
    with pytest.raises(ImageError, match="https is only read"):
        convfilter.write(PIXELS, "https://example.com/a.png")
    for output in ("https://me:hush@example.com/x/", "https://me:hush@example.com/b.png?x=hush"):
        with pytest.raises(ImageError, match=r"https://example.com/.*https is only read") as raised:
            convfilter.filter_files(tmp_path / "a.png", output, "median")
        assert "hush" not in str(raised.value)


@pytest.mark.parametrize("option", ["stamp", "hash_inputs"])
def test_what_comes_from_storage_is_hashed(memory: Any, tmp_path: Path, option: str) -> None:
    convfilter.write(PIXELS, "memory://box/a.png")
    options: Any = {option: True}
    (result,) = convfilter.filter_files("memory://box/a.png", f"{tmp_path}/", "median", **options)
    assert result.error is None


def test_repeated_work_finds_its_own_result(memory: Any) -> None:
    from convfilter.files.writing import write_hashed

    place = "memory://box/a.png"
    write_hashed(PIXELS, place, overwrite=False, repeated=True)
    write_hashed(PIXELS, place, overwrite=False, repeated=True)
    with pytest.raises(ImageError, match="exists already"):
        write_hashed(PIXELS + 1, place, overwrite=False, repeated=True)
    assert address_of(place).name == "a.png"


def test_repeated_work_finds_its_own_result_on_disk(tmp_path: Path) -> None:
    from convfilter.files.writing import write_hashed

    place = tmp_path / "a.png"
    write_hashed(PIXELS, place, overwrite=False, repeated=True)
    write_hashed(PIXELS, place, overwrite=False, repeated=True)
    with pytest.raises(ImageError, match="exists already"):
        write_hashed(PIXELS + 1, place, overwrite=False, repeated=True)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
