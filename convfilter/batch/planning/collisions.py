"""Files whose results would have one name: they fail, by name, and the others are done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

from convfilter.batch.job import Failure, Job
from convfilter.batch.planning.listings import Listings, folded
from convfilter.errors import FEW, UsageError, listed, shown

__all__ = ["without_collisions"]


def without_collisions(
    jobs: Sequence[Job], listings: Listings
) -> tuple[Sequence[Job], tuple[Failure, ...]]:
    """Return the jobs whose output is theirs alone, and the failures of the others.

    Whether two names are one file is for the file system to say: through links, and of upper and
    lower case.
    """
    sharing: dict[str, int | list[int]] = {}
    for number, job in enumerate(jobs):
        if job.target is not None:
            key = folded(listings.resolved(job.target))
            others = sharing.setdefault(key, number)
            if isinstance(others, list):
                others.append(number)
            elif others != number:
                sharing[key] = [others, number]
    groups = [[jobs[number] for number in each] for each in sharing.values() if type(each) is list]
    if not groups:
        return jobs, ()
    same_files = _SameFiles(listings)
    twins: set[Job] = set()
    failed: dict[Job, Failure] = {}
    for group in groups:
        for same in same_files(group):
            if len(same) > 1:
                failed.update(zip(same, _failures(same), strict=True))
        twins.update(group)
    kept = (job for job in jobs if job not in failed)
    return [job._replace(has_twin=True) if job in twins else job for job in kept], tuple(
        failed.values()
    )


def _failures(jobs: Sequence[Job]) -> Iterable[Failure]:
    names = [job.name for job in jobs]
    outputs = list(dict.fromkeys(shown(job.output) for job in jobs if job.output))
    become = f"would {'both' if len(jobs) == 2 else 'all'} become {_few(outputs)}"
    if len(outputs) > 1:
        become += ", which are one file there"
    for number, job in enumerate(jobs):
        assert job.input is not None
        assert job.output is not None
        # no more of the others than are told of: there may be thousands
        others = [names[other] for other in range(min(len(jobs), FEW + 2)) if other != number]
        told = _few([names[number], *others], len(jobs))
        error = UsageError(f"{told} {become}: rename one, or filter them into different folders")
        yield Failure(job.input, job.output, error)


def _few(names: Sequence[str], count: int | None = None) -> str:
    """Return names in words, of `count` that there are."""
    first, *others = names
    rest = (count or len(names)) - 1
    if rest > FEW:
        others = [others[0], f"{rest - 1} others"]
    return listed([first, *others])


class _SameFiles:
    """Tells outputs that are one file from those whose names are merely alike."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings
        self._ignoring: dict[str, bool] = {}

    def __call__(self, jobs: Sequence[Job]) -> Iterable[list[Job]]:
        """Return jobs, whose outputs differ in case and forms of accents at most, by file."""
        found: dict[str, list[Job]] = {}
        for job in jobs:
            assert job.target is not None
            path = self._listings.resolved(job.target)
            alike = isinstance(job.target, str) and self._ignores_case(os.path.dirname(path))  # noqa: PTH120
            key = folded(path) if alike else path
            found.setdefault(key, []).append(job)
        return found.values()

    def _ignores_case(self, folder: str) -> bool:
        if folder not in self._ignoring:
            self._ignoring[folder] = ignores_case(folder)
        return self._ignoring[folder]


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
