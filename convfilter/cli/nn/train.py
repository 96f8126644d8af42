"""The command `nn train`: a network learns from a folder of labelled pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convfilter.cli.commands.networks import Pictures, class_folders
from convfilter.cli.commands.outputs import check_free, write_whole
from convfilter.cli.options import Command, flag
from convfilter.cli.telling.progress import bar
from convfilter.cli.wording import counted, say
from convfilter.errors import ImageError, NetworkError, UsageError, reason_of, shown

if TYPE_CHECKING:
    from convfilter.nn.training.data import Data
    from convfilter.nn.training.fit import Progress, Training
    from convfilter.nn.training.recipes import Task

__all__ = ["SUMMARY", "command"]

SUMMARY = "Train a network on a folder of labelled pictures."

_HELP = f"""\
{SUMMARY}

DIR has a folder for each class, with pictures of it; the folders' names become the labels. The
weights go into OUT, with what has to be done to pictures (in a .safetensors file, or in a .toml
file beside a .npz file). After every epoch a checkpoint is written beside OUT, from which
--resume goes on; it is removed in the end. The same seed gives the same weights to the bit,
whatever the number of threads, and with or without a break.
"""

_SUFFIXES = (".npz", ".safetensors")


def command() -> Command:
    """Return the command that trains networks."""
    number = click.IntRange(1)
    network = [
        click.Option(["--model"], metavar="NAME", required=True, help="the network to be trained"),
        click.Option(
            ["--out"],
            metavar="OUT",
            help="a .npz or .safetensors file for the weights  [default: NAME.npz]",
        ),
        click.Option(
            ["--size"],
            type=click.IntRange(8, 1024),
            metavar="N",
            help="rows and columns that pictures are brought to  [default: the network's own]",
        ),
    ]
    training = [
        click.Option(["--epochs"], type=number, metavar="N", help="how often each picture is seen"),
        click.Option(["--batch"], type=number, metavar="N", help="pictures between two steps"),
        click.Option(
            ["--rate"],
            type=click.FloatRange(0, min_open=True),
            metavar="NUMBER",
            help="of learning, at the beginning",
        ),
        click.Option(["--optimiser"], type=click.Choice(["sgd", "adam"]), help="how weights move"),
        click.Option(
            ["--held-out", "held_out"],
            type=click.FloatRange(0, 0.9),
            default=0.1,
            show_default=True,
            metavar="SHARE",
            help="share of the pictures of each class that are not learned from, but asked",
        ),
        click.Option(
            ["--seed"],
            type=click.IntRange(0),
            default=0,
            show_default=True,
            metavar="N",
            help="of all chance",
        ),
    ]
    run = [
        flag("--resume", "go on from the checkpoint beside OUT"),
        flag("--overwrite", "replace OUT if it exists"),
        click.Option(["--workers"], type=number, metavar="N", help="threads  [default: all CPUs]"),
    ]
    return Command(
        "train",
        callback=_run,
        help=_HELP,
        short_help=SUMMARY,
        options_metavar="[OPTIONS]",
        arguments=[click.Argument(["folder"], metavar="DIR")],
        sections=[
            ("Options of the network", network),
            ("Options of training", training),
            ("Options", run),
        ],
    )


def _run(
    folder: str,
    model: str,
    out: str | None,
    size: int | None,
    held_out: float,
    seed: int,
    resume: bool,
    overwrite: bool,
    workers: int | None,
    **given: Any,
) -> int:
    from convfilter.nn.training.fit import Training
    from convfilter.nn.training.recipes import task

    target = Path(out or f"{model}.npz")
    _check(target, overwrite=overwrite)
    labels = tuple(class_folders(Path(folder)))
    wanted = task(model, labels, size)
    changed = {name: value for name, value in given.items() if value is not None}
    recipe = replace(wanted.recipe, **changed)
    pictures = Pictures([str(Path(folder, label)) for label in labels], recursive=True)
    learned, held = _read(pictures, Path(folder), wanted, held_out, seed)
    training = Training(wanted.graph, learned, wanted.to_input, recipe, seed=seed, workers=workers)
    checkpoint = target.with_name(f"{target.name}.checkpoint")
    if resume:
        try:
            training.resume(checkpoint.read_bytes(), shown(checkpoint))
        except OSError as error:
            raise NetworkError(
                f"{shown(checkpoint)}: cannot be read: {reason_of(error)}"
            ) from error
    _tell(f"{model} learns from {counted(len(learned), 'picture')} of {len(labels)} classes")
    _train(training, held, checkpoint)
    _write(target, training, wanted, overwrite=overwrite)
    checkpoint.unlink(missing_ok=True)
    return pictures.exit_code()


def _tell(text: str) -> None:
    say(f"{click.get_current_context().command_path}: {text}")


def _check(target: Path, *, overwrite: bool) -> None:
    """Refuse an output before any work."""
    if target.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{shown(target)}: weights go into {' or '.join(_SUFFIXES)} files")
    check_free(str(target), overwrite=overwrite)
    if target.suffix.lower() == ".npz":
        check_free(str(target.with_suffix(".toml")), overwrite=overwrite)
    else:
        from convfilter.nn.weights.safe import encoded

        encoded({}, {})  # the package that writes it may not be there


def _read(
    pictures: Pictures, folder: Path, wanted: Task, share: float, seed: int
) -> tuple[Data, Data]:
    """Return the pictures to learn from, and those that are held out."""
    import numpy as np

    from convfilter.nn.preprocessing.pictures import prepared
    from convfilter.nn.training.data import Data

    how = wanted.as_bytes
    labels = wanted.preprocessing.labels
    numbers = {label: number for number, label in enumerate(labels)}
    found, classes = [], []
    for each in pictures.each(lambda picture: prepared(picture, how).astype(np.uint8)):
        if each.error is None and each.path is not None:
            found.append(each.result)
            classes.append(numbers[each.path.relative_to(folder).parts[0]])
    held = np.zeros(len(found), np.bool_)
    kinds = np.array(classes, np.int64)
    rng = np.random.default_rng([seed, len(labels)])
    for number, label in enumerate(labels):
        own = np.flatnonzero(kinds == number)
        if not len(own):
            raise ImageError(f"{shown(folder / label)}: has no pictures to learn from")
        held[rng.permutation(own)[: int(len(own) * share)]] = True
    stack = np.stack(found)
    return Data(stack[~held], kinds[~held]), Data(stack[held], kinds[held])


def _train(training: Training, held: Data, checkpoint: Path) -> None:
    """Train, show how it goes, and keep a checkpoint of each epoch."""
    epochs = training.recipe.epochs
    last: Progress | None = None
    while training.epoch < epochs:
        title = f"epoch {training.epoch + 1} of {epochs}"
        with bar(title) as show:
            for last in training.run_epoch():
                show(last.batch / last.batches, _how_good(last))
        if last is not None:
            asked = f", held out {_percent(training.accuracy(held))}" if len(held) else ""
            _tell(f"{title}: {_how_good(last)}{asked}")
        write_whole(checkpoint, [training.checkpoint()], overwrite=True)


def _how_good(progress: Progress) -> str:
    return f"loss {progress.loss:.4f}, accuracy {_percent(progress.accuracy)}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _write(target: Path, training: Training, wanted: Task, *, overwrite: bool) -> None:
    """Write the weights, with what has to be done to pictures."""
    from convfilter.nn.preprocessing.description import KEY
    from convfilter.nn.training.fit import npz

    how, arrays = wanted.preprocessing, training.model.weights
    if target.suffix.lower() == ".npz":
        write_whole(target.with_suffix(".toml"), [how.to_toml().encode()], overwrite=overwrite)
        write_whole(target, [npz(arrays)], overwrite=overwrite)
    else:
        from convfilter.nn.weights.safe import encoded

        texts = {"format": "pt", KEY: how.to_json()}
        write_whole(target, [encoded(arrays, texts)], overwrite=overwrite)
    _tell(f"{shown(target)}: {sum(array.size for array in arrays.values()):,} numbers written")
