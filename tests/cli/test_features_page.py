"""The page on features: its commands run, and its programs with the files that they make."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from convfilter import write
from convfilter.kernels import banks
from convfilter.nn import models
from convfilter.nn.random_weights import random_weights
from tests.cli.conftest import Runner
from tests.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/features.md"]


@pytest.mark.slow
def test_commands_and_programs_run(
    folder: Path, convfilter: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sample_images").mkdir()
    shutil.copy(ROOT / "sample_images" / "scene.png", "sample_images")
    save_file(random_weights(models.get("squeezenet")), folder / "squeezenet.safetensors")
    rng = np.random.default_rng(0)
    for name, coarse in (("sand", 1), ("stones", 8)):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(3):
            grains = rng.integers(0, 256, (64 // coarse, 64 // coarse), dtype=np.uint8)
            texture = grains.repeat(coarse, axis=0).repeat(coarse, axis=1)
            write(texture, folder / "photos" / name / f"{number}.png")
    for command in "".join(blocks(PAGE, "sh")).splitlines():
        program, *arguments = shlex.split(command)
        assert program == "convfilter"
        ended = convfilter(*arguments)
        assert ended.code == 0, ended.err
        assert Path(arguments[-1]).stat().st_size
    for program in blocks(PAGE, "python"):
        exec(compile(program, "docs/features.md", "exec"), {})
    assert capsys.readouterr().out == "1.0\n"


@pytest.mark.parametrize("name", banks.names())
def test_the_table_of_banks_is_right(name: str) -> None:
    assert f"\n| `{name}` | {len(banks.get(name).responses)} | " in PAGE
