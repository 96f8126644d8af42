"""Stamps: what a result says of how it was made, in each format, beside all else that it says."""

from __future__ import annotations

import hashlib
import io
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter import Image, Recipe
from convfilter.batch.recipes.embedding import KEYWORD, with_stamp, without_stamp
from convfilter.batch.recipes.stamp import Source, Stamp
from convfilter.cli.main import run
from convfilter.errors import ImageError, PipelineError
from convfilter.formats import FORMATS
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.picture.image import Metadata

WRITTEN = [name for name, summary in SUMMARIES.items() if summary.is_written]
HOLDING = [name for name in WRITTEN if FORMATS[name].keeps & {"texts", "XMP"}]
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax'
    b'-ns#"><r:Description r:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="a"/>'
    b"</r:RDF></x:xmpmeta>"
)
MARKS = 'a < b & c > "d" \u00e9\u4e2d \x7f \\'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small picture in a folder of its own."""
    path = tmp_path / "in" / "source.png"
    path.parent.mkdir()
    pixels = np.random.default_rng(3).integers(0, 256, (9, 11, 3), np.uint8)
    convfilter.write(Image(pixels), path)
    return path


def _made(source: Path, name: str, *options: str) -> Path:
    target = source.parent.parent / "out" / name
    target.parent.mkdir(exist_ok=True)
    words = ["gaussian-blur", str(source), str(target), "--sigma", "1/3", "--stamp", *options]
    assert run(words) == 0
    return target


@pytest.mark.parametrize("name", WRITTEN)
def test_a_format_keeps_the_stamp_or_a_line_says_that_it_does_not(
    name: str, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    black_and_white = np.zeros((9, 11), bool)
    black_and_white[2:5, 3:8] = True
    convfilter.write(Image(black_and_white), source, overwrite=True)
    target = source.with_name(f"result{FORMATS[name].suffixes[0]}")
    assert run(["median", str(source), str(target), "--size", "3,1", "--stamp"]) == 0
    told = capsys.readouterr().err
    if name in HOLDING:
        stamp = Stamp.load(target)
        assert stamp.recipe == Recipe("median size=3,1", stamp=True)
        data = source.read_bytes()
        assert stamp.source == (hashlib.sha256(data).hexdigest(), len(data))
        assert "stamp" not in told
    else:
        assert "has no place for the stamp: left out" in told
        with pytest.raises(ImageError, match="made without --stamp"):
            Recipe.load(target)


@pytest.mark.parametrize("name", HOLDING)
def test_a_stamp_stands_beside_other_metadata_and_replaces_another(name: str) -> None:
    form = FORMATS[name]
    packet = XMP if "XMP" in form.keeps else None
    said = Metadata(xmp=packet, text=(("Title", "t"),) if "texts" in form.keeps else ())
    image = Image(np.zeros((4, 4, 3), np.uint8), metadata=said)
    first = Stamp(Recipe("sobel", stamp=True), Source("0" * 64, 1))
    kernel = convfilter.kernels.from_array([[1, 2.5]], source=MARKS)
    pipeline = convfilter.Pipeline([("convolve", {"kernel": kernel})])
    second = Stamp(Recipe(pipeline, stamp=True, background="#123456"), Source("a" * 64, 2))
    for stamp in (first, second):
        image, notes = with_stamp(image, str(stamp), form)
        assert notes == []
        file = io.BytesIO()
        convfilter.write(image, file, format=name)
        again = convfilter.read(io.BytesIO(file.getvalue()))
        assert Stamp.of(again.metadata, "it") == stamp
        for value in (again.metadata.xmp or b"", *(text for _, text in again.metadata.text)):
            assert str(value).count("[[step]]") <= 1
        image = again
    bare, had_one = without_stamp(image)
    assert had_one
    assert bare.metadata.xmp == packet
    assert bare.metadata.text == said.text


def test_a_packet_that_is_none_costs_the_stamp_and_nothing_else() -> None:
    image = Image(np.zeros((4, 4), np.uint8), metadata=Metadata(xmp=b"nothing"))
    stamp = Stamp(Recipe("sobel", stamp=True), Source("0" * 64, 1))
    same, (note,) = with_stamp(image, str(stamp), FORMATS["JPEG"])
    assert same.metadata == image.metadata
    assert "cannot be understood" in note


@pytest.mark.parametrize("where", ["beside", "folder beside", "current folder", "named"])
def test_the_input_is_found_wherever_it_lies_near(
    where: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _made(source, "a.jpg", "--quality", "80")
    data = source.read_bytes()
    places = {"beside": made.parent / "other name", "folder beside": source}
    place = places.get(where, tmp_path / "far" / "away" / "it.png")
    source.unlink()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    monkeypatch.chdir(place.parent if where == "current folder" else "/")
    named = [str(place)] if where == "named" else []
    assert run(["rerun", str(made), *named, str(tmp_path / "again.jpg")]) == 0
    assert (tmp_path / "again.jpg").read_bytes() == made.read_bytes()


def test_an_input_that_is_not_near_has_to_be_named(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    made = _made(source, "a.png")
    size = source.stat().st_size
    source.write_bytes(bytes(size))  # as long, but another file
    assert run(["rerun", str(made), "again.png"]) == 1
    assert f"({size} bytes, SHA-256" in capsys.readouterr().err
    assert not Path("again.png").exists()


def test_another_input_and_another_version_are_told(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = _made(source, "a.png")
    other = tmp_path / "other.png"
    convfilter.write(np.zeros((5, 6), np.uint8), other)
    with monkeypatch.context() as patched:
        patched.setattr("convfilter.cli.run.__version__", "9.9")
        assert run(["rerun", str(made), str(other), str(tmp_path / "b.png")]) == 0
    told = capsys.readouterr().err
    assert "other.png is not the file that the result was made from" in told
    assert f"written by convfilter {convfilter.__version__}, and this is 9.9" in told
    assert convfilter.read(tmp_path / "b.png").shape == (5, 6)
    assert Stamp.load(tmp_path / "b.png").source.size == other.stat().st_size


def test_what_is_filtered_further_no_more_bears_the_stamp_of_what_it_was(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "a.jpg"):
        made = _made(source, name)
        further = made.with_name(f"further-{name}")
        assert run(["sobel", str(made), str(further)]) == 0
        assert "the stamp told how the input was made, and was left out" in capsys.readouterr().err
        assert b"gaussian-blur" not in further.read_bytes()


def test_a_result_is_stamped_without_what_is_stripped_and_in_place(source: Path) -> None:
    image = convfilter.read(source)
    said = replace(image.metadata, text=(("Author", "me"),))
    convfilter.write(replace(image, metadata=said), source, overwrite=True)
    data = source.read_bytes()
    assert run(["sobel", str(source), "--in-place", "--strip", "--stamp"]) == 0
    stamp = Stamp.load(source)
    assert stamp.source.sha256 == hashlib.sha256(data).hexdigest()
    assert [keyword for keyword, _ in convfilter.read(source).metadata.text] == [KEYWORD]


def test_a_mask_has_to_be_named_again(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "secret" / "mask.png"
    mask.parent.mkdir()
    there = np.ones((9, 11), bool)
    there[2:4, 3:6] = False
    convfilter.write(Image(there), mask)
    made = _made(source, "a.png", "--mask", str(mask))
    assert b"secret" not in made.read_bytes()
    again = tmp_path / "b.png"
    assert run(["rerun", str(made), str(source), str(again)]) == 2
    assert "was made with --mask mask.png: name the file by --mask" in capsys.readouterr().err
    assert run(["rerun", str(made), str(source), str(again), "--mask", str(mask)]) == 0
    assert again.read_bytes() == made.read_bytes()


@pytest.mark.posix
def test_what_comes_through_a_pipe_is_stamped_too(source: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    target = tmp_path / "a.png"
    if os.fork() == 0:
        pipe.write_bytes(source.read_bytes())
        os._exit(0)
    assert run(["sobel", str(pipe), str(target), "--stamp"]) == 0
    os.wait()
    assert Stamp.load(target).source.size == source.stat().st_size


STEP = '[[step]]\nfilter = "convolve"\nkernel = "%s"\n'
KNOWN = f'[input]\nsha256 = "{"0" * 64}"\nsize = 3\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "not a TOML file"),
        ("input = 3\n" + STEP % "sobel-x", "has no table [input]"),
        (KNOWN.replace("0" * 64, "0") + STEP % "sobel-x", "line 2: sha256 is no hash"),
        (KNOWN.replace("3", "'3'") + STEP % "sobel-x", "line 3: size is no number of bytes"),
        (KNOWN + STEP % "/dev/stdin", "line 6: step 1, convolve: no kernel of the catalogue"),
        (
            KNOWN + "[options]\noverwrite = true\n" + STEP % "sobel-x",
            "overwrite stands in no recipe",
        ),
        ('convfilter = "\\u001b[31m"\n' + KNOWN + STEP % "sobel-x", "is a version"),
    ],
)
def test_a_stamp_that_somebody_else_wrote_is_not_trusted(
    text: str, words: str, tmp_path: Path
) -> None:
    said = Metadata(text=((KEYWORD, text),))
    convfilter.write(Image(np.zeros((4, 4), np.uint8), metadata=said), tmp_path / "a.png")
    with pytest.raises(PipelineError) as caught:
        Stamp.load(tmp_path / "a.png")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "form",
    [
        b'<r:Description r:about="" xmlns:q="SPACE" xmlns:dc="D" dc:format="a" q:Stamp="TEXT"/>',
        b"<r:Description r:about='' xmlns:dc='D' dc:format='a'\n xmlns:q = 'SPACE'>\n"
        b"<q:Stamp>TEXT</q:Stamp><dc:b/></r:Description>",
        b'<r:Description xmlns:convfilter="SPACE" dc:format="a" xmlns:dc="D">'
        b"<convfilter:Stamp>TEXT</convfilter:Stamp></r:Description>",
    ],
    ids=["attribute", "among others", "beside an attribute"],
)
def test_a_stamp_is_known_however_other_programs_write_the_packet(form: bytes) -> None:
    stamp = Stamp(Recipe("sobel norm=l1", stamp=True), Source("0" * 64, 1))
    written = str(stamp).encode().replace(b'"', b"&quot;").replace(b"\n", b"&#xA;")
    own = form.replace(b"SPACE", b"urn:convfilter:recipe").replace(b"TEXT", written)
    packet = XMP.partition(b"<r:Desc")[0] + own + b"</r:RDF></x:xmpmeta>"
    image = Image(np.zeros((4, 4, 3), np.uint8), metadata=Metadata(xmp=packet))
    assert Stamp.of(image.metadata, "a.jpg") == stamp
    bare, had_one = without_stamp(image)
    assert had_one
    kept = bare.metadata.xmp
    assert kept is not None
    assert b"Stamp" not in kept
    assert (b'dc:format="a"' in kept) or (b"dc:format='a'" in kept)


def test_a_packet_of_blanks_is_looked_through_at_once() -> None:
    for filler in (b" " * 300_000, b' xmlns:convfilter="urn:convfilter:recipe"' * 8_000):
        packet = b"<r:Description " + filler + XMP
        started = time.perf_counter()
        image = Image(np.zeros((4, 4, 3), np.uint8), metadata=Metadata(xmp=packet))
        assert without_stamp(image) == (image, False)
        assert time.perf_counter() - started < 1


@pytest.mark.posix
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_names_that_are_no_text_are_stamped_with_question_marks(
    suffix: str, source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mask, kernel = (source.with_name(f"a\udcff.{kind}") for kind in ("png", "txt"))
    convfilter.write(Image(np.ones((9, 11), bool)), mask)
    kernel.write_text("1 2 1")
    target = source.with_name(f"result.{suffix}")
    words = ["convolve", str(source), str(target), "--kernel", str(kernel), "--mask", str(mask)]
    assert run([*words, "--stamp", "--scale", "1/4"]) == 0
    assert "left out" not in capfd.readouterr().err
    assert Stamp.load(target).recipe.lacking == {"mask": "a?.png"}
