"""The pages on networks: their commands run and print what they show, and so do programs."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

import convfilter as package
from convfilter.nn import models
from convfilter.nn.graph import Graph
from convfilter.nn.random_weights import random_weights
from convfilter.nn.summary import summarise, written_network
from tests.cli.conftest import Runner
from tests.nn.onnx import export
from tests.nn.weights import pth
from tests.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/networks.md"]
COMMANDS = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]
COMMANDS += re.findall(r"^    (convfilter nn .+)$", PAGES["README.md"], re.MULTILINE)
OTHER_PAGES = [f"docs/{name}.md" for name in ("onnx", "training", "weights")]
LARGE, SMALL = "resnet50", "resnet18"
"""A network that other pages speak of, and one of its kind for the tests, half as large."""
BLOCK = r"\n((?:(?!```).*\n)*)```\n"
SHOWN = re.findall(f"^```sh{BLOCK}\n```text{BLOCK}", PAGE, re.MULTILINE)
PROGRAMS = re.findall(f"^```python{BLOCK}\n```text{BLOCK}", PAGE, re.MULTILINE)
LONG = "nn.training"
"""What a program imports that goes back through a large network."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the page speaks of."""
    desk = tmp_path_factory.mktemp("page")
    (desk / "sample_images").mkdir()
    for name in ("sample_images/scene.png", "cat.png"):
        shutil.copy(ROOT / "sample_images" / "scene.png", desk / name)
    shutil.copy(ROOT / "sample_images" / "digit.png", desk / "sample_images")
    save_file(random_weights(models.get("squeezenet")), desk / "squeezenet.safetensors")
    return desk


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_commands_run(
    command: str, desk: Path, convfilter: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    program, *arguments = shlex.split(command)
    assert program == "convfilter"
    ended = convfilter(*arguments)
    assert ended.code == 0, ended.err
    pictures = [Path(name) for name in arguments if name.endswith(".png")]
    assert all(path.stat().st_size for path in pictures)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the other pages speak of."""
    weights = random_weights(models.get(SMALL))
    save_file(weights, tmp_path / f"{SMALL}.safetensors")
    (tmp_path / f"{SMALL}.pth").write_bytes(pth.zipped(weights))
    save_file(random_weights(models.get("squeezenet")), tmp_path / "squeezenet.safetensors")
    onnx.save(with_aliases(models.get("squeezenet")), tmp_path / "model.onnx")
    np.save(tmp_path / "in.npy", np.zeros((1, 3, 224, 224), np.float32))
    ink = np.full((120, 90), 250, np.uint8)
    ink[20:90, 20:29] = 10
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photo.png", "photos/one.jpg", "digit.png"):
        package.write(ink, tmp_path / name)
    for name, picture in {"left": ink, "right": ink[:, ::-1]}.items():
        (tmp_path / "signs" / name).mkdir(parents=True)
        for number in range(2):
            package.write(picture, tmp_path / "signs" / name / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_aliases(graph: Graph) -> onnx.ModelProto:
    """Return a model whose tensors have the names of papers."""
    model = export.model(graph, random_weights(graph))
    names = {node.name: node.alias for node in graph.nodes if node.alias}
    for node in model.graph.node:
        for tensors in (node.input, node.output):
            tensors[:] = [names.get(name, name) for name in tensors]
    return model


@pytest.mark.slow
@pytest.mark.parametrize("page", OTHER_PAGES)
def test_commands_and_programs_of_other_pages_run(
    page: str, bench: Path, convfilter: Runner
) -> None:
    text = PAGES[page].replace(LARGE, SMALL)
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines]
    ours = [words[1:] for words in commands if words[:1] == ["convfilter"]]
    assert ours
    for arguments in ours:
        if arguments[1] == "convert":
            Path(arguments[-1]).unlink()
        ended = convfilter(*arguments)
        assert ended.code == 0, (arguments, ended.err)
        assert all(Path(name).exists() for name in arguments if "." in name)
    x, pixels = np.zeros((1, 3, 224, 224), np.float32), package.read("digit.png").pixels
    for program in blocks(text, "python"):
        exec(program, {"convfilter": package, "x": x, "pixels": pixels})


@pytest.mark.parametrize(("command", "text"), SHOWN)
def test_commands_print_what_is_shown(command: str, text: str, convfilter: Runner) -> None:
    assert convfilter(*shlex.split(command)[1:]).text == text


def test_the_digit_among_the_sample_images_is_read(convfilter: Runner) -> None:
    lines = convfilter("nn", "predict", ROOT / "sample_images" / "digit.png").text.splitlines()
    probability, index, label = lines[2].split()
    assert (index, label) == ("4", "4")
    assert float(probability) > 0.9


def test_every_output_is_looked_at() -> None:
    assert len(SHOWN) + len(PROGRAMS) == len(blocks(PAGE, "text"))
    assert len(PROGRAMS) == len(blocks(PAGE, "python"))


@pytest.mark.parametrize(
    ("program", "text"),
    [
        pytest.param(*each, marks=pytest.mark.thorough if LONG in each[0] else ())
        for each in PROGRAMS
    ],
)
def test_programs_print_what_is_shown(
    program: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(program, {})
    number = re.compile(r"-?\d+\.\d+")
    printed = capsys.readouterr().out
    assert number.sub("#", printed).split() == number.sub("#", text).split()
    # sums differ in the last digits between processors
    found, shown = ([float(each) for each in number.findall(lines)] for lines in (printed, text))
    assert found == pytest.approx(shown, rel=0.05)


def test_figures_in_the_text_are_so() -> None:
    def figure(name: str, text: str, *shape: int) -> int:
        return int(getattr(summarise(written_network(text, shape)), name))

    alexnet = {row.alias: row for row in summarise(models.get("alexnet")).layers}
    cut = sum(alexnet[name].multiply_adds // 13**2 for name in ("C6", "C7"))
    cut += alexnet["C3"].multiply_adds // 27**2
    figures = {
        f"{summarise(models.get('alexnet')).parameters + cut:,} parameters",
        f"{figure('parameters', 'conv 3 8 | relu | conv 3 8', 8, 64, 64):,} parameters",
        f"against {figure('parameters', 'conv 5 8', 8, 64, 64):,}",
        f"{figure('multiply_adds', 'conv 5 32', 192, 28, 28) / 1e6:.1f} million",
        f"{figure('multiply_adds', 'conv 1 16 | relu | conv 5 32', 192, 28, 28) / 1e6:.1f} million",
        f"{figure('dense_weights', 'conv 13 4096 padding=valid', 256, 13, 13) // 10**6} million",
    }
    flowing = " ".join(PAGE.split())
    assert [text for text in figures if text not in flowing] == []
