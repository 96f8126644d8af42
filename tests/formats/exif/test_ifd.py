"""Directories of tags: what is packed is found again, and nothing that a file says is believed."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import TiffImagePlugin

from convfilter.formats.exif.ifd import Entry, Layout, Source, Tree
from tests.examples import examples

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
POINTERS: dict[int, Any] = {34665: {40965: {}}, 34853: {}}
LONGEST = 1 << 20
LAYOUTS = [Layout(order, big) for order in ("<", ">") for big in (False, True)]  # type: ignore[arg-type]


@st.composite
def entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Draw entries with values of every kind, sorted."""
    tags = draw(st.sets(st.integers(0, 65535).filter(lambda t: t not in (34665, 34853, 40965))))
    made = []
    for tag in sorted(tags):
        kind = draw(st.sampled_from(list(SIZES)))
        count = draw(st.integers(0, 5))
        made.append(Entry(tag, kind, draw(st.binary(min_size=count * SIZES[kind],
                                                    max_size=count * SIZES[kind]))))  # fmt: skip
    return tuple(made)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Draw directories as EXIF has them."""
    below = {}
    if draw(st.booleans()):
        inner = {40965: Tree(draw(entries()))} if draw(st.booleans()) else {}
        below[34665] = Tree(draw(entries()), inner)
    if draw(st.booleans()):
        below[34853] = Tree(draw(entries()))
    return Tree(draw(entries()), below)


def file_of(tree: Tree, layout: Layout) -> bytes:
    """Return a file of these directories."""
    return layout.head + bytes(tree.packed(len(layout.head), layout))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@examples(60)
@given(tree=trees())
def test_there_and_back(layout: Layout, tree: Tree) -> None:
    source = Source(file_of(tree, layout))
    assert source.layout == layout
    assert Tree.of(source, source.first, POINTERS, LONGEST) == tree


@examples(60)
@given(tree=trees())
def test_the_other_byte_order(tree: Tree) -> None:
    here, there = (Source(file_of(t, Layout(o))) for t, o in ((tree, "<"), (tree.swapped(), ">")))
    assert tree.swapped().swapped() == tree
    one, other = here.directory(8), there.directory(8)
    for tag, field in one.fields.items():
        assert repr(here.numbers(field)) == repr(there.numbers(other.fields[tag]))


@examples(60)
@given(tree=trees(), layout=st.sampled_from(LAYOUTS), place=st.integers(0, 50))
def test_the_length_does_not_depend_on_the_place(tree: Tree, layout: Layout, place: int) -> None:
    assert len(tree.packed(2 * place, layout)) == len(tree.packed(0, layout))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_others_read_the_same(layout: Layout) -> None:
    pack = layout.order
    page = (
        Entry(256, 4, struct.pack(f"{pack}I", 1)),
        Entry(257, 4, struct.pack(f"{pack}I", 1)),
        Entry(262, 3, struct.pack(f"{pack}H", 1)),
        Entry(258, 3, struct.pack(f"{pack}H", 8)),
        Entry(271, 2, b"a maker\0"),
        Entry(273, 4, struct.pack(f"{pack}I", 8)),
        Entry(279, 4, struct.pack(f"{pack}I", 1)),
        Entry(282, 5, struct.pack(f"{pack}II", 7, 2)),
    )
    exif = Tree((Entry(37500, 7, b"raw"), Entry(37380, 10, struct.pack(f"{pack}ii", -1, 3))))
    data = file_of(Tree(page, {34665: exif}), layout)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = file.pages[0].tags  # type: ignore[union-attr]
        assert tags[271].value == "a maker"
        assert tags[282].value == (7, 2)
        assert tags[34665].value["ExposureBiasValue"] == (-1, 3)
        assert tags[34665].value["MakerNote"] == b"raw"
    if layout == Layout(">", True):
        return  # Pillow knows BigTIFF in the other byte order only
    with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as picture:
        inner = picture.getexif().get_ifd(34665)
        assert (inner[37500], float(inner[37380])) == (b"raw", -1 / 3)


def test_values() -> None:
    order = ">"
    tree = Tree(
        (
            Entry(1, 3, struct.pack(">HH", 5, 6)),
            Entry(2, 5, struct.pack(">IIII", 1, 4, 1, 0)),
            Entry(3, 12, struct.pack(">d", 2.5)),
            Entry(4, 2, b"text"),
            Entry(5, 8, struct.pack(">h", -3)),
        )
    )
    source = Source(file_of(tree, Layout(order)))
    fields = source.directory(8).fields
    assert [source.numbers(fields[tag]) for tag in range(1, 6)] == [
        (5, 6), (0.25, 0.0), (2.5,), (), (-3,)
    ]  # fmt: skip
    assert [source.whole(fields[tag]) for tag in range(1, 6)] == [None, None, None, None, -3]
    assert source.whole(None) is None
    assert source.numbers(fields[1], 1) == (5,)


@pytest.mark.parametrize("data", [b"", b"II*", b"II*\0\x08", b"PNG and so on", b"II+\0\x08\0\0\0"])
def test_no_tiff(data: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        Source(data)


@examples(300)
@given(tree=trees(), layout=st.sampled_from(LAYOUTS), data=st.data())
def test_damage_takes_entries_or_all(tree: Tree, layout: Layout, data: st.DataObject) -> None:
    whole = bytearray(file_of(tree, layout))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    del whole[data.draw(st.integers(8, len(whole))) :]
    try:
        source = Source(bytes(whole))
        found = Tree.of(source, source.first, POINTERS, LONGEST)
        list(source.directories())
    except (EOFError, ValueError):
        return
    assert sum(len(entry.data) for entry in found.entries) <= LONGEST


def test_values_beyond_the_end_are_left_out() -> None:
    layout = Layout("<")
    data = file_of(Tree((Entry(1, 7, b"x" * 50), Entry(2, 7, b"y"))), layout)
    assert Tree.of(Source(data[:-1]), 8, {}, LONGEST).entries == (Entry(2, 7, b"y"),)
    field = Source(data[:-1]).directory(8).fields[1]
    assert not Source(data[:-1]).holds(field)
    assert Source(data).holds(field)


def test_a_pointer_to_its_own_directory_is_followed_no_further() -> None:
    layout = Layout("<")
    data = bytearray(file_of(Tree((), {34665: Tree((), {40965: Tree(())})}), layout))
    for tag in (34665, 40965):
        at = data.index(struct.pack("<H", tag))
        struct.pack_into("<I", data, at + 8, 8)  # back to the first one
    found = Tree.of(Source(bytes(data)), 8, POINTERS, LONGEST)
    assert list(found.below) == [34665]
    assert list(found.below[34665].below) == []


def test_too_long() -> None:
    data = file_of(Tree((), {34665: Tree((Entry(1, 7, bytes(1000)),))}), Layout("<"))
    assert Tree.of(Source(data), 8, POINTERS, 1012)
    with pytest.raises(ValueError, match="too long"):
        Tree.of(Source(data), 8, POINTERS, 999)


def chained(links: list[int]) -> bytes:
    """Return directories of one entry each, at 8, 26, 44, ..., and where each leads."""
    made = b"".join(
        struct.pack("<HHHIII", 1, 256, 4, 1, number, link) for number, link in enumerate(links)
    )
    return b"II*\0\x08\0\0\0" + made


def test_directories_follow_one_another() -> None:
    found = list(Source(chained([44, 0, 26])).directories())
    assert [directory.place for directory in found] == [8, 44, 26]
    assert [directory.following for directory in found] == [44, 26, 0]


@pytest.mark.parametrize(
    ("links", "error", "words"),
    [
        ([8], ValueError, "in a circle"),
        ([26, 44, 26], ValueError, "in a circle"),
        ([1000], EOFError, "truncated"),
        ([26, 2**32 - 1], EOFError, "truncated"),
        ([18], ValueError, "without tags"),
    ],
)
def test_chains_that_break(links: list[int], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        list(Source(chained(links)).directories())


def test_directories_that_overlap() -> None:
    # 200 directories of 400 entries each, one behind the beginning of the other, in 10,000 bytes
    data = bytearray(struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<HHII", 400, 3, 1, 1) * 800)
    for number in range(200):
        place = 8 + 12 * number
        struct.pack_into("<I", data, place + 2 + 12 * 400, place + 12)
    with pytest.raises(ValueError, match="overlap"):
        list(Source(bytes(data)).directories())


def test_a_directory_that_is_cut_off() -> None:
    layout = Layout("<")
    data = file_of(Tree((Entry(1, 3, b"ab"), Entry(2, 3, b"cd"))), layout)
    cut = Source(data[:-5])
    assert list(cut.directory(8).fields) == [1]
    assert cut.directory(8).following is None
    with pytest.raises(EOFError):
        list(cut.directories())
