"""A program made by PyInstaller from the installed package filters pictures and reads digits.

``python -m tests.frozen`` needs PyInstaller, the package installed beside it (not in editable
form), and some minutes. Whoever compiles loops in such a program is the program itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from convfilter import filters

SCRIPT = "from convfilter.cli import main\n\nmain()\n"
COMPILING = "compiling its loops for this processor, on the first use only"


def build(folder: Path) -> Path:
    """Make a folder with a program and everything that it needs; return the program."""
    script = folder / "convfilter-command.py"
    script.write_text(SCRIPT, "utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--onedir", "--noconfirm", "--log-level=ERROR"]
    subprocess.run([*command, "--name", "program", str(script)], cwd=folder, check=True)
    return folder / "dist" / "program" / ("program.exe" if os.name == "nt" else "program")


def failures(program: Path, folder: Path) -> list[str]:
    """Run the program with an empty cache and with a full one; return what went wrong."""
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(picture).save(folder / "in.png")
    wanted = filters.sobel(picture)
    environment = {**os.environ, "CONVFILTER_CACHE_DIR": str(folder / "cache")}
    found = []

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            found.append(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done

    for name, expected in (("first.png", f"convfilter sobel: {COMPILING}"), ("second.png", "")):
        said = run("sobel", "in.png", name).stderr.strip()
        if said.replace("program", "convfilter") != expected:
            found.append(f"{name}: it says {said!r}")
        path = folder / name
        if path.exists() and not np.array_equal(np.asarray(Image.open(path)), wanted):
            found.append(f"{name} has other pixels")
    if "sobel-x" not in run("kernels").stdout:
        found.append("kernels are not listed")
    draw_seven().save(folder / "digit.png")
    # the weights of this network are a file of the package
    told = run("nn", "predict", "--json", "digit.png").stdout
    if not told or json.loads(told)[0]["top"][0]["label"] != "7":
        found.append(f"a seven is read as {told!r}")
    return found


def draw_seven() -> Image.Image:
    """Return a digit as somebody may draw it."""
    picture = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(picture).line([(16, 14), (46, 14), (28, 52)], fill=0, width=5, joint="curve")
    return picture


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = failures(build(folder), folder)
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
