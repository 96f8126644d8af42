"""What `docs/Dockerfile` says is carried out, and the command is run as in a container of it.

``python -m tests.containers`` needs root on Linux and no container runtime: namespaces of its own,
an overlay over this system in place of the image that the Dockerfile begins with, control groups.
Where that cannot be done it fails and says so.

The command runs as nobody, and under a number that no list of users knows, without a home, without
a terminal, without a network, on a read-only system, as process 1, with the time of one CPU.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import convfilter
from convfilter.batch.journal import NAME

HERE = Path(__file__).resolve().parent.parent
DOCKERFILE = HERE / "docs" / "Dockerfile"
NOBODY, UNKNOWN = 65534, 54321
"""The user of the Dockerfile, and one that no list knows, as ``docker run -u`` may give."""

LARGE = 12
"""Pictures that take a second or more each."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOT_KEPT = "compiling its loops for this processor, and each time anew, since they cannot be kept: "


class Recipe:
    """The instructions of a Dockerfile, carried out one after the other in another root."""

    def __init__(self, root: Path, python: str) -> None:
        self.root = root
        self.environment = {"PATH": f"{python}:{SYSTEM_PATH}"}
        self.folder, self.user, self.entry = "/", "0", [""]

    def carry_out(self, text: str) -> None:
        """Carry out all instructions; one that is not known is an error."""
        known: dict[str, Callable[[str], None]] = {
            "FROM": self._base,
            "COPY": self._copy,
            "RUN": self._run,
            "ENV": self._set,
            "WORKDIR": self._enter,
            "USER": self._become,
            "ENTRYPOINT": self._start,
        }
        for line in text.replace("\\\n", "").splitlines():
            if line.strip() and not line.startswith("#"):
                word, _, rest = line.partition(" ")
                print(f"  {line}", flush=True)
                known[word](rest.strip())

    def _base(self, image: str) -> None:
        assert image.startswith("python:"), f"this stands for an image with Python, not {image}"

    def _copy(self, text: str) -> None:
        *sources, target = shlex.split(text)
        for name in sources:
            source, into = HERE / name, self.root / target.lstrip("/")
            into.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, into, ignore=ignored, dirs_exist_ok=True)
            else:
                shutil.copy(source, into)

    def _run(self, command: str) -> None:
        environment = {**self.environment, "HOME": "/root"}
        inside = ["/usr/sbin/chroot", str(self.root), "/bin/sh", "-c", command]
        subprocess.run(inside, env=environment, stdin=subprocess.DEVNULL, check=True)

    def _set(self, text: str) -> None:
        name, _, value = text.partition("=")
        self.environment[name] = value

    def _enter(self, folder: str) -> None:
        self.folder = folder
        (self.root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _become(self, user: str) -> None:
        self.user = user.partition(":")[0]

    def _start(self, words: str) -> None:
        self.entry = json.loads(words)


class Container:
    """Runs the command of an image: see the module."""

    def __init__(self, recipe: Recipe, group: Path | None) -> None:
        self.recipe = recipe
        self.group = group

    def begin(
        self,
        *arguments: str,
        user: int = NOBODY,
        entry: Sequence[str] = (),
        without: str | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start it; `without` names a variable of the image that is not there."""
        recipe, group = self.recipe, self.group
        environment = {k: v for k, v in recipe.environment.items() if k != without}
        within = ["unshare", "--pid", "--fork", "--net", "--ipc", "--kill-child"]
        within += [f"--root={recipe.root}", f"--wd={recipe.folder}", "--mount-proc", "--"]
        within += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        within += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]

        def enter() -> None:
            if group is not None:
                (group / "cgroup.procs").write_text("0")

        return subprocess.Popen(
            [*within, *(entry or recipe.entry), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=enter,
        )

    def run(self, *arguments: str, **how: object) -> tuple[int, bytes, list[str]]:
        """Return the exit code, what stands on standard output, and the lines of messages."""
        process = self.begin(*arguments, **how)  # type: ignore[arg-type]
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err.decode().splitlines()


def mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


@contextmanager
def image(place: Path) -> Iterator[Recipe]:
    """Build the image, over this system, and make it read-only."""
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", place)
    root = place / "root"
    for name in ("root", "upper", "work"):
        (place / name).mkdir()
    layers = f"lowerdir=/,upperdir={place / 'upper'},workdir={place / 'work'}"
    mount("-t", "overlay", "overlay", "-o", layers, root)
    (root / "proc").mkdir(exist_ok=True)
    for name in ("dev", "sys"):
        mount("--rbind", f"/{name}", root / name)
    # an interpreter that nobody may reach would be no image's
    for folder in Path(sys.base_prefix).resolve().parents:
        inside = root / folder.relative_to("/")
        inside.chmod(inside.stat().st_mode | 0o055)
    interpreter = Path(sys.base_prefix) / "bin" / "python3"
    make = ["/usr/sbin/chroot", root, interpreter, "-m", "venv", "--clear", "/image-python"]
    subprocess.run(make, check=True, env={"PATH": SYSTEM_PATH})
    recipe = Recipe(root, "/image-python/bin")
    recipe.carry_out(DOCKERFILE.read_text("utf-8"))
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "mnt")
    for name, mode in (("in", 0o755), ("out", 0o777)):
        (root / "mnt" / name).mkdir()
        mount("-t", "tmpfs", "-o", f"mode={mode:o}", "tmpfs", root / "mnt" / name)
    mount("-o", "remount,ro", root)
    yield recipe


@contextmanager
def control_group() -> Iterator[Path]:
    """Make a control group with the time of one CPU, of whichever kind there is."""
    top = Path("/sys/fs/cgroup")
    name = f"convfilter-trial-{os.getpid()}"
    of_v2 = top / "cgroup.subtree_control"
    if of_v2.exists() and "cpu" in of_v2.read_text().split():
        group, limits = top / name, {"cpu.max": "100000 100000"}
    else:
        group = top / "cpu" / name
        limits = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "100000"}
    group.mkdir()
    try:
        for file, text in limits.items():
            (group / file).write_text(text)
        yield group
    finally:
        for _ in range(100):  # the last process of it may still be going
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)


def pictures(folder: Path) -> None:
    """Put files into the folder of inputs: two small ones, and some that take seconds."""
    generator = np.random.default_rng(0)
    for name, size in (("a", (60, 80)), ("b", (90, 50))):
        noise = generator.integers(0, 256, (*size, 3), dtype=np.uint8)
        convfilter.write(noise, folder / f"{name}.png")
    (folder / "large").mkdir()
    for number in range(LARGE):
        noise = generator.integers(0, 256, (1000, 1200, 3), dtype=np.uint8)
        convfilter.write(noise, folder / "large" / f"{number}.png")


def trials(container: Container) -> None:
    """Run what is promised of containers, in `docs/services.md`."""
    root = container.recipe.root
    inside, outside = root / "mnt" / "in", root / "mnt" / "out"
    subprocess.run(["mount", "-o", "remount,rw", inside], check=True)
    pictures(inside)
    subprocess.run(["mount", "-o", "remount,ro", inside], check=True)
    wanted = root.parent / "wanted.png"
    here = [sys.executable, "-m", "convfilter", "sobel", "--overwrite", str(inside / "a.png")]
    subprocess.run([*here, str(wanted)], check=True, cwd=HERE)

    for user in (NOBODY, UNKNOWN):
        told(f"the image's loops are used by user {user}, and the bytes are those of outside")
        code, out, said = container.run("sobel", "/mnt/in/a.png", "-", user=user)
        assert (code, said) == (0, []), (code, said)
        assert out == wanted.read_bytes(), how_they_differ(out, wanted)
        code, out, said = container.run("sobel", "--explain", "/mnt/in/a.png", "-", user=user)
        assert code == 0, said
        assert any("filtering" in line for line in said), said
        assert not any("compiling" in line for line in said), said
        assert out == wanted.read_bytes()

    told("the time of one CPU is one thread")
    ask = "from convfilter.runtime.cpus import available; print(available())"
    code, out, said = container.run("-c", ask, entry=["python"])
    assert (code, out.strip()) == (0, b"1"), (code, out, said)

    told("what the image has not compiled works, and a line says that it is not kept, and why")
    code, _, said = container.run("median", "/mnt/in/a.png", "-")
    assert code == 0, said
    assert len(said) == 1, said
    assert NOT_KEPT + "/var/cache/convfilter: " in said[0], said
    assert "set CONVFILTER_CACHE_DIR to a folder" in said[0], said

    told("so does a container without a folder for loops, and without a home")
    code, out, said = container.run(
        "sobel", "/mnt/in/a.png", "-", without="CONVFILTER_CACHE_DIR", user=UNKNOWN
    )
    assert code == 0, said
    assert len(said) == 1, said
    assert NOT_KEPT in said[0], said
    assert "CONVFILTER_CACHE_DIR" in said[0], said
    assert out == wanted.read_bytes()

    told("a folder, into one that may be written to; a file that cannot be read is 3")
    code, _, said = container.run("sobel", "/mnt/in", "/mnt/out/edges")
    assert code == 0, said
    assert "2 files written to /mnt/out/edges" in said[-1], said
    assert (outside / "edges" / "a.png").read_bytes() == wanted.read_bytes()
    code, _, said = container.run("sobel", "/mnt/in/a.png", "/a-sobel.png")
    assert code == 1, said
    assert "the folder / is on a read-only file system" in said[-1], said

    told("a long run says how far it is; SIGTERM to process 1 finishes the file under way: 143")
    process = container.begin(
        "nl-means", "--search", "101", "--jobs", "1", "/mnt/in/large", "/mnt/out/soft"
    )
    assert process.stderr is not None
    first = process.stderr.readline().decode()
    assert f" of {LARGE} files done (/mnt/in/large/" in first, (
        first + process.stderr.read().decode()
    )
    (command,) = children(process.pid)
    os.kill(command, signal.SIGTERM)
    began = time.monotonic()
    _, err = process.communicate(timeout=60)
    said = err.decode().splitlines()
    assert process.returncode == 143, (process.returncode, said)
    assert time.monotonic() - began < 10, "docker stop would have killed it"
    assert any("interrupted" in line and "not begun" in line for line in said), said
    written = [path for path in (outside / "soft").iterdir() if path.name != NAME]
    assert written
    assert all(path.suffix == ".png" for path in written), written
    for path in written:
        convfilter.read(path)


def how_they_differ(result: bytes, wanted: Path) -> str:
    """Tell whether it is pixels or their compression."""
    pixels = convfilter.read(io.BytesIO(result)).pixels, convfilter.read(wanted).pixels
    return f"{(pixels[0] != pixels[1]).sum()} values differ, {len(result)} bytes"


def children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in path.read_text().split()]


def told(text: str) -> None:
    print(f"- {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    inside = parser.parse_args().inside
    if sys.platform != "linux" or os.geteuid():
        sys.exit("NOT RUN: this needs root on Linux, for mounts and control groups")
    if inside is None:
        with tempfile.TemporaryDirectory() as name:
            apart = ["unshare", "--mount", "--propagation=private", sys.executable]
            done = subprocess.run([*apart, "-m", "tests.containers", "--inside", name], check=False)
            sys.exit(done.returncode)
    with image(Path(inside)) as recipe, control_group() as group:
        assert recipe.user == str(NOBODY)
        trials(Container(recipe, group))
    print("all of it is right")


if __name__ == "__main__":
    main()
