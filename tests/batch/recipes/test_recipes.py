"""A recipe says all that a command says: run again, from file or stamp, it gives the same bytes."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, Recipe
from convfilter.batch.settings import OF_RECIPES, OPTIONS
from convfilter.cli.main import run
from convfilter.errors import (
    ArgumentError,
    ConvfilterError,
    ImageError,
    PipelineError,
    UnknownNameError,
    UsageError,
)
from convfilter.formats import FORMATS
from convfilter.formats.declaring.index import SUMMARIES
from convfilter.pipeline import find
from tests.batch.recipes import drawn

SHAPES = [(12, 16), (12, 16, 3), (12, 16, 4)]
FORMS = {name: FORMATS[name] for name, summary in SUMMARIES.items() if summary.is_written}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small pictures of several kinds."""
    folder = tmp_path_factory.mktemp("inputs")
    random = np.random.default_rng(5)
    paths = []
    for shape, dtype in itertools.product(SHAPES, (np.uint8, np.uint16)):
        pixels = random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
        pixels[..., 3:] //= 2
        paths.append(folder / f"{len(shape)}-{shape[-1]}-{np.dtype(dtype)}.png")
        convfilter.write(Image(pixels, alpha=shape[-1] == 4), paths[-1])
    paths.append(folder / "floats.tif")
    convfilter.write(Image(random.random((12, 16, 3), np.float32)), paths[-1])
    paths.append(folder / "array.npy")
    np.save(paths[-1], random.normal(size=(12, 16, 3)))
    return paths


def _commands(inputs: list[Path], folder: Path, count: int, seed: int) -> None:
    """Draw commands until so many succeeded; each is run again by its recipe and by its stamp."""
    done = 0
    for number in itertools.count():
        assert number < 20 * count, "most commands that are drawn fail"
        random = Random(f"{seed} {number}")
        before, after, suffix = drawn.command(random)
        source = random.choice(inputs)
        made, again = (folder / f"{number}-{word}{suffix}" for word in ("1", "2"))
        recipe = folder / f"{number}.toml"
        words = [*before, str(source), str(made), *after, "--save-recipe", str(recipe), "-q"]
        code = run(words)
        assert code in (0, 1, 2), words
        assert recipe.exists() == made.exists() == (code == 0), words
        if code:
            continue
        done += 1
        assert run(["pipe", str(recipe), str(source), str(again), "-q"]) == 0, words
        assert again.read_bytes() == made.read_bytes(), words
        _rerun(words, made, folder / f"{number}-3{suffix}", source)
        if done == count:
            return


def _rerun(words: list[str], made: Path, again: Path, source: Path) -> None:
    """Have the command stamp its result, and make that again by the stamp."""
    saving = words.index("--save-recipe")
    words = [*words[:saving], "--stamp", "--overwrite", "-q"]
    assert run(words) == 0, words
    written = convfilter.read(made).format
    assert written is not None
    code = run(["rerun", str(made), str(source), str(again), "-q"])
    if FORMS[written].keeps & {"texts", "XMP"}:
        assert code == 0, words
        assert again.read_bytes() == made.read_bytes(), words
    else:
        assert code == 1, words


def test_random_commands_run_again_give_the_same_bytes(inputs: list[Path], tmp_path: Path) -> None:
    _commands(inputs, tmp_path, 5, seed=1)


@pytest.mark.thorough
def test_many_random_commands_run_again_give_the_same_bytes(
    inputs: list[Path], tmp_path: Path
) -> None:
    _commands(inputs, tmp_path, 200, seed=2)


def test_the_repr_of_a_random_pipeline_is_the_same_pipeline() -> None:
    found = 0
    for number in range(400):
        random = Random(number)
        names = [drawn.step(random)[0] for _ in range(random.choice([1, 2, 3]))]
        steps = []
        try:
            for name in names:
                declared, preset = find(name)
                parameters = [p for p in declared.parameters if p.name not in preset]
                chosen = [p for p in parameters if p.required or random.random() < 0.4]
                steps.append((name, {p.name: drawn.python_value(random, p) for p in chosen}))
            pipeline = Pipeline(steps)
        except ConvfilterError:
            continue
        found += 1
        again = eval(repr(pipeline), {"Pipeline": Pipeline})
        assert again.steps == pipeline.steps
        assert Recipe.parse(str(Recipe(pipeline))).pipeline.steps == pipeline.steps
    assert found > 200


