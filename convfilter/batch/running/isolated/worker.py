"""A process that does jobs for another one: paths come in, what came of each goes out.

It ends when the other process does, whatever it is doing then.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

from convfilter.batch.job import Job

if TYPE_CHECKING:
    from convfilter.batch.work import Done
    from convfilter.engine import Plan

__all__ = ["Answer", "Start", "serve"]

IGNORED = ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTSTP")
"""What a terminal sends to all processes of a command: the one that the person started answers."""


GARBAGE_THRESHOLD = 50_000
"""Objects after which garbage is looked for: what refers to itself in a circle."""


class Start(NamedTuple):
    """What a process is told first.

    Attributes
    ----------
    work : what is done with each job
    parent : the number of the process that asks
    dies_with : whether the system is asked to end this process with the thread that started it
    """

    work: Callable[[Job], Done]
    parent: int
    dies_with: bool


class Answer(NamedTuple):
    """What a process says: that it is ready, that it compiles or does no more, or an outcome.

    Attributes
    ----------
    kind : which of these
    done, error : of an outcome
    same_plans : the plans are those of the outcome before, and were left out
    """

    kind: Literal["ready", "compiling", "compiled", "outcome"]
    done: Done | None = None
    error: Exception | None = None
    same_plans: bool = False


def serve() -> None:
    """Do what standard input asks for, and answer on standard output, until input ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    hole = os.open(os.devnull, os.O_RDWR)
    os.dup2(hole, 0)
    os.dup2(hole, 1)  # whatever a decoder prints goes nowhere
    for name in IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    start: Start = pickle.load(requests)
    if start.dies_with:
        _die_with(start.parent)

    from convfilter.batch.running.jobs import outcome_of
    from convfilter.files import replace
    from convfilter.runtime.compiled import announcing

    waiting: SimpleQueue[Job | None] = SimpleQueue()
    _preload()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    sending = threading.Lock()

    def send(answer: Answer) -> None:
        with sending:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()

    @contextlib.contextmanager
    def around() -> Iterator[None]:
        send(Answer("compiling"))
        try:
            yield
        finally:
            send(Answer("compiled"))

    # jobs make many objects and next to no garbage
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    send(Answer("ready"))
    plans: tuple[Plan, ...] | None = None
    with announcing(around):
        while (job := waiting.get()) is not None:
            _, done, error = outcome_of(job, start.work)
            is_same = False
            if done is not None:
                is_same = plans is not None and done.plans == plans
                plans = done.plans
                sent = () if is_same else tuple(plan.told() for plan in plans)
                done = done._replace(plans=sent)
            send(Answer("outcome", done, error and _sendable(error), is_same))
    replace.abandon()
    os._exit(0)


def _listen(requests: BinaryIO, waiting: SimpleQueue[Job | None]) -> None:
    """Take in jobs; None means to do none of those that wait. Where no more can come, end."""
    try:
        while (job := pickle.load(requests)) is not None:
            waiting.put(job)
    except (EOFError, OSError, pickle.UnpicklingError):
        from convfilter.files.replace import abandon

        abandon()
        os._exit(0)
    while not waiting.empty():
        waiting.get()
    waiting.put(None)


def _sendable(error: Exception) -> Exception:
    """Return an error as it can be sent: itself, or one that has its words."""
    error = error.with_traceback(None)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - of whatever a library made
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _preload() -> None:
    """Import what every job needs, so that no job takes the time for it."""
    import convfilter.batch.work
    import convfilter.engine
    import convfilter.files.reading
    import convfilter.files.writing
    import convfilter.filters.pixels.saturation  # noqa: F401


def _die_with(parent: int) -> None:
    """Have the system end this process when the one that started it ends, even if it hangs."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if os.name == "posix" and os.getppid() != parent:  # it has ended before
        os._exit(0)
