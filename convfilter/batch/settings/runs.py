"""What is said of how many files are worked on: side by side, and what ends the work."""

# no `from __future__ import annotations`: what stands in the annotations is read
from os import PathLike
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_MANY, OF_RUN, file, flag, number, seconds, size
from convfilter.filters.declaring.run_options import WORKERS
from convfilter.runtime.threads import MOST_WORKERS

__all__ = ["OfRuns"]


class OfRuns(TypedDict, total=False):
    """How the work is done; no bit of a result depends on it."""

    workers: Annotated[int | None, lambda _: WORKERS, OF_RUN]
    jobs: Annotated[
        int | None,
        number(
            "files filtered side by side, which share the CPUs", MOST_WORKERS, "one for each CPU"
        ),
        OF_RUN,
        OF_MANY,
    ]
    memory: Annotated[
        int | None,
        size(
            "bytes that the files under way may take together: 300M, 2G; large pictures are then"
            " fewer at a time, and one that needs more by itself runs alone, or part by part",
            "half of what the machine or its container has",
        ),
        OF_RUN,
    ]
    isolate: Annotated[
        bool,
        flag(
            "read, filter and write in processes of their own: where one crashes or takes too much"
            " memory, its file is a failure, and the others go on"
        ),
        OF_RUN,
        OF_MANY,
    ]
    timeout: Annotated[
        float | None,
        seconds(
            "a file that takes longer is a failure, and the others go on; since only a process can"
            " be ended in the middle, this means --isolate as well",
            "no limit",
        ),
        OF_RUN,
        OF_MANY,
    ]
    fail_fast: Annotated[
        bool,
        flag("begin no more files after the first failure; the exit code is as ever"),
        OF_RUN,
        OF_MANY,
    ]
    quarantine: Annotated[
        str | PathLike[str] | None,
        file(
            "folder that gets a copy of each input that failed, beside a file that says why",
            "no copies",
            "FOLDER",
        ),
        OF_RUN,
        OF_MANY,
    ]
