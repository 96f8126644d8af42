"""One job: what is written, what is told about it, and that it can be sent to another process."""

from __future__ import annotations

import io
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter.batch.job import Job
from convfilter.batch.settings import checked
from convfilter.batch.work import LARGE_FILE, Work, prepare
from convfilter.cli.telling.explain import explanation
from convfilter.errors import ConvfilterError, ImageError
from convfilter.formats.checksum import Checksum
from convfilter.images import Image, read, write
from convfilter.pipeline import Pipeline
from convfilter.runtime import compiled
from convfilter.runtime.compiled import loading

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 4), dtype=np.uint8)


@pytest.fixture(autouse=True)
def _in_folder_with_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Image(PIXELS, alpha=True), "in.png")


def work(text: str = "sobel", **given: Any) -> Work:
    return Work(Pipeline.parse(text), checked(given))


def test_a_job_is_done_and_told() -> None:
    done = work()(Job(Path("in.png"), Path("out.png")))
    expected = convfilter.apply("sobel", read("in.png")).pixels
    assert np.array_equal(read("out.png").pixels, expected)
    assert (done.shape, done.dtype, done.frames) == ((24, 32, 4), "uint8", 1)
    assert done.notes == ()
    assert len(done.plans) > 0
    assert all(seconds > 0 for seconds in done.seconds)


def test_what_files_are_known_by_is_told() -> None:
    source, target = Path("in.png"), Path("out.png")
    before = source.stat()
    done = Work(Pipeline.parse("sobel | max-pool size=2"), checked({}), hashes=True)(
        Job(source, target)
    )
    assert done.input == (before.st_size, before.st_mtime_ns, "")
    written = target.stat()
    digest = Checksum()
    digest.update(target.read_bytes())
    assert done.output == (written.st_size, written.st_mtime_ns, digest.hexdigest())
    assert done.made[:2] == read(target).shape[:2] == (done.shape[0] // 2, done.shape[1] // 2)


@pytest.mark.parametrize(
    ("job", "text", "cause"),
    [
        (("none.png", "out.png"), "sobel", "input"),
        (("in.png", "none/out.png"), "sobel", "output"),
        (("in.png", "out.png"), "sobel signed=raw", "usage"),
    ],
)
def test_an_error_tells_what_it_is_about(job: tuple[str, str], text: str, cause: str) -> None:
    with pytest.raises(ConvfilterError) as caught:
        work(text)(Job(*map(Path, job)))
    assert caught.value.cause == cause


def test_what_the_output_cannot_hold_is_noted() -> None:
    done = work("invert")(Job(Path("in.png"), Path("out.jpg")))
    assert len(done.notes) == 1
    assert "out.jpg: JPEG holds no transparency" in done.notes[0]
    assert done.plans == ()


def test_what_is_told_of_the_picture_is_that_of_the_one_that_is_filtered() -> None:
    pages = tuple(Image(PIXELS[:, :, 0]) for _ in range(3))
    write(Image(PIXELS[:, :, 0], following=pages), "in.tif")
    done = work(depth="16")(Job(Path("in.tif"), Path("out.tif")))
    assert (done.shape, done.dtype, done.frames) == ((24, 32), "uint16", 4)


def test_a_folder_is_made_only_where_the_job_may() -> None:
    with pytest.raises(ImageError, match="does not exist"):
        work()(Job(Path("in.png"), Path("far/out.png")))
    work()(Job(Path("in.png"), Path("far/off/out.png"), make_folder=True))
    assert Path("far/off/out.png").exists()
    Path("plain").write_bytes(b"")
    with pytest.raises(ImageError, match="the folder plain/x cannot be created"):
        work()(Job(Path("in.png"), Path("plain/x/out.png"), make_folder=True))


def test_an_output_is_replaced_only_where_the_job_may() -> None:
    write(Image(PIXELS, alpha=True), "out.png")
    before = Path("out.png").read_bytes()
    with pytest.raises(ImageError, match="exists already"):
        work()(Job(Path("in.png"), Path("out.png")))
    assert Path("out.png").read_bytes() == before
    work()(Job(Path("in.png"), Path("out.png"), overwrite=True))
    assert Path("out.png").read_bytes() != before


def test_standard_streams_keep_the_format_of_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("in.png").read_bytes())))
    monkeypatch.setattr(sys, "stdout", output)
    work()(Job(None, None))
    written = output.buffer
    assert isinstance(written, io.BytesIO)
    image = read(io.BytesIO(written.getvalue()))
    assert image.format == "PNG"
    assert np.array_equal(image.pixels, convfilter.apply("sobel", read("in.png")).pixels)


@pytest.mark.parametrize(
    "text", ["sobel", "sobel-x", 'gaussian-blur sigma=2 | convolve kernel="0 1, 2 3"']
)
def test_work_can_be_sent_to_another_process(text: str) -> None:
    here = work(text, depth="16", strip=True)
    there: Work = pickle.loads(pickle.dumps(here))
    here(Job(Path("in.png"), Path("here.png")))
    done = there(Job(Path("in.png"), Path("there.png")))
    assert Path("here.png").read_bytes() == Path("there.png").read_bytes()
    assert pickle.loads(pickle.dumps(done)).seconds == done.seconds


def test_the_linker_is_loaded_while_a_large_first_file_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(compiled, "prepare", lambda: calls.append("prepared"))
    Path("large.png").write_bytes(bytes(LARGE_FILE))
    small, large = Job(Path("in.png"), None), Job(Path("large.png"), None)
    for jobs in ([], [small, large], [Job(None, None)], [Job(Path("missing.png"), None)]):
        prepare(jobs)
    assert calls == []
    prepare([large, small])
    assert calls == ["prepared"]


def test_compiling_is_no_part_of_filtering(monkeypatch: pytest.MonkeyPatch) -> None:
    filtered = Work._filtered
    name = "engine.rank.loops.bits.search"

    def compiling(self: Work, image: Image, format_name: str) -> Image:
        loading._loaded.__wrapped__((name, ()))
        return filtered(self, image, format_name)

    quick = work("invert")(Job(Path("in.png"), Path("a.png")))
    assert quick.compiling == 0.0
    assert not any("compiling" in line for line in explanation("a.png", quick))
    monkeypatch.setattr(Work, "_filtered", compiling)
    monkeypatch.setattr(loading.keys, "file_name", lambda request: "missing")
    monkeypatch.setattr(loading, "_compiled", lambda request, file: time.sleep(0.3))
    done = work("invert")(Job(Path("in.png"), Path("b.png")))
    assert 0.3 <= done.compiling < 3
    assert done.seconds.filtering < 0.25
    assert explanation("b.png", done)[1].startswith("  compiling ")
