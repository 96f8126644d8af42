"""The commands of networks that take weights: convert, predict, evaluate, maps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont
from safetensors.numpy import load

import convfilter as package
from convfilter.nn import models
from convfilter.nn.digits import shipped
from convfilter.nn.preprocessing.description import KEY, Preprocessing
from convfilter.nn.random_weights import random_weights
from tests.cli.conftest import Runner, everything, picture
from tests.nn.weights.pth import in_a_row, zipped

MODEL = "lenet5-modern"
WEIGHTS = random_weights(models.get(MODEL), 3)
TABLE = 'resize = [32, 32]\nchannels = "grey"\nlabels = ["zero", "one", "two", "three"]\n'
OPTIONS = ("--model", MODEL, "--weights", "net.safetensors")
ASSUMED = (
    "the weights do not say how pictures are prepared; assumed: 32x32 (bilinear), range 0 to 1,"
    " mean 0, std 1, grey (--preprocessing FILE.toml says it)\n"
)


@pytest.fixture
def converted(folder: Path, convfilter: Runner) -> Path:
    """Weights, converted with what is done to pictures."""
    Path("net.pth").write_bytes(zipped(WEIGHTS))
    Path("rule.toml").write_text(TABLE, "utf-8")
    ended = convfilter(
        "nn", "convert", "net.pth", "net.safetensors", "--preprocessing", "rule.toml"
    )
    assert ended.code == 0, ended.err
    return folder / "net.safetensors"


def expected(path: str, how: Preprocessing | None = None) -> list[tuple[int, float]]:
    """Return the five best classes of a picture, step by step."""
    from convfilter.nn.preprocessing.pictures import prepared

    x = prepared(package.read(path), how or Preprocessing((32, 32), channels="grey"))
    (outputs,) = package.nn.load(MODEL, WEIGHTS)(x[None]).astype(np.float64)
    shares = np.exp(outputs) / np.exp(outputs).sum()
    return [(int(index), float(shares[index])) for index in np.argsort(-shares)[:5]]


@pytest.mark.parametrize("layout", [zipped, in_a_row], ids=["newer", "older"])
def test_convert_keeps_arrays_and_writes_what_is_done_to_pictures(
    folder: Path, convfilter: Runner, layout: object
) -> None:
    counter = {"bn.num_batches_tracked": np.array(5)}
    Path("net.pth").write_bytes(layout({**WEIGHTS, **counter}))  # type: ignore[operator]
    Path("labels.txt").write_text("tench\ngoldfish\n\n", "utf-8")
    ended = convfilter("nn", "convert", "net.pth", "out.safetensors", "--labels", "labels.txt")
    assert ended.code == 0
    assert ended.err.splitlines() == [
        "convfilter nn convert: 10 arrays of 61,706 numbers written to out.safetensors",
        "convfilter nn convert: pictures are prepared by: 32x32 (bilinear), range 0 to 1, mean 0,"
        f" std 1, grey (assumed for {MODEL}, since nothing says it)",
    ]
    data = Path("out.safetensors").read_bytes()
    arrays = load(data)
    assert arrays.keys() == WEIGHTS.keys()
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(arrays[name], array)
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    assert Preprocessing.parse(metadata[KEY]).labels == ("tench", "goldfish")


def test_convert_knows_networks_by_their_arrays(folder: Path, convfilter: Runner) -> None:
    arrays = random_weights(models.get("googlenet-torchvision"), 0)
    Path("net.pth").write_bytes(zipped({**arrays, "aux1.fc1.bias": np.zeros(3, np.float32)}))
    said = convfilter("nn", "convert", "net.pth", "net.safetensors").err
    assert "mean 0.5, std 0.5, RGB (assumed for googlenet-torchvision, since" in said
    Path("net.pth").write_bytes(zipped({"x": np.zeros(3, np.float32)}))
    said = convfilter("nn", "convert", "--overwrite", "net.pth", "net.safetensors").err
    assert "mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225, RGB (assumed, since" in said


def test_convert_refuses_before_it_writes(folder: Path, convfilter: Runner) -> None:
    Path("net.pth").write_bytes(zipped(WEIGHTS))
    Path("there.safetensors").write_bytes(b"precious")
    before = everything(folder)
    refusals = {
        ("net.pth", "out.npz"): (2, "out.npz: the output is a .safetensors file: name it so"),
        ("net.pth", "there.safetensors"): (1, "there.safetensors: exists already"),
        ("none.pth", "out.safetensors"): (1, "none.pth: cannot be read: No such file"),
        ("net.pth", "no/out.safetensors"): (1, "the folder no does not exist"),
        ("net.pth", "out.safetensors", "--model", "lenet5"): (2, "does not fit lenet5: "),
        ("net.pth", "out.safetensors", "--model", "lenet"): (2, "no network is called 'lenet'"),
        ("net.pth", "out.safetensors", "--labels", "net.pth"): (1, "is no text in UTF-8"),
    }
    for arguments, (code, text) in refusals.items():
        ended = convfilter("nn", "convert", *arguments)
        assert (ended.code, len(ended.lines)) == (code, 1)
        assert text in ended.err
    assert everything(folder) == before


def test_predict_prints_its_model_first_and_five_classes(
    converted: Path, convfilter: Runner
) -> None:
    picture("photo.png")
    ended = convfilter("nn", "predict", *OPTIONS, "photo.png")
    assert (ended.code, ended.err) == (0, "")
    first, name, *lines = ended.text.splitlines()
    assert first == "lenet5-modern with net.safetensors"
    assert name == "photo.png"
    labels = ["zero", "one", "two", "three", *[""] * 6]
    for line, (index, share) in zip(lines, expected("photo.png"), strict=True):
        assert line == f"  {share:.4f}  {index:>4}  {labels[index]}".rstrip()


def test_predict_gives_json_of_a_folder_in_order(converted: Path, convfilter: Runner) -> None:
    for number in range(7):
        picture(f"photos/{number}.png", seed=number)
    Path("photos/notes.txt").write_text("no picture", "utf-8")
    Path("labels.txt").write_text("\n".join(f"class {n}" for n in range(10)), "utf-8")
    ended = convfilter("nn", "predict", *OPTIONS, "--labels", "labels.txt", "--json", "photos")
    assert (ended.code, ended.err) == (0, "")
    records = json.loads(ended.text)
    assert [record["input"] for record in records] == [f"photos/{n}.png" for n in range(7)]
    for record in records:
        assert record["model"] == MODEL
        assert [*record] == ["input", "model", "top"]
        for said, (index, share) in zip(record["top"], expected(record["input"]), strict=True):
            assert said["index"] == index
            assert said["label"] == f"class {index}"
            assert said["probability"] == pytest.approx(share, abs=1e-6)


def test_predict_reads_standard_input(converted: Path, convfilter: Runner) -> None:
    data = picture("photo.png").read_bytes()
    ended = convfilter("nn", "predict", *OPTIONS, "--json", "-", stdin=data)
    (record,) = json.loads(ended.text)
    assert record["input"] == "standard input"
    assert record["top"][0]["index"] == expected("photo.png")[0][0]


def test_one_bad_picture_of_several_gives_3_and_all_give_1(
    converted: Path, convfilter: Runner
) -> None:
    picture("good.png")
    Path("bad.png").write_bytes(b"no picture")
    ended = convfilter("nn", "predict", *OPTIONS, "bad.png", "good.png")
    assert ended.code == 3
    assert ended.lines == [
        "convfilter nn predict: bad.png: is not a picture of a known format:"
        + ended.err.partition("format:")[2].rstrip()
    ]
    assert "good.png" in ended.text.splitlines()
    for arguments in (["bad.png"], ["bad.png", "none.png"]):
        ended = convfilter("nn", "predict", *OPTIONS, *arguments)
        assert (ended.code, len(ended.lines)) == (1, len(arguments))


def test_an_assumed_rule_is_said(folder: Path, convfilter: Runner) -> None:
    picture("photo.png")
    options = ("--model", MODEL, "--weights", "random", "--seed", "3")
    ended = convfilter("nn", "predict", *options, "photo.png")
    assert ended.code == 0
    assert ended.err == f"convfilter nn predict: {ASSUMED}"
    assert ended.text.startswith("lenet5-modern with random weights (seed 3)\n")
    assert f"{expected('photo.png')[0][0]:>4}" in ended.text.splitlines()[2]
    Path("rule.toml").write_text(TABLE, "utf-8")
    ended = convfilter("nn", "predict", *options, "--preprocessing", "rule.toml", "photo.png")
    assert ended.err == ""


def test_networks_are_named_with_their_weights_or_refused(
    converted: Path, convfilter: Runner
) -> None:
    picture("photo.png")
    refusals = {
        ("--model", MODEL): (2, "--weights is needed: a file for lenet5-modern, or random"),
        ("--weights", "net.safetensors"): (2, "--weights needs --model"),
        ("--model", "resnet", "--weights", "random"): (2, "no network is called 'resnet'"),
        ("--model", MODEL, "--weights", "net.pth"): (1, "convfilter nn convert net.pth"),
        ("--model", MODEL, "--weights", "net.safetensors", "--seed", "1"): (
            2,
            "--seed is of random",
        ),
        ("--model", "resnet18", "--weights", "net.safetensors"): (
            2,
            "conv1.weight is (6, 1, 5, 5)",
        ),
        ("--model", "squeezenet", "--weights", "random", "--preprocessing", "rule.toml"): (
            1,
            "takes 3 maps, but its preprocessing makes 1",
        ),
    }
    for options, (code, text) in refusals.items():
        ended = convfilter("nn", "predict", *options, "photo.png")
        assert (ended.code, ended.out, len(ended.lines)) == (code, b"", 1), ended.err
        assert text in ended.err
    assert convfilter("nn", "predict", *OPTIONS).code == 2


def test_evaluate_counts_errors_and_confusions(converted: Path, convfilter: Runner) -> None:
    count = 12
    for number in range(count):
        picture(f"set/{('zero', 'three')[number % 2]}/{number}.png", seed=number)
    tops = [
        [i for i, _ in expected(f"set/{('zero', 'three')[n % 2]}/{n}.png")] for n in range(count)
    ]
    actual = [(0, 3)[n % 2] for n in range(count)]
    first = sum(top[0] != index for top, index in zip(tops, actual, strict=True)) / count
    five = sum(index not in top for top, index in zip(tops, actual, strict=True)) / count
    ended = convfilter("nn", "evaluate", *OPTIONS, "--json", "set")
    assert (ended.code, ended.err) == (0, "")
    record = json.loads(ended.text)
    assert (record["pictures"], record["failed"]) == (count, 0)
    assert (record["top1_error"], record["top5_error"]) == (first, five)
    assert sum(entry["count"] for entry in record["confusion"]) == count
    text = convfilter("nn", "evaluate", *OPTIONS, "set").text
    assert f"top-1 error  {first:.2%}\ntop-5 error  {five:.2%}\n" in text
    assert text.splitlines()[-1].startswith("three ")


def test_evaluate_refuses_folders_of_no_class(converted: Path, convfilter: Runner) -> None:
    picture("set/zero/a.png")
    picture("set/dog/b.png")
    ended = convfilter("nn", "evaluate", *OPTIONS, "set")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "the folder 'dog' is called like no class of lenet5-modern" in ended.err
    Path("empty").mkdir()
    assert convfilter("nn", "evaluate", *OPTIONS, "empty").code == 1


def test_maps_are_drawn_each_in_its_place(converted: Path, convfilter: Runner) -> None:
    picture("photo.png")
    ended = convfilter("nn", "maps", *OPTIONS, "--layer", "C1", "photo.png", "maps.png")
    assert (ended.code, ended.err) == (0, "")
    sheet = package.read("maps.png").pixels
    from convfilter.nn.preprocessing.pictures import prepared

    x = prepared(package.read("photo.png"), Preprocessing((32, 32), channels="grey"))
    _, layers = package.nn.load(MODEL, WEIGHTS)(x[None], layers=["C1"])
    for each in layers["C1"][0]:
        low, high = each.min(), each.max()
        shown = np.rint((each.astype(np.float64) - low) / ((high - low) or 1) * 255)
        assert is_within(shown.astype(np.uint8).repeat(2, 0).repeat(2, 1), sheet)


def is_within(tile: np.ndarray, sheet: np.ndarray) -> bool:
    """Whether a picture holds another one."""
    windows = np.lib.stride_tricks.sliding_window_view(sheet, tile.shape)
    near = (windows[..., ::9, ::9] == tile[::9, ::9]).all(axis=(2, 3))
    return any((windows[row, column] == tile).all() for row, column in np.argwhere(near))


def test_kernels_of_the_first_layer_are_drawn(folder: Path, convfilter: Runner) -> None:
    options = ("--model", "squeezenet", "--weights", "random")
    ended = convfilter("nn", "maps", *options, "--kernels", "kernels.png")
    assert (ended.code, ended.err) == (0, "")
    assert package.read("kernels.png").channels == 3
    assert convfilter("nn", "maps", *options, "--kernels", "kernels.png").code == 1


def test_labels_are_drawn_without_fonts_of_the_machine(
    converted: Path, convfilter: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture("photo.png")
    plain = ImageFont.load_default_imagefont()

    def without_freetype(size: float | None = None) -> object:
        if size is not None:
            raise ImportError("no FreeType")
        return plain

    monkeypatch.setattr(ImageFont, "load_default", without_freetype)
    ended = convfilter("nn", "maps", *OPTIONS, "--layer", "fc7", "photo.png", "maps.png")
    assert (ended.code, ended.err) == (0, "")
    assert (package.read("maps.png").pixels[:20] < 128).sum() > 100


def test_maps_go_into_a_pipe(converted: Path, convfilter: Runner) -> None:
    picture("photo.png")
    shown = Path("photo.png").read_bytes()
    piped = convfilter("nn", "maps", *OPTIONS, "--layer", "C1", "-", "-", stdin=shown)
    assert (piped.code, piped.err) == (0, "")
    assert convfilter("nn", "maps", *OPTIONS, "--layer", "C1", "photo.png", "maps.png").code == 0
    assert piped.out == Path("maps.png").read_bytes()


def test_an_unknown_network_is_told_before_what_else_is_missing(convfilter: Runner) -> None:
    ended = convfilter("nn", "predict", "--model", "squeezene", "photo.png")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "no network is called 'squeezene'; did you mean squeezenet" in ended.err


def test_maps_refuse_before_they_draw(converted: Path, convfilter: Runner) -> None:
    picture("photo.png")
    before = everything(converted.parent)
    refusals = {
        ("photo.png", "maps.png"): (2, "give either --layer NAME"),
        ("--layer", "pool9", "photo.png", "maps.png"): (2, "no layer 'pool9'; did you mean pool"),
        ("--layer", "C1", "maps.png"): (2, "give a picture and the name of the sheet"),
        ("--layer", "C1", "photo.png", "maps.xyz"): (1, "xyz"),
        ("--layer", "C1", "photo.png", "photo.png"): (1, "exists already"),
        ("--layer", "C1", ".", "maps.png"): (2, ". is a folder: give one picture"),
        ("--kernels", "photo.png", "maps.png"): (2, "--kernels takes the name of the sheet alone"),
        ("--layer", "C1", "none.png", "maps.png"): (1, "none.png: no such file"),
    }
    for arguments, (code, text) in refusals.items():
        ended = convfilter("nn", "maps", *OPTIONS, *arguments)
        assert (ended.code, ended.out, len(ended.lines)) == (code, b"", 1), ended.err
        assert text in ended.err
    assert everything(converted.parent) == before


def digit(path: str) -> None:
    """Draw a one: dark on light, off the middle."""
    pixels = np.full((120, 90), 250, np.uint8)
    pixels[20:90, 50:59] = 10
    package.write(pixels, path)


def test_a_digit_is_read_with_nothing_else_given(folder: Path, convfilter: Runner) -> None:
    digit("digit.png")
    ended = convfilter("nn", "predict", "--json", "digit.png")
    assert (ended.code, ended.err) == (0, "")
    (record,) = json.loads(ended.text)
    assert record["model"] == shipped.NAME
    best = record["top"][0]
    assert (best["index"], best["label"]) == (1, "1")
    assert best["probability"] > 0.5


def test_how_a_network_ran_is_explained(folder: Path, convfilter: Runner) -> None:
    digit("digit.png")
    ended = convfilter("nn", "predict", "--explain", "digit.png")
    assert ended.code == 0
    first, head, *steps = ended.err.splitlines()
    assert first.startswith(f"{shipped.NAME} for 1x32x32, ")
    assert head.split() == ["ms", "GFLOP/s"]
    assert steps[0].split()[1:] == ["move", "input"]
    assert ended.text == convfilter("nn", "predict", "digit.png").text


def test_a_photograph_shows_no_digit(folder: Path, convfilter: Runner) -> None:
    picture("photo.png")
    ended = convfilter("nn", "predict", "photo.png")
    assert ended.code == 1
    assert ended.err == "convfilter nn predict: photo.png: no digit found\n"


def test_where_no_digit_is_found_the_answer_is_wrong(folder: Path, convfilter: Runner) -> None:
    Path("set/1").mkdir(parents=True)
    digit("set/1/digit.png")
    picture("set/1/photo.png")
    record = json.loads(convfilter("nn", "evaluate", "--json", "set").text)
    assert (record["pictures"], record["failed"]) == (2, 0)
    assert record["top1_error"] == 0.5
    assert {entry["predicted"] for entry in record["confusion"]} == {None, "1"}
