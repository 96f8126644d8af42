"""Files whose results would have one name: they fail, by name, and the others are done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Failure, Job
from convfilter.errors import FEW, UsageError, listed, shown

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place

__all__ = ["without_collisions"]


def without_collisions(jobs: Sequence[Job]) -> tuple[tuple[Job, ...], tuple[Failure, ...]]:
    """Return the jobs whose output is theirs alone, and the failures of the others.

    Whether two names are one file is for the file system to say: through links, and of upper and
    lower case.
    """
    if len(jobs) < 2:
        return tuple(jobs), ()
    places = _Places()
    sharing: dict[str, list[Job]] = {}
    for job in jobs:
        if job.output is not None:
            sharing.setdefault(_folded(places.resolved(job.output)), []).append(job)
    twins: set[Job] = set()
    failed: dict[Job, Failure] = {}
    for group in sharing.values():
        if len(group) > 1:
            for same in places.same_files(group):
                if len(same) > 1:
                    failed.update(zip(same, _failures(same), strict=True))
            twins.update(group)
    kept = (job._replace(has_twin=job in twins) for job in jobs if job not in failed)
    return tuple(kept), tuple(failed.values())


def _failures(jobs: Sequence[Job]) -> Iterable[Failure]:
    for job in jobs:
        assert job.input is not None
        assert job.output is not None
        names = _few([job.name, *(other.name for other in jobs if other is not job)])
        outputs = _few(dict.fromkeys(shown(other.output) for other in jobs if other.output))
        become = f"would {'both' if len(jobs) == 2 else 'all'} become {outputs}"
        if len({other.output for other in jobs}) > 1:
            become += ", which are one file there"
        error = UsageError(f"{names} {become}: rename one, or filter them into different folders")
        yield Failure(job.input, job.output, error)


def _few(names: Iterable[str]) -> str:
    first, *others = names
    if len(others) > FEW:
        others = [others[0], f"{len(others) - 1} others"]
    return listed([first, *others])


class _Places:
    """What the file system says of folders, each asked once."""

    def __init__(self) -> None:
        self._resolved: dict[Place, str] = {}
        self._ignoring: dict[str, bool] = {}

    def resolved(self, output: Place) -> str:
        """Return the path of a file without links; an address, which has none, as it is."""
        if not isinstance(output, Path):
            return output.address
        if output.is_symlink():
            return os.path.realpath(output)
        folder = output.parent
        if folder not in self._resolved:
            self._resolved[folder] = os.path.realpath(folder)
        return os.path.join(self._resolved[folder], output.name)  # noqa: PTH118

    def same_files(self, jobs: Sequence[Job]) -> Iterable[list[Job]]:
        """Return jobs, whose outputs differ in case and forms of accents at most, by file."""
        found: dict[str, list[Job]] = {}
        for job in jobs:
            assert job.output is not None
            path = self.resolved(job.output)
            alike = isinstance(job.output, Path) and self._ignores_case(os.path.dirname(path))  # noqa: PTH120
            key = _folded(path) if alike else path
            found.setdefault(key, []).append(job)
        return found.values()

    def _ignores_case(self, folder: str) -> bool:
        if folder not in self._ignoring:
            self._ignoring[folder] = ignores_case(folder)
        return self._ignoring[folder]


def _folded(path: str) -> str:
    """Return what two paths share that some file systems take for one.

    Those of macOS and Windows, and Linux where it is asked to, take upper and lower case for one,
    some of them also the two ways to write an accented letter.
    """
    import unicodedata  # a single file collides with nothing

    return unicodedata.normalize("NFC", path).casefold()


def ignores_case(folder: str) -> bool:
    """Tell whether names in a folder that differ in case are one file there, without writing.

    A name that is there is asked for in another case. Where there is no folder or no name yet, the
    folder around it is asked, as long as it is of the same file system.
    """
    device = None
    while True:
        with suppress(OSError):
            found = os.lstat(folder).st_dev
            if device not in (None, found):
                break
            device = found
            names = set(os.listdir(folder))  # noqa: PTH208
            for name in names:
                turned = name.swapcase()
                if name.isascii() and turned != name:
                    # two names of one file, by a link, are both in the list
                    return turned not in names and os.path.lexists(os.path.join(folder, turned))  # noqa: PTH118
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            break
        folder = above
    return sys.platform in ("darwin", "win32")
