"""Processes that compile loops, side by side and apart from the process that needs them.

Numba compiles one loop at a time in a process, its settings hold for the whole process, and what it
has learned takes 150 MB. In processes of their own loops are compiled on all CPUs; what the program
around this library does with Numba is left alone; an interrupt is answered at once, and the child
of a fork inherits no lock that a compiling thread held. Where no process can be started (in a
frozen program, say), whoever needs a loop compiles it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from typing import Any

from convfilter.runtime.compiled import store
from convfilter.runtime.compiled.keys import Request, file_name
from convfilter.runtime.compiled.store import Compiled
from convfilter.runtime.machine.interpreter import command_for
from convfilter.runtime.threads import default_workers

__all__ = ["Build", "NoCompilerError", "ask", "expect", "serve"]

MOST_PROCESSES = 8
"""At once: each takes some 200 MB."""

IDLE_SECONDS = 20
"""A process that has had nothing to compile for so long is ended."""

START_SECONDS = 60
"""What has said nothing for so long after its start is no process that compiles."""

ATTEMPTS = 2
"""Processes that may end over one loop, one after the other: the first may have been killed."""

GARBAGE_THRESHOLD = 500_000
"""Objects after which a compiling process looks for garbage, of which Numba makes little."""

_GREETING = b"convfilter compiles"


class NoCompilerError(Exception):
    """No process that compiles can be started."""


class _GoneError(Exception):
    """A process has ended, or says what cannot be understood."""


class Build:
    """A loop that is being compiled, or waits for it.

    Attributes
    ----------
    request : which one
    is_expected : whether nobody has asked for it yet
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.is_expected = False
        self._done = threading.Event()
        self._made: Compiled | None = None
        self._error: Exception | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it is known what came of it."""
        return self._done.is_set()

    def finish(self, made: Compiled | None, error: Exception | None = None) -> None:
        """Say what came of it."""
        self._made, self._error = made, error
        self._done.set()

    def wait(self) -> Compiled:
        """Return the compiled loop.

        Raises NoCompilerError where no process compiles, RuntimeError where the loop cannot be
        compiled.
        """
        while not self._done.wait(1.0):
            pass  # on Windows an interrupt is only noticed in between
        if self._error is not None:
            raise self._error
        assert self._made is not None
        return self._made


class _Compiler:
    """A process that compiles one loop after the other."""

    def __init__(self) -> None:
        command = command_for(__name__, serve.__name__)
        if command is None:
            raise NoCompilerError("there is no Python to start")
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,  # what is half written would be written once more by the child of a fork
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd=sys.prefix,  # Numba reads a file of settings in the working directory
                start_new_session=True,  # an interrupt ends this process, which ends the other
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError) as error:
            raise NoCompilerError(str(error)) from error
        deadline = threading.Timer(START_SECONDS, self._process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            greeting = _receive(self._process.stdout, most=len(_GREETING))
        except _GoneError:
            greeting = b""
        finally:
            deadline.cancel()
        if greeting != _GREETING:
            self.end()
            raise NoCompilerError(f"{sys.executable} does not run this package")

    def compile(self, request: Request) -> tuple[str, Compiled]:
        """Return a compiled loop, and the name of its file.

        That comes from the process that compiles: should the source have been changed meanwhile, it
        is not kept for what it was. Raises RuntimeError where the loop cannot be compiled.
        """
        _send(self._process.stdin, json.dumps(request).encode())
        file, _, answer = _receive(self._process.stdout).partition(b"\n")
        made = Compiled.from_bytes(answer)
        if made is None:
            raise RuntimeError(f"{request[0]} cannot be compiled: {answer.decode()}")
        return file.decode(), made

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self._close()

    def abandon(self) -> None:
        """Leave the process to the parent of this one, whose child it is."""
        self._process.returncode = 0
        self._close()

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _environment() -> dict[str, str]:
    """Return the environment, without settings of Numba: none changes what is compiled."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    # Intel's library of vectorised functions is not there in the process that calls a loop
    return {**own, "NUMBA_DISABLE_INTEL_SVML": "1", "OPENBLAS_NUM_THREADS": "1"}


