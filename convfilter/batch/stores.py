"""The job of a zarr store, whose chunks are worked on side by side, here or on a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convfilter.batch.job import Done, Job, Seconds, Stage
from convfilter.batch.planning.places import is_store
from convfilter.batch.settings import OF_RECIPES, OPTIONS, Settings
from convfilter.dask.volumes import filter_store
from convfilter.errors import UsageError, shown
from convfilter.files.reading import DEFAULT_MAX_PIXELS
from convfilter.formats import is_image_path
from convfilter.runtime.threads import default_workers

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place
    from convfilter.pipeline import Pipeline

__all__ = ["StoreWork"]

MINDED = ("axes", "linear")
"""What of the options of results counts for stores."""

OF_FILES = ("isolate", "timeout", "memory", "resume", "watch", "hash_inputs")
"""What of the options of runs does not."""


class StoreWork:
    """Makes the store of a job by running a pipeline over its chunks: call it with the job.

    Parameters
    ----------
    pipeline, settings : as for `Work`
    """

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline = pipeline
        self.settings = settings

    def __call__(self, job: Job) -> Done:
        """Filter the store of a job.

        Raises
        ------
        UsageError
            For an option that is about pictures in files.
        ConvfilterError
            It cannot be read, filtered or written; nothing is left behind.
        """
        with Stage() as stage:
            stage.cause = "filter"
            return _filtered(job, self.pipeline, self.settings)


def _filtered(job: Job, pipeline: Pipeline, settings: Settings) -> Done:
    name = shown(job.input or "")
    for option in (*OF_RECIPES, *OF_FILES):
        given: Any = settings[option]  # type: ignore[literal-required]
        if option not in MINDED and given != OPTIONS[option].default:
            raise UsageError(
                f"{name}: is a zarr store, for which {OPTIONS[option].option} means nothing: leave"
                " it out"
            )
    if job.input is None or job.output is None or job.input == job.output:
        raise UsageError(f"{name}: a zarr store becomes another one: name an output")
    if _is_within(job.output, job.input):
        raise UsageError(f"{name}: the output would lie within it: name a place beside it")
    if not is_store(job.input):
        raise UsageError(f"{name}: is no zarr store: stores and pictures are commands of their own")
    if is_image_path(job.output):
        raise UsageError(
            f"{shown(job.output)}: has the name of a picture, and a zarr store becomes another one:"
            " end it in .zarr"
        )
    if job.make_folder and isinstance(job.output, Path):
        job.output.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with _computing(settings) as compute:
        done = filter_store(
            job.input,
            job.output,
            pipeline,
            compute,
            axes=settings["axes"],
            linear=settings["linear"],
            overwrite=job.overwrite,
            max_pixels=settings["max_pixels"] or DEFAULT_MAX_PIXELS,
        )
    seconds = Seconds(0.0, time.perf_counter() - started, 0.0)
    notes = tuple(f"{shown(job.output)}: {note}" for note in done.notes)
    return Done(
        done.shape,
        done.dtype,
        done.pictures,
        notes,
        (),
        seconds,
        made=done.made,
        streamed=(done.chunks,),
    )


def _is_within(place: Place, store: Place) -> bool:
    """Whether a place lies below a store, as far as both are in the file system."""
    if not isinstance(place, Path) or not isinstance(store, Path):
        return False
    return place.resolve().is_relative_to(store.resolve())


@contextmanager
def _computing(settings: Settings) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Enter with what computes lazy things, in threads or by the workers of a cluster."""
    address, count = settings["scheduler"], settings["jobs"] or default_workers()
    if address is None:
        from convfilter.dask.computing import compute_in_threads

        yield partial(compute_in_threads, count=count)
        return
    from convfilter.batch.running.connecting import connect

    connection = connect(address, count)
    try:
        yield connection.compute
    finally:
        connection.close()
