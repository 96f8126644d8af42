"""What is said of how many files are worked on: side by side, and what ends the work."""

# no `from __future__ import annotations`: what stands in the annotations is read
from os import PathLike
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import (
    OF_MANY,
    OF_RUN,
    file,
    flag,
    later,
    number,
    seconds,
    size,
    text,
)
from convfilter.errors import ArgumentError
from convfilter.filters.declaring.run_options import WORKERS
from convfilter.runtime.threads import MOST_WORKERS

__all__ = ["OfRuns"]


_SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")


def _scheduler(text: str) -> str:
    protocol, between, rest = text.partition("://")
    if "@" in rest:
        raise ArgumentError(
            "scheduler has a name or a password in it, which no scheduler asks for: give an"
            " address such as tls://10.0.0.1:8786"
        )
    if text != "local" and not (between and rest and protocol in _SCHEMES):
        raise ArgumentError(
            f"scheduler is {text!r}: give local, or an address such as tcp://10.0.0.1:8786"
        )
    return text


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
            " fewer at a time, one that needs more by itself runs alone, or part by part, and what"
            " cannot be done so either is refused",
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
            is_local=True,
        ),
        OF_RUN,
        OF_MANY,
    ]
    report: Annotated[
        str | PathLike[str] | None,
        file(
            "write what came of each file to a file whose name ends in .json or .csv: sizes, times,"
            " causes; failures stand last",
            "none",
            understand=later("convfilter.batch.settings.names", "check_report"),
            is_local=True,
        ),
        OF_RUN,
        OF_MANY,
    ]
    scheduler: Annotated[
        str | None,
        text(
            "Dask scheduler whose workers filter the files: local, for processes of this machine,"
            " or its address, such as tcp://10.0.0.1:8786",
            _scheduler,
            "ADDRESS",
            automatic="none: threads of this process",
        ),
        OF_RUN,
        OF_MANY,
    ]
