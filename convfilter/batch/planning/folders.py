"""The files of folders, lists and patterns, and what each of them becomes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Failure, Job
from convfilter.batch.planning.listings import Listings
from convfilter.batch.planning.naming import Naming, folder_name
from convfilter.batch.planning.patterns import is_pattern, matches
from convfilter.batch.planning.places import full_name, is_folder, place_of, resolved
from convfilter.batch.planning.walk import Kinds, walk
from convfilter.batch.settings import Settings
from convfilter.errors import ImageError, shown
from convfilter.formats import Unsupported

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place, Url

__all__ = ["Draft"]

SURELY_SHORT = 100
"""A name of so many bytes is too long nowhere."""

USUAL_LIMIT = 255
"""Bytes of a name, where the system does not say how many it takes."""


class Draft:
    """A plan that grows; what it has come to is read from it as `FilePlan` names it.

    Parameters
    ----------
    settings : of which those count here that say which files are taken
    naming : makes the names of results; None where each file is its own result
    target : the folder of the results
    """

    def __init__(
        self, settings: Settings, naming: Naming | None = None, target: Place | None = None
    ) -> None:
        self._settings = settings
        self._naming = naming
        self.target = target
        self._listings = Listings()
        self._limits: dict[str, int] = {}
        self._by_name: dict[str, Job] = {}
        self._same_name: dict[str, set[str]] = {}
        self.jobs: list[Job] = []
        self.failures: list[Failure] = []
        self.unsupported: list[tuple[Failure, Unsupported]] = []
        self.special: list[tuple[Place, str]] = []
        self.passed_over = self.not_entered = self.not_followed = 0

    def add_input(self, text: str, *, keeps_name: bool) -> None:
        """Add what a person named: a file, a folder, or a pattern that no shell has expanded.

        `keeps_name` says whether a folder does, below the folder of the results, as with cp where
        several are named; of one folder the contents go over.
        """
        if is_pattern(text):
            self._add_matches(text)
            return
        path = place_of(text)
        if _holds_files(path) if keeps_name else is_folder(path):
            self.add_folder(path, full_name(path).name if keeps_name else "")
        else:
            self._add(_kept(path), "")

    def add_listed(self, text: str) -> None:
        """Add a file or folder of a list; it keeps its folders below that of the results.

        Those are the ones from the current folder on, or all of them for what lies elsewhere.
        """
        path = place_of(text)
        whole = full_name(path)
        if isinstance(whole, Path):
            here = Path.cwd()
            below = whole.relative_to(here if whole.is_relative_to(here) else whole.anchor)
        else:
            below = Path(os.path.normpath("/" + str(whole).partition("://")[2])).relative_to("/")
        if _holds_files(path):
            self.add_folder(path, str(below))
        else:
            self._add(_kept(path), str(below.parent))

    @property
    def _left_out(self) -> list[Place]:
        """Folders that hold no inputs: those of results, and of copies of what failed."""
        apart = self._settings["quarantine"]
        places = [self.target, None if apart is None else Path(apart)]
        return [place for place in places if place is not None]

    def _add_matches(self, pattern: str) -> None:
        """Add what a pattern matches: of files, as of those in a folder, the images."""
        kinds = Kinds()
        found = False
        for match in matches(
            pattern, follow_links=self._settings["follow_links"], leave_out=self._left_out
        ):
            found = True
            folder, name = os.path.split(match.below)
            if match.is_folder:
                self.add_folder(Path(match.path), match.below)
            elif (kind := kinds.of(name)) is None:
                self.passed_over += 1
            elif isinstance(kind, Unsupported):
                self._add_unsupported(Path(match.path), match.below, kind)
            else:
                self._add(match.path, folder)
        if not found:
            raise ImageError(f"{shown(pattern)}: no file or folder matches this: check the pattern")

    def add_folder(self, folder: Place, below: str) -> None:
        """Add the images of a folder, whose results go below that of all results."""
        contents = walk(
            folder,
            recursive=self._settings["recursive"],
            follow_links=self._settings["follow_links"],
            leave_out=self._left_out,
        )
        for inner, files in contents.images:
            place = _kept(folder / inner)
            results = os.path.join(below, inner)  # noqa: PTH118
            for name, is_link in files:
                self._add(_joined(place, name), results, is_link=is_link)
        for unreadable, error in contents.unreadable:
            output = self._output(os.path.join(below, unreadable), folder / unreadable)  # noqa: PTH118
            self.failures.append(Failure(folder / unreadable, output, error))
        for file, why in contents.unsupported:
            self._add_unsupported(folder / file, os.path.join(below, file), why)  # noqa: PTH118
        self.special += [(folder / file, what) for file, what in contents.special]
        self.passed_over += contents.passed_over
        self.not_entered += contents.not_entered
        self.not_followed += contents.not_followed

    def _add_unsupported(self, path: Place, below: str, why: Unsupported) -> None:
        error = ImageError(f"{shown(path)}: {why.reason}")
        self.unsupported.append((Failure(path, self._output(below, path), error), why))

    def _output(self, below: str, own: Place) -> Place:
        return own if self.target is None else self.target / below

    def _add(self, source: str | Url, below: str, *, is_link: bool | None = None) -> None:
        """Add a file, unless it is there already: the same file named twice is no collision."""
        if self._naming is None:
            job = Job(source, source)
            key = self._listings.resolved(source, is_link=is_link)
        else:
            name = os.path.basename(source) if isinstance(source, str) else source.name  # noqa: PTH119
            parent = "" if self._naming.keeps_names else folder_name(source)
            made = os.path.join(below, self._naming(name, parent))  # noqa: PTH118
            assert self.target is not None
            job = Job(source, _joined(_kept(self.target), made), make_folder=True)
            assert job.target is not None
            key = job.target if isinstance(job.target, str) else job.target.address
        first = self._by_name.setdefault(key, job)
        if first is not job and (self._naming is None or self._is_known(job, key, first)):
            return
        too_long = self._too_long(job)
        if too_long is not None:
            self.failures.append(too_long)
        else:
            self.jobs.append(job)

    def _is_known(self, job: Job, key: str, first: Job) -> bool:
        """Whether the input of a job is that of another one whose output has the same name."""
        assert job.input is not None
        assert first.input is not None
        known = self._same_name.setdefault(key, {resolved(first.input)})
        mine = resolved(job.input)
        is_known = mine in known
        known.add(mine)
        return is_known

    def _too_long(self, job: Job) -> Failure | None:
        """Return the failure of a job whose output has a longer name than the file system takes."""
        target = job.target
        if not isinstance(target, str) or len(target) < SURELY_SHORT // 4:
            return None
        for part in Path(target).parts:
            size = len(os.fsencode(part))
            if size > SURELY_SHORT and size > self._limit(os.path.dirname(target)):  # noqa: PTH120
                limit = self._limit(os.path.dirname(target))  # noqa: PTH120
                error = ImageError(
                    f"{job.name}: the name of its result would have {size} bytes, and {limit} are"
                    " the most there: rename it, or give a shorter --suffix or --name"
                )
                assert job.input is not None
                return Failure(job.input, Path(target), error)
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


def _kept(place: Place) -> str | Url:
    """Return a place as jobs keep it: a path as text, "" for the current folder."""
    if isinstance(place, Path):
        return "" if str(place) == os.curdir else str(place)
    return place


def _joined(folder: str | Url, name: str) -> str | Url:
    return os.path.join(folder, name) if isinstance(folder, str) else folder / name  # noqa: PTH118


def _holds_files(place: Place) -> bool:
    """Whether one of several inputs is a folder; one that cannot be looked at fails as a file."""
    try:
        return is_folder(place)
    except OSError:  # such as a name that is too long
        return False
