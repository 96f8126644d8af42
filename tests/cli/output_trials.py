"""Give the command standard outputs of all kinds: python -m tests.cli.output_trials --trials 200.

Pipes whose reader is slow, goes away, or is a process that is stopped and continued, with the
command; pipes and sockets that do not wait; files that may not grow; a full disk; nothing at all;
with and without PYTHONUNBUFFERED. Each time all of the output has come, or the command has ended
with one line and the code that is documented. Exits with 1 if it was otherwise once.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

from convfilter.images import write

SIDE = 700
COMMANDS = (
    ("sobel", "in.png", "-"),
    ("sobel", "in.png", "-", "--format", "tiff"),
    ("sobel", "in.png", "/dev/stdout", "--format", "bmp"),
    ("pipe", "box-3 | sobel", "in.png", "-", "--format", "npy"),
    ("kernels", "--json"),
    ("filters", "--json"),
)
FAILED, READER_GONE = 1, 141


class Ended:
    """How a command ended, and what came of it."""

    def __init__(self, code: int, out: bytes, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Trials:
    """A folder with a picture, in which commands run."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._folder, self._random = folder, random
        pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        write(pixels, folder / "in.png")
        self._whole: dict[tuple[str, ...], bytes] = {}
        self.kinds: tuple[Callable[[tuple[str, ...]], str], ...] = (
            self._slow_reader,
            self._reader_that_goes,
            self._stopped_and_continued,
            self._pipe_that_does_not_wait,
            self._socket_that_does_not_wait,
            self._file_that_may_not_grow,
            self._full_disk,
            self._closed,
            self._terminated_while_nobody_reads,
        )

    def run(self, number: int) -> str:
        """Make a trial, the kinds by turns, and return what was found."""
        kind = self.kinds[number % len(self.kinds)]
        command = self._random.choice(COMMANDS)
        self._expected(command)  # a first use would say that it compiles
        return kind(command)

    def _start(self, command: tuple[str, ...], output: int | None) -> subprocess.Popen[str]:
        unbuffered = "1" if self._random.random() < 0.5 else ""

        def close() -> None:
            if output is None:
                os.close(1)

        return subprocess.Popen(
            [sys.executable, "-m", "convfilter", *command],
            cwd=self._folder,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=close,
        )

    def _expected(self, command: tuple[str, ...]) -> bytes:
        if command not in self._whole:
            with tempfile.TemporaryFile() as file:
                process = self._start(command, file.fileno())
                _, err = process.communicate()
                assert process.returncode == 0, err
                file.seek(0)
                self._whole[command] = file.read()
        return self._whole[command]

    def _through(
        self,
        command: tuple[str, ...],
        ends: tuple[int, int],
        read: Callable[[int, subprocess.Popen[str]], bytes],
    ) -> Ended:
        """Run a command whose output is read at the other end of a pipe or socket."""
        ours, theirs = ends
        process = self._start(command, theirs)
        os.close(theirs)
        out = read(ours, process)
        _, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err)

    def _read_slowly(self, ours: int, process: subprocess.Popen[str], most: int = 1 << 40) -> bytes:
        data = b""
        while len(data) < most:
            more = os.read(ours, min(self._random.choice((1, 1000, 65536, 1 << 20)), most))
            if not more:
                break
            data += more
            if self._random.random() < 0.1:
                time.sleep(self._random.random() / 300)
        os.close(ours)
        return data

    def _whole_or_not(self, command: tuple[str, ...], ended: Ended, kind: str) -> str:
        if ended.code == 0 and ended.out == self._expected(command) and ended.err == "":
            return f"{kind}: whole"
        return f"WRONG {kind} {command}: code {ended.code}, {len(ended.out)} bytes, {ended.err}"

    def _refused(self, ended: Ended, kind: str, code: int, lines: int) -> str:
        if ended.code == code and len(ended.err.splitlines()) == lines:
            return f"{kind}: code {code}"
        return f"WRONG {kind}: code {ended.code}, {ended.err}"

    def _slow_reader(self, command: tuple[str, ...]) -> str:
        ended = self._through(command, os.pipe(), self._read_slowly)
        return self._whole_or_not(command, ended, "slow reader")

    def _reader_that_goes(self, command: tuple[str, ...]) -> str:
        expected = self._expected(command)
        most = self._random.choice((0, 1, 10, 5000))
        ended = self._through(
            command, os.pipe(), lambda ours, process: self._read_slowly(ours, process, most)
        )
        if ended.code == 0 and len(expected) <= 1 << 16:  # all that was left went into the pipe
            return "reader that goes: whole"
        return self._refused(ended, "reader that goes", READER_GONE, "/dev/stdout" in command)

    def _stopped_and_continued(self, command: tuple[str, ...]) -> str:
        def read(ours: int, process: subprocess.Popen[str]) -> bytes:
            def disturb() -> None:
                while process.poll() is None:
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(0.002)
                    process.send_signal(signal.SIGCONT)
                    time.sleep(0.002)

            thread = threading.Thread(target=disturb)
            thread.start()
            data = self._read_slowly(ours, process)
            thread.join()
            return data

        ended = self._through(command, os.pipe(), read)
        return self._whole_or_not(command, ended, "stopped and continued")

    def _pipe_that_does_not_wait(self, command: tuple[str, ...]) -> str:
        ours, theirs = os.pipe()
        os.set_blocking(theirs, False)
        ended = self._through(command, (ours, theirs), self._read_slowly)
        return self._whole_or_not(command, ended, "pipe that does not wait")

    def _socket_that_does_not_wait(self, command: tuple[str, ...]) -> str:
        ours, theirs = (end.detach() for end in socket.socketpair())
        os.set_blocking(theirs, False)
        ended = self._through(command, (ours, theirs), self._read_slowly)
        return self._whole_or_not(command, ended, "socket that does not wait")

    def _file_that_may_not_grow(self, command: tuple[str, ...]) -> str:
        import resource  # Windows has none

        most = self._random.randrange(1, len(self._expected(command)))
        with tempfile.TemporaryFile() as file:
            process = self._start(command, file.fileno())
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
            _, err = process.communicate(timeout=120)
        return self._refused(Ended(process.returncode, b"", err), "file at its limit", FAILED, 1)

    def _full_disk(self, command: tuple[str, ...]) -> str:
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            process = self._start(command, full.fileno())
            _, err = process.communicate(timeout=120)
        return self._refused(Ended(process.returncode, b"", err), "full disk", FAILED, 1)

    def _closed(self, command: tuple[str, ...]) -> str:
        process = self._start(command, None)
        _, err = process.communicate(timeout=120)
        return self._refused(Ended(process.returncode, b"", err), "closed", FAILED, 1)

    def _terminated_while_nobody_reads(self, command: tuple[str, ...]) -> str:
        if len(self._expected(command)) <= 1 << 16:
            command = COMMANDS[0]

        def read(ours: int, process: subprocess.Popen[str]) -> bytes:
            first = os.read(ours, 1)  # so it is writing
            time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            os.close(ours)
            return first

        ended = self._through(command, os.pipe(), read)
        return self._refused(ended, "terminated while nobody reads", 143, 0)


def trials(count: int, seed: int) -> Counter[str]:
    """Make so many trials and count what was found."""
    with tempfile.TemporaryDirectory() as folder:
        made = Trials(Path(folder), Random(seed))
        return Counter(made.run(number) for number in range(count))


def main() -> int:
    """Make trials and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = trials(given.trials, given.seed)
    for result, times in sorted(found.items()):
        print(f"{times:4} {result}")
    return 1 if any(result.startswith("WRONG") for result in found) else 0


if __name__ == "__main__":
    sys.exit(main())
