"""Compile what filters need before they are used: run each on tiny pictures, in several processes.

Numba compiles one loop at a time in each process, so threads would not help.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from convfilter import filters, kernels
from convfilter.errors import ConvfilterError

if TYPE_CHECKING:
    from convfilter.filters.declare import Filter

__all__ = ["serve", "warm"]

SIDE = 10
"""Rows and columns of the pictures."""

FILES = "reading and writing"
"""The task that compiles what reading and writing pictures needs."""

CHAINS = "chains"
"""The task that compiles what filters need when they follow one another in one pass."""

LARGE = 1500
"""Rows and columns of a picture that is worth loops of its own."""


def warm(names: Sequence[str], processes: int, tell: Callable[[], None]) -> list[str]:
    """Run these filters on tiny pictures in processes of their own, which keep what they compile.

    All filters together are run in pairs as well, as in a pipeline. `tell` is called after each
    filter, by one thread at a time. Returns the tasks that failed.
    """
    tasks = [*names, FILES, *([CHAINS] if set(filters.names()) <= set(names) else [])]
    waiting, failed, lock = deque(tasks), [*tasks], Lock()

    def done(name: str) -> None:
        with lock:
            failed.remove(name)
            if name in names:
                tell()

    workers = [_start() for _ in range(min(processes, len(tasks)))]
    threads = [Thread(target=_feed, args=(worker, waiting, done)) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        waiting.clear()
        for worker in workers:
            worker.kill()
        for thread in threads:
            thread.join()
        for worker in workers:
            worker.communicate()
    return failed


def _start() -> subprocess.Popen[str]:
    # -P and this process' own path: nothing is imported from a folder of pictures
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", f"{code}; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # an interrupt reaches this process, which ends the others
    )


def _feed(worker: subprocess.Popen[str], waiting: deque[str], done: Callable[[str], None]) -> None:
    """Give a process one filter after the other until none waits, or the process has ended."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        while waiting:
            name = waiting.popleft()
            worker.stdin.write(f"{name}\n")
            worker.stdin.flush()
            if worker.stdout.readline().strip() != name:
                return
            done(name)
    except (OSError, ValueError, IndexError):
        return  # the process, or the list, has come to its end


def serve() -> None:
    """Run each filter that a line of standard input names, and answer with its name."""
    import numpy as np

    random = np.random.default_rng(0)
    pictures = [
        random.integers(0, 200, (SIDE, SIDE, channels)).astype(dtype)
        for dtype in ("uint8", "uint16", "float32")  # as files hold them
        for channels in (1, 3, 4)
    ]
    for line in sys.stdin:
        task = line.strip()
        if task == FILES:
            _read_and_write()
        elif task == CHAINS:
            _run_chains()
        else:
            _run(task, pictures)
        print(task, flush=True)


def _read_and_write() -> None:
    """Write pictures of every kind to memory and read them again."""
    import io

    import numpy as np

    from convfilter.files.reading import read
    from convfilter.files.writing import write
    from convfilter.formats import FORMATS

    for dtype, channels in itertools.product(("uint8", "uint16", "float32"), (1, 3, 4)):
        pixels = np.zeros((SIDE, SIDE, channels), dtype)
        for name in FORMATS:
            file = io.BytesIO()
            with suppress(ConvfilterError):  # what a format does not hold needs no loops
                write(pixels, file, format=name)
                read(io.BytesIO(file.getvalue()))


def _run_chains() -> None:
    """Run filters one after the other on pictures large enough to be tiled, in every order."""
    import numpy as np

    from convfilter.pipeline import Pipeline

    links = chain_links(filters.names())
    for dtype in ("uint8", "uint16", "float32"):
        picture = np.ones((LARGE, LARGE), dtype)
        for pair in itertools.product(links, repeat=2):
            Pipeline(pair)(picture, workers=1)


def chain_links(names: Sequence[str]) -> list[str]:
    """Return those of the filters that can go in one pass with another, at their defaults.

    No declaration tells them, but what the engine does with pairs of them. Some are worth a pass
    only beside others, for which the first of those stands.
    """
    candidates = [
        name for name in names if not any(p.required for p in filters.get(name).parameters)
    ]
    links = [name for name in candidates if _goes_in_one_pass(name, name)]
    others = [name for name in candidates if name not in links]
    return links + [name for name in others if links and _goes_in_one_pass(links[0], name)]


def _goes_in_one_pass(*pair: str) -> bool:
    """Tell whether the engine runs two filters in one pass over a large picture."""
    import numpy as np

    from convfilter.engine import recorded_plans
    from convfilter.pipeline import Pipeline

    with recorded_plans() as plans, suppress(ConvfilterError):
        Pipeline(pair)(np.ones((LARGE, LARGE), np.uint8), workers=1)
    return any(plan.reason.endswith("in one pass") for plan in plans)


def _run(name: str, pictures: Sequence[Any]) -> None:
    """Run a filter, or a kernel, on every picture, by what suits small ones and large ones."""
    from convfilter.engine.planning import reckoning_for
    from convfilter.pipeline import find

    declared, preset = find(name)
    for values in _variants(declared, preset):
        for picture, side in itertools.product(pictures, (1, LARGE)):
            with reckoning_for(side), suppress(ConvfilterError):  # what is refused needs no loops
                declared(picture, workers=1, **values)


def _variants(declared: Filter, preset: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the defaults with each kernel that a filter needs, then other values one at a time.

    Every choice and flag, and of whole numbers the next two: a radius may choose the algorithm.
    """
    needed = [p.name for p in declared.parameters if p.required and p.name not in preset]
    bases = [{**preset, **dict.fromkeys(needed, name)} for name in kernels.names() if needed]
    yield from bases or [preset]
    base = bases[0] if bases else preset
    for parameter in declared.parameters:
        options: tuple[Any, ...] = parameter.choices
        if parameter.kind == "flag":
            options = (not parameter.default,)
        elif parameter.kind.startswith("integer") and isinstance(parameter.default, int):
            options = (parameter.default + 1, parameter.default + 2)
        for option in options:
            if option != parameter.default:
                yield {**base, parameter.name: option}
