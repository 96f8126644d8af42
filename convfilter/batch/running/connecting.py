"""Connect to a Dask scheduler, or start one of this machine's own."""

from __future__ import annotations

import logging
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from convfilter import __version__
from convfilter.batch.running.tasks import check_version
from convfilter.errors import SchedulerError

__all__ = ["LOCAL", "Connection", "connect"]

LOCAL = "local"
"""The address that stands for a scheduler and workers of this machine."""

SECONDS = 15
"""So long is waited for a scheduler, and for its first worker."""

LOOK_SECONDS = 5.0
"""How often the workers are counted, which may come and go."""

PATIENCE_SECONDS = 60.0
"""So long a scheduler may be without workers."""

ENDING = getattr(signal, "SIGKILL", signal.SIGTERM)
"""What ends workers at once that were started here, where what they write is thrown away."""

OF_STORES = re.compile(r"\W*(store|_reduce|convfilter)")
"""What keys of tasks begin with that read and write stores."""

LOCAL_FAILURES = 1
"""A file that ends the local worker of it more often than this is to blame."""


class Connection:
    """A client of a scheduler, and what is to be ended with it."""

    def __init__(self, address: str, client: Any, cluster: Any = None) -> None:
        self.address = address
        self.client = client
        self._cluster = cluster
        self.threads = 0

    def compute(self, lazy: Sequence[Any]) -> None:
        """Have workers compute what is lazy; however it ends, none of them works on it any more.

        Raises
        ------
        SchedulerError
            There have been no workers for a while.
        """
        own = [] if self._cluster is None else [*self.client.run(os.getpid).values()]
        futures = self.client.compute([*lazy])
        ended: SimpleQueue[Any] = SimpleQueue()
        for future in futures:
            future.add_done_callback(ended.put)
        seen = time.monotonic()
        try:
            for _ in futures:
                while True:
                    try:
                        future = ended.get(timeout=LOOK_SECONDS)
                        break
                    except Empty:
                        seen = self.check_workers(seen)
                future.result()
        except BaseException:
            for process in own:
                with suppress(OSError):
                    os.kill(process, ENDING)
            self.client.cancel(futures)
            if not own:
                self._wait_for_workers()
            raise

    def check_workers(self, seen: float) -> float:
        """Return when there were workers for the last time, that is `seen` where there are none.

        Raises
        ------
        SchedulerError
            That is too long ago, or the scheduler is gone.
        """
        try:
            self.threads = sum(self.client.nthreads().values())
        except (OSError, TimeoutError) as error:
            raise self.gone() from error
        now = time.monotonic()
        if not self.threads and now - seen > PATIENCE_SECONDS:
            raise SchedulerError(
                f"the scheduler {self.address} has lost all workers: start some, and run the"
                " command again"
            )
        return now if self.threads else seen

    def gone(self) -> SchedulerError:
        """Return the error that says so."""
        return SchedulerError(
            f"the scheduler {self.address} is gone: run the command again to do the rest"
        )

    def _wait_for_workers(self) -> None:
        """Wait until no worker is busy with what was cancelled, which cannot be ended halfway."""
        until = time.monotonic() + PATIENCE_SECONDS
        with suppress(Exception):  # of a scheduler that is gone
            while time.monotonic() < until:
                stacks = self.client.call_stack().values()
                if not any(OF_STORES.match(str(key)) for each in stacks for key in each):
                    return
                time.sleep(0.05)

    def close(self) -> None:
        """End the connection, and the workers that were started for it."""
        with suppress(Exception):  # of a scheduler that is gone
            self.client.close()
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close()


def connect(address: str, workers: int) -> Connection:
    """Connect to a scheduler that has workers with this version of convfilter.

    Parameters
    ----------
    address : ``local``, or that of a scheduler, such as ``tcp://10.0.0.1:8786``
    workers : how many processes a local one has

    Raises
    ------
    SchedulerError
        Dask is missing, nobody answers, there are no workers, or these have another version.
    """
    try:
        import dask
        import distributed
    except ModuleNotFoundError as error:
        raise SchedulerError(
            f"--scheduler needs {error.name}, which is not installed:"
            " pip install 'convfilter[dask]'"
        ) from error
    _quieten()
    cluster: Any = None
    clients: Any = distributed  # which tells no types
    try:
        if address == LOCAL:
            with dask.config.set({"distributed.scheduler.allowed-failures": LOCAL_FAILURES}):
                cluster = clients.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    preload=["convfilter.batch.running.tasks"],
                )
        client = clients.Client(cluster or address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        if cluster is not None:
            cluster.close()
        words = " ".join(str(error).split())[:160]
        raise SchedulerError(
            f"the scheduler {address} cannot be reached: check its address ({words})"
        ) from error
    connection = Connection(address, client, cluster)
    try:
        _check_workers(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_workers(connection: Connection) -> None:
    address, client = connection.address, connection.client
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except (OSError, TimeoutError) as error:
        raise SchedulerError(
            f"the scheduler {address} has no workers: start some, as by: dask worker {address}"
        ) from error
    try:
        versions: dict[str, str] = client.run(_version_there())
    except ModuleNotFoundError as error:
        raise SchedulerError(
            f"a worker of {address} has no {error.name}: install convfilter {__version__} there"
        ) from error
    for there in versions.values():
        check_version(__version__, there)


def _version_there() -> Callable[[], str]:
    """Return a function that is sent whole, so that a worker without convfilter can tell so."""

    def version() -> str:
        from importlib import import_module

        return str(import_module("convfilter").__version__)

    return version


def _quieten() -> None:
    """Keep Dask's own lines about lost workers off the terminal: what matters is told of files."""
    for name in ("distributed", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
