"""Random commands, drawn from what filters and settings declare."""

from __future__ import annotations

import shlex
from random import Random
from typing import Any

from convfilter.batch.settings import OF_RECIPES, OPTIONS
from convfilter.batch.settings.declaring import Multiple
from convfilter.filters import names as filter_names
from convfilter.filters.declaring.parameters import Parameter, Text
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.kernels import names as kernel_names
from convfilter.pipeline import find

SMALL = 6
"""The largest size, sigma and the like: the pictures are small."""

KERNELS = (
    "0 -1 0, -1 5 -1, 0 -1 0",
    "1/3 1/3 1/3",
    "[[1, 2], [3, 4.25]]",
    '{"weights": [[1, -1]], "scale": 0.3, "offset": 7, "signed": "abs"}',
)
WORDS = {
    "background": ["white", "#102030"],
    "frames": ["0", "0-"],
    "axes": ["YXC"],
    "mask": ["mask.png"],
}
"""Texts that are understood, for parameters whose words are no list."""


def text_of(random: Random, parameter: Parameter) -> str:
    """Draw a value as a person writes it; most are right, and what does not fit is refused."""
    if parameter.optional and random.random() < 0.1:
        return "auto"
    match parameter.kind:
        case "flag":
            return random.choice(["yes", "no"])
        case "choice":
            return random.choice(parameter.choices)
        case "text":
            assert isinstance(parameter, Text)
            return random.choice([*parameter.words, *WORDS.get(parameter.name, [])])
        case "kernel":
            return random.choice([*KERNELS, random.choice(kernel_names())])
        case "padding":
            return random.choice(["same", "valid", "full", "1", "1,2", "0,1,2,0"])
        case "number" | "integer":
            return _number(random, parameter)
        case "number-pair" | "integer-pair":
            many = random.choice([1, 2])
            return ",".join(_number(random, parameter) for _ in range(many))


def _number(random: Random, parameter: Parameter) -> str:
    spec = parameter.spec
    low = -SMALL if spec.minimum is None else spec.minimum
    high = SMALL if spec.maximum is None else spec.maximum
    wide = parameter.spec.unit == "0 to 255" or parameter.name == "quality"
    high = high if wide else min(high, low + SMALL)
    if parameter.kind.startswith("integer"):
        number = random.randint(int(low), int(high))
        if isinstance(parameter, Multiple):
            number = parameter.step * max(number // parameter.step, 1)
        return str(number + 1 - number % 2 if spec.odd else number)
    if random.random() < 0.2 and low <= 1 / 3 <= high:
        return "1/3"
    return repr(random.uniform(low, high))


def step(random: Random) -> tuple[str, dict[str, str]]:
    """Draw a filter or a kernel, and some of its parameters."""
    name = random.choice(filter_names() if random.random() < 0.8 else kernel_names())
    found, preset = find(name)
    parameters = [p for p in found.parameters if p.name not in preset]
    return name, {
        p.name: text_of(random, p) for p in parameters if p.required or random.random() < 0.25
    }


def options(random: Random) -> dict[str, str]:
    """Draw some of the options that stand in recipes."""
    chosen = [OPTIONS[name] for name in OF_RECIPES if random.random() < 0.15]
    # a flag of the command is there or not
    return {p.name: "" if p.kind == "flag" else text_of(random, p) for p in chosen}


def command(random: Random) -> tuple[list[str], list[str], str]:
    """Draw a command: its words before the files, those after them, and the output's suffix."""
    steps = [step(random) for _ in range(random.choice([1, 1, 2, 3]))]
    after: list[str] = []
    if len(steps) == 1:
        ((name, values),) = steps
        before = [name]
        kinds = {p.name: p.kind for p in find(name)[0].parameters}
        for key, text in values.items():
            option = key.replace("_", "-")
            if kinds[key] == "flag":
                after.append(f"--{'' if text == 'yes' else 'no-'}{option}")
            else:
                after.append(f"--{option}={text}")
    else:
        before = ["pipe", " | ".join(written(*each) for each in steps)]
    for key, text in options(random).items():
        option = "--" + key.replace("_", "-")
        after.append(f"{option}={text}" if text else option)
    suffixes = [summary.suffixes[0] for summary in SUMMARIES.values() if summary.is_written]
    return before, after, random.choice(suffixes)


def written(name: str, values: dict[str, str]) -> str:
    """Return a step as it stands in a pipeline."""
    return " ".join([name, *(f"{key}={shlex.quote(text)}" for key, text in values.items())])


def python_value(random: Random, parameter: Parameter) -> Any:
    """Draw a value as Python has it."""
    import numpy as np

    if parameter.kind == "kernel":
        return np.array([[random.uniform(-1, 1) for _ in range(3)] for _ in range(2)])
    return parameter.parse(text_of(random, parameter))
