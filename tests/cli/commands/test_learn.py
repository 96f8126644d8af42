"""The command `learn`: files in, a kernel out that `convolve` takes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from convfilter import Image, correlate, kernels, median, read, write
from tests.cli.conftest import Runner, everything

BEFORE: np.ndarray = data.camera()[:200, :200]  # type: ignore[no-untyped-call]


def changed(before: np.ndarray, name: str) -> np.ndarray:
    kernel = kernels.get(name)
    exact = correlate(before, kernel.array, offset=kernel.offset, dtype=np.float64)
    return np.clip(np.rint(exact), 0, 255).astype(np.uint8)


@pytest.fixture
def pair(folder: Path) -> Path:
    """A folder with before.png and after.png, embossed."""
    write(Image(BEFORE), "before.png")
    write(Image(changed(BEFORE, "emboss")), "after.png")
    return folder


def test_the_file_repeats_the_change(convfilter: Runner, pair: Path) -> None:
    """Emboss is not symmetric: turned by 180 degrees it would give another picture."""
    learned = convfilter("learn", "before.png", "after.png", "k.toml", "--size", "3", "--offset")
    assert (learned.code, learned.err) == (0, "")
    assert "k.toml: R squared 1.0000, condition number " in learned.text
    assert learned.text.splitlines()[1:4] == [
        "  -1.0000 -1.0000  0.0000",
        "  -1.0000  0.0000  1.0000",
        "   0.0000  1.0000  1.0000",
    ]
    assert "standard error" in learned.text
    assert convfilter("convolve", "--kernel", "k.toml", "before.png", "again.png").code == 0
    difference = read("again.png").pixels.astype(int) - read("after.png").pixels
    assert np.abs(difference).max() <= 1


def test_the_file_says_where_it_comes_from_and_how_certain_it_is(
    convfilter: Runner, pair: Path
) -> None:
    assert convfilter("learn", "before.png", "after.png", "k.toml", "--offset").code == 0
    text = Path("k.toml").read_text("utf-8")
    table = tomllib.loads(text)["k"]
    assert table["source"] == "convfilter learn of before.png and after.png"
    assert "R squared" in table["description"]
    assert text.count("# ") >= 7
    assert "# standard errors" in text


def test_a_kernel_for_each_channel(convfilter: Runner, folder: Path) -> None:
    names = ("gaussian-3", "sharpen", "emboss")
    planes = [changed(BEFORE, name) for name in names]
    write(Image(np.stack([BEFORE] * 3, axis=2)), "before.png")
    write(Image(np.stack(planes, axis=2)), "after.png")
    given = ("learn", "before.png", "after.png", "k.toml", "--size", "3", "--offset", "--each")
    assert convfilter(*given).code == 0
    assert not Path("k.toml").exists()
    for number, name in enumerate(names):
        table = tomllib.loads(Path(f"k-{number}.toml").read_text("utf-8"))
        wanted = kernels.get(name)
        found = np.array(table[f"k-{number}"]["weights"])
        assert np.abs(found - wanted.array).max() < 0.02 * np.abs(wanted.array).max()
        assert table[f"k-{number}"]["offset"] == pytest.approx(wanted.offset, abs=1)
    # one that is there keeps all from being written
    Path("k-0.toml").unlink()
    before = everything(folder)
    again = convfilter(*given)
    assert again.code == 1
    assert "k-1.toml" in again.err
    assert everything(folder) == before
    assert convfilter(*given, "--overwrite").code == 0


def test_several_pairs(convfilter: Runner, pair: Path) -> None:
    """Neither half determines the kernel alone: one has vertical detail, one horizontal."""
    ramp = np.random.default_rng(1).integers(20, 230, 60).astype(np.uint8)
    for name, before in {
        "rows": np.tile(ramp, (60, 1)).T,
        "columns": np.tile(ramp, (60, 1)),
    }.items():
        write(Image(np.ascontiguousarray(before)), f"{name}.png")
        write(Image(changed(np.ascontiguousarray(before), "gaussian-3")), f"{name}-after.png")
    alone = convfilter("learn", "rows.png", "rows-after.png", "alone.toml", "--size", "3")
    assert alone.code == 0
    assert "warning: the pictures do not determine the kernel" in alone.err
    write(Image(changed(BEFORE, "gaussian-3")), "smooth.png")
    both = convfilter(
        *("learn", "rows.png", "rows-after.png", "both.toml", "--size", "3"),
        *("--pair", "columns.png", "columns-after.png", "--pair", "before.png", "smooth.png"),
    )
    assert (both.code, both.err) == (0, "")
    table = tomllib.loads(Path("both.toml").read_text("utf-8"))["both"]
    assert np.abs(np.array(table["weights"]) - kernels.get("gaussian-3").array).max() < 0.005
    assert table["source"].count(" and ") == 3


def test_json(convfilter: Runner, pair: Path) -> None:
    ended = convfilter(
        "learn", "before.png", "after.png", "k.toml", "--size", "3", "--offset", "--json"
    )
    assert ended.code == 0
    (entry,) = json.loads(ended.text)
    table = tomllib.loads(Path("k.toml").read_text("utf-8"))["k"]
    assert entry["output"] == "k.toml"
    assert entry["weights"] == table["weights"]
    assert entry["offset"] == table["offset"]
    assert np.array(entry["errors"]).shape == (3, 3)
    assert 0 < entry["uncertainty"] < 0.01
    assert entry["offset_error"] > 0
    assert entry["determined"]
    assert entry["linear"]
    assert entry["warnings"] == []
    write(Image(np.full((30, 30), 90, np.uint8)), "flat.png")
    ended = convfilter("learn", "flat.png", "flat.png", "flat.toml", "--json")
    (entry,) = json.loads(ended.text)
    assert entry["condition"] is None  # JSON has no infinity
    assert not entry["determined"]
    assert len(entry["warnings"]) == len(ended.lines) == 1


def test_a_median_is_told(convfilter: Runner, pair: Path) -> None:
    write(Image(median(BEFORE, 3)), "median.png")
    ended = convfilter("learn", "before.png", "median.png", "k.toml", "--size", "3")
    assert ended.code == 0
    (line,) = ended.lines
    assert line.startswith("convfilter learn: k.toml: warning: the change is not linear: ")


def test_a_ridge_keeps_weights_small(convfilter: Runner, pair: Path) -> None:
    def size(*options: str) -> float:
        given = ("learn", "before.png", "after.png", "k.toml", "--overwrite", "--size", "3")
        assert convfilter(*given, "--offset", *options).code == 0
        table = tomllib.loads(Path("k.toml").read_text("utf-8"))["k"]
        return float(np.abs(table["weights"]).sum())

    assert size("--ridge", "10") < size("--ridge", "0.1") < 0.9 * size("--ridge", "0")
    assert size("--ridge", "0") == pytest.approx(size("--ridge", "auto"), rel=1e-3)
    assert size() == size("--ridge", "auto") == size("--workers", "1")


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (["before.png", "k.toml"], 2, "KERNEL.toml is missing"),
        (["before.png", "small.png", "k.toml"], 2, "200x200 with 1 channel and 199x200"),
        (["before.png", "colour.png", "k.toml"], 2, "3 channels"),
        (["before.png", "gone.png", "k.toml"], 1, "gone.png"),
        (["before.png", "text.png", "k.toml"], 1, "text.png"),
        (["before.png", "after.png", "k.png"], 2, "k.png: the output is a .toml file"),
        (["before.png", "after.png", "there.toml"], 1, "there.toml"),
        (["before.png", "after.png", "gone/k.toml"], 1, "gone"),
        (["before.png", "after.png", "k.toml", "--size", "4"], 2, "size is 4: give an odd number"),
        (["before.png", "after.png", "k.toml", "--size", "x"], 2, "--size"),
        (["before.png", "after.png", "k.toml", "--size", "-3"], 2, "size is -3"),
        (["before.png", "after.png", "k.toml", "--ridge", "-1"], 2, "--ridge is -1: give a number"),
        (["before.png", "after.png", "k.toml", "--ridge", "nan"], 2, "--ridge is nan"),
        (["before.png", "after.png", "k.toml", "--ridge", "some"], 2, "--ridge is some"),
        (["before.png", "after.png", "k.toml", "--workers", "0"], 2, "--workers"),
        (["before.png", "after.png", "k.toml", "--pair", "before.png"], 2, "--pair"),
        (
            ["before.png", "after.png", "k.toml", "--pair", "before.png", "small.png"],
            2,
            "pair 2: the pictures of a pair are 200x200",
        ),
        (
            ["before.png", "after.png", "k.toml", "--pair", "colour.png", "colour.png", "--each"],
            2,
            "different numbers of channels",
        ),
        (["black.png", "black.png", "k.toml"], 2, "saturated"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    convfilter: Runner, pair: Path, given: list[str], code: int, message: str
) -> None:
    write(Image(BEFORE[:, 1:]), "small.png")
    write(Image(np.stack([BEFORE] * 3, axis=2)), "colour.png")
    write(Image(np.zeros((30, 30), np.uint8)), "black.png")
    Path("text.png").write_text("no picture")
    Path("there.toml").write_text("[k]\nweights = [[1]]\n")
    before = everything(pair)
    ended = convfilter("learn", *given)
    assert ended.code == code
    assert len(ended.lines) == 1
    assert message in ended.err
    assert ended.out == b""
    assert everything(pair) == before
