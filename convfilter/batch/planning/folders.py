"""The files of folders, lists and patterns, and what each of them becomes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from convfilter.batch.job import Failure, Job
from convfilter.batch.planning.naming import Naming, folder_name
from convfilter.batch.planning.patterns import is_pattern, matches
from convfilter.batch.planning.places import Places
from convfilter.batch.planning.plan import FilePlan
from convfilter.batch.planning.walk import Kinds, walk
from convfilter.batch.settings import Settings
from convfilter.errors import ImageError, shown
from convfilter.formats import Unsupported

__all__ = ["Draft"]

SURELY_SHORT = 100
"""A name of so many bytes is too long nowhere."""

USUAL_LIMIT = 255
"""Bytes of a name, where the system does not say how many it takes."""


class Draft:
    """A plan that grows.

    Parameters
    ----------
    settings : of which those count here that say which files are taken
    naming : makes the names of results; None where each file is its own result
    target : the folder of the results
    """

    def __init__(
        self, settings: Settings, naming: Naming | None = None, target: Path | None = None
    ) -> None:
        self._settings = settings
        self._naming = naming
        self._target = target
        self._places = Places()
        self._jobs: dict[str, list[Job]] = {}
        self._order: list[Job] = []
        self._failures: list[Failure] = []
        self._unsupported: list[tuple[Failure, Unsupported]] = []
        self._special: list[tuple[Path, str]] = []
        self._limits: dict[str, int] = {}
        self._passed_over = self._not_entered = self._not_followed = 0

    def add_input(self, text: str, *, keeps_name: bool) -> None:
        """Add what a person named: a file, a folder, or a pattern that no shell has expanded.

        `keeps_name` says whether a folder does, below the folder of the results, as with cp where
        several are named; of one folder the contents go over.
        """
        path = Path(text)
        if is_pattern(text):
            self._add_matches(text)
        elif path.is_dir():
            base = Path(os.path.abspath(path)).name if keeps_name else ""  # noqa: PTH100
            self.add_folder(path, base)
        else:
            self._add(str(path), "")

    def add_listed(self, text: str) -> None:
        """Add a file or folder of a list; it keeps its folders below that of the results.

        Those are the ones from the current folder on, or all of them for what lies elsewhere.
        """
        whole = Path(os.path.abspath(text))  # noqa: PTH100 - resolve() would follow links
        here = Path.cwd()
        below = whole.relative_to(here if whole.is_relative_to(here) else whole.anchor)
        path = Path(text)
        if path.is_dir():
            self.add_folder(path, str(below))
        else:
            self._add(str(path), "" if self._naming is None else str(below.parent))

    def _add_matches(self, pattern: str) -> None:
        """Add what a pattern matches: of files, as of those in a folder, the images."""
        kinds = Kinds()
        found = False
        for match in matches(
            pattern, follow_links=self._settings["follow_links"], leave_out=self._target
        ):
            found = True
            folder, name = os.path.split(match.below)
            if match.is_folder:
                self.add_folder(Path(match.path), match.below)
            elif (kind := kinds.of(name)) is None:
                self._passed_over += 1
            elif isinstance(kind, Unsupported):
                self._add_unsupported(Path(match.path), match.below, kind)
            else:
                self._add(match.path, folder)
        if not found:
            raise ImageError(f"{shown(pattern)}: no file or folder matches this: check the pattern")

    def add_folder(self, folder: Path, below: str) -> None:
        """Add the images of a folder, whose results go below that of all results."""
        contents = walk(
            folder,
            recursive=self._settings["recursive"],
            follow_links=self._settings["follow_links"],
            leave_out=self._target,
        )
        for inner, files in contents.images:
            place = os.path.join("" if str(folder) == os.curdir else str(folder), inner)  # noqa: PTH118
            results = os.path.join(below, inner)  # noqa: PTH118
            for name, is_link in files:
                self._add(os.path.join(place, name), results, is_link=is_link)  # noqa: PTH118
        for unreadable, error in contents.unreadable:
            output = self._output(os.path.join(below, unreadable), folder / unreadable)  # noqa: PTH118
            self._failures.append(Failure(folder / unreadable, output, error))
        for file, why in contents.unsupported:
            self._add_unsupported(folder / file, os.path.join(below, file), why)  # noqa: PTH118
        self._special += [(folder / file, what) for file, what in contents.special]
        self._passed_over += contents.passed_over
        self._not_entered += contents.not_entered
        self._not_followed += contents.not_followed

    def _add_unsupported(self, path: Path, below: str, why: Unsupported) -> None:
        error = ImageError(f"{shown(path)}: {why.reason}")
        self._unsupported.append((Failure(path, self._output(below, path), error), why))

    def _output(self, below: str, own: Path) -> Path:
        return own if self._target is None else self._target / below

    def _add(self, source: str, below: str, *, is_link: bool | None = None) -> None:
        """Add a file, unless it is there already: the same file named twice is no collision."""
        if self._naming is None:
            job = Job(source, source)
            key = self._places.resolved(source, is_link=is_link)
        else:
            name = os.path.basename(source)  # noqa: PTH119
            parent = "" if self._naming.keeps_names else folder_name(source)
            made = os.path.join(below, self._naming(name, parent))  # noqa: PTH118
            job = Job(source, os.path.join(str(self._target), made), make_folder=True)  # noqa: PTH118
            key = str(job.target)
        same = self._jobs.get(key)
        if same is None:
            self._jobs[key] = [job]
        elif self._naming is None or self._is_among(source, same):
            return
        else:
            same.append(job)
        too_long = self._too_long(job)
        if too_long is not None:
            self._failures.append(too_long)
        else:
            self._order.append(job)

    def _is_among(self, source: str, jobs: Sequence[Job]) -> bool:
        mine = os.path.realpath(source)
        return any(os.path.realpath(str(job.source)) == mine for job in jobs)

    def _too_long(self, job: Job) -> Failure | None:
        """Return the failure of a job whose output has a longer name than the file system takes."""
        target = str(job.target)
        if self._naming is None or len(target) < SURELY_SHORT // 4:
            return None
        for part in Path(target).parts:
            size = len(os.fsencode(part))
            if size > SURELY_SHORT and size > self._limit(os.path.dirname(target)):  # noqa: PTH120
                limit = self._limit(os.path.dirname(target))  # noqa: PTH120
                error = ImageError(
                    f"{job.name}: the name of its result would have {size} bytes, and {limit} are"
                    " the most there: rename it, or give a shorter --suffix or --name"
                )
                return Failure(Path(str(job.source)), Path(target), error)
        return None

    def _limit(self, folder: str) -> int:
        """Return how many bytes a name in a folder may have, or in the one that it will be in."""
        if folder not in self._limits:
            place = Path(folder)
            while not os.path.lexists(place) and place != place.parent:
                place = place.parent
            try:
                self._limits[folder] = os.pathconf(place, "PC_NAME_MAX")
            except (AttributeError, OSError, ValueError):  # of Windows
                self._limits[folder] = USUAL_LIMIT
        return self._limits[folder]

    def plan(self) -> FilePlan:
        """Return the plan."""
        return FilePlan(
            tuple(self._order),
            tuple(self._failures),
            self._passed_over,
            self._not_entered,
            self._target,
            unsupported=tuple(self._unsupported),
            special=tuple(self._special),
            not_followed=self._not_followed,
        )
