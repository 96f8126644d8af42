"""How a command line's options reach the work: threads shared out, quality passed on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convfilter.cli.files import FileOptions
from convfilter.cli.run import _share
from convfilter.images import read
from convfilter.runtime import threads
from tests.cli.conftest import Runner, picture


def options(**given: Any) -> FileOptions:
    values: dict[str, Any] = dict.fromkeys(FileOptions.__dataclass_fields__)
    return FileOptions(**{**values, **given})


@pytest.mark.parametrize(
    ("cpus", "jobs", "given", "expected"),
    [
        (8, 1, {}, (1, None)),
        (8, 2, {}, (2, 4)),
        (8, 3, {}, (3, 2)),
        (8, 100, {}, (8, 1)),
        (8, 100, {"jobs": 2}, (2, 4)),
        (8, 100, {"jobs": 16}, (16, 1)),
        (8, 100, {"jobs": 1}, (1, None)),
        (8, 100, {"jobs": 4, "workers": 3}, (4, 3)),
        (8, 1, {"workers": 3}, (1, 3)),
        (8, 0, {}, (1, None)),
        (1, 5, {}, (1, None)),
    ],
)
def test_files_under_way_share_the_cpus(
    monkeypatch: pytest.MonkeyPatch,
    cpus: int,
    jobs: int,
    given: dict[str, int],
    expected: tuple[int, int | None],
) -> None:
    monkeypatch.setattr(threads, "default_workers", lambda: cpus)
    assert _share(options(**given), jobs) == expected


def test_quality_reaches_the_file(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    for quality in ("10", "95"):
        ended = convfilter("identity", "a.png", f"{quality}.jpg", "--quality", quality)
        assert ended.code == 0, ended.err
        assert read(f"{quality}.jpg").shape == read("a.png").shape
    assert Path("10.jpg").stat().st_size < 0.7 * Path("95.jpg").stat().st_size
