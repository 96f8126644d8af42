"""A house with loops of the tests' own, as it was copied, and with its loops compiled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.runtime.compiled.house import House


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house, not to be changed, whose cache holds the loop of the usual program."""
    house = House(tmp_path_factory.mktemp("filled"))
    assert house.run() == "compiled"
    return house


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house that may be changed, with an empty cache."""
    return House(tmp_path)


@pytest.fixture
def warm(filled: House, tmp_path: Path) -> Path:
    """Return a cache, which may be changed, with the loop of the usual program."""
    return shutil.copytree(filled.cache, tmp_path / "cache")
