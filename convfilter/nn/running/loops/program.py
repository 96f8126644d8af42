"""A whole network in one call: its steps one after the other, side by side in several threads."""

import numpy as np

from convfilter.nn.running.layout import COUNTERS, STEP
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
    """
    table = records(steps, count, STEP)
    marks = view(counters, count * COUNTERS, np.int64)
    for i in range(count):
        begun, done, chunks = i * COUNTERS, i * COUNTERS + COUNTERS // 2, table[i].chunks
        while True:
            chunk = add_atomically(marks, begun, 1)
            if chunk >= chunks:
                break
            call(table[i].loop, (table[i].arguments, chunk, thread))
            add_atomically(marks, done, 1)
        while read_atomically(marks, done) < chunks:
            pause()
    return 0
