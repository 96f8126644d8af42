"""Carry out one chain of filters over the files of a command line."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from convfilter.batch import Job, Outcome, Plan, Report, make_plan, run
from convfilter.cli.files import FileOptions
from convfilter.cli.progress import announcement, display
from convfilter.cli.wording import describe, say
from convfilter.errors import ImageError, UsageError
from convfilter.formats import check_written, format_of

if TYPE_CHECKING:
    from convfilter.picture.image import Image
    from convfilter.pipeline import Pipeline

__all__ = ["filter_files"]

_LARGE_FILE = 1 << 20


def filter_files(
    paths: Sequence[str], options: FileOptions, pipeline: Pipeline, *, label: str, command: str
) -> int:
    """Filter every file, tell the person what came of it, and return the exit code.

    `label` goes into the names of siblings, `command` before every message.
    """
    plan = make_plan(
        paths,
        label=label,
        format_name=options.format,
        in_place=options.in_place,
        overwrite=options.overwrite,
        recursive=options.recursive,
    )
    _check_streams(plan)
    threads, workers = _share(options, len(plan.jobs))
    work = Work(pipeline, options, workers, command)
    total = len(plan.jobs) + len(plan.failures)
    report = Report(total, plan.passed_over, plan.not_entered)
    several = total > 1 or plan.target is not None
    with display(len(plan.jobs), wanted=not options.quiet) as shown:
        if not options.quiet:
            _say_when_compiling(shown.line, command, alone=len(plan.jobs) == 1)
        for failure in plan.failures:
            report.fail(failure.error)
            shown.line(f"{command}: {describe(failure.error)}")

        def tell(outcome: Outcome) -> None:
            if outcome.error is None:
                report.succeed()
            else:
                report.fail(outcome.error)
            for line in _lines(outcome, command, several=several):
                shown.line(line)
            shown.advance()

        _load_linker(plan)
        try:
            run(plan.jobs, work, tell, threads=threads)
        except BaseException:
            if several:
                shown.line(f"{command}: {report.sentence(plan.target, interrupted=True)}")
            raise
    if not options.quiet and several:
        say(f"{command}: {report.sentence(plan.target)}")
    elif not options.quiet and plan.chosen_name and report.done:
        say(f"{command}: written to {plan.jobs[0].output}")
    return report.exit_code


def _say_when_compiling(line: Callable[[str], None], command: str, *, alone: bool) -> None:
    from convfilter.runtime.compiled import link

    link.while_compiling = announcement(
        f"{command}: compiling its loops for this processor, on the first use only",
        line,
        spinning=alone,  # a bar is no place for a spinner
    )


def _load_linker(plan: Plan) -> None:
    """Have the linker of compiled loops loaded while a large first file is decoded.

    Small ones are decoded before the other thread has begun.
    """
    first = plan.jobs[0].input if plan.jobs else None
    if first is not None and first.exists() and first.stat().st_size >= _LARGE_FILE:
        from convfilter.runtime.compiled import link

        link.prepare()


def _lines(outcome: Outcome, command: str, *, several: bool) -> list[str]:
    if outcome.error is None:
        return [*outcome.notes]
    text = describe(outcome.error)
    name = outcome.job.name
    return [f"{command}: {text}" if name in text or not several else f"{command}: {name}: {text}"]


def _share(options: FileOptions, jobs: int) -> tuple[int, int | None]:
    """Return how many files to filter at once, and the threads of the engine for each.

    Together they keep every CPU busy and no CPU with two tasks.
    """
    from convfilter.runtime.threads import default_workers

    cpus = default_workers()
    threads = min(options.jobs or cpus, max(1, jobs))
    workers = options.workers
    if workers is None and threads > 1:
        workers = max(1, cpus // threads)
    return threads, workers


def _check_streams(plan: Plan) -> None:
    job = plan.jobs[0] if plan.jobs else None
    if job is not None and job.input is None:
        if sys.stdin is None:
            raise ImageError("standard input is closed: send a picture into it")
        if sys.stdin.isatty():
            raise UsageError("standard input (-) is the keyboard: send a picture into it")
    if job is not None and job.output is None:
        if sys.stdout is None:
            raise ImageError("standard output is closed: send it to a file or a program")
        if sys.stdout.isatty():
            raise UsageError(
                "standard output (-) is the screen: name a file, or send it to a file or a program"
            )


class Work:
    """Makes one file of one job. Called from several threads at once."""

    def __init__(
        self, pipeline: Pipeline, options: FileOptions, workers: int | None, command: str
    ) -> None:
        # imported here, so that their loading counts neither as reading nor as filtering
        from convfilter.engine import recorded_plans
        from convfilter.files.reading import DEFAULT_MAX_PIXELS, read
        from convfilter.files.writing import write

        self._read, self._write = read, write
        self._recorded_plans = recorded_plans
        self._pipeline = pipeline
        self._options = options
        self._command = command
        self._workers = workers
        self._max_pixels = options.max_pixels or DEFAULT_MAX_PIXELS

    def __call__(self, job: Job) -> list[str]:
        """Read, filter, write; return lines for the person."""
        options = self._options
        source: Any = sys.stdin.buffer if job.input is None else job.input
        started = time.perf_counter()
        image = self._read(source, max_pixels=self._max_pixels, frames=options.frames)
        read = time.perf_counter()
        format_name = check_written(options.format or _format(job, image))
        image = self._deepened(image)
        with self._recorded_plans() as plans:
            result = self._pipeline(
                image, workers=self._workers, alpha=options.alpha, linear=options.linear
            )
        result = self._finished(result)
        filtered = time.perf_counter()
        losses = self._save(result, job, format_name)
        written = time.perf_counter()
        lines = []
        if options.explain:
            lines.append(f"{job.name}: {_kind(image)}")
            lines.append(f"  reading    {_milliseconds(read - started)}")
            lines.append(f"  filtering  {_milliseconds(filtered - read)}")
            lines += [f"    {reason}" for reason in _reasons(plans) or ["pixel by pixel"]]
            lines.append(f"  writing    {_milliseconds(written - filtered)}")
        if not options.quiet:
            lines += [f"{self._command}: {loss}" for loss in losses]
        return lines

    def _deepened(self, image: Image) -> Image:
        """Return the picture with the depth asked for, if that is more: filters round to it."""
        depth = self._options.depth
        if depth is None:
            return image
        from convfilter.files.depth import is_deeper, to_depth

        return image.map(lambda frame: to_depth(frame, depth) if is_deeper(frame, depth) else frame)

    def _finished(self, result: Image) -> Image:
        """Return the result with the depth asked for, and without what shall be left out."""
        if self._options.strip:
            from convfilter.picture.image import Metadata

            def stripped(frame: Image) -> Image:
                kept = frame.metadata
                meant = Metadata(kept.icc_profile, jpeg=kept.jpeg, png_colour=kept.png_colour)
                return replace(frame, metadata=meant)

            result = result.map(stripped)
        depth = self._options.depth
        if depth is None:
            return result
        from convfilter.files.depth import to_depth

        return result.map(lambda frame: to_depth(frame, depth))

    def _save(self, result: Image, job: Job, format_name: str) -> list[str]:
        target: Any = job.output
        if job.output is None:
            target = _binary(sys.stdout)
        elif job.make_folder:
            try:
                job.output.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                reason = error.strerror or error
                raise ImageError(
                    f"the folder {job.output.parent} cannot be created: {reason}"
                ) from error
        return self._write(
            result,
            target,
            format=format_name,
            overwrite=job.overwrite,
            quality=self._options.quality,
            compress=self._options.compress,
            workers=self._workers,
            background=self._options.background,
        )


def _format(job: Job, image: Image) -> str:
    if job.output is not None:
        return format_of(job.output)
    assert image.format is not None
    return image.format


def _binary(stream: Any) -> BinaryIO:
    binary: BinaryIO = stream.buffer
    return binary


def _kind(image: Image) -> str:
    colours = {1: "grey", 2: "grey with alpha", 3: "RGB", 4: "RGB with alpha"}
    kind = colours.get(image.channels, f"{image.channels} channels")
    several = f", {len(image.frames)} frames" if image.following else ""
    return f"{image.width}x{image.height} {kind}, {image.dtype}{several}"


def _reasons(plans: Sequence[Any]) -> list[str]:
    """Return what ran and why, and where there was a choice, estimates of it and of the others."""
    counted = Counter((plan.algorithm, plan.reason, _estimates(plan)) for plan in plans)
    lines = []
    for (algorithm, reason, estimates), times in counted.items():
        lines.append(f"{algorithm}: {reason}" + (f" ({times} times)" if times > 1 else ""))
        lines += [f"  {estimates}"] if estimates else []
    return lines


def _estimates(plan: Any) -> str:
    if not plan.alternatives:
        return ""
    others = ", ".join(f"{name} {cost:.2g}" for name, cost in plan.alternatives)
    return f"estimate {plan.cost:.2g} ns for each number and thread; instead of {others}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:8.1f} ms"