@pytest.mark.parametrize("name", OF_RECIPES)
def test_every_option_of_recipes_survives_the_file(name: str, tmp_path: Path) -> None:
    option = OPTIONS[name]
    for seed in range(8):
        value = True if option.kind == "flag" else option.parse(drawn.text_of(Random(seed), option))
        recipe = Recipe("sobel", **{name: value})  # type: ignore[misc]
        recipe.save(tmp_path / f"{seed}.toml")
        assert Recipe.load(tmp_path / f"{seed}.toml") == recipe
        assert recipe.options == ({} if value == option.default else {name: value})


@pytest.mark.parametrize("name", [name for name in OPTIONS if name not in OF_RECIPES])
def test_how_the_work_is_done_stands_in_no_recipe(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} stands in no recipe"):
        Recipe("sobel", **{name: OPTIONS[name].default})  # type: ignore[misc]
    with pytest.raises(PipelineError, match=rf"line 2: {name} stands in no recipe"):
        Recipe.parse(f'[options]\n{name} = 1\n[[step]]\nfilter = "sobel"\n')


STEP = '[[step]]\nfilter = "sobel"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (STEP + "nrom = 3", 3, "did you mean norm"),
        ("\n# words\n" + STEP + STEP + "norm = 'l3'", 7, "no norm is called 'l3'"),
        (
            STEP + '[[step]]\n\nfilter = "gaussian-blur"\nsigma = -1',
            6,
            "step 2, gaussian-blur",
        ),
        (STEP + '[[step]]\nfilter = "soble"', 4, "did you mean sobel"),
        (STEP + "[[step]]\nsigma = 3", 3, 'step 2 needs filter = "name"'),
        ("[options]\nquality = [\n1,\n2]\n" + STEP, 2, "quality is"),
        ("[options]\nlinear = 1\n" + STEP, 2, "linear is 1"),
        ('options.depth = "12"\n' + STEP, 1, "choose from 8, 16, float"),
        ("[options]\nstamp = true\nqualty = 3\n" + STEP, 3, "did you mean quality"),
        ("sigma = 3\n" + STEP, 1, "a recipe has no sigma"),
        ("[option]\nlinear = true\n" + STEP, 1, "did you mean options"),
        ("convfilter = 3\n" + STEP, 1, "is a version"),
        (STEP + "a = [1 2]", 3, "not a TOML file"),
        (
            '[[step]]\nfilter = "convolve"\n[step.kernel]\nweights = [1, "x"]',
            3,
            "is not a number",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_line(text: str, line: int, words: str) -> None:
    with pytest.raises(PipelineError) as caught:
        Recipe.parse(text)
    assert words in str(caught.value)
    assert f"line {line}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "step = []", "step = 3", "options = 3\n" + STEP, "\0", "[" * 9]
)
def test_what_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(PipelineError):
        Recipe.parse(text)


def test_a_file_of_any_length_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_text("x = [\n" + "1,\n" * 200_000 + "]\n")
    with pytest.raises(PipelineError, match="a recipe has no x"):
        Recipe.load(path)
    path.write_text("#" * (1 << 21))
    with pytest.raises(PipelineError, match="at most 1048576 bytes"):
        Recipe.load(path)


def test_kernels_stand_in_recipes_with_all_that_they_say(tmp_path: Path) -> None:
    table = '[mine]\nweights = [["1/9", 2]]\nscale = 3\noffset = 9\nsigned = "offset"\n'
    (tmp_path / "kernel.toml").write_text(table)
    recipe = Recipe(Pipeline([("convolve", {"kernel": str(tmp_path / "kernel.toml")})]))
    text = str(recipe)
    assert "kernel.toml" not in text
    (tmp_path / "kernel.toml").unlink()
    assert Recipe.parse(text) == recipe
    assert 'kernel = "sobel-x"' in str(Recipe("convolve kernel=sobel-x"))


def test_a_recipe_in_python_does_what_it_does_with_files(
    inputs: list[Path], tmp_path: Path
) -> None:
    for number, source in enumerate(inputs):
        recipe = Recipe("gaussian-blur sigma=1 | sobel", linear=True, depth=16, format="tiff")
        (result,) = convfilter.filter_files(source, tmp_path / f"{number}.tif", recipe)
        assert result.ok, result.error
        expected = convfilter.read(tmp_path / f"{number}.tif")
        image = convfilter.read(source)
        np.testing.assert_array_equal(recipe.apply(image).pixels, expected.pixels)
        if not image.alpha:
            np.testing.assert_array_equal(recipe.apply(image.pixels), expected.pixels)


def test_options_given_go_before_those_of_a_recipe(inputs: list[Path], tmp_path: Path) -> None:
    Recipe("sobel", depth=16, strip=True).save(tmp_path / "r.toml")
    assert run(["pipe", str(tmp_path / "r.toml"), str(inputs[0]), str(tmp_path / "a.png")]) == 0
    more = ["--depth", "8", "--save-recipe", str(tmp_path / "s.toml")]
    words = ["pipe", str(tmp_path / "r.toml"), str(inputs[0]), str(tmp_path / "b.png"), *more]
    assert run(words) == 0
    depths = [convfilter.read(tmp_path / name).dtype for name in ("a.png", "b.png")]
    assert depths == [np.uint16, np.uint8]
    assert Recipe.load(tmp_path / "s.toml").options == {"depth": "8", "strip": True}


def test_a_recipe_of_another_version_is_told(
    inputs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.toml").write_text('convfilter = "0.0.3"\n' + STEP)
    assert run(["pipe", str(tmp_path / "old.toml"), str(inputs[0]), str(tmp_path / "a.png")]) == 0
    told = capsys.readouterr().err
    assert f"written by convfilter 0.0.3, and this is {convfilter.__version__}" in told


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("recipe.txt", "is a .toml file", 2),
        ("old.toml", "exists already", 1),
        ("no/r.toml", "no", 1),
        ("folder.toml", "is a folder", 1),
        (f"{'a' * 260}.toml", "cannot be written", 1),
    ],
)
def test_where_a_recipe_cannot_go_nothing_is_done(
    name: str,
    words: str,
    code: int,
    inputs: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "old.toml").write_text("old")
    (tmp_path / "folder.toml").mkdir()
    overwrite = [] if name == "old.toml" else ["--overwrite"]
    kept = ["--save-recipe", str(tmp_path / name), *overwrite]
    assert run(["sobel", str(inputs[0]), str(tmp_path / "a.png"), *kept]) == code
    assert words in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"old.toml", "folder.toml"}
    assert (tmp_path / "old.toml").read_text() == "old"


