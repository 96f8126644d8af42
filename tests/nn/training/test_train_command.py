"""The command `nn train`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convfilter import images
from convfilter.cli.main import run
from convfilter.nn.network import load
from tests.nn.training.test_training import bars

CLASSES = ("upright", "level", "slanting")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = bars(45)
    for number, (pixels, label) in enumerate(zip(data.pictures[:, 0], data.labels, strict=True)):
        place = tmp_path / "pictures" / CLASSES[label]
        place.mkdir(parents=True, exist_ok=True)
        images.write(pixels, place / f"{number}.png")
    return tmp_path / "pictures"


def train(folder: Path, out: Path, *more: str, model: str = "lenet5-modern") -> int:
    fixed = ["--epochs", "4", "--batch", "8", "--rate", "0.02"]
    return run(["nn", "train", "--model", model, str(folder), "--out", str(out), *fixed, *more])


def test_weights_are_of_use_to_other_commands(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bars.npz"
    assert train(folder, out) == 0
    told = capsys.readouterr().err
    assert "lenet5-modern learns from 42 pictures of 3 classes" in told
    assert "epoch 4 of 4: loss" in told
    assert "held out" in told
    assert {each.name for each in tmp_path.iterdir()} == {"pictures", "bars.npz", "bars.toml"}
    network = load("lenet5-modern", out)
    assert network.labels == tuple(sorted(CLASSES))
    evaluated = ["nn", "evaluate", "--model", "lenet5-modern", "--weights", str(out)]
    assert run([*evaluated, str(folder), "--json"]) == 0
    assert '"top1_error": 0.0' in capsys.readouterr().out


def test_safetensors_hold_the_preprocessing(folder: Path, tmp_path: Path) -> None:
    npz, safe = tmp_path / "a.npz", tmp_path / "b.safetensors"
    assert train(folder, npz) == train(folder, safe, "--workers", "1") == 0
    one, two = load("lenet5-modern", npz), load("lenet5-modern", safe)
    assert one.preprocessing == two.preprocessing
    assert one.weights is not None
    assert two.weights is not None
    for name, array in one.weights.items():
        assert np.array_equal(array, two.weights[name])


def test_it_goes_on_after_a_break(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convfilter.nn.training.fit import Training

    whole, broken = tmp_path / "whole.npz", tmp_path / "broken.npz"
    assert train(folder, whole) == 0
    goes = Training.run_epoch

    def breaks(self: Training):  # type: ignore[no-untyped-def]
        if self.epoch == 2:
            raise KeyboardInterrupt
        return goes(self)

    monkeypatch.setattr(Training, "run_epoch", breaks)
    assert train(folder, broken) == 130
    assert not broken.exists()
    assert broken.with_name("broken.npz.checkpoint").exists()
    monkeypatch.setattr(Training, "run_epoch", goes)
    assert train(folder, broken, "--resume") == 0
    assert broken.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (
            ["--model", "alexnet"],
            2,
            "alexnet cannot be trained: lenet5, lenet5-modern and resnet18",
        ),
        (["--model", "nonsense"], 2, "nonsense cannot be trained"),
        (["--out", "weights.pth"], 2, "weights go into .npz or .safetensors files"),
        (["--resume"], 1, "out.npz.checkpoint: cannot be read"),
        (["--rate", "1e9"], 2, "try a lower learning rate"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
    words: str,
) -> None:
    assert train(folder, tmp_path / "out.npz", *more) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if "learns from" not in line]
    assert len(lines) == 1
    assert words in lines[0]
    assert not (tmp_path / "out.npz").exists()


def test_an_output_that_exists_stays(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.npz").write_bytes(b"mine")
    assert train(folder, tmp_path / "out.npz") == 1
    assert (tmp_path / "out.npz").read_bytes() == b"mine"
    (tmp_path / "other.toml").write_bytes(b"mine")
    assert train(folder, tmp_path / "other.npz") == 1


def test_pictures_that_cannot_be_read_are_told_and_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "level" / "bad.png").write_bytes(b"no picture")
    assert train(folder, tmp_path / "out.npz") == 3
    assert "bad.png" in capsys.readouterr().err
    assert (tmp_path / "out.npz").exists()


@pytest.mark.thorough
def test_a_residual_network_learns(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--size", "32", "--epochs", "1", "--held-out", "0.5"]
    assert train(folder, tmp_path / "out.npz", *more, model="resnet18") == 0
    assert "11,699,112 numbers written" in capsys.readouterr().err
    assert load("resnet18", tmp_path / "out.npz").graph.input_shape == (3, 32, 32)
