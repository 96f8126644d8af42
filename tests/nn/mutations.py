"""Damage files of networks and give them to the commands, in a process whose memory is limited.

    python -m tests.nn.mutations onnx --count 1000 --seed 0

Every command has to end as usual, or with one line and the exit code for it: no traceback, no
further line, no more memory than `SPARE` beyond what the whole file takes, and in a few seconds.
Prints how many were refused, and the memory and the time of the worst; exits with 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import resource
import sys
import tempfile
import time
import traceback
import unittest.mock
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from safetensors.numpy import save

import convfilter
from convfilter.cli import wording
from convfilter.cli.main import run
from convfilter.errors import ConvfilterError
from convfilter.nn import models
from convfilter.nn.preprocessing.description import KEY, Preprocessing
from convfilter.nn.random_weights import random_weights
from tests.nn.onnx.test_operators import FORMS, X
from tests.nn.weights.pth import in_a_row, zipped

SPARE = 400_000_000
"""Bytes: ONNX files may make constants of 256 MB, all else takes far less."""

SLOWEST = 5.0
"""Seconds."""

MODEL = "lenet5-modern"

NUMBERS = (0, -1, 1, 7, 255, 2**16, 2**31 - 1, 2**31, 2**40, 2**63 - 1, 2**64, 10**30)
"""What stands in for numbers of a header."""

WORDS = (
    b"NaN",
    b"-inf",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b"F64",
    b"I8",
    b"<f8",
    b"|O",
    b"\n",
)

HOW = Preprocessing((32, 32), channels="grey", labels=tuple("0123456789"))


def npz(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def weights(write: Callable[[dict[str, Any]], bytes]) -> Callable[[], list[bytes]]:
    """Return what makes a file of weights."""
    return lambda: [write(random_weights(models.get(MODEL), 3))]


def graphs() -> list[bytes]:
    """Return networks of all operators, in several forms."""
    return [made.SerializeToString() for made in FORMS.values()]


@dataclass(frozen=True)
class Kind:
    """A kind of files: its suffix, whole ones, and the command that is given a damaged one."""

    suffix: str
    whole: Callable[[], list[bytes]]
    command: tuple[str, ...]


PREDICT = ("predict", "--model", MODEL, "picture.png", "--weights")
CONVERT = ("convert", "--overwrite", "out.safetensors")

KINDS = {
    "safetensors": Kind(
        ".safetensors",
        weights(lambda arrays: save(arrays, {KEY: HOW.to_json()})),
        PREDICT,
    ),
    "npz": Kind(".npz", weights(npz), PREDICT),
    "pth, newer": Kind(".pth", weights(zipped), CONVERT),
    "pth, older": Kind(".pth", weights(in_a_row), CONVERT),
    "onnx": Kind(".onnx", graphs, ("run", "--overwrite", "in.npy", "out.npy")),
    "onnx, summary": Kind(".onnx", graphs, ("summary",)),
    "toml": Kind(
        ".toml",
        lambda: [HOW.to_toml().encode()],
        ("predict", "--model", MODEL, "--weights", "random", "picture.png", "--preprocessing"),
    ),
}


def arguments(kind: Kind, path: str) -> list[str]:
    """Return the command with the damaged file in its place."""
    name, *others = kind.command
    if name in ("convert", "run"):
        first = next(i for i, each in enumerate(others) if not each.startswith("-"))
        return ["nn", name, *others[:first], path, *others[first:]]
    return ["nn", name, *others, path]


def damaged(whole: bytes, random: Random) -> bytes:
    """Return a file with some things in it changed: bytes, numbers, words, parts of it."""
    data = bytearray(whole)
    # what is claimed stands at the ends of files and in their headers, not among the weights
    ends = random.random() < 0.8
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        near = min(len(data), 3000)
        place = random.randrange(len(data))
        if ends:
            place = random.choice((random.randrange(near), len(data) - 1 - random.randrange(near)))
        length = random.randrange(1, 9)
        how = random.randrange(9)
        if how == 0:
            data[place] = random.randrange(256)
        elif how == 1:
            data[place] ^= 1 << random.randrange(8)
        elif how == 2:
            del data[place : place + length]
        elif how == 3:
            data[place:place] = random.randbytes(length)
        elif how == 4:
            number = random.choice(NUMBERS) & (2**64 - 1)
            data[place : place + 8] = number.to_bytes(8, random.choice(("little", "big")))
        elif how == 5:
            del data[random.randrange(len(data)) :]
        elif how == 6:
            other = random.randrange(len(data))
            data[place : place + 32] = data[other : other + 32]
        else:
            pattern = rb"[0-9]+" if how == 7 else rb"[A-Za-z0-9_<]+"
            found = [*re.finditer(pattern, bytes(data[place : place + 200]))]
            if found:
                start, end = random.choice(found).span()
                new = str(random.choice(NUMBERS)).encode() if how == 7 else random.choice(WORDS)
                data[place + start : place + end] = new
    return bytes(data)


def repacked(whole: bytes, random: Random | None) -> bytes:
    """Return a zip archive one of whose members is damaged, with checksums that are right.

    Without `random` none is; but its members no longer tell when they were written.
    """
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as archive,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made,
    ):
        names = archive.namelist()
        pickled = [name for name in names if name.endswith(".pkl")]
        chosen = None
        if random is not None:
            chosen = random.choice(pickled if pickled and random.random() < 0.8 else names)
        for name in names:
            data = archive.read(name)
            if random is not None and name == chosen:
                data = damaged(data, random)
            made.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def ended(command: list[str]) -> tuple[int, str]:
    """Return how a command ends, and what it says on standard error.

    The command line puts into one line what nobody has thought of, too; here its traceback is said.
    """
    said = io.StringIO()

    def describe(error: BaseException) -> str:
        if not isinstance(error, ConvfilterError):
            return "".join(traceback.format_exception(error))
        return wording.describe(error)

    with (
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(io.StringIO()),
        unittest.mock.patch.dict(run.__globals__, {"describe": describe}),
    ):
        code = run(command)
    return code, said.getvalue()


def fault(code: int, said: str) -> str:
    """Return what is wrong with how a command ended, if anything is."""
    if code == 0:
        return said if "Warning" in said else ""
    if code not in (1, 2):
        return f"exit code {code}"
    lines = said.splitlines()
    if len(lines) != 1 or not lines[0].isprintable():
        return f"{len(lines)} lines: {said!r}"
    return "it runs out of memory" if "memory" in lines[0] else ""


def taken() -> int:
    """Return how much memory the process had at most, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    kind, random = KINDS[given.kind], Random(given.seed)
    wholes = [repacked(each, None) if each[:2] == b"PK" else each for each in kind.whole()]
    faults: list[str] = []
    refused, slowest = 0, 0.0
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        convfilter.write(np.zeros((40, 40), np.uint8), "picture.png")
        np.save("in.npy", X)
        path = Path(f"damaged{kind.suffix}")
        command = arguments(kind, str(path))
        for whole in wholes:
            path.write_bytes(whole)
            code, said = ended(command)
            if code and "mixes the pictures" not in said:
                sys.exit(f"a whole file is refused: {said}")
        before = taken()
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + SPARE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for number in range(given.count):
            whole = random.choice(wholes)
            is_packed = whole[:2] == b"PK" and random.random() < 0.7
            path.write_bytes((repacked if is_packed else damaged)(whole, random))
            start = time.perf_counter()
            code, said = ended(command)
            wrong = fault(code, said)
            seconds = time.perf_counter() - start
            refused += code != 0
            slowest = max(slowest, seconds)
            if seconds > SLOWEST:
                wrong = wrong or f"{seconds:.1f} seconds"
            if wrong:
                faults.append(f"number {number}: {wrong}")
    grown = (taken() - before) / 1e6
    print(
        f"{given.kind}: {given.count} files, {refused} refused, {len(faults)} faults;"
        f" {grown:.0f} MB more than whole files took, {slowest:.2f} s at most"
    )
    if faults:
        again = f"python -m tests.nn.mutations {given.kind!r} --count {given.count}"
        sys.exit("\n".join([*faults[:20], f"{again} --seed {given.seed}"]))


if __name__ == "__main__":
    main()
