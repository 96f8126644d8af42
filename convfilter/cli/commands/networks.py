"""What the commands of networks have in common: which network, its weights, its pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from convfilter.cli.options import flag
from convfilter.cli.wording import describe, say
from convfilter.errors import ImageError, NetworkError, UsageError, reason_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from convfilter.nn.classifying import Classifier
    from convfilter.nn.network import Network
    from convfilter.picture.image import Image

__all__ = [
    "Found",
    "Pictures",
    "class_folders",
    "classifier",
    "classifier_without_labels",
    "explain_option",
    "named_network",
    "network_options",
    "read_labels",
    "recursive_option",
    "say_assumed",
    "say_explained",
    "title",
]

SHIPPED = "the weights of this package"

_ONNX = ".onnx"

_LARGEST_LABELS = 16_000_000

T = TypeVar("T")


def network_options(*, labels: bool = True) -> Sequence[click.Option]:
    """Return the options that say which network is meant."""
    options = [
        click.Option(
            ["--model"],
            metavar="NAME|FILE",
            help="a network that convfilter nn list shows, or an ONNX file  [default: LeNet-5,"
            " which reads digits, with the weights of this package]",
        ),
        click.Option(
            ["--weights"],
            metavar="FILE",
            help="a .safetensors or .npz file with torchvision's names; or the word random, to try"
            " a network without any",
        ),
        click.Option(
            ["--seed"], type=click.IntRange(0), metavar="N", help="of random weights  [default: 0]"
        ),
        click.Option(
            ["--preprocessing"],
            metavar="FILE",
            help="a TOML file that says what is done to pictures  [default: as the weights say]",
        ),
    ]
    if labels:
        options.append(
            click.Option(
                ["--labels"],
                metavar="FILE",
                help="a text file with the label of each class on a line  [default: as the weights"
                " say]",
            )
        )
    options.append(
        click.Option(
            ["--workers"], type=click.IntRange(1), metavar="N", help="threads  [default: all CPUs]"
        )
    )
    return options


def named_network(params: dict[str, Any]) -> Network | None:
    """Return the network that the options name; None where they name none, and LeNet-5 is meant.

    Raises
    ------
    UsageError
        Options that belong together are not given together.
    """
    model, weights, seed = params["model"], params["weights"], params["seed"]
    if model is None:
        for name in ("weights", "seed", "preprocessing"):
            if params[name] is not None:
                raise UsageError(f"--{name} needs --model: say which network is meant")
        return None
    from convfilter.nn.network import RANDOM, load

    is_file = model.lower().endswith(_ONNX)
    if seed is not None and weights != RANDOM:
        raise UsageError(f"--seed is of random weights alone: add --weights {RANDOM}")
    if not is_file:
        from convfilter.nn.models import check_name

        check_name(model)
    if weights is None and not is_file:
        raise UsageError(
            f"--weights is needed: a file for {model}, or {RANDOM} to try it without any"
        )
    path = Path(model) if is_file else model
    how = None
    if params["preprocessing"] is not None:
        from convfilter.nn.preprocessing.description import read_toml

        how = read_toml(params["preprocessing"])
    return load(path, weights, seed=seed or 0, preprocessing=how, workers=params["workers"])


def classifier(params: dict[str, Any]) -> Classifier:
    """Return what tells pictures apart, as the options want it; say what had to be assumed."""
    from convfilter.nn.classifying import of_digits, of_network

    network = named_network(params)
    labels = () if params["labels"] is None else read_labels(Path(params["labels"]))
    if network is None:
        if labels:
            raise UsageError("--labels needs --model: say which network is meant")
        return of_digits(params["workers"])
    made = of_network(network, labels)
    if made.assumed:
        say_assumed(made.assumed)
    return made


def classifier_without_labels(params: dict[str, Any]) -> Classifier:
    """Return the network that the options name, or LeNet-5, with what it does to pictures."""
    from convfilter.nn.classifying import of_digits, of_network

    network = named_network(params)
    return of_digits(params["workers"]) if network is None else of_network(network)


def say_assumed(rule: str) -> None:
    """Say what is done to pictures where the weights do not tell."""
    context = click.get_current_context()
    say(
        f"{context.command_path}: the weights do not say how pictures are prepared; assumed:"
        f" {rule} (--preprocessing FILE.toml says it)"
    )


def title(made: Classifier, params: dict[str, Any]) -> str:
    """Return which network with which weights, in one line."""
    weights = params["weights"]
    if params["model"] is None:
        return f"{made.network.name} with {SHIPPED}"
    if weights is None:
        return f"{made.network.name} ({shown(params['model'])})"
    return f"{made.network.name} with {shown(weights)}" + (
        f" weights (seed {params['seed'] or 0})" if weights == "random" else ""
    )


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the lines of a text file, each the label of a class.

    Raises
    ------
    NetworkError
        It cannot be read, or holds none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_LABELS + 1)
        if len(text) > _LARGEST_LABELS:
            raise NetworkError(f"{shown(path)}: is no list of labels: too long")
        lines = text.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise NetworkError(f"{shown(path)}: cannot be read: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise NetworkError(f"{shown(path)}: is no text in UTF-8") from error
    labels = tuple(line.strip() for line in lines)
    while labels and not labels[-1]:
        labels = labels[:-1]
    if not labels:
        raise NetworkError(f"{shown(path)}: has no labels")
    return labels


def class_folders(folder: Path) -> list[str]:
    """Return the names of the folders in a folder, sorted: one for each class.

    Raises
    ------
    ImageError
        It cannot be read, or has none.
    """
    try:
        names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    except OSError as error:
        raise ImageError(f"{shown(folder)}: cannot be read: {reason_of(error)}") from error
    names = [name for name in names if not name.startswith(".")]
    if not names:
        raise ImageError(f"{shown(folder)}: has no folders: it takes one for each class")
    return names


class Found(NamedTuple):
    """A picture file, and what came of it: a result, or the error that ended it."""

    path: Path | None
    result: Any = None
    error: Exception | None = None

    @property
    def name(self) -> str:
        """Its name for messages."""
        return "standard input" if self.path is None else shown(self.path)


class Pictures:
    """The pictures of a command line, and what becomes of them.

    Attributes
    ----------
    paths : of the files, those of folders sorted by name; None is standard input
    failed : how many could not be read
    """

    def __init__(self, paths: Sequence[str], *, recursive: bool) -> None:
        if not paths:
            raise click.UsageError("give pictures or folders of them", click.get_current_context())
        self.paths: list[Path | None] = []
        self.failed = self.done = 0
        self._codes: set[int] = set()
        self._asides: list[str] = []
        for text in paths:
            if not text:
                raise UsageError("one of the paths is empty: perhaps a variable is not set")
            if text == "-":
                self.paths.append(None)
            elif Path(text).is_dir():
                self._enter(Path(text), recursive=recursive)
            else:
                self.paths.append(Path(text))
        if not self.paths and not self.failed:
            raise ImageError(f"{shown(paths[0])}: no images found{self._aside()}")

    def each(self, work: Callable[[Image], T]) -> Iterator[Found]:
        """Do the work for every picture, several side by side; yield in the order of the files.

        What cannot be read is said and counted.
        """
        for found in self._all(work):
            if found.error is None:
                self.done += 1
            else:
                self._tell(found.error, found.name)
            yield found

    def _all(self, work: Callable[[Image], T]) -> Iterator[Found]:
        if len(self.paths) == 1:  # the machinery of folders takes its time to come in
            (path,) = self.paths
            try:
                yield Found(path, work(_read(path)))
            except (ImageError, UsageError, NetworkError) as error:
                yield Found(path, error=error)
            return
        from convfilter.batch.job import Job
        from convfilter.batch.running.jobs import Threads
        from convfilter.runtime.threads import default_workers

        jobs = [Job(path, None) for path in self.paths]
        order = {id(job): number for number, job in enumerate(jobs)}

        def do(job: Job) -> T:
            return work(_read(self.paths[order[id(job)]]))

        ready: dict[int, Found] = {}
        following = 0
        running = Threads(jobs, do, default_workers())
        try:
            for outcome in running:
                number = order[id(outcome.job)]
                ready[number] = Found(self.paths[number], outcome.done, outcome.error)
                while following in ready:
                    yield ready.pop(following)
                    following += 1
        finally:
            running.stop()

    def exit_code(self) -> int:
        """Return 0 when all is done, 3 when some failed, else the code of what went wrong."""
        if not self.failed:
            return 0
        if self.done:
            return 3
        return next(iter(self._codes)) if len(self._codes) == 1 else 1

    def _enter(self, folder: Path, *, recursive: bool) -> None:
        from convfilter.batch.planning.walk import walk

        contents = walk(folder, recursive=recursive)
        self.paths += [folder / image for image in contents.paths()]
        for _, error in contents.unreadable:
            self._tell(error, "")
        passed_over = contents.passed_over + len(contents.unsupported) + len(contents.special)
        if passed_over:
            self._asides.append(f"{passed_over} other files passed over")
        if contents.not_entered:
            self._asides.append(f"{contents.not_entered} folders not entered: use -r for those")

    def _aside(self) -> str:
        return f" ({'; '.join(self._asides)})" if self._asides else ""

    def _tell(self, error: Exception, name: str) -> None:
        self.failed += 1
        self._codes.add(getattr(error, "exit_code", 1))
        text = describe(error)
        told = text if name in text else f"{name}: {text}"
        say(f"{click.get_current_context().command_path}: {told}")


def _read(path: Path | None) -> Image:
    """Read the first picture of a file, or of standard input."""
    from convfilter.files.reading import read

    if path is not None:
        return read(path, frames=0)
    if sys.stdin is None:
        raise ImageError("standard input is closed: send a picture into it")
    if sys.stdin.isatty():
        raise UsageError("standard input (-) is the keyboard: send a picture into it")
    return read(sys.stdin.buffer, frames=0)


def explain_option() -> click.Option:
    """Return the option that tells how a network runs."""
    return flag("--explain", "say how each layer ran and why, with milliseconds and GFLOP/s")


def say_explained(network: Network) -> None:
    """Say how a network runs on a picture of its own size; what that shows changes nothing."""
    import numpy as np

    say(str(network.explain(np.zeros((1, *network.graph.input_shape), np.float32))))


def recursive_option() -> click.Option:
    """Return the option that goes into folders of folders."""
    return flag("--recursive", "go into the folders of a folder", "-r")
