"""The file of the journal: whatever tears, damages or replaces it does no harm."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.batch.job import FileState
from convfilter.batch.journal import NAME
from convfilter.batch.journal.lines import Lines, read
from convfilter.batch.journal.records import HEADER, Known, Record, begun, made, void
from convfilter.errors import ImageError

RECORD = Record("../in/a.png", FileState(10, 20), "recipe", 1, FileState(30, 40, "check"))

NAMES = st.text(st.sampled_from('ab/ \n"\\\udcff\u00e9\U0001f600'), min_size=1, max_size=4)
NUMBERS = st.integers(0, 2**63)
STATES = st.builds(FileState, NUMBERS, NUMBERS, st.sampled_from(("", "12ab")))
RECORDS = st.builds(Record, NAMES, STATES, NAMES, st.integers(0, 99), STATES)
STEPS = st.lists(st.tuples(st.sampled_from(("begun", "made", "void")), NAMES, RECORDS), max_size=8)


def written(steps: list[tuple[str, str, Record]]) -> list[bytes]:
    lines = {"begun": lambda n, _: begun([n]), "made": made, "void": lambda n, _: void([n])}
    return [lines[kind](name, record) for kind, name, record in steps]


def known_of(lines: list[bytes]) -> Known:
    known = Known()
    known.read(lines)
    return known


@given(STEPS)
def test_what_is_said_is_known_by_a_slow_twin(steps: list[tuple[str, str, Record]]) -> None:
    known = known_of(written(steps))
    records: dict[str, Record] = {}
    last: dict[str, str] = {}
    for kind, name, record in steps:
        last[name] = kind
        if kind == "made":
            records[name] = record
    assert known.records == records
    assert known.begun == {name for name, kind in last.items() if kind == "begun"}
    assert known.damaged == 0
    fewest = known_of(list(known.whole()))
    assert (fewest.records, fewest.begun) == (known.records, known.begun)


@pytest.mark.thorough
@given(STEPS, st.data())
def test_a_torn_or_damaged_line_is_known_and_the_others_are_true(
    steps: list[tuple[str, str, Record]], data: st.DataObject
) -> None:
    lines = written([*steps, ("made", "last", RECORD)])
    which = data.draw(st.integers(0, len(lines) - 1))
    where = data.draw(st.integers(0, len(lines[which]) - 2))
    torn = data.draw(st.booleans())
    line = lines[which]
    bad = (
        line[:where] + b"\n"
        if torn
        else line[:where] + bytes([line[where] ^ 1]) + line[where + 1 :]
    )
    known = known_of([*lines[:which], *bad.splitlines(keepends=True), *lines[which + 1 :]])
    assert known.damaged >= (bool(bad.strip()))
    others = known_of([*lines[:which], *lines[which + 1 :]])
    assert known.records == others.records


def test_lines_are_added_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / NAME
    assert read(path).lines == 0
    lines = Lines(path)
    lines.add(begun(["a", "b"]), made("a", RECORD))
    lines.close()
    again = Lines(path)
    assert again.known.records == {"a": RECORD}
    assert again.known.begun == {"b"}
    again.add(void(["b"]))
    again.close()
    known = read(path)
    assert (known.records, known.begun, known.damaged) == ({"a": RECORD}, set(), 0)


@pytest.mark.parametrize("end", [0, 1, len(HEADER) - 1, len(HEADER), len(HEADER) + 1, -2, -1])
def test_a_journal_torn_anywhere_is_gone_on_with(tmp_path: Path, end: int) -> None:
    path = tmp_path / NAME
    path.write_bytes((HEADER + made("a", RECORD))[:end])
    lines = Lines(path)
    lines.add(made("b", RECORD))
    lines.close()
    known = read(path)
    assert known.records == ({"a": RECORD} if end == -1 else {}) | {"b": RECORD}
    assert known.damaged == (end == -2 or end > len(HEADER))


def test_what_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"my diary\n" * 10)
    for way in (Lines, read):
        with pytest.raises(ImageError, match="is no journal of convfilter: move it away"):
            way(path)
    path.write_bytes(b"convfilter journal 2\nof later\n")
    with pytest.raises(ImageError, match="another version"):
        Lines(path)
    assert path.read_bytes() == b"convfilter journal 2\nof later\n"
    path.unlink()
    path.mkdir()
    for way in (Lines, read):
        with pytest.raises(ImageError, match=r"no file|cannot be"):
            way(path)


@pytest.mark.posix
def test_neither_links_nor_pipes_are_followed(tmp_path: Path) -> None:
    path, other = tmp_path / NAME, tmp_path / "precious"
    other.write_bytes(b"")
    path.symlink_to(other)
    for way in (Lines, read):
        with pytest.raises(ImageError, match="is a link"):
            way(path)
    assert other.read_bytes() == b""
    path.unlink()
    os.mkfifo(path)
    for way in (Lines, read):
        with pytest.raises(ImageError, match="no file"):
            way(path)


def test_two_runs_add_to_one_journal(tmp_path: Path) -> None:
    path = tmp_path / NAME
    first, second = Lines(path), Lines(path)
    for number in range(50):
        (first, second)[number % 2].add(made(f"{number}", RECORD))
    first.close()
    second.close()
    assert len(read(path).records) == 50


def outdated(path: Path) -> None:
    path.write_bytes(HEADER + made("a", RECORD) * 1500)


def test_what_is_outdated_goes_when_nobody_else_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / NAME
    outdated(path)
    lines = Lines(path)
    assert path.read_bytes() == HEADER + made("a", RECORD)
    lines.add(made("b", RECORD))
    lines.close()
    assert list(read(path).records) == ["a", "b"]


@pytest.mark.posix
def test_what_somebody_else_has_open_stays(tmp_path: Path) -> None:
    path = tmp_path / NAME
    outdated(path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 10])  # not yet worth it
    first = Lines(path)
    with path.open("ab") as file:
        file.write(made("a", RECORD) * 1500)
    second = Lines(path)
    second.add(made("b", RECORD))
    first.add(made("c", RECORD))
    first.close()
    second.close()
    assert path.stat().st_size > size
    assert sorted(read(path).records) == ["a", "b", "c"]


@pytest.mark.posix
def test_a_journal_that_was_written_anew_meanwhile_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / NAME
    Lines(path).close()
    open_file, done = os.open, []

    def replaced_after_opening(name: Path, flags: int, *more: int) -> int:
        descriptor = open_file(name, flags, *more)
        if name == path and not done:
            done.append(1)
            path.unlink()
            Lines(path).close()
        return descriptor

    monkeypatch.setattr(os, "open", replaced_after_opening)
    lines = Lines(path)
    lines.add(made("a", RECORD))
    lines.close()
    assert list(read(path).records) == ["a"]


def test_a_part_that_the_system_takes_is_followed_by_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Lines(tmp_path / NAME)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    lines.add(made("a", RECORD), begun(["b"]))
    monkeypatch.undo()
    lines.close()
    assert read(tmp_path / NAME).begun == {"b"}


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_what_cannot_be_opened_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / NAME
    path.write_bytes(HEADER)
    open_file = os.open

    def refused(name: Path, flags: int, *more: int) -> int:
        if name == path:
            raise OSError(code, os.strerror(code))
        return open_file(name, flags, *more)

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(ImageError, match="cannot be written"):
        Lines(path)
    with pytest.raises(ImageError, match="cannot be read"):
        read(path)
