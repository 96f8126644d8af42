"""The examples in docstrings say what is so."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.images import Image, Metadata


def _with_examples() -> Iterator[str]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in pkgutil.walk_packages(convfilter.__path__, "convfilter."):
        is_hook = "-" in module.name  # such a file is run by another program, never imported
        if not module.name.endswith("__main__") and ".loops" not in module.name and not is_hook:
            found = finder.find(importlib.import_module(module.name))
            if any(test.examples for test in found):
                yield module.name


MODULES = [*_with_examples()]


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the pictures that the examples speak of."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    pixels = np.full((480, 640, 3), 99, np.uint8)
    for name in ("photo.jpg", "photos/bird.png"):
        convfilter.write(Image(pixels, metadata=Metadata(dpi=(300.0, 300.0))), name)


@pytest.mark.usefixtures("pictures")
@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"convfilter": convfilter}).failed == 0


def test_what_people_call_first_has_examples() -> None:
    rooms = {name.split(".")[1] for name in MODULES}
    assert rooms >= {"batch", "files", "filters", "kernels"}


def test_no_example_is_skipped() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in MODULES:
        for test in finder.find(importlib.import_module(name)):
            assert not any(doctest.SKIP in example.options for example in test.examples), test.name
