"""The command `features`, as a person meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import convfilter as package
from convfilter.features import of_bank, of_layers
from tests.cli.conftest import Runner, everything, picture

RANDOM = ("--model", "squeezenet", "--weights", "random")


@pytest.fixture
def photos(folder: Path) -> Path:
    """Pictures of two classes, of several sizes, grey and in colours, and a file that is none."""
    picture("cats/a.png")
    picture("cats/b.png", seed=1, channels=1)
    picture("cats/deep/e.png", seed=5)
    picture("dogs/c.png", seed=2, channels=4)
    package.write(package.read("cats/a.png").pixels[:17, :11], "dogs/d.png")
    Path("dogs/notes.txt").write_text("no picture", "utf-8")
    return folder


def test_a_row_for_each_picture(photos: Path, convfilter: Runner) -> None:
    options = ("--bank", "sobel,laws", "--pool", "mean,std", "--grid", "2x3")
    ended = convfilter("features", *options, "--folder-labels", "cats", "dogs", "out.npz")
    assert (ended.code, ended.err, ended.out) == (0, "", b"")
    extractor = of_bank("sobel,laws", pool="mean,std", grid=(2, 3))
    names = [str(Path(*parts)) for parts in NAMES]
    with np.load("out.npz") as table:
        assert [*table["inputs"]] == names
        assert [*table["labels"]] == ["cats", "cats", "dogs", "dogs"]
        assert tuple(table["columns"]) == extractor.columns
        for name, row in zip(names, table["features"], strict=True):
            np.testing.assert_array_equal(row, extractor(package.read(name)))


NAMES = (("cats", "a.png"), ("cats", "b.png"), ("dogs", "c.png"), ("dogs", "d.png"))


def test_folders_of_folders_and_standard_input(photos: Path, convfilter: Runner) -> None:
    ended = convfilter("features", "--bank", "sobel", "-r", "cats", "cats.csv")
    assert (ended.code, ended.err) == (0, "")
    with Path("cats.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert [Path(row["input"]).name for row in rows] == ["a.png", "b.png", "e.png"]
    data = Path("cats/a.png").read_bytes()
    ended = convfilter("features", "--bank", "sobel", "-", "one.csv", stdin=data)
    assert (ended.code, ended.err) == (0, "")
    with Path("one.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row == rows[0] | {"input": "-"}


def test_features_of_a_layer(photos: Path, convfilter: Runner) -> None:
    options = (*RANDOM, "--layer", "conv1", "--layer", "fire2", "--pool", "max")
    ended = convfilter("features", *options, "cats/a.png", "dogs/d.png", "out.npz")
    assert ended.code == 0
    assert ended.err.startswith("convfilter features: the weights do not say how pictures are pre")
    extractor = of_layers(package.nn.load("squeezenet", "random"), ["conv1", "fire2"], pool="max")
    with np.load("out.npz") as table:
        assert tuple(table["columns"]) == extractor.columns
        expected = [extractor(package.read(name)) for name in table["inputs"]]
        np.testing.assert_array_equal(table["features"], expected)


def test_without_a_model_the_network_reads_digits(folder: Path, convfilter: Runner) -> None:
    digit = np.full((40, 40), 255, np.uint8)
    digit[8:32, 18:22] = 0
    package.write(digit, "one.png")
    ended = convfilter("features", "--layer", "F6", "one.png", "out.csv")
    assert (ended.code, ended.err) == (0, "")
    assert Path("out.csv").read_text("utf-8").startswith("input,F6-0,F6-1,")


def test_a_picture_that_fails_is_named_and_the_others_are_done(
    photos: Path, convfilter: Runner
) -> None:
    Path("cats/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    ended = convfilter("features", "--bank", "sobel", "--grid", "12", "cats", "dogs", "out.npz")
    assert ended.code == 3
    assert [line.split(": ")[1] for line in ended.lines] == [
        str(Path("cats", "broken.png")),
        str(Path("dogs", "d.png")),
    ]
    assert ended.lines[1].endswith(
        "17 rows and 11 columns, fewer than a grid of 12x12: give a smaller grid"
    )
    with np.load("out.npz") as table:
        assert [Path(name).name for name in table["inputs"]] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "give --bank NAMES for kernels, or --model M --layer NAME for a network"),
        (["--bank", "lm"], 2, "give pictures, or folders of them, and OUT.npz or OUT.csv (try "),
        (["--bank", "lm", "out.npz"], 2, "give pictures, or folders of them, before the output"),
        (["--bank", "lm", "cats"], 2, "cats: features go into .npz or .csv files: name one last"),
        (["--bank", "sobel", "cats/a.png", "out.txt"], 2, "out.txt: features go into .npz or .cs"),
        (["cats", "out.npz"], 2, "give --bank NAMES for kernels, or --model M --layer NAME for a "),
        (["--bank", "sobl", "cats", "out.npz"], 2, "no bank or kernel is called 'sobl'; did you"),
        (
            ["--bank", "laws", "--layer", "C1", "cats", "out.npz"],
            2,
            "give either --bank or a layer of a network, not --bank and --layer",
        ),
        (
            ["--bank", "laws", "--model", "alexnet", "cats", "out.npz"],
            2,
            "give either --bank or a layer of a network, not --bank and --model",
        ),
        ([*RANDOM, "cats", "out.npz"], 2, "--layer is needed with a network: convfilter nn summ"),
        ([*RANDOM, "--layer", "fire1", "cats", "out.npz"], 2, "squeezenet has no layer 'fire1'; d"),
        (["--layer", "zzz", "cats", "out.npz"], 2, "lenet5-modern has no layer 'zzz'; convfilter"),
        (["--weights", "f", "--layer", "C1", "cats", "out.npz"], 2, "--weights needs --model"),
        (["--bank", "sobel", "--grid", "4x", "cats", "out.npz"], 2, "--grid must be rows and col"),
        (["--bank", "sobel", "--grid", "0", "cats", "out.npz"], 2, "grid is 0"),
        (["--bank", "sobel", "--pool", "sum", "cats", "out.npz"], 2, "no way to pool is called"),
        (["--bank", "sobel", "cats", "there.npz"], 1, "there.npz: exists already"),
        (["--bank", "sobel", "cats", "no/out.npz"], 1, "the folder no does not exist"),
        (["--bank", "sobel", "none.png", "out.npz"], 1, "none.png: no such file"),
        (["--bank", "sobel", "--grid", "99", "cats/a.png", "out.npz"], 2, "cats/a.png: the pictu"),
        (["--layer", "C1", "empty.png", "out.npz"], 1, "empty.png: no digit found"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    photos: Path, convfilter: Runner, arguments: list[str], code: int, message: str
) -> None:
    Path("there.npz").write_bytes(b"precious")
    package.write(np.zeros((30, 30), np.uint8), "empty.png")
    before = everything(photos)
    ended = convfilter("features", *arguments)
    assert ended.code == code
    assert ended.err.startswith(f"convfilter features: {message}")
    assert len(ended.lines) == 1
    assert everything(photos) == before


def test_an_output_may_be_replaced(photos: Path, convfilter: Runner) -> None:
    Path("out.csv").write_text("old", "utf-8")
    assert convfilter("features", "--bank", "sobel", "--overwrite", "cats", "out.csv").code == 0
    assert Path("out.csv").read_text("utf-8").startswith("input,sobel-0_mean,")
