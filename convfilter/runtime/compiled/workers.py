"""Processes that compile loops, side by side and apart from the process that needs them.

Numba compiles one loop at a time in a process, its settings hold for the whole process, and what it
has learned takes 150 MB. In processes of their own loops are compiled on all CPUs; what the program
around this library does with Numba is left alone; an interrupt is answered at once, and the child
of a fork inherits no lock that a compiling thread held. Where no process can be started (in a
frozen program, say), a loop is compiled in this one.
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

from convfilter.runtime.compiled import store
from convfilter.runtime.compiled.keys import Request, file_name
from convfilter.runtime.compiled.store import Entry, ObjectFile
from convfilter.runtime.threads import default_workers

__all__ = ["Build", "ask", "expect", "serve"]

IDLE_SECONDS = 20
"""A process that has had nothing to compile for so long ends."""

GARBAGE_THRESHOLD = 500_000
"""Objects after which a compiling process looks for garbage, of which Numba makes little."""


class CompilerGoneError(Exception):
    """A process that compiles has ended, or could not be started."""


class Build:
    """A loop that is being compiled, or waits for it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.expected = False
        self._done = threading.Event()
        self._made: ObjectFile | None = None
        self._error: Exception | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it is known what came of it."""
        return self._done.is_set()

    def finish(self, made: ObjectFile | None = None, error: Exception | None = None) -> None:
        """Say what came of it."""
        self._made, self._error = made, error
        self._done.set()

    def wait(self) -> ObjectFile | None:
        """Return the compiled loop, None where Numba is told not to compile.

        Raises CompilerGoneError where no process compiles, RuntimeError where the loop cannot be.
        """
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._made


class _Compiler:
    """A process that compiles one loop after the other."""

    def __init__(self) -> None:
        if getattr(sys, "frozen", False) or not sys.executable:
            raise CompilerGoneError("there is no Python to start")
        # -P and this process' own path: nothing is imported from a folder of pictures
        code = f"import sys; sys.path[:] = {sys.path!r}\nfrom {__name__} import serve; serve()"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # what Numba writes is optimised by `build`, and need not be before
                env={"NUMBA_OPT": "0", **os.environ},
                start_new_session=True,  # an interrupt ends this process, which ends the other
            )
        except (OSError, ValueError) as error:
            raise CompilerGoneError(str(error)) from error

    def compile(self, request: Request) -> ObjectFile | None:
        """Return a compiled loop, None where Numba is told not to compile."""
        sent, received = self._process.stdin, self._process.stdout
        assert sent is not None
        assert received is not None
        try:
            sent.write(json.dumps(request).encode() + b"\n")
            sent.flush()
            answer = json.loads(received.readline())
            code = received.read(answer["bytes"])
        except (OSError, ValueError) as error:
            raise CompilerGoneError(str(error)) from error
        if "error" in answer:
            raise RuntimeError(f"{request[0]} cannot be compiled: {answer['error']}")
        return ObjectFile(Entry.from_json(answer["entry"]), code) if code else None

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class _Crew:
    """At most as many compiling processes as there are CPUs, each fed by a thread."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: the child of a fork has no threads, and the processes are not its own."""
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[Build] = SimpleQueue()
        self._builds: dict[Request, Build] = {}
        self._compilers: set[_Compiler] = set()
        self._feeders = self._unfinished = 0

    def ask(self, requests: Iterable[Request]) -> list[Build]:
        """Have loops compiled, in this order; what is under way is not begun again."""
        builds = []
        with self._lock:
            for request in requests:
                build = self._begun(request)
                if build.is_finished:
                    del self._builds[request]  # it was expected, and has been asked for now
                builds.append(build)
            self._start_feeders()
        return builds

    def expect(self, requests: Iterable[Request]) -> None:
        """Have loops compiled that will be asked for later; they are kept in memory until then."""
        with self._lock:
            for request in requests:
                self._begun(request).expected = True
            self._start_feeders()

    def _begun(self, request: Request) -> Build:
        build = self._builds.get(request)
        if build is None:
            build = self._builds[request] = Build(request)
            self._waiting.put(build)
            self._unfinished += 1
        return build

    def _start_feeders(self) -> None:
        while self._feeders < min(self._unfinished, default_workers()):
            self._feeders += 1
            threading.Thread(target=self._feed, name="convfilter-compiling", daemon=True).start()

    def _feed(self) -> None:
        compiler: _Compiler | None = None
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
                if compiler is None:
                    compiler = _Compiler()
                    self._compilers.add(compiler)
                made = compiler.compile(build.request)
                if made is not None:
                    store.write(file_name(build.request), made)
                build.finish(made)
            except Exception as error:  # noqa: BLE001 - raised where the loop is waited for
                build.finish(error=error)
                if compiler is not None and isinstance(error, CompilerGoneError):
                    self._end(compiler)
                    compiler = None
            with self._lock:
                self._unfinished -= 1
                if not build.expected and self._builds.get(build.request) is build:
                    del self._builds[build.request]
        if compiler is not None:
            self._end(compiler)

    def _end(self, compiler: _Compiler) -> None:
        self._compilers.discard(compiler)
        compiler.end()

    def close(self) -> None:
        """End all processes at once."""
        for compiler in tuple(self._compilers):
            self._end(compiler)


_crew = _Crew()
ask = _crew.ask
expect = _crew.expect
atexit.register(_crew.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.forget)


def serve() -> None:
    """Compile what each line of standard input asks for, and answer on standard output.

    An answer is a line of JSON, with the number of `bytes` of object code that follow.
    """
    import gc

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed goes nowhere
    gc.set_threshold(GARBAGE_THRESHOLD)
    from convfilter.runtime.compiled.frontend import only_write

    only_write()
    import numba

    from convfilter.runtime.compiled.build import build

    for line in sys.stdin.buffer:
        name, dtypes = json.loads(line)
        code, answer = b"", {}
        if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            try:
                made = build(name, dict(dtypes))
                code, answer = made.code, {"entry": made.entry.to_json()}
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps({**answer, "bytes": len(code)}).encode() + b"\n" + code)
        answers.flush()
