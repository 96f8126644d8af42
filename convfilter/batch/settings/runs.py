"""What is said of how many files are worked on: side by side, and what ends the work."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_MANY, OF_RUN, number
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
