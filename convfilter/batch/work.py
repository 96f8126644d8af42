"""What one job is: a file is read, filtered and written, and what was done is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from convfilter.batch.job import Done, Job, Seconds, Stage, make_folder, new_digest, state_of
from convfilter.batch.recipes.carrying_out import (
    FLOATS,
    asks_raw,
    deepened,
    filtered,
    holds_negatives,
)
from convfilter.batch.settings import Settings
from convfilter.batch.settings.files import BYTES_OF_PIXEL, FOR_ONE
from convfilter.errors import UsageError, listed
from convfilter.formats import FORMATS, alternatives, check_written, format_of, written_as
from convfilter.formats.declaring import DEPTHS
from convfilter.formats.declaring.limits import DEVELOPED, TooManyPixelsError
from convfilter.runtime.compiled import Foresight, waiting_timed

if TYPE_CHECKING:
    from convfilter.batch.recipes.stamp import Source
    from convfilter.filters.pixels.saturation import Saturation
    from convfilter.formats.checksum import Checksum
    from convfilter.picture.image import Image
    from convfilter.pipeline import Pipeline
    from convfilter.runtime.checks import Array

__all__ = ["Done", "Seconds", "Work", "prepare"]

MOST = 0.75
"""So large a share of values that are cut is worth a note: noise with edges all over has less."""

LARGE_FILE = 1 << 20
"""Bytes of a file whose decoding takes longer than another thread needs to begin."""


class Work:
    """Makes the file of a job by running a pipeline: call it with the job.

    It may be called from several threads at once, and pickled for another process.

    Parameters
    ----------
    pipeline : what becomes of a picture
    settings : complete ones, as `settings.checked` returns them
    workers : threads for each file; None for all CPUs
    hashes : whether the checksum of every output is told
    repeated : whether a job may have been done before, unknown to whoever asks for it
        Its output, if it holds the very bytes, is no reason to refuse then.
    forced : whether every output is on the disk when its job is done
        Otherwise those that replace nothing are not, which is up to the caller
        (`files.replace.force`).
    """

    def __init__(
        self,
        pipeline: Pipeline,
        settings: Settings,
        workers: int | None = None,
        *,
        hashes: bool = False,
        repeated: bool = False,
        forced: bool = True,
    ) -> None:
        self.pipeline = pipeline
        self.settings = settings
        self.workers = workers
        self.hashes = hashes
        self.forced = forced
        self.repeated = repeated

    def __call__(self, job: Job) -> Done:
        """Read, filter and write.

        Raises
        ------
        ConvfilterError
            The picture cannot be read, filtered or written; no output is left behind then.
        BrokenPipeError
            Nobody reads standard output any more.
        """
        with waiting_timed() as waited, Stage() as stage:
            return self._done(job, lambda: time.perf_counter() - waited[0], waited, stage)

    def _done(
        self, job: Job, clock: Callable[[], float], waited: list[float], stage: Stage
    ) -> Done:
        """Do the work; the clock stands still while loops are compiled."""
        # imported before the clock starts, so that loading them counts as no part of the work
        from convfilter.engine import recorded_plans
        from convfilter.files.reading import DEFAULT_MAX_PIXELS, read
        from convfilter.filters.pixels.saturation import recorded_saturation

        settings = self.settings
        place, output = job.input, job.output  # which take a while to make
        source: Any = sys.stdin.buffer if place is None else place
        before = None if place is None else state_of(place)
        started = clock()
        known = None
        if settings["stamp"] or settings["hash_inputs"]:
            from convfilter.batch.recipes.stamp import taken

            source, known = taken(source)
            before = before and before._replace(hash=known.sha256)
        stamped = known if settings["stamp"] else None
        with Foresight(lambda: self._rehearse_all(job)):
            named: dict[str, Any] = {"frames": settings["frames"], "axes": settings["axes"]}
            named |= {"develop": _development(settings), "dpi": settings["dpi"]}
            limit = settings["max_pixels"] or DEFAULT_MAX_PIXELS
            most = limit if before is None else min(limit, self._most_whole)
            try:
                image = read(source, max_pixels=most, **named)
            except TooManyPixelsError as large:
                if most < large.pixels <= limit:
                    done = self._in_bands(job, limit, large.pixels, known, waited, stage)
                    if done is not None:
                        return done._replace(input=before)
                image = read(source, max_pixels=limit, **named)
            image = self._with_alpha(image)
        have_read = clock()
        stage.cause = "filter"
        format_name = check_written(settings["format"] or _format(job, image))
        self._check_raw(format_name)
        self._check_stores(format_name)
        with Foresight(lambda: self._rehearse(image, format_name)):
            deep = self._deepened(image)
            with recorded_plans() as plans, recorded_saturation() as saturation:
                result = self._filtered(deep, format_name)
            have_filtered = clock()
            stage.cause = "output"
            target: Any = sys.stdout.buffer if output is None else output
            if job.make_folder:
                make_folder(job)
            result, stamp_notes = self._stamped(result, format_name, stamped)
            digest = new_digest() if self.hashes else None
            notes = self._write(result, target, format_name, overwrite=job.overwrite, digest=digest)
        written = clock()
        after = None if output is None else state_of(output)
        if after is not None and digest is not None:
            after = after._replace(hash=digest.hexdigest())
        return Done(
            deep.shape,
            deep.dtype.name,
            len(deep.frames),
            (*self._saturation_noted(saturation, target), *_of(target, stamp_notes), *notes),
            tuple(plans),
            Seconds(have_read - started, have_filtered - have_read, written - have_filtered),
            deep.alpha,
            stamped,
            waited[0],
            self.pipeline.lengths_in(deep),
            before,
            after,
            result.shape,
        )

    @property
    def _most_whole(self) -> int:
        """Pixels of a picture that fits into memory as a whole for sure."""
        return (self.settings["memory"] or FOR_ONE) // BYTES_OF_PIXEL

    def _in_bands(
        self,
        job: Job,
        limit: int,
        pixels: int,
        known: Source | None,
        waited: list[float],
        stage: Stage,
    ) -> Done | None:
        """Do a large job band by band; None where it has to be done, and can be, as a whole.

        Raises
        ------
        ImageError
            It can only be done as a whole, and does not fit into memory.
        """
        from convfilter.batch import streamed
        from convfilter.engine import recorded_plans
        from convfilter.filters.pixels.saturation import recorded_saturation

        def as_said(image: Image) -> tuple[Image, str]:
            image = self._with_alpha(image)
            format_name = check_written(self.settings["format"] or _format(job, image))
            self._check_raw(format_name)
            self._check_stores(format_name)
            return image, format_name

        with recorded_plans() as plans, recorded_saturation() as saturation:
            try:
                source, target = streamed.paths_of(job)
                about = self.pipeline, self.settings, limit, self.workers
                wanted = streamed.prepared(source, *about, as_said)
                made, stamp_notes = self._stamped(wanted.made, wanted.format_name, known)
                if job.make_folder:
                    make_folder(job)
                stage.cause = "filter"
                how = {**self._said_of_files(wanted.format_name), "overwrite": job.overwrite}
                notes, seconds = wanted.run(made, target, how)
            except (streamed.NotInPartsError, streamed.OnlyWholeError) as why:
                streamed.check_fits(job.name, pixels, self.settings["memory"], why)
                return None
        after = state_of(target)
        if after is not None and self.hashes:
            after = after._replace(hash=streamed.hash_of(target))
        return Done(
            wanted.image.shape,
            wanted.image.dtype.name,
            1,
            (*self._saturation_noted(saturation, target), *_of(target, stamp_notes), *notes),
            tuple({(plan.algorithm, plan.reason): plan for plan in plans}.values()),
            seconds,
            wanted.image.alpha,
            known,
            waited[0],
            self.pipeline.lengths_in(wanted.image),
            None,
            after,
            made.shape,
            wanted.budget.lines,
        )

    def _stamped(
        self, image: Image, format_name: str, source: Source | None
    ) -> tuple[Image, list[str]]:
        """Return the result with its stamp, if it is to have one, and without that of the input."""
        if source is None:
            if not _may_have_stamp(image):
                return image, []
            from convfilter.batch.recipes.embedding import without_stamp

            image, had_one = without_stamp(image)
            return image, ["the stamp told how the input was made, and was left out"] * had_one
        from convfilter.batch.recipes.embedding import with_stamp
        from convfilter.batch.recipes.recipe import Recipe
        from convfilter.batch.recipes.stamp import Stamp

        stamp = Stamp(Recipe.of(self.pipeline, self.settings).to_be_shown(), source)
        return with_stamp(image, str(stamp), FORMATS[format_name])

    def _with_alpha(self, image: Image) -> Image:
        """Return a picture of an array with alpha, where somebody said what becomes of it."""
        alpha = self.settings["alpha"]
        if alpha is None or not FORMATS[str(image.format)].holds.arrays:
            return image
        from dataclasses import replace

        from convfilter.filters.pixels.entering import ends_in_alpha

        return image.map(lambda frame: replace(frame, alpha=ends_in_alpha(frame.shape, alpha)))

    def _rehearse_all(self, job: Job) -> None:
        """Do with a picture as the input's header tells it what will be done with the input."""
        from convfilter.files.reading import blank

        image = None if job.input is None else blank(job.input)
        if image is not None:
            self._rehearse(image, self.settings["format"] or _format(job, image), is_blank=True)

    def _rehearse(self, image: Image, format_name: str, *, is_blank: bool = False) -> None:
        """Filter some pixels of a picture, and write them to memory."""
        from io import BytesIO

        from convfilter.engine.planning import rehearse

        alone = Work(self.pipeline, self.settings, workers=1)

        def run(pixels: Array) -> None:
            part = image.with_pixels(pixels)
            # what filters do depends on whether alpha is even, which a header does not tell
            if not (is_blank and image.alpha):
                part = alone._filtered(alone._deepened(part), format_name)
            alone._write(part, BytesIO(), format_name)

        rehearse(image.pixels, run)

    def _check_stores(self, format_name: str) -> None:
        """Refuse tiles and reduced copies, before the work, in a format that has none."""
        tile, pyramid = self.settings["tile"], self.settings["pyramid"]
        if tile is not None or pyramid:
            from convfilter.files.storing import check_stores

            check_stores(format_name, tile, pyramid)

    def _check_raw(self, format_name: str) -> None:
        """Refuse to keep negative values where they cannot be held."""
        if not asks_raw(self.pipeline):
            return
        depth, shown = self.settings["depth"], "or choose abs, offset, clamp or scale"
        if not holds_negatives(format_name):
            others = alternatives(lambda holds: holds.depth >= FLOATS)
            raise UsageError(
                f"{format_name} holds no negative values, which signed raw keeps: write {others},"
                f" {shown}"
            )
        if depth not in (None, "float"):
            raise UsageError(
                f"--depth {depth} holds no negative values, which signed raw keeps: take --depth"
                f" float, {shown}"
            )

    def _deepened(self, image: Image) -> Image:
        return deepened(image, self.pipeline, self.settings)

    def _filtered(self, image: Image, format_name: str) -> Image:
        return filtered(image, self.pipeline, self.settings, format_name, self.workers)

    def _saturation_noted(self, saturation: Saturation, target: Any) -> list[str]:
        """Return a note if most values of the result lay beyond white or black."""
        if saturation.share < MOST:
            return []
        from convfilter.files.reading import display_name

        has_scale = any("scale" in step.parameters for step in self.pipeline.steps)
        where = "white" if saturation.above >= saturation.below else "black"
        ways = ["give a smaller scale (--scale)"] if has_scale and where == "white" else []
        ways.append("let the step normalize follow in a pipeline")
        return [
            f"{display_name(target)}: most of the result is saturated,"
            f" {saturation.share:.0%} of its values beyond {where}: {listed(ways, 'or')}"
        ]

    def _write(
        self,
        result: Image,
        target: Any,
        format_name: str,
        *,
        overwrite: bool = False,
        digest: Checksum | None = None,
    ) -> list[str]:
        from convfilter.files.writing import write_hashed

        return write_hashed(
            result,
            target,
            **self._said_of_files(format_name),
            overwrite=overwrite,
            digest=digest,
            repeated=self.repeated,
            forced=self.forced,
        )

    def _said_of_files(self, format_name: str) -> dict[str, Any]:
        """Return how an output is encoded."""
        said = ("quality", "compress", "background", "tile", "pyramid")
        named = {name: self.settings[name] for name in said}  # type: ignore[literal-required]
        return {"format": format_name, "workers": self.workers, **named}


