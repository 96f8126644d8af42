"""A recipe: a pipeline with the options that decide what comes out, from Python and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from convfilter import __version__
from convfilter.batch.settings import OF_RECIPES, OPTIONS, Settings, check_together, completed
from convfilter.errors import (
    ArgumentTypeError,
    ConvfilterError,
    ImageError,
    PipelineError,
    UnknownNameError,
    UsageError,
    reason_of,
    shown,
    suggestion,
)
from convfilter.filters.declaring.parameters import FileName
from convfilter.filters.declaring.values import plain
from convfilter.pipeline import Pipeline
from convfilter.toml import Document, table

if TYPE_CHECKING:
    import os
    from typing import Unpack

    from numpy.typing import ArrayLike, NDArray

    from convfilter.picture.image import Image

__all__ = ["SUFFIX", "Recipe", "check_name"]

SUFFIX = ".toml"

VERSION = "convfilter"
"""The key of the version that wrote a file."""

INPUT = "input"
"""The table of a stamp that says what a result was made from; a recipe has no use for it."""

STEP = "step"


class Recipe:
    """All that a command can say of its results, without the files: a pipeline and options.

    Parameters
    ----------
    pipeline : Pipeline, or text such as ``"gaussian-blur sigma=2 | sobel"``
    options : those of `filter_files` that decide about the bytes of a result
        How the work is done stands in no recipe: workers, jobs, overwrite and the like.

    Attributes
    ----------
    pipeline : Pipeline
    options : dict
        The options that differ from their defaults, checked.
    version : str
        Of convfilter, by which the recipe was written.
    lacking : dict
        Of a recipe from a result, options that named a file, which has to be named again.

    Raises
    ------
    UnknownNameError, ArgumentError, ArgumentTypeError, PipelineError
        For a pipeline or an option that cannot be understood.
    UsageError
        For an option that belongs into no recipe.

    Examples
    --------
    >>> recipe = Recipe("gaussian-blur sigma=2 | sobel", linear=True)
    >>> print(recipe)  # doctest: +ELLIPSIS
    convfilter = "..."
    <BLANKLINE>
    [options]
    linear = true
    <BLANKLINE>
    [[step]]
    filter = "gaussian-blur"
    sigma = 2.0
    <BLANKLINE>
    [[step]]
    filter = "sobel"
    <BLANKLINE>
    """

    def __init__(self, pipeline: Pipeline | str, **options: Unpack[Settings]) -> None:
        if not isinstance(pipeline, Pipeline):
            if not isinstance(pipeline, str):
                raise ArgumentTypeError(f"{pipeline!r} is no pipeline: give a Pipeline or text")
            pipeline = Pipeline.parse(pipeline)
        self.pipeline = pipeline
        checked = {name: _option(name).check(value) for name, value in options.items()}
        check_together(completed(checked))
        self.options = {n: value for n, value in checked.items() if value != OPTIONS[n].default}
        self.version = __version__
        self.lacking: dict[str, str] = {}

    @classmethod
    def of(cls, pipeline: Pipeline, settings: Mapping[str, Any]) -> Recipe:
        """Return the recipe of a pipeline and of what complete settings say of results."""
        return cls(pipeline, **{name: settings[name] for name in OF_RECIPES})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Recipe:
        """Read a recipe from its TOML file, or from a result that was stamped.

        Raises
        ------
        PipelineError
            The file cannot be understood; the message has the line.
        ImageError
            The result cannot be read, or has no stamp.
        """
        where = Path(path)
        if where.suffix.lower() == SUFFIX:
            return cls.of_document(Document.load(where))
        from convfilter.batch.recipes.embedding import document_of
        from convfilter.files.reading import read

        return cls.of_document(document_of(read(where, frames=0).metadata, shown(where)))

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """Read a recipe from text in TOML; raises as `load`."""
        return cls.of_document(Document(text, "the recipe"))

    @classmethod
    def of_document(cls, document: Document) -> Recipe:
        """Return the recipe in a TOML file; raises as `load`."""
        from convfilter.pipeline.steps import steps_of

        known = (VERSION, INPUT, "options", STEP)
        for name in document.tables:
            if name not in known:
                raise PipelineError(
                    f"{document.place(name)}: a recipe has no {name}{suggestion(name, known)}"
                )
        version = document.tables.get(VERSION, __version__)
        if not isinstance(version, str) or not version.isprintable() or len(version) > 80:
            raise PipelineError(f"{document.place(VERSION)}: {VERSION} is a version, such as 0.1.0")
        said = document.tables.get("options", {})
        if not isinstance(said, dict):
            raise PipelineError(f"{document.place('options')}: options are a table, [options]")
        options: dict[str, Any] = {}
        lacking = {}
        for key, value in said.items():
            name = key.replace("-", "_")
            try:
                option = _option(name)
                checked = option.read(value)
                if isinstance(option, FileName) and not document.names_files:
                    lacking[name] = checked
                else:
                    options[name] = checked
            except ConvfilterError as error:
                raise PipelineError(f"{document.place('options', key)}: {error}") from error
        recipe = cls(Pipeline(steps_of(document)), **options)
        recipe.version = version
        recipe.lacking = lacking
        return recipe

    def to_be_shown(self) -> Recipe:
        """Return the recipe without the folders of files that its options name, for a result.

        The names are only read there, so what is no text in them becomes question marks.
        """
        options = {
            name: _as_text(Path(value).name) if isinstance(OPTIONS[name], FileName) else value
            for name, value in self.options.items()
        }
        return Recipe(self.pipeline, **options)  # type: ignore[arg-type]

    def __str__(self) -> str:
        parts = [table("", {VERSION: self.version})]
        if self.options:
            parts.append(table("[options]", {n: plain(v) for n, v in self.options.items()}))
        return "\n".join([*parts, self.pipeline.to_toml()])

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"Recipe({self.pipeline!r}{options})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recipe):
            return NotImplemented
        # by what is shown of options: NaN, which is no data, is not equal to itself
        said = [repr(sorted(recipe.options.items())) for recipe in (self, other)]
        return self.pipeline.steps == other.pipeline.steps and said[0] == said[1]

    __hash__ = None  # type: ignore[assignment]

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> list[str]:
        """Write the recipe to a TOML file, whole or not at all, and return notes.

        Raises
        ------
        UsageError
            The name does not end in .toml, or the recipe names a file that no text can name.
        ImageError
            The file exists and may not be replaced, or it cannot be written.
        """
        from convfilter.files.replace import replace_file

        where = Path(path)
        check_name(where)
        try:
            return replace_file(where, [str(self).encode()], overwrite=overwrite)
        except FileExistsError as error:
            raise ImageError(f"{shown(where)}: exists already: give another name") from error
        except (OSError, ValueError) as error:
            raise ImageError(f"{shown(where)}: cannot be written: {reason_of(error)}") from error

    @overload
    def apply(self, image: Image, *, workers: int | None = None) -> Image: ...
    @overload
    def apply(self, image: ArrayLike, *, workers: int | None = None) -> NDArray[Any]: ...
    def apply(
        self, image: Image | ArrayLike, *, workers: int | None = None
    ) -> Image | NDArray[Any]:
        """Filter an array or an `Image` as the recipe says.

        That is the pipeline with `alpha`, `axes`, `linear` and `depth`, and of an `Image` `strip`.
        All other options are about files: ``convfilter.filter_files(inputs, output, recipe)`` minds
        them.

        Raises
        ------
        What a `Pipeline` raises.
        """
        import numpy as np

        from convfilter.batch.recipes.carrying_out import deepened, filtered, filtered_array
        from convfilter.picture.image import Image

        settings = completed(self.options)
        if isinstance(image, Image):
            deep = deepened(image, self.pipeline, settings)
            return filtered(deep, self.pipeline, settings, settings["format"], workers)
        return filtered_array(np.asanyarray(image), self.pipeline, settings, workers)


def _as_text(name: str) -> str:
    """Return a file's name with question marks for what is no text in UTF-8."""
    return name.encode("utf-8", "replace").decode()


def check_name(path: Path) -> None:
    """Refuse a name for a recipe by which nobody would know it; raises UsageError."""
    if path.suffix.lower() != SUFFIX:
        raise UsageError(f"{shown(path)}: a recipe is a {SUFFIX} file: name it so")


def _option(name: str) -> Any:
    """Return an option of recipes, or refuse the name."""
    if name in OF_RECIPES:
        return OPTIONS[name]
    if name in OPTIONS:
        raise UsageError(
            f"{name} stands in no recipe, since it says how the work is done: give it when the"
            " recipe is run"
        )
    raise UnknownNameError("option", name, OF_RECIPES)
