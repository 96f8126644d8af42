"""How a command line's options reach the work."""

from __future__ import annotations

from pathlib import Path

from convfilter.images import read
from tests.cli.conftest import Runner, picture


def test_quality_reaches_the_file(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    for quality in ("10", "95"):
        ended = convfilter("identity", "a.png", f"{quality}.jpg", "--quality", quality)
        assert ended.code == 0, ended.err
        assert read(f"{quality}.jpg").shape == read("a.png").shape
    assert Path("10.jpg").stat().st_size < 0.7 * Path("95.jpg").stat().st_size
