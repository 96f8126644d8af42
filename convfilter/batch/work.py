"""What one job is: a file is read, filtered and written, and what was done is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from convfilter.batch.job import Job
from convfilter.batch.settings import Settings
from convfilter.errors import ImageError, reason_of, shown
from convfilter.formats import check_written, format_of

if TYPE_CHECKING:
    from convfilter.engine import Plan
    from convfilter.picture.image import Image
    from convfilter.pipeline import Pipeline

__all__ = ["Done", "Seconds", "Work", "prepare"]

LARGE_FILE = 1 << 20
"""Bytes of a file whose decoding takes longer than another thread needs to begin."""


class Seconds(NamedTuple):
    """How long the parts of a job took."""

    reading: float
    filtering: float
    writing: float


class Done(NamedTuple):
    """What a job did.

    Attributes
    ----------
    shape, dtype, frames : of the picture that was read: (H, W) or (H, W, C) of its first frame
    notes : one line for each thing that the output cannot hold
    plans : of every call of the engine
    seconds : how long the parts took
    """

    shape: tuple[int, ...]
    dtype: str
    frames: int
    notes: tuple[str, ...]
    plans: tuple[Plan, ...]
    seconds: Seconds


class Work:
    """Makes the file of a job by running a pipeline: call it with the job.

    It may be called from several threads at once, and pickled for another process.

    Parameters
    ----------
    pipeline : what becomes of a picture
    settings : complete ones, as `settings.checked` returns them
    workers : threads for each file; None for all CPUs
    """

    def __init__(self, pipeline: Pipeline, settings: Settings, workers: int | None = None) -> None:
        self.pipeline = pipeline
        self.settings = settings
        self.workers = workers

    def __call__(self, job: Job) -> Done:
        """Read, filter and write.

        Raises
        ------
        ConvfilterError
            The picture cannot be read, filtered or written; no output is left behind then.
        BrokenPipeError
            Nobody reads standard output any more.
        """
        # imported before the clock starts, so that loading them counts as no part of the work
        from convfilter.engine import recorded_plans
        from convfilter.files.reading import DEFAULT_MAX_PIXELS, read

        settings = self.settings
        source: Any = sys.stdin.buffer if job.input is None else job.input
        started = time.perf_counter()
        image = read(
            source,
            max_pixels=settings["max_pixels"] or DEFAULT_MAX_PIXELS,
            frames=settings["frames"],
        )
        have_read = time.perf_counter()
        format_name = check_written(settings["format"] or _format(job, image))
        deep = self._deepened(image)
        with recorded_plans() as plans:
            result = self.pipeline(
                deep, workers=self.workers, alpha=settings["alpha"], linear=settings["linear"]
            )
        result = self._finished(result)
        filtered = time.perf_counter()
        notes = self._write(result, job, format_name)
        written = time.perf_counter()
        return Done(
            deep.shape,
            deep.dtype.name,
            len(deep.frames),
            tuple(notes),
            tuple(plans),
            Seconds(have_read - started, filtered - have_read, written - filtered),
        )

    def _deepened(self, image: Image) -> Image:
        """Return the picture with the depth asked for, if that is more: filters round to it."""
        depth = self.settings["depth"]
        if depth is None:
            return image
        from convfilter.files.depth import is_deeper, to_depth

        return image.map(lambda frame: to_depth(frame, depth) if is_deeper(frame, depth) else frame)

    def _finished(self, result: Image) -> Image:
        """Return the result with the depth asked for, and without what shall be left out."""
        if self.settings["strip"]:
            result = result.map(_stripped)
        depth = self.settings["depth"]
        if depth is None:
            return result
        from convfilter.files.depth import to_depth

        return result.map(lambda frame: to_depth(frame, depth))

    def _write(self, result: Image, job: Job, format_name: str) -> list[str]:
        from convfilter.files.writing import write

        target: Any = job.output
        if job.output is None:
            target = sys.stdout.buffer
        elif job.make_folder:
            _make_folder(job)
        return write(
            result,
            target,
            format=format_name,
            overwrite=job.overwrite,
            quality=self.settings["quality"],
            compress=self.settings["compress"],
            workers=self.workers,
            background=self.settings["background"],
        )


def prepare(jobs: Sequence[Job]) -> None:
    """Have what filtering needs loaded in another thread while a large first file is decoded.

    Today that is the linker of compiled loops. The jobs tell the formats of the inputs and outputs
    by their names, so that the loops themselves could be linked, or compiled side by side, from
    here. Small files are decoded before another thread has begun.
    """
    first = jobs[0].input if jobs else None
    if first is not None and first.exists() and first.stat().st_size >= LARGE_FILE:
        from convfilter.runtime import compiled

        compiled.prepare()


def _format(job: Job, image: Image) -> str:
    """Return the format of an output: that of its name, on standard output that of the input."""
    if job.output is not None:
        return format_of(job.output)
    assert image.format is not None
    return image.format


def _stripped(frame: Image) -> Image:
    """Return a picture without what says more than its pixels and their colours mean."""
    from dataclasses import replace

    return replace(frame, metadata=frame.metadata.stripped())


def _make_folder(job: Job) -> None:
    assert job.output is not None
    folder = job.output.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = reason_of(error)
        raise ImageError(f"the folder {shown(folder)} cannot be created: {why}") from error