def prepare(jobs: Sequence[Job]) -> None:
    """Have what filtering needs loaded in another thread while a large first file is decoded.

    That is the linker of compiled loops. Small files are decoded before another thread has begun.
    """
    first = jobs[0].input if jobs else None
    if first is not None and first.exists() and first.stat().st_size >= LARGE_FILE:
        from convfilter.runtime import compiled

        compiled.prepare()


def _may_have_stamp(image: Image) -> bool:
    """Tell, without importing what knows stamps, whether a picture may bear one."""
    said = image.metadata
    return any(key == "convfilter" for key, _ in said.text) or b"convfilter:" in (said.xmp or b"")


def _of(target: Any, notes: Sequence[str]) -> list[str]:
    """Return notes with the name of the output."""
    from convfilter.files.reading import display_name

    return [f"{display_name(target)}: {note}" for note in notes]


def _development(settings: Settings) -> str:
    """Return what camera raw becomes: what is asked for, else what the result's depth calls for."""
    if settings["develop"] is not None:
        return settings["develop"]
    return DEVELOPED[0] if settings["depth"] in (None, DEPTHS[0]) else DEVELOPED[1]


def _format(job: Job, image: Image) -> str:
    """Return the format of an output: that of its name, else that of the input."""
    if job.output is not None and not job.keeps_format:
        return format_of(job.output)
    assert image.format is not None
    return written_as(image.format) if job.output is None else image.format