def test_recipes_are_equal_whatever_the_order_of_their_options() -> None:
    one = Recipe("sobel", linear=True, nodata=float("nan"))
    assert one == Recipe("sobel", nodata=float("nan"), linear=True)
    assert one != Recipe("sobel", nodata=3, linear=True)


@pytest.mark.posix
def test_a_file_that_no_text_can_name_stands_in_no_recipe(
    inputs: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["sobel", str(inputs[0]), str(tmp_path / "a.png"), "--mask", "m\udcff.png"]
    assert run([*words, "--save-recipe", str(tmp_path / "r.toml")]) == 2
    assert "is no text in UTF-8" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        Recipe("sobel", mask="m\udcff.png").save(tmp_path / "r.toml")


def test_of_a_command_that_fails_no_recipe_is_kept(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nothing")
    kept = ["--save-recipe", str(tmp_path / "r.toml")]
    assert run(["sobel", str(tmp_path / "bad.png"), str(tmp_path / "a.png"), *kept]) == 1
    assert not (tmp_path / "r.toml").exists()


def test_errors_of_python_have_their_kinds() -> None:
    with pytest.raises(UnknownNameError, match="did you mean linear"):
        Recipe("sobel", liner=True)  # type: ignore[call-arg]
    with pytest.raises(ArgumentError):
        Recipe("sobel", quality=900)
    with pytest.raises(TypeError):
        Recipe(3)  # type: ignore[arg-type]
    values: Any = Recipe("sobel")
    assert values != "sobel"
    with pytest.raises(ImageError):
        Recipe.load("nothing.png")
