"""Work that misses a loop finds out which others it is going to need.

Here all loops are in the cache, and the work is told that they are missing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter import engine, filters
from convfilter.batch.job import Job
from convfilter.batch.settings import completed
from convfilter.batch.work import Work
from convfilter.images import Image, read, write
from convfilter.pipeline import Pipeline
from convfilter.runtime.compiled import Requests, loading, rehearsal
from tests.examples import every

SIDE = 80
"""Rows and columns: more than a picture has that work is rehearsed on."""


class Misses:
    """The loops asked for, and those that were foreseen when the first of them was missed."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, without loops that are known or bound."""
        loading._loop.cache_clear()
        for name, module in [*sys.modules.items()]:
            if name.startswith("convfilter.engine"):
                for value in vars(module).values():
                    if hasattr(value, "cache_clear"):
                        value.cache_clear()
        self.asked: Requests = {}
        self.foreseen: Requests = {}

    @property
    def surprises(self) -> list[Any]:
        """What was asked for after the first loop without having been foreseen."""
        return [each for each in [*self.asked][1:] if each not in self.foreseen]

    @property
    def idle(self) -> list[Any]:
        """What was foreseen and never asked for."""
        return [each for each in self.foreseen if each not in self.asked]


@pytest.fixture
def misses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Misses]:
    found = Misses()
    load = loading._loaded

    def miss(request: Any) -> Any:
        if request not in found.asked:
            found.asked[request] = None
            found.foreseen |= rehearsal.foreseen()
        return load(request)

    monkeypatch.setattr(loading, "_loaded", miss)
    yield found
    loading._loop.cache_clear()


def pixels(channels: int, dtype: str) -> Any:
    """Return noise, with alpha that differs from pixel to pixel."""
    noise = np.random.default_rng(0).integers(0, 250, (SIDE, SIDE, channels))
    return noise.astype(dtype) / np.float32(250) if dtype == "float32" else noise.astype(dtype)


def values_of(name: str) -> dict[str, str]:
    """Return a value for each parameter that a filter needs, all of which are kernels."""
    needed = [each.name for each in filters.get(name).parameters if each.required]
    return dict.fromkeys(needed, "emboss")


@pytest.mark.parametrize("name", every(6, filters.names()))
@pytest.mark.parametrize(
    ("channels", "dtype", "suffix"),
    [(1, "uint8", "png"), (4, "uint8", "png"), (3, "uint16", "png"), (3, "float32", "tif")],
)
def test_a_job_foresees_its_loops(
    misses: Misses, tmp_path: Path, name: str, channels: int, dtype: str, suffix: str
) -> None:
    source, target = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    write(Image(pixels(channels, dtype), alpha=channels == 4), source)
    misses.forget()
    work = Work(Pipeline([(name, values_of(name))]), completed({}), workers=2)
    work(Job(source, target))
    assert misses.surprises == []
    if name != "denoise":  # what is done depends on how much noise there is
        assert misses.idle == []


CALLS: dict[str, Callable[[Any], object]] = {
    "filter": filters.sobel,
    "pipeline": Pipeline.parse("gaussian-blur | sobel | median"),
    "in linear light": lambda image: Pipeline.parse("sobel")(image, linear=True),
    "of the engine": lambda image: engine.correlate(image, np.ones((3, 5))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("side", [20, 1500])
def test_a_call_foresees_its_loops(
    misses: Misses, call: Callable[[Any], object], side: int
) -> None:
    call(np.resize(pixels(1, "uint8")[:, :, 0], (side, side)))
    assert len(misses.asked) > 1
    assert misses.surprises == misses.idle == []


def test_what_is_in_the_cache_is_not_rehearsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(pixels(3, "uint8"), tmp_path / "a.png")
    work = Work(Pipeline.parse("sobel"), completed({}))
    work(Job(tmp_path / "a.png", tmp_path / "b.png"))

    def refuse() -> Any:
        raise AssertionError("rehearsed")

    monkeypatch.setattr(rehearsal, "rehearsing", refuse)
    work(Job(tmp_path / "a.png", tmp_path / "c.png"))
    assert not rehearsal._ahead


def test_a_rehearsal_changes_nothing(misses: Misses, tmp_path: Path) -> None:
    image = pixels(3, "uint8")
    write(image, tmp_path / "a.png")
    pipeline = Pipeline.parse("gaussian-blur | sobel")
    Work(pipeline, completed({}))(Job(tmp_path / "a.png", tmp_path / "b.png"))
    assert misses.foreseen
    rehearsed = read(tmp_path / "b.png").pixels
    np.testing.assert_array_equal(rehearsed, pipeline(image))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_rehearsal_that_fails_is_of_no_account(misses: Misses) -> None:
    def fail() -> None:
        raise ValueError("in the midst of it")

    with rehearsal.Foresight(fail):
        filters.invert(np.zeros((3, 3), np.uint8))
        result = filters.maximum(np.ones((3, 3), np.uint8))
    assert result.all()
    assert misses.asked
    assert not rehearsal._ahead
