"""Random metadata of every format through `identity` into every format: kept, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from convfilter.images import FORMATS, suffix_of
from tests.cli.conftest import Runner
from tests.files.metadata_files import MAKERS, everything_in, made_file
from tests.formats.declared import written

TARGETS = [name for name in written(lambda holds: holds.colour) if FORMATS[name].extra is None]
WHOLE = {"profile": "profile", "XMP": "XMP", "omment": "comment"}
"""What stays byte for byte where a format keeps it."""


def failures(convfilter: Runner, folder: Path, source: str, seed: int, target: str) -> list[str]:
    """Put a file through `identity`; return what is neither kept nor named."""
    data, items = made_file(source, seed)
    given = folder / f"in{suffix_of(source)}"
    given.write_bytes(data)
    out = folder / f"out{suffix_of(target)}"
    ended = convfilter("identity", given, out, "--overwrite", "--format", target)
    assert ended.code == 0, ended.err
    found = everything_in(out.read_bytes())
    wrong = []
    for item in items:
        is_named = any(words in ended.err for words in item.named)
        word = item.word
        is_kept = word in found
        if item.whole and is_kept:
            is_kept = item.whole in found
        if not (is_kept or is_named):
            wrong.append(f"{source} {seed} to {target}: {item.named} {word!r}: {ended.err}")
    return wrong


@pytest.mark.parametrize("source", MAKERS)
def test_each_item_is_kept_or_named(convfilter: Runner, folder: Path, source: str) -> None:
    wrong = []
    for seed in range(3):
        for target in dict.fromkeys((source, *TARGETS[seed::3])):
            wrong += failures(convfilter, folder, source, seed, target)
    assert not wrong, "\n".join(wrong)


@pytest.mark.thorough
@pytest.mark.parametrize("source", MAKERS)
def test_each_item_of_many_files_is_kept_or_named(
    convfilter: Runner, folder: Path, source: str
) -> None:
    wrong = []
    for seed in range(2000 // len(MAKERS) + 1):
        for target in TARGETS:
            wrong += failures(convfilter, folder, source, seed, target)
    assert not wrong, "\n".join(wrong[:20])
