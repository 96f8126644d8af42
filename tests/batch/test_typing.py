"""What a type checker knows of `filter_files` in somebody's own program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from contextlib import closing
from pathlib import Path
import convfilter

def edges(folder: Path) -> list[Path]:
    with closing(convfilter.filter_files([folder, "a.png"], "out", "sobel")) as results:
        return [result.output for result in results if result.ok]

def times(chain: convfilter.Pipeline) -> float:
    results = convfilter.filter_files(
        inputs="a.png", output=None, pipeline=chain, in_place=True, quality=90, alpha="keep",
        frames=[0, 1], depth=None,
    )
    result: convfilter.FileResult = next(results)
    return sum(result.seconds) + result.seconds.reading

convfilter.filter_files("a.png", "b.png", "sobel", qualty=90)  # wrong
convfilter.filter_files("a.png", "b.png", "sobel", quality="90")  # wrong
convfilter.filter_files("a.png", "b.png", "sobel", alpha="kep")  # wrong
convfilter.filter_files("a.png", "b.png", "sobel", overwrite=None)  # wrong
convfilter.filter_files(3, "b.png", "sobel")  # wrong
convfilter.filter_files("a.png", "b.png")  # wrong
for result in convfilter.filter_files("a.png", "b.png", "sobel"):
    result.outptu  # wrong
"""


def test_right_calls_pass_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", program],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(":") for line in done.stdout.splitlines() if ": error:" in line]
    refused = {int(number) for name, number, *_ in lines if name.endswith("program.py")}
    wrong = {n for n, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# wrong")}
    assert refused == wrong, done.stdout + done.stderr
