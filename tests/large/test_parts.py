"""Parts of a picture have the bits of the whole, whatever the pipeline and the parts are."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter import filters
from convfilter.engine.planning import forcing
from convfilter.errors import ConvfilterError
from convfilter.filters.declaring.reach import for_a_figure
from convfilter.large.parts import NotInPartsError, Parts, Rectangle
from convfilter.large.spans import Line
from convfilter.pipeline import Pipeline
from convfilter.runtime.checks import Array
from tests.examples import every
from tests.filters.registry import NAMES, variants
from tests.large.streams import Case, drawn, streamed

CASES = 500
"""Of pipelines, pictures and parts that are drawn."""

AT_ONCE = 10


def check(drawn_case: Case) -> str:
    """Hold what parts make against the whole; return what came of it."""
    try:
        expected: Array | None = drawn_case.whole()
    except ConvfilterError:
        expected = None
    try:
        made = drawn_case.in_parts()
    except NotInPartsError:
        return "needs the whole"
    except ConvfilterError:
        assert expected is None, drawn_case
        return "refused"
    assert expected is not None, drawn_case
    assert made.shape == expected.shape, drawn_case
    assert made.dtype == expected.dtype, drawn_case
    np.testing.assert_array_equal(made, expected, err_msg=str(drawn_case))
    return "the same"


@pytest.mark.parametrize("first", every(25, range(0, CASES, AT_ONCE)))
def test_parts_have_the_bits_of_the_whole(first: int) -> None:
    found = [check(drawn(seed)) for seed in range(first, first + AT_ONCE)]
    assert "the same" in found


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_each_filter_is_run_in_parts_or_says_that_it_needs_the_whole(name: str) -> None:
    random = np.random.default_rng(1)
    picture = random.integers(0, 256, (47, 33, 3), np.uint8)
    for given in variants(name):
        whole = filters.get(name).reach(filters.get(name).bind(given))
        pipeline = Pipeline([(name, given)])
        try:
            expected = pipeline(picture)
            parts = Parts(pipeline, picture.shape, picture.dtype)
        except NotInPartsError:
            # Otsu's level of floats takes all values at once
            excused = name == "threshold" or given.get("border") == "wrap"
            assert (whole.whole and whole.known is None) or excused, given
            continue
        except ConvfilterError:
            continue
        made = streamed(parts, picture, 16, 20)
        np.testing.assert_array_equal(made, expected, err_msg=f"{name} {given}")


FFT = [
    ("disk-blur radius=9 | sobel", 3, "uint8", 100, 401),
    ("gaussian-blur | disk-blur radius=14 padding=valid", 1, "float32", 300, None),
    ("max-pool size=2 | disk-blur radius=11", 3, "uint8", 97, 200),
    ("gabor wavelength=9 orientations=3", 1, "uint16", 300, None),
]


@pytest.mark.parametrize(("text", "channels", "dtype", "rows", "columns"), every(4, FFT))
def test_tiles_of_transforms_are_those_of_the_whole(
    text: str, channels: int, dtype: str, rows: int, columns: int | None
) -> None:
    random = np.random.default_rng(2)
    picture = random.random((1100, 520, channels)) ** 4
    picture[:300, :200] *= 1e-3  # where float32 is not accurate enough
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    pixels = (picture * white).astype(dtype)
    pipeline = Pipeline.parse(text)
    with forcing("fft of 256"):
        parts = Parts(pipeline, pixels.shape, pixels.dtype)
        assert any(parts.rows.grains)
        made = streamed(parts, pixels, rows, columns)
        np.testing.assert_array_equal(made, pipeline(pixels))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 3e38])
def test_what_values_far_down_ask_for_holds_for_all_parts(bad: float) -> None:
    picture = np.random.default_rng(3).random((90, 40)).astype(np.float32)
    picture[80, 20] = bad
    pipeline = Pipeline.parse("gaussian-blur sigma=1.5 | sobel | median | box-blur radius=3")
    parts = Parts(pipeline, picture.shape, picture.dtype)
    made = streamed(parts, picture, 7)
    assert parts.findings.levels
    np.testing.assert_array_equal(made, pipeline(picture))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("canny", "canny looks at the whole picture at once"),
        ("sobel | denoise", "denoise looks at the whole picture at once: give method and strength"),
        ("denoise method=median", "give strength"),
        ("sobel border=wrap", "sobel: the border wrap shows what lies at the other end"),
        ("gaussian-blur | threshold", "threshold: a level is found in all values"),
        ("add-noise", "add-noise looks at the whole picture at once"),
    ],
)
def test_what_needs_the_whole_picture_is_refused_with_the_way_out(text: str, words: str) -> None:
    with pytest.raises(NotInPartsError, match=words):
        Parts(Pipeline.parse(text), (50, 40), np.uint8)


@pytest.mark.parametrize(
    ("text", "passes"),
    [("sobel", 0), ("normalize", 1), ("threshold", 1), ("normalize | high-pass signed=scale", 2)],
)
def test_figures_take_a_pass_each(text: str, passes: int) -> None:
    assert Parts(Pipeline.parse(text), (50, 40), np.uint8).passes == passes


def test_a_part_reads_no_more_than_its_halo_and_what_strides_ask_for() -> None:
    parts = Parts(
        Pipeline.parse("gaussian-blur sigma=2 | sobel | max-pool size=2"), (900, 800), "u1"
    )
    assert parts.shape == (450, 400)
    reads = parts.reads(Rectangle((100, 200), (0, 400)))
    assert reads == Rectangle((190, 410), (0, 800))
    assert parts.reads(Rectangle((0, 450), (0, 400))) == Rectangle((0, 900), (0, 800))


def test_own_rows_of_all_parts_are_all_rows_once() -> None:
    parts = Parts(Pipeline.parse("sobel stride=2 | max-pool size=3 padding=1"), (101, 60), "u1")
    line: Line = parts.rows
    for stage, size in enumerate(line.sizes):
        rows = []
        for start in range(0, line.sizes[-1], 4):
            laid = line.lay((start, min(start + 4, line.sizes[-1])))
            first, last = laid.own[stage]
            rows += range(laid.origins[stage] + first, laid.origins[stage] + last)
        assert rows == list(range(size))


def test_reaches_for_figures() -> None:
    sobel = filters.get("sobel")
    scaled = sobel.reach(sobel.bind({"norm": "sum", "signed": "scale"}))
    assert scaled.whole
    assert scaled == for_a_figure(sobel.reach(sobel.bind({})))
    assert "figure" in repr(scaled)
    assert scaled.dilated(2).known == sobel.reach(sobel.bind({})).dilated(2)