class _Crew:
    """Processes that compile, each fed by a thread: never more than CPUs."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: SimpleQueue[Build] = SimpleQueue()
        self._builds: dict[Request, Build] = {}
        self._compilers: set[_Compiler] = set()
        self._feeders = self._unfinished = 0
        self._closed = False

    def forget(self) -> None:
        """Begin anew: the child of a fork has no threads, and the processes are not its own."""
        compilers = self._compilers
        self._begin()
        for compiler in compilers:
            compiler.abandon()

    def ask(self, requests: Iterable[Request]) -> list[Build]:
        """Have loops compiled, in this order; what is under way is not begun again."""
        builds = []
        with self._lock:
            for request in requests:
                build = self._begun(request)
                build.is_expected = False
                if build.is_finished:
                    del self._builds[request]
                builds.append(build)
            self._start_feeders()
        return builds

    def expect(self, requests: Iterable[Request]) -> None:
        """Have loops compiled that will be asked for later; they are kept in memory until then."""
        with self._lock:
            for request in requests:
                if request not in self._builds:
                    self._begun(request).is_expected = True
            self._start_feeders()

    def _begun(self, request: Request) -> Build:
        build = self._builds.get(request)
        if build is None:
            build = self._builds[request] = Build(request)
            self._waiting.put(build)
            self._unfinished += 1
        return build

    def _start_feeders(self) -> None:
        """Start the threads that are missing."""
        wanted = min(self._unfinished, default_workers(), MOST_PROCESSES)
        try:
            for _ in range(self._feeders, wanted):
                threading.Thread(
                    target=self._feed, name="convfilter-compiling", daemon=True
                ).start()
                self._feeders += 1
        except RuntimeError as error:  # no more threads
            if not self._feeders:
                self._give_up(NoCompilerError(str(error)))

    def _give_up(self, error: Exception) -> None:
        """Answer everything that waits by an error."""
        while not self._waiting.empty():
            self._waiting.get().finish(None, error)
        self._builds.clear()
        self._unfinished = 0

    def _feed(self) -> None:
        """Have one loop after the other compiled by a process, until none comes for a while."""
        compilers: list[_Compiler] = []  # one, once it has been needed
        while True:
            try:
                build = self._waiting.get(timeout=IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._unfinished >= self._feeders:
                        continue  # something has just been asked for
                    self._feeders -= 1
                break
            try:
                build.finish(self._made(build.request, compilers))
            except Exception as error:  # noqa: BLE001 - raised where the loop is waited for
                build.finish(None, error)
            with self._lock:
                self._unfinished -= 1
                if not build.is_expected and self._builds.get(build.request) is build:
                    del self._builds[build.request]
        for compiler in compilers:
            self._end(compiler)

    def _made(self, request: Request, compilers: list[_Compiler]) -> Compiled:
        """Return a compiled loop, and keep it."""
        made = store.read(file_name(request))  # another process may have been faster
        if made is None:
            file, made = self._compile(request, compilers)
            with self._writing:
                if not self._closed:
                    store.write(file, made)
        return made

    def _compile(self, request: Request, compilers: list[_Compiler]) -> tuple[str, Compiled]:
        """Have a loop compiled by the process in the list, or by a new one."""
        for _ in range(ATTEMPTS):
            if not compilers:
                compilers.append(self._start())
            try:
                return compilers[0].compile(request)
            except _GoneError:
                self._end(compilers.pop())
        raise RuntimeError(
            f"{request[0]} cannot be compiled: every process that tries to has ended"
        )

    def _start(self) -> _Compiler:
        compiler = _Compiler()
        with self._lock:
            if not self._closed:
                self._compilers.add(compiler)
                return compiler
        compiler.end()
        raise NoCompilerError("this process ends")

    def _end(self, compiler: _Compiler) -> None:
        self._compilers.discard(compiler)
        compiler.end()

    def close(self) -> None:
        """End all processes at once, and start none any more."""
        with self._lock, self._writing:  # no file stays half written
            self._closed = True
        for compiler in tuple(self._compilers):
            self._end(compiler)


_crew = _Crew()
ask = _crew.ask
expect = _crew.expect
atexit.register(_crew.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.forget)


def _send(stream: Any, data: bytes) -> None:
    """Send bytes, with their number before them; raise _GoneError where nobody listens."""
    left = memoryview(len(data).to_bytes(8, "little") + data)
    try:
        while left:
            left = left[stream.write(left) :]
    except (OSError, ValueError) as error:  # ValueError: the stream is closed
        raise _GoneError(str(error)) from error


def _receive(stream: Any, most: int = 1 << 24) -> bytes:
    """Return what was sent; raise _GoneError where there is nothing, or more than there may be."""
    length = int.from_bytes(_read(stream, 8), "little")
    if length > most:
        raise _GoneError(f"{length} bytes are announced")
    return _read(stream, length)


def _read(stream: Any, count: int) -> bytes:
    data = b""
    while len(data) < count:
        try:
            more = stream.read(count - len(data))
        except (OSError, ValueError) as error:
            raise _GoneError(str(error)) from error
        if not more:
            raise _GoneError("the other side has ended")
        data += more
    return data


def serve() -> None:
    """Compile what standard input asks for, and answer on standard output, until input ends.

    A request is JSON. An answer is a line with the name of a file and then what the file holds, or
    an empty line and why there is no file.
    """
    import gc

    requests, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # whatever else is printed goes nowhere
    _send(answers, _GREETING)
    waiting: SimpleQueue[Any] = SimpleQueue()

    def listen() -> None:
        with contextlib.suppress(_GoneError):
            while True:
                waiting.put(json.loads(_receive(requests)))
        os._exit(0)  # in the midst of compiling: nobody waits for it any more

    threading.Thread(target=listen, daemon=True).start()
    gc.set_threshold(GARBAGE_THRESHOLD)
    while True:
        name, dtypes = waiting.get()
        try:
            from convfilter.runtime.compiled.frontend import only_write

            only_write()
            from convfilter.runtime.compiled.build import build

            file = file_name((name, tuple(map(tuple, dtypes))))
            answer = file.encode() + b"\n" + build(name, dtypes).to_bytes()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            answer = f"\n{type(error).__name__}: {error}".encode()
        _send(answers, answer)
