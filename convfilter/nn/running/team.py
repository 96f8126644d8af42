"""The threads that run a network: one leads, the others help, and wait a while for the next run.

To wake a thread takes as long as a few layers. So a helper that is through looks out for another
run for a fraction of a millisecond before it sleeps, as long as pictures come one after the other.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.running.layout import COUNTERS, MARKS, STEP, TEAM
from convfilter.nn.running.operation import address, make
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.threads import SMALLEST_BAND, ask_others

LEAD, HELP = "nn.running.loops.program.lead", "nn.running.loops.program.help_out"

PATIENCE = 20_000
"""Pauses of a helper that waits: of 20 to 40 nanoseconds on most processors."""


class Team:
    """Threads for the steps of a network, of which one run at a time is asked for.

    Parameters
    ----------
    table : the steps, of `STEP`
    workers : threads
    nanoseconds : that all steps take one thread, by estimate: short ones need no helpers
    """

    def __init__(self, table: NDArray[Any], workers: int, nanoseconds: float) -> None:
        self._table = table
        self._helpers = min(workers, max(1, int(nanoseconds / SMALLEST_BAND))) - 1
        self._lead, self._help = loop(LEAD), loop(HELP)
        self._gather()

    def run(self, first: int, count: int) -> None:
        """Run some of the steps."""
        if self._process != os.getpid():  # the helpers are in another one, which forked
            self._gather()
        self._counters[:] = 0
        self._record["steps"] = address(self._table) + first * STEP.itemsize
        self._record["count"] = count
        if self._waiting:
            ask_others(self._assist, len(self._waiting))
        self._lead(self._arguments)

    def _gather(self) -> None:
        """Begin with no helpers."""
        self._process = os.getpid()
        self._counters = aligned(len(self._table) * COUNTERS, np.int64)
        self._marks = aligned(MARKS, np.int64)
        self._marks[:] = 0
        counters, marks = address(self._counters), address(self._marks)
        self._record = make(TEAM, counters=counters, marks=marks)
        self._arguments = address(self._record)
        self._waiting = [*range(1, self._helpers + 1)]

    def _assist(self) -> None:
        """Help in another thread, with a number that no other thread has, if there is one left."""
        waiting, keep = self._waiting, (self._record, self._counters, self._marks, self._table)
        try:
            thread = waiting.pop()
        except IndexError:
            return
        try:
            self._help(self._arguments, thread, PATIENCE)
        finally:
            waiting.append(thread)
            del keep
