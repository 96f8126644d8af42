"""`filter_files`: the command's work from Python, with the command's safety."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import FileResult, filter_files, filters
from convfilter.errors import (
    ArgumentError,
    ArgumentTypeError,
    ConvfilterError,
    ImageError,
    PipelineError,
    UnknownNameError,
    UsageError,
    shown,
)
from convfilter.images import Image, Metadata, read
from convfilter.pipeline import Pipeline
from tests.cli.conftest import everything, outputs_in, picture


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def outputs(results: Iterable[FileResult]) -> list[str]:
    """Use the results up and return the sorted names of the outputs, all of which are there."""
    made = list(results)
    assert [result.error for result in made] == [None] * len(made)
    assert all(result.ok and result.output.exists() for result in made)
    return sorted(str(result.output) for result in made)


def is_sobel_of(output: str | Path, source: str | Path) -> bool:
    return np.array_equal(read(output).pixels, filters.sobel(read(source).pixels))


def test_a_file_to_a_file() -> None:
    picture("a.png")
    (result,) = filter_files("a.png", "b.png", "sobel")
    assert (result.input, result.output) == (Path("a.png"), Path("b.png"))
    assert result.ok
    assert is_sobel_of("b.png", "a.png")
    assert result.plans
    assert min(result.seconds) > 0
    assert result.notes == ()


def test_paths_of_every_type(tmp_path: Path) -> None:
    picture("a.png")
    assert outputs(filter_files(tmp_path / "a.png", tmp_path / "b.png", "sobel")) == [
        str(tmp_path / "b.png")
    ]
    assert outputs(filter_files([Path("a.png"), "b.png"], Path("out"), "sobel")) == [
        "out/a.png",
        "out/b.png",
    ]
    assert outputs(filter_files((p for p in ["a.png"]), "c.png", "sobel")) == ["c.png"]


def test_a_dash_is_the_name_of_a_file() -> None:
    Path("-").write_bytes(picture("a.png").read_bytes())
    assert outputs(filter_files("-", "b.png", "sobel")) == ["b.png"]
    assert outputs(filter_files("a.png", "-", "sobel", format="png", overwrite=True)) == ["-"]
    assert is_sobel_of("-", "a.png")


@pytest.mark.parametrize(
    "pipeline",
    [
        Pipeline([("gaussian-blur", {"sigma": 2}), "sobel"]),
        "gaussian-blur sigma=2 | sobel",
        "gaussian_blur sigma=2 | sobel",
    ],
)
def test_pipelines_in_every_form(pipeline: Pipeline | str) -> None:
    picture("a.png")
    list(filter_files("a.png", "b.png", pipeline))
    blurred = filters.gaussian_blur(read("a.png").pixels.astype(np.float32) / 255, sigma=2)
    expected = filters.sobel(blurred) * 255
    assert np.abs(read("b.png").pixels - expected).max() < 0.51


def test_a_single_list_goes_into_a_folder_unless_its_output_is_named_as_a_file() -> None:
    picture("a.png")
    assert outputs(filter_files(["a.png"], "out", "sobel")) == ["out/a.png"]
    assert outputs(filter_files(["a.png"], "b.png", "sobel")) == ["b.png"]
    assert outputs(filter_files(["a.png"], "c.png/", "sobel")) == ["c.png/a.png"]


def test_without_an_output_a_sibling_is_made() -> None:
    picture("a.png")
    picture("in/b.png")
    assert outputs(filter_files("a.png", None, "gaussian_blur")) == ["a-gaussian-blur.png"]
    assert outputs(filter_files("a.png", None, "sobel-x")) == ["a-sobel-x.png"]
    assert outputs(filter_files("a.png", None, "sobel | invert", format="jpg")) == ["a-pipe.jpg"]
    assert outputs(filter_files("in", None, "sobel")) == ["in-sobel/b.png"]


def test_folders() -> None:
    for name in ("in/a.png", "in/x/a.png", "in/x/y/b.png", "more/a.png"):
        picture(name)
    Path("in/notes.txt").write_text("words", "utf-8")
    assert outputs(filter_files("in", "flat", "sobel")) == ["flat/a.png"]
    assert outputs(filter_files("in", "tree", "sobel", recursive=True, format="bmp")) == [
        "tree/a.bmp",
        "tree/x/a.bmp",
        "tree/x/y/b.bmp",
    ]
    assert outputs(filter_files(["in", "more"], "both", "sobel")) == [
        "both/in/a.png",
        "both/more/a.png",
    ]


def test_options_reach_the_work() -> None:
    picture("a.png", channels=4)
    picture("b.png", seed=1)
    list(filter_files("a.png", "a.tif", "gaussian-blur", depth="16", alpha="drop", linear=True))
    source = read("a.png")
    expected = Pipeline.parse("gaussian-blur")(
        source.with_pixels(source.pixels.astype(np.uint16) * 257, alpha=True),
        alpha="drop",
        linear=True,
    )
    assert np.array_equal(read("a.tif").pixels, expected.pixels)
    (noted,) = filter_files("a.png", "a.jpg", "invert", background="black", quality=50)
    assert "holds no transparency" in noted.notes[0]
    convfilter.write(Image(source.pixels, True, metadata=Metadata(dpi=(72, 72))), "c.png")
    list(filter_files(["c.png"], "bare", "invert", strip=True))
    assert read("bare/c.png").metadata.dpi is None
    (refused,) = filter_files("a.png", "d.png", "invert", max_pixels=100)
    assert "more than the limit of 100" in str(refused.error)


def test_frames_are_chosen_in_every_form() -> None:
    shades = [np.full((4, 5), shade, np.uint8) for shade in (10, 20, 30)]
    first, *others = map(Image, shades)
    convfilter.write(Image(first.pixels, following=tuple(others)), "pages.tif")
    for number, frames in enumerate(("1-", [1, 2], range(1, 3))):
        list(filter_files("pages.tif", f"{number}.tif", "invert", frames=frames))
        assert [frame.pixels[0, 0] for frame in read(f"{number}.tif").frames] == [235, 225]
    (beyond,) = filter_files("pages.tif", "beyond.tif", "invert", frames=3)
    assert "none of number 3" in str(beyond.error)


def test_in_place() -> None:
    picture("in/a.png")
    picture("in/x/b.png", seed=1)
    expected = {name: filters.sobel(read(f"in/{name}").pixels) for name in ("a.png", "x/b.png")}
    results = list(filter_files("in", None, "sobel", in_place=True, recursive=True))
    assert {str(r.output) for r in results} == {str(r.input) for r in results}
    for name, pixels in expected.items():
        assert np.array_equal(read(f"in/{name}").pixels, pixels)
    assert len([path for path in Path("in").rglob("*") if path.is_file()]) == 2


def test_an_input_is_never_overwritten_unless_in_place() -> None:
    picture("a.png")
    os.link("a.png", "hard.png")
    before = everything(Path())
    for output in ("a.png", "./a.png", "hard.png"):
        with pytest.raises(UsageError, match=r"in-place"):
            filter_files("a.png", output, "sobel", overwrite=True)
    with pytest.raises(UsageError, match=r"in-place"):
        filter_files([Path("a.png"), "hard.png"], Path(), "sobel", overwrite=True)
    assert everything(Path()) == before


def test_existing_outputs_are_replaced_only_by_leave() -> None:
    picture("in/a.png")
    picture("in/b.png", seed=1)
    picture("out/b.png", seed=2)
    before = everything(Path())
    with pytest.raises(ImageError, match=r"out/b\.png: exists already"):
        filter_files("in", "out", "sobel")
    assert everything(Path()) == before
    assert outputs(filter_files("in", "out", "sobel", overwrite=True)) == ["out/a.png", "out/b.png"]
    assert is_sobel_of("out/b.png", "in/b.png")


def test_a_file_that_appears_after_the_plan_is_not_replaced() -> None:
    picture("in/a.png")
    results = filter_files("in", "out", "sobel")
    old = picture("out/a.png", seed=3).read_bytes()
    (result,) = results
    assert "exists already" in str(result.error)
    assert Path("out/a.png").read_bytes() == old


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("a.png", "b.png", "sobl"), {}, PipelineError, "did you mean sobel"),
        (("a.png", "b.png", "sobel |"), {}, PipelineError, "step 2 is empty"),
        (("a.png", "b.png", "gaussian-blur sigma=-1"), {}, PipelineError, "sigma is -1"),
        (("a.png", "b.png", filters.sobel), {}, ArgumentTypeError, "is no pipeline"),
        (("a.png", "b.png", "sobel"), {"qualty": 3}, UnknownNameError, "did you mean quality"),
        (("a.png", "b.png", "sobel"), {"quality": 0}, ArgumentError, "quality is 0"),
        (("a.png", "b.png", "sobel"), {"format": "heic"}, ConvfilterError, "HEIC"),
        (("a.png", None, "sobel"), {"in_place": True, "frames": 0}, UsageError, "--frames"),
        (("a.png", None, "sobel"), {"in_place": True, "format": "png"}, UsageError, "--format"),
        (("a.png", "b.png", "sobel"), {"in_place": True}, UsageError, "no place for b.png"),
        (([], "out", "sobel"), {}, UsageError, "give an input"),
        (("", "out", "sobel"), {}, UsageError, "empty"),
        (("a.png", "", "sobel"), {}, UsageError, "empty"),
        ((3, "out", "sobel"), {}, ArgumentTypeError, "3 is no path"),
        (("a.png", b"out", "sobel"), {}, ArgumentTypeError, "b'out' is no path"),
        ((b"a.png", "out", "sobel"), {}, ArgumentTypeError, "b'a.png' is no path"),
        ((["a.png", 3], "out", "sobel"), {}, ArgumentTypeError, "3 is no path"),
        ((["a.png", "in"], None, "sobel"), {}, UsageError, "need a folder as output"),
        ((["a.png", "in"], "a.png", "sobel"), {}, UsageError, "output, but a.png is a file"),
        ((["a.png", "in"], "plain", "sobel"), {}, UsageError, "output, but plain is a file"),
        (("in", "new.png", "sobel"), {}, UsageError, "needs a folder as output, but new.png"),
        (("a.png", "b.xyz", "sobel"), {}, UsageError, "no format has the suffix"),
        (("a.png", "far/b.png", "sobel"), {}, ImageError, "far does not exist"),
        (("nope.png", "b.png", "sobel"), {}, ImageError, "no such file"),
        (("empty", "out", "sobel"), {}, ImageError, "no images found"),
    ],
)
def test_what_concerns_the_whole_is_raised_at_the_call(
    arguments: Any, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    picture("a.png")
    picture("in/a.png")
    picture("in/a.jpg")
    Path("empty").mkdir()
    Path("plain").write_bytes(b"")
    before = everything(Path())
    with pytest.raises(error) as caught:
        filter_files(*arguments, **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert everything(Path()) == before


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_broken_file_does_not_stop_the_others(jobs: int) -> None:
    for number in range(6):
        picture(f"in/{number}.jpg", seed=number)
    Path("in/3.jpg").write_bytes(Path("in/3.jpg").read_bytes()[:300])
    results = {r.input.name: r for r in filter_files("in", "out", "sobel", jobs=jobs)}
    assert len(results) == 6
    broken = results.pop("3.jpg")
    assert not broken.ok
    assert isinstance(broken.error, ImageError)
    assert "truncated" in str(broken.error)
    assert broken.output == Path("out/3.jpg")
    assert not broken.output.exists()
    assert (broken.notes, broken.plans, sum(broken.seconds)) == ((), (), 0)
    assert all(result.ok for result in results.values())
    assert sorted(everything(Path("out"))) == ["0.jpg", "1.jpg", "2.jpg", "4.jpg", "5.jpg"]


def test_a_fault_of_ours_is_a_result_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    picture("a.png")
    monkeypatch.setattr("convfilter.pipeline.Pipeline.__call__", fail)
    (result,) = filter_files("a.png", "b.png", "sobel")
    assert isinstance(result.error, ZeroDivisionError)


def test_a_folder_that_cannot_be_read_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    # root, who runs many a container, may do everything: so the answer is given here
    picture("in/a.png")
    picture("in/x/b.png")
    scandir = os.scandir

    def no_listing(path: Path) -> Any:
        if Path(path).name == "x":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", no_listing)
    locked, done = filter_files("in", "out", "sobel", recursive=True)
    assert (locked.input, locked.output) == (Path("in/x"), Path("out/x"))
    assert "the folder cannot be read" in str(locked.error)
    assert done.ok


def test_nothing_is_done_before_results_are_taken() -> None:
    picture("a.png")
    results = filter_files("a.png", "b.png", "sobel")
    assert sorted(everything(Path())) == ["a.png"]
    results.close()
    assert sorted(everything(Path())) == ["a.png"]


@pytest.mark.parametrize("jobs", [1, 2, 4])
@pytest.mark.parametrize("way", ["close", "break", "error"])
def test_who_stops_taking_results_ends_the_work(jobs: int, way: str) -> None:
    data = picture("in/000.png").read_bytes()
    for number in range(1, 60):
        Path(f"in/{number:03}.png").write_bytes(data)
    taken = []

    def take_one() -> None:
        results = filter_files("in", "out", "sobel", jobs=jobs)
        if way == "close":
            taken.append(next(results))
            results.close()
            return
        for result in results:
            taken.append(result)
            if way == "break":
                break
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) if way == "error" else nullcontext():
        take_one()
    assert len(taken) == 1
    assert not [t for t in threading.enumerate() if t.name.startswith("convfilter-job")]
    written = outputs_in("out")
    assert 1 <= len(written) <= 2 * jobs
    for path in written:
        assert path.suffix == ".png"
        assert is_sobel_of(path, "in/000.png")


def test_an_interrupt_while_files_are_under_way_leaves_whole_files_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(20):
        picture(f"in/{number:02}.png", seed=number)
    call = Pipeline.__call__
    lock, count = threading.Lock(), iter(range(100))

    def interrupted(self: Pipeline, *given: Any, **named: Any) -> Any:
        with lock:
            number = next(count)
        if number == 4:
            raise KeyboardInterrupt
        return call(self, *given, **named)

    monkeypatch.setattr(Pipeline, "__call__", interrupted)
    taken: list[FileResult] = []
    with pytest.raises(KeyboardInterrupt):
        taken.extend(filter_files("in", "out", "sobel", jobs=2))
    written = outputs_in("out")
    assert 3 <= len(written) < 20
    assert all(is_sobel_of(path, Path("in", path.name)) for path in written)


def test_files_are_filtered_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        picture(f"in/{number}.png", seed=number)
    call, together = Pipeline.__call__, threading.Barrier(3, timeout=20)

    def meet(self: Pipeline, *given: Any, **named: Any) -> Any:
        together.wait()
        return call(self, *given, **named)

    monkeypatch.setattr(Pipeline, "__call__", meet)
    assert len(outputs(filter_files("in", "out", "sobel", jobs=3))) == 3


def test_the_command_gives_the_same_files() -> None:
    from convfilter.cli.main import run

    for number in range(3):
        picture(f"in/{number}.png", seed=number, channels=4)
    assert run(["sobel", "in", "theirs", "--format", "webp", "--quiet"]) == 0
    outputs(filter_files("in", "ours", "sobel", format="webp"))
    assert everything(Path("ours")) == everything(Path("theirs"))


@pytest.mark.parametrize("name", ["a\0b.png", "x" * 300 + ".png", f"{'y' * 300}/a.png"])
def test_a_path_that_cannot_be_is_named(name: str) -> None:
    picture("in.png")
    for inputs, output in ((name, "out.png"), ("in.png", name), ([name, "in.png"], "out")):
        try:
            errors = [result.error for result in filter_files(inputs, output, "invert")]
        except ConvfilterError as error:
            errors = [error]
        assert errors
        for each in errors:
            assert each is None or shown(name)[:250] in str(each)
        assert any(errors)
