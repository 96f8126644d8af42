"""Commands of networks as whole processes: what a start costs, and the first use of all.

    python benchmarks/network_commands.py [--runs 10] [--first] [--write]

A digit is read by the network of the package, beside `convfilter sobel` of the same file; a
photograph is told by ResNet-50 from a safetensors file, beside a script with Pillow and
onnxruntime. `--first` measures first uses of networks instead, each with an empty cache of compiled
loops. `--write` puts the table into NETWORKS.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from networks import write_section  # which makes this folder's parent known
from PIL import Image
from safetensors.numpy import save_file
from skimage import data

from convfilter.nn import models
from convfilter.nn.graph import INPUT
from convfilter.nn.random_weights import random_weights
from tests.nn.onnx import export

CONVFILTER = (sys.executable, "-m", "convfilter")

PHOTO, DIGIT, WEIGHTS, MODEL = "photo.png", "digit.png", "resnet50.safetensors", "resnet50.onnx"

PEER = f"""
import sys
import numpy as np
import onnxruntime
from PIL import Image

image = Image.open(sys.argv[2]).convert("RGB")
scale = 256 / min(image.size)
image = image.resize([round(side * scale) for side in image.size], Image.Resampling.BILINEAR)
left, top = ((side - 224) // 2 for side in image.size)
x = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
x = (x - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
x = np.ascontiguousarray(x.transpose(2, 0, 1)[None])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(outputs,) = session.run(None, {{{INPUT!r}: x}})[0].astype(np.float64)
shares = np.exp(outputs - outputs.max())
shares /= shares.sum()
for index in np.argsort(-shares)[:5]:
    print(f"{{shares[index]:.4f}} {{index}}")
"""

FIRST = ("resnet18", "googlenet", "resnet50", "squeezenet", "lenet5-modern")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", action="store_true", help="first uses, with an empty cache")
    parser.add_argument("--write", action="store_true", help="write NETWORKS.md")
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Image.fromarray(data.coffee()).save(PHOTO)
        (first_uses if given.first else commands)(given.runs, given.write)
        os.chdir("/")


def commands(runs: int, is_written: bool) -> None:
    """Measure warm commands in turn."""
    digit = np.full((120, 90), 250, np.uint8)
    digit[20:90, 50:59] = 10
    Image.fromarray(digit).save(DIGIT)
    graph = models.get("resnet50")
    weights = random_weights(graph)
    save_file(weights, WEIGHTS)
    Path(MODEL).write_bytes(export.model(graph, weights, pictures=1).SerializeToString())
    named = ("--model", graph.name, "--weights", WEIGHTS)
    works = {
        "sobel of a digit": (*CONVFILTER, "sobel", DIGIT, "edges.png", "--overwrite"),
        "nn predict of a digit": (*CONVFILTER, "nn", "predict", DIGIT),
        "a script with onnxruntime, ResNet-50": (sys.executable, "-c", PEER, MODEL, PHOTO),
        "nn predict, ResNet-50": (*CONVFILTER, "nn", "predict", *named, PHOTO),
    }
    best = dict.fromkeys(works, float("inf"))
    for _ in range(runs):
        for name, command in works.items():
            best[name] = min(best[name], seconds_of(command))
    rows: list[list[str]] = []
    for number, (name, seconds) in enumerate(best.items()):
        share = f"{seconds / [*best.values()][number - 1]:.2f}" if number % 2 else ""
        rows.append([name, f"{seconds * 1e3:.0f}", share])
        print(*rows[-1], sep="  ")
    if is_written:
        write_section("Whole commands", ["command", "ms", "of the one above"], rows)


def first_uses(runs: int, is_written: bool) -> None:
    """Measure commands that have to compile their loops."""
    rows = []
    for name in FIRST:
        with tempfile.TemporaryDirectory() as cache:
            os.environ["CONVFILTER_CACHE_DIR"] = cache
            named = ("--model", name, "--weights", "random")
            seconds = [seconds_of((*CONVFILTER, "nn", "predict", *named, PHOTO)) for _ in range(2)]
        rows.append([name, *(f"{each:.1f}" for each in seconds)])
        print(*rows[-1], sep="  ", flush=True)
    if is_written:
        head = ["nn predict --weights random", "first use, seconds", "second use, seconds"]
        write_section("First use", head, rows)


def seconds_of(command: Sequence[str]) -> float:
    """Run a command; return the seconds it took."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
