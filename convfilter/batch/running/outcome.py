"""What comes of jobs, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from convfilter.batch.job import Job
from convfilter.errors import ConvfilterError, ImageError

if TYPE_CHECKING:
    from convfilter.batch.work import Done

__all__ = ["Listener", "Outcome", "Running", "outcome_of"]


T = TypeVar("T")
"""What a job gives: what was done to a file, or what a network said of it."""


class Outcome(NamedTuple, Generic[T]):
    """What came of one job: what was done, or the error that ended it."""

    job: Job
    done: T | None = None
    error: Exception | None = None

    @property
    def cause(self) -> str:
        """What kind of thing the error is, a word of `errors.CAUSES`; "" where there is none."""
        if self.error is None:
            return ""
        return self.error.cause if isinstance(self.error, ConvfilterError) else "fault"


class Listener(Protocol):
    """Somebody who is told of every outcome: a journal, a report, whoever keeps what failed.

    It is called in the thread of whoever takes the outcomes, before these get them, one at a time.

    Attributes
    ----------
    waits_for_disk : it hears of an outcome not before the output is on the disk, so that what it
        writes down is true even after a loss of power. Files are forced there some at a time, so
        it hears later than others, though in the same order.
    """

    waits_for_disk: bool

    def tell(self, outcome: Outcome[Done], /) -> None:
        """Hear what came of one job. What it raises ends the run."""

    def close(self) -> None:
        """Hear that there will be no further outcome, also of a run that was ended early; once."""


class Running(Protocol[T]):
    """Jobs under way: an iterator over what came of each, as soon as it is known.

    An exception of a job becomes its outcome. Only a reader of standard output that went away, and
    what is no `Exception` (an interrupt), is raised.
    """

    def __iter__(self) -> Iterator[Outcome[T]]: ...

    def __next__(self) -> Outcome[T]: ...

    def stop(self, seconds: float | None = None) -> list[Outcome[T]]:
        """Begin no more jobs, wait for those under way, and return what came of these.

        After so many seconds no more is waited for. Processes that are not done by then are ended;
        a thread cannot be, and goes on until this process ends. It may be called at any time, and
        more than once.
        """


def outcome_of(job: Job, work: Callable[[Job], T]) -> Outcome[T]:
    """Do a job, and return what came of it whatever it raises, but for what ends the run."""
    try:
        return Outcome(job, work(job))
    except BrokenPipeError:
        raise
    except MemoryError:
        error = ImageError(f"{job.name}: not enough memory: take a smaller picture or fewer --jobs")
        error.cause = "memory"
        return Outcome(job, error=error)
    except Exception as error:  # noqa: BLE001 - even a bug with one file leaves the others be
        _let_pictures_go(error)
        return Outcome(job, error=error)


def _let_pictures_go(error: BaseException) -> None:
    """Empty the frames that an error came through: they hold pictures as long as it is kept."""
    import traceback

    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
