"""The command `nn evaluate`: how often a network is wrong on pictures whose classes are known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convfilter.cli.commands.networks import (
    Pictures,
    class_folders,
    classifier,
    network_options,
    title,
)
from convfilter.cli.options import Command, flag
from convfilter.errors import UsageError

if TYPE_CHECKING:
    from convfilter.nn.classifying import Classifier
    from convfilter.picture.image import Image

__all__ = ["SUMMARY", "command"]

SUMMARY = "Measure how often a network is wrong on a folder of pictures."

_HELP = f"""\
{SUMMARY}

DIR has a folder for each class, with pictures of it. A folder is called as the class is, by its
label or its index from 0; if none is, there have to be as many as there are classes, and they are
taken in the order of their names. The top-1 error is the share of pictures whose class is not the
most probable one, the top-5 error that of those whose class is not among the five most probable.
"""

_WIDEST_TABLE = 20
"""Classes whose confusions are shown as a table; of more, the most frequent ones as a list."""

_NOTHING = "none"
"""What is told in the place of a class where a picture was found to show none of them."""


class _Answer(NamedTuple):
    top: tuple[int, ...]
    nothing_found: bool = False


class _Score:
    """Counts what the network said."""

    def __init__(self) -> None:
        self.pictures = self.first = self.five = 0
        self.confusion: Counter[tuple[int, int | None]] = Counter()

    def add(self, actual: int, answer: _Answer) -> None:
        """Count one picture."""
        self.pictures += 1
        said = answer.top[0] if answer.top else None
        self.first += said != actual
        self.five += actual not in answer.top
        self.confusion[actual, said] += 1

    def errors(self) -> tuple[float, float]:
        """Return the top-1 and the top-5 error, from 0 to 1."""
        return self.first / self.pictures, self.five / self.pictures


def command() -> Command:
    """Return the command that measures errors."""
    return Command(
        "evaluate",
        callback=_run,
        help=_HELP,
        short_help=SUMMARY,
        options_metavar="[OPTIONS]",
        arguments=[click.Argument(["folder"], metavar="DIR")],
        sections=[
            ("Options of the network", network_options()),
            ("Options", [flag("--json", "print JSON")]),
        ],
    )


def _run(folder: str, json: bool, **params: Any) -> int:
    names = class_folders(Path(folder))
    made = classifier(params)
    classes = _classes(names, made)
    pictures = Pictures([str(Path(folder, name)) for name in names], recursive=True)
    score = _Score()
    for found in pictures.each(lambda picture: _answer(made, picture)):
        if found.error is None and found.path is not None:
            inside = found.path.relative_to(folder)
            score.add(classes[inside.parts[0]], found.result)
    if not score.pictures:
        return pictures.exit_code()
    if json:
        from convfilter.cli.commands.listing import print_json

        print_json(_record(score, made, pictures.failed))
    else:
        print(title(made, params))
        _show(score, made)
    return pictures.exit_code()


def _classes(names: list[str], made: Classifier) -> dict[str, int]:
    """Return the class of each folder."""
    (count,) = made.network.graph.shapes[made.network.graph.output][:1]
    by_label = {label: index for index, label in enumerate(made.labels[:count])}
    found = {}
    for name in names:
        if name in by_label:
            found[name] = by_label[name]
        elif name.isascii() and name.isdigit() and int(name) < count:
            found[name] = int(name)
    if len(found) == len(names):
        return found
    if not found and len(names) == count:
        return {name: index for index, name in enumerate(names)}
    unknown = [name for name in names if name not in found]
    raise UsageError(
        f"the folder {unknown[0]!r} is called like no class of {made.network.name}: name folders by"
        f" labels (--labels) or by numbers from 0 to {count - 1}, or give all {count} in order"
    )


def _answer(made: Classifier, picture: Image) -> _Answer:
    from convfilter.nn.classifying import NoDigitError

    try:
        return _Answer(tuple(guess.index for guess in made.guesses(picture)))
    except NoDigitError:
        return _Answer((), nothing_found=True)


def _record(score: _Score, made: Classifier, failed: int) -> dict[str, Any]:
    first, five = score.errors()
    return {
        "model": made.network.name,
        "pictures": score.pictures,
        "failed": failed,
        "top1_error": first,
        "top5_error": five,
        "confusion": [
            {
                "actual": _called(actual, made),
                "predicted": None if said is None else _called(said, made),
                "count": count,
            }
            for (actual, said), count in sorted(
                score.confusion.items(), key=lambda item: (item[0][0], _place(item[0][1]))
            )
        ],
    }


def _place(said: int | None) -> int:
    return -1 if said is None else said


def _called(index: int, made: Classifier) -> str:
    return made.label(index) or str(index)


def _show(score: _Score, made: Classifier) -> None:
    first, five = score.errors()
    print(f"{score.pictures} pictures")
    print(f"top-1 error  {first:.2%}")
    print(f"top-5 error  {five:.2%}")
    seen = sorted({index for pair in score.confusion for index in pair if index is not None})
    if len(seen) <= _WIDEST_TABLE:
        _show_table(score, made, seen)
        return
    wrong = Counter({pair: n for pair, n in score.confusion.items() if pair[0] != pair[1]})
    print("\nmost frequent confusions:")
    for (actual, said), count in wrong.most_common(_WIDEST_TABLE):
        name = _NOTHING if said is None else _called(said, made)
        print(f"  {count:>5}  {_called(actual, made)} taken for {name}")


def _show_table(score: _Score, made: Classifier, seen: list[int]) -> None:
    """Print a row for each class that there is, with how often it was taken for which."""
    columns: list[int | None] = [*seen]
    if any(said is None for _, said in score.confusion):
        columns.append(None)
    heads = [_NOTHING if index is None else _called(index, made) for index in columns]
    rows = sorted({actual for actual, _ in score.confusion})
    left = max(len(_called(actual, made)) for actual in rows)
    widths = [max(len(head), 5) for head in heads]
    print("\nclass in rows, what the network said in columns:")
    print(" ".join((" " * left, *(f"{h:>{w}}" for h, w in zip(heads, widths, strict=True)))))
    for actual in rows:
        counts = (score.confusion[actual, said] for said in columns)
        cells = (f"{count or '.':>{width}}" for count, width in zip(counts, widths, strict=True))
        print(" ".join((f"{_called(actual, made):<{left}}", *cells)))
