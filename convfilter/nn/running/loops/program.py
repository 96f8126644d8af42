"""A whole network in one call: its steps one after the other, side by side in several threads."""

import numpy as np

from convfilter.nn.running.layout import BEGUN, COUNTERS, DONE, FROM_BACK, FROM_FRONT, STEP
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.atomics import (
    add_atomically,
    pause,
    read_atomically,
)
from convfilter.runtime.compiled.instructions.records import records


@loop("i8 steps, i8 count, i8 counters, i8 thread -> i8")
def run(steps, count, counters, thread):
    """Work on the chunks of `count` steps, each of which begins when the one before it is done.

    A thread may come at any time, also when all is done. `counters` are zeros at the beginning.
    Every other thread begins with the last chunk, so that each works on the same part of the maps
    from step to step, as far as it goes, and finds them in its caches.
    """
    table = records(steps, count, STEP)
    marks = view(counters, count * COUNTERS, np.int64)
    for i in range(count):
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
    return 0
