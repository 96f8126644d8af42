from __future__ import annotations

import math
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from convfilter import ConvfilterError, Pipeline
from convfilter.dask import map_pipeline

CHAINS = (
    "gaussian-blur sigma=2 | sobel",
    "gaussian-blur sigma=1.5 | sobel | max-pool size=2",
    "median size=5",
    "convolve kernel='1 2 1, 2 4 2, 1 2 1' stride=3",
    "box-blur radius=9",
    "gaussian-blur sigma=1 padding=valid | mean-pool size=3 stride=2",
    "convolve kernel='1 0 -1' padding=3 border=constant fill=9 | maximum size=4",
)

LAYOUTS = {
    "TZCYX": ((2, 3, 2, 41, 37), (1, 2, 1, 16, 20)),
    "CYX": ((3, 52, 40), (1, 20, 40)),
    "YXC": ((40, 57, 3), (13, 19, 2)),
    "XTY": ((33, 2, 44), (10, 1, 9)),
    "YX": ((60, 40), (7, 11)),
}
"""By axes: a shape, and the size of chunks."""


def random_array(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(seed).random(shape)
    return values.astype(dtype) if dtype[0] == "f" else (values * 200).astype(dtype)


def lazy(array: np.ndarray[Any, Any], chunks: tuple[int, ...]) -> Any:
    import dask.array as da

    return da.from_array(array, chunks=chunks)


def check(text: str, axes: str, dtype: str, chunks: tuple[int, ...] | None = None) -> Any:
    shape, usual = LAYOUTS[axes]
    array = random_array(shape, dtype)
    pipeline = Pipeline.parse(text)
    result = map_pipeline(lazy(array, chunks or usual), pipeline, axes=axes)
    expected = pipeline(array, axes=axes)
    found = result.compute(scheduler="sync")
    assert found.shape == result.shape == expected.shape
    assert found.dtype == result.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    return result


@pytest.mark.parametrize("axes", ["TZCYX", "YX"])
def test_bits_are_those_of_the_whole(axes: str) -> None:
    check(CHAINS[1], axes, "u2")


@pytest.mark.thorough
@pytest.mark.parametrize("axes", LAYOUTS)
@pytest.mark.parametrize("text", CHAINS)
def test_bits_of_every_chain_and_layout(text: str, axes: str) -> None:
    for dtype in ("u1", "u2", "i2", "f4", "f8"):
        check(text, axes, dtype)


@pytest.mark.thorough
@pytest.mark.parametrize("chunks", [(1, 40), (60, 3), (11, 13), (59, 39), (31, 40), (60, 40)])
def test_bits_for_chunks_of_any_size(chunks: tuple[int, int]) -> None:
    for text in CHAINS:
        check(text, "YX", "u1", chunks)
        check(text, "YX", "f4", chunks)


def test_a_chunk_is_one_task() -> None:
    array = lazy(random_array((2, 90, 80), "u1"), (1, 32, 32))
    result = map_pipeline(array, "gaussian-blur sigma=2 | sobel", axes="ZYX")
    tasks = len(result.dask) - len(array.dask)
    assert tasks == result.npartitions == 2 * 3 * 3


def test_chunks_lie_as_those_of_the_array() -> None:
    array = lazy(random_array((2, 90, 80), "u1"), (1, 32, 40))
    result = map_pipeline(array, "max-pool size=2", axes="ZYX")
    assert result.chunks == ((1, 1), (16, 16, 13), (20, 20))


def test_a_pipeline_takes_a_dask_array() -> None:
    array = random_array((40, 30), "u1")
    pipeline = Pipeline.parse("sobel")
    result = pipeline(lazy(array, (16, 16)))
    assert type(result).__module__.startswith("dask.")
    np.testing.assert_array_equal(np.asarray(result), pipeline(array))


def test_tasks_can_be_sent() -> None:
    array = lazy(random_array((40, 30), "u1"), (16, 16))
    result = map_pipeline(array, "sobel")
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.compute(scheduler="sync"), result.compute())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("normalize", "normalize decides by figures of the whole"),
        ("canny", "canny looks at the whole picture"),
        ("sobel border=wrap", "choose another border"),
    ],
)
def test_what_needs_the_whole_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConvfilterError, match=said):
        map_pipeline(lazy(random_array((40, 30), "u1"), (16, 16)), text)


def test_wrong_arrays_are_refused() -> None:
    import dask.array as da

    pipeline = Pipeline.parse("sobel")
    with pytest.raises(ConvfilterError, match="no Dask array"):
        map_pipeline(np.zeros((3, 3)), pipeline)  # type: ignore[arg-type]
    with pytest.raises(ConvfilterError, match="axes"):
        pipeline(da.zeros((2, 3, 4, 5)))  # type: ignore[call-overload]
    for chunks in ("auto", (0, 5), (3, 4, 5)):
        with pytest.raises(ConvfilterError, match="chunks"):
            map_pipeline(da.zeros((4, 5)), pipeline, chunks=chunks)  # type: ignore[arg-type]
    # of values that nobody has looked at nothing is said
    with pytest.raises(ConvfilterError, match="dtype int64: convert it to one of"):
        pipeline(da.zeros((4, 5), dtype="i8"))  # type: ignore[call-overload]
    with pytest.raises(ConvfilterError, match="empty"):
        pipeline(da.zeros((0, 5)))  # type: ignore[call-overload]
    with pytest.raises(ConvfilterError, match="in memory"):
        pipeline(da.zeros((4, 5)), nodata=0)  # type: ignore[call-overload]
    unknown = da.zeros((4, 5))
    unknown._chunks = ((math.nan,), (5,))
    with pytest.raises(ConvfilterError, match="unknown size"):
        pipeline(unknown)  # type: ignore[call-overload]


def test_without_dask_the_line_says_what_installs_it() -> None:
    code = (
        "import sys; sys.modules['dask'] = None\n"
        "from convfilter.dask import map_pipeline\n"
        "map_pipeline(None, 'sobel')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'convfilter[dask]'" in done.stderr.splitlines()[-1]
