"""A file that says what came of each file of a run: the option `report`."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from convfilter import __version__
from convfilter.errors import CAUSES, ConvfilterError, ImageError, UsageError, reason_of, shown

if TYPE_CHECKING:
    from convfilter.batch.job import Done, Job
    from convfilter.batch.planning.plan import FilePlan
    from convfilter.batch.running.jobs import Outcome
    from convfilter.pipeline import Pipeline

__all__ = ["STATUSES", "Report", "Row"]

STATUSES = ("done", "left alone", "not begun", "failed")
"""What came of a file, in the order in which a report has them."""

DECIMALS = 4
"""Of seconds."""

_ERRORS = sys.getfilesystemencodeerrors()
"""Keeps the bytes of names that are no text."""

_HEAD = '{\n "convfilter": '
"""What a report in JSON begins with."""


class Row(NamedTuple):
    """What a report says of one file; empty where there is nothing to say.

    Attributes
    ----------
    input, output : paths, or addresses without what is secret of them; "-" for standard streams
    status : one of `STATUSES`
    cause : of what failed, one of `errors.CAUSES`
    error : why it failed, in one line
    input_bytes, output_bytes : sizes of the files
    width, height, frames : of the picture that was read
    output_width, output_height : of the result
    reading, filtering, writing : seconds that these took
    compiling : seconds that loops were waited for, which are no part of the others
    notes : what is worth saying of a result, a line each
    """

    input: str
    output: str
    status: str
    cause: str | None = None
    error: str | None = None
    input_bytes: int | None = None
    output_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    output_width: int | None = None
    output_height: int | None = None
    reading: float | None = None
    filtering: float | None = None
    writing: float | None = None
    compiling: float | None = None
    notes: tuple[str, ...] = ()


def _is_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(1 << 10).decode("utf-8", "replace")
    except OSError:
        return False
    return start.startswith((_HEAD, ",".join(Row._fields)))


class Report:
    """Hears of every outcome of a plan, and writes the file when there are no more, or whole.

    It is written of an interrupted run as well. Failures stand last. A report of an earlier run is
    replaced, anything else only with `overwrite`.

    Raises
    ------
    ImageError
        Another file is there, or none can be written there.
    UsageError
        It is one of the inputs.
    """

    waits_for_disk = False

    def __init__(
        self, path: Path, plan: FilePlan, pipeline: Pipeline, *, overwrite: bool = False
    ) -> None:
        from convfilter.batch.planning.checks import check_folder
        from convfilter.files.replace import check_target

        # the folder of the outputs is made by the run
        if path.parent != plan.target or path.parent.exists():
            check_target(path, shown(path), overwrite or _is_report(path))
            check_folder(path.parent, may_be_made=False)
        if any(_is_same(path, job) for job in plan.jobs):
            raise UsageError(f"{shown(path)} is both input and report: give another name")
        self._path = path
        self._plan = plan
        self._pipeline = " | ".join(map(str, pipeline.steps))
        self._began = datetime.now(UTC)
        self._clock = time.monotonic()
        self._told: dict[tuple[Any, Any], Row] = {}

    def tell(self, outcome: Outcome[Done]) -> None:
        """Keep what came of one job."""
        job, done, error = outcome
        names = (_text(job.input), _text(job.output))
        if done is None:
            row = Row(*names, "failed", outcome.cause, _line(error))
        else:
            row = _of(names, done)
        self._told[job.source, job.target] = row

    def close(self) -> None:
        """Write the file; raises ImageError where that cannot be done."""
        text = self._csv() if self._path.suffix.lower() == ".csv" else self._json()
        from convfilter.files.replace import replace_file

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)  # where no output has been made
            replace_file(self._path, [text.encode("utf-8", _ERRORS)], overwrite=True)
        except OSError as error:
            raise ImageError(
                f"{shown(self._path)}: the report cannot be written: {reason_of(error)}"
            ) from error

    def _rows(self) -> list[Row]:
        """Return what is said of every file of the plan."""
        rows = list(self._told.values())
        rows += [
            Row(_text(job.input), _text(job.output), "not begun")
            for job in self._plan.jobs
            if (job.source, job.target) not in self._told
        ]
        rows += [Row(_text(job.input), _text(job.output), "left alone") for job in self._plan.done]
        for failure in self._plan.failures:
            names = (_text(failure.input), _text(failure.output))
            rows.append(Row(*names, "failed", failure.error.cause, _line(failure.error)))
        return sorted(rows, key=lambda row: STATUSES.index(row.status))

    def _json(self) -> str:
        rows = self._rows()
        counts = Counter(row.status for row in rows)
        plan = self._plan
        head = {
            "convfilter": __version__,
            "pipeline": self._pipeline,
            "began": self._began.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._clock, DECIMALS),
            "complete": not counts["not begun"],
            "counts": {status: counts[status] for status in STATUSES},
            "causes": {
                cause: count
                for cause in CAUSES
                if (count := sum(row.cause == cause for row in rows))
            },
            "passed_over": plan.passed_over + len(plan.unsupported) + len(plan.special),
            "not_entered": plan.not_entered,
        }
        lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
        files = ",\n".join(f"  {json.dumps(_known(row))}" for row in rows)
        return "\n".join(["{", *lines, ' "files": [', files, " ]", "}", ""])

    def _csv(self) -> str:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(Row._fields)
        for row in self._rows():
            *values, notes = row
            writer.writerow([*values, "; ".join(notes)])
        return text.getvalue()


def _of(names: tuple[str, str], done: Done) -> Row:
    """Return what is said of a file that was written."""
    height, width = done.shape[:2]
    output_height, output_width = done.made[:2] or (None, None)
    reading, filtering, writing = (round(each, DECIMALS) for each in done.seconds)
    return Row(
        *names,
        "done",
        input_bytes=done.input and done.input.size,
        output_bytes=done.output and done.output.size,
        width=width,
        height=height,
        frames=done.frames,
        output_width=output_width,
        output_height=output_height,
        reading=reading,
        filtering=filtering,
        writing=writing,
        compiling=round(done.compiling, DECIMALS),
        notes=done.notes,
    )


def _known(row: Row) -> dict[str, Any]:
    """Return what is known of a file: what is empty is left out."""
    return {name: value for name, value in row._asdict().items() if value not in (None, ())}


def _is_same(path: Path, job: Job) -> bool:
    """Whether a report would be the input of a job, which few names allow."""
    if not isinstance(job.source, str) or not job.source.endswith(path.suffix):
        return False
    return path.exists() and Path(job.source).exists() and path.samefile(job.source)


def _text(place: Any) -> str:
    return "-" if place is None else str(place)


def _line(error: BaseException | None) -> str:
    """Return an error on one line."""
    if isinstance(error, ConvfilterError):
        return " ".join(str(error).split())
    return " ".join(f"{type(error).__name__}: {error}".split())
