"""Lengths such as 0.5um on the command line."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile

from convfilter import filters
from convfilter.images import Image, Metadata, read, write
from tests.cli.conftest import Runner
from tests.pages import PAGES, blocks

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)


@pytest.fixture
def cells(folder: Path) -> str:
    said = {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
    said |= {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5}
    tifffile.imwrite(folder / "cells.tif", PIXELS, ome=True, metadata={"axes": "YX", **said})
    return "cells.tif"


@pytest.mark.parametrize("text", ["0.5um", "0.5 µm", "500nm", "0.0005 mm", "1px,2px", "0.5um,2"])
def test_a_sigma(convfilter: Runner, cells: str, text: str) -> None:
    done = convfilter("gaussian-blur", cells, "soft.tif", "--sigma", text, "--explain")
    assert done.code == 0, done.err
    assert np.array_equal(read("soft.tif").pixels, filters.gaussian_blur(PIXELS, sigma=(1, 2)))
    told = [line.strip() for line in done.lines if line.startswith("  gaussian-blur sigma")]
    is_length = any(unit in text for unit in ("um", "µm", "nm", "mm"))
    assert [line.partition(": ")[2] for line in told] == ["1,2 pixels"] * is_length


def test_recipes_mean_the_same_at_another_resolution(convfilter: Runner, cells: str) -> None:
    saved = convfilter("gaussian-blur", cells, "a.tif", "--sigma", "1um", "--save-recipe", "r.toml")
    assert saved.code == 0, saved.err
    assert 'sigma = "1um"' in Path("r.toml").read_text("utf-8")
    write(Image(PIXELS, metadata=Metadata(dpi=(25400.0, 25400.0))), "coarse.png")
    assert convfilter("pipe", "r.toml", "coarse.png", "b.png").code == 0
    assert np.array_equal(read("b.png").pixels, filters.gaussian_blur(PIXELS, sigma=1))
    stamped = convfilter("gaussian-blur", cells, "c.tif", "--sigma", "1um", "--stamp")
    assert stamped.code == 0, stamped.err
    assert convfilter("rerun", "c.tif", cells, "d.tif").code == 0
    assert np.array_equal(read("d.tif").pixels, read("a.tif").pixels)


def test_refusals(convfilter: Runner, cells: str) -> None:
    write(PIXELS, "plain.png")
    done = convfilter("gaussian-blur", "plain.png", "soft.png", "--sigma", "1um")
    assert done.code == 2
    assert done.err == (
        "convfilter gaussian-blur: sigma is 1um, and the picture does not state how far its pixels"
        " lie apart: give sigma in pixels\n"
    )
    done = convfilter("disk-blur", cells, "soft.tif", "--radius", "1um")
    assert done.code == 2
    assert "pixels lie 0.5 by 0.25 um apart" in done.err
    done = convfilter("gaussian-blur", cells, "soft.tif", "--sigma", "3furlong")
    assert done.code == 2
    assert "--sigma is '3furlong': give a number or two, as in 2,3, or a length" in done.err
    assert not {path.name for path in Path().glob("soft*")}


def test_the_page(convfilter: Runner, cells: str) -> None:
    commands = [
        line for block in blocks(PAGES["docs/units.md"], "sh") for line in block.splitlines()
    ]
    assert len(commands) == 2
    for command in commands:
        done = convfilter(*shlex.split(command)[1:])
        assert done.code == 0, done.err
    (example,) = blocks(PAGES["docs/units.md"], "python")
    names: dict[str, object] = {}
    exec(compile(example, "units.md", "exec"), names)
    soft = names["soft"]
    assert isinstance(soft, Image)
    assert np.array_equal(soft.pixels, filters.gaussian_blur(PIXELS, sigma=(1, 2)))
