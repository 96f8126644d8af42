"""A whole network in one call: its steps one after the other, side by side in several threads."""

import numpy as np
from numba.extending import register_jitable

from convfilter.nn.running.layout import (
    BEGUN,
    COUNTERS,
    DONE,
    FROM_BACK,
    FROM_FRONT,
    INSIDE,
    MARKS,
    OPEN,
    STEP,
    TEAM,
)
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.instructions.atomics import (
    add_atomically,
    pause,
    read_atomically,
)
from convfilter.runtime.compiled.instructions.records import records


@register_jitable(**OPTIONS)
def _run(team, thread):
    """Work on the chunks of all steps, each of which begins when the one before it is done.

    A thread may come at any time, also when all is done. Counters are zeros at the beginning.
    Every other thread begins with the last chunk, so that each works on the same part of the maps
    from step to step, as far as it goes, and finds them in its caches.
    """
    table = records(team.steps, team.count, STEP)
    marks = view(team.counters, team.count * COUNTERS, np.int64)
    for i in range(team.count):
        own, chunks = marks[i * COUNTERS :], table[i].chunks
        # not more are begun than there are: those from both ends never meet
        while add_atomically(own, BEGUN, 1) < chunks:
            if thread % 2 == 0:
                chunk = add_atomically(own, FROM_FRONT, 1)
            else:
                chunk = chunks - 1 - add_atomically(own, FROM_BACK, 1)
            call(table[i].loop, (table[i].arguments, chunk, thread))
            add_atomically(own, DONE, 1)
        while read_atomically(own, DONE) < chunks:
            pause()


@loop("i8 arguments -> i8")
def lead(arguments):
    """Run all steps, together with the helpers that come; return when none is inside any more."""
    team = records(arguments, 1, TEAM)[0]
    marks = view(team.marks, MARKS, np.int64)
    add_atomically(marks, OPEN, 1)
    _run(team, 0)
    add_atomically(marks, OPEN, -1)
    while read_atomically(marks, INSIDE) > 0:
        pause()
    return 0


@loop("i8 arguments, i8 thread, i8 patience -> i8")
def help_out(arguments, thread, patience):
    """Help in every run, until there has been none while a thread can pause `patience` times."""
    team = records(arguments, 1, TEAM)[0]
    marks = view(team.marks, MARKS, np.int64)
    pauses = 0
    while pauses < patience:
        if read_atomically(marks, OPEN) > 0:
            add_atomically(marks, INSIDE, 1)
            # whoever leads has either seen that somebody is inside, or has closed before
            if read_atomically(marks, OPEN) > 0:
                _run(team, thread)
            add_atomically(marks, INSIDE, -1)
            pauses = 0
        pause()
        pauses += 1
    return 0
