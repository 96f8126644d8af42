from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter import ConvfilterError, Pipeline, filter_files
from convfilter.dask.levels import WAYS, factors_of, reduced, way_of
from convfilter.dask.multiscales import multiscale_of, said_of_result
from convfilter.picture.tags import Grid
from tests.dask.stores import halved, make_array, make_image

SHAPE = (2, 2, 2, 130, 150)


def volume(dtype: str = "u2", shape: tuple[int, ...] = SHAPE) -> np.ndarray[Any, Any]:
    return (np.random.default_rng(0).random(shape) * 200).astype(dtype)


def run(source: Path, target: Path, text: str, **options: Any) -> tuple[str, ...]:
    (result,) = filter_files(source, target, text, **options)
    if result.error is not None:
        raise result.error
    return result.notes


def attributes(version: int) -> dict[str, Any]:
    image = {
        "axes": [{"name": "time", "type": "time"}] + [{"name": n, "type": "space"} for n in "yx"],
        "datasets": [
            {
                "path": str(n),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1.0, 0.5 * 2**n, 0.5 * 2**n]},
                    {"type": "translation", "translation": [0.0, 10 + n / 4, 20 + n / 4]},
                ],
            }
            for n in range(3)
        ],
    }
    said = {"multiscales": [image], "omero": {"channels": []}}
    return said if version == 2 else {"ome": said, "lab": 7}


@pytest.mark.parametrize("version", [2, 3])
def test_places_of_pixels_are_those_of_the_result(version: int) -> None:
    before = attributes(version)
    image = multiscale_of(before)
    assert image is not None
    assert image.axes == "TYX"
    after = said_of_result(before, image, 2, Grid((2, 4), (0.5, 1.5)))
    (made,) = after.get("ome", after)["multiscales"]
    first, second = (dataset["coordinateTransformations"] for dataset in made["datasets"])
    assert first[0]["scale"] == [1.0, 1.0, 2.0]
    assert first[1]["translation"] == [0.0, 10.25, 20.75]
    assert second[0]["scale"] == [1.0, 2.0, 4.0]
    assert second[1]["translation"] == [0.0, 10.75, 21.75]
    assert after.get("lab") == before.get("lab")
    assert before == attributes(version)


def test_plates_and_damaged_metadata_are_refused() -> None:
    with pytest.raises(ConvfilterError, match="plate"):
        multiscale_of({"ome": {"plate": {}}})
    with pytest.raises(ConvfilterError, match="cannot be understood"):
        multiscale_of({"multiscales": [{"datasets": []}]})
    with pytest.raises(ConvfilterError, match="cannot be understood"):
        multiscale_of({"multiscales": 3})
    assert multiscale_of({"lab": 1}) is None


@pytest.mark.parametrize("way", WAYS)
def test_how_levels_were_made_is_found_out(way: str) -> None:
    values = volume("u1", (3, 40, 41))
    smaller = reduced(values, (1, 2, 2), way)
    assert smaller.shape == (3, 20, 21)
    assert way_of(values, smaller, factors_of(values.shape, smaller.shape)) == way


def test_means_are_those_of_numpy() -> None:
    values = volume("f4", (4, 6))
    expected = values.reshape(2, 2, 3, 2).mean((1, 3), dtype=np.float64)
    np.testing.assert_allclose(reduced(values, (2, 2), WAYS[0]), expected, rtol=1e-6)


@pytest.mark.thorough
def test_an_array_keeps_how_it_is_stored(tmp_path: Path) -> None:
    import zarr

    values = volume("u1", (3, 90, 70))
    make_array(tmp_path / "in.zarr", values, (1, 32, 32), 3, shards=(1, 64, 64))
    assert run(tmp_path / "in.zarr", tmp_path / "out.zarr", "sobel", axes="ZYX") == ()
    made: Any = zarr.open(tmp_path / "out.zarr", mode="r")
    np.testing.assert_array_equal(made[...], Pipeline(["sobel"])(values, axes="ZYX"))
    before: Any = zarr.open(tmp_path / "in.zarr", mode="r")
    assert made.metadata == before.metadata
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.zarr", "out.zarr"]


@pytest.mark.thorough
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("text", ["gaussian-blur sigma=2 | sobel", "sobel | max-pool size=2"])
def test_an_image_keeps_levels_and_metadata(tmp_path: Path, version: int, text: str) -> None:
    import zarr

    values = volume()
    axes = "TCZYX"
    make_image(
        tmp_path / "in.zarr", values, axes, (1, 1, 1, 64, 64), version, levels=3, labels=True
    )
    notes = run(tmp_path / "in.zarr", tmp_path / "out.zarr", text)
    assert [note.partition(": ")[2] for note in notes] == ["not kept: labels"]
    made: Any = zarr.open(tmp_path / "out.zarr", mode="r")
    expected = Pipeline.parse(text)(values, axes=axes)
    for level in range(3):
        np.testing.assert_array_equal(made[str(level)][...], expected)
        expected = halved(expected, axes)
    before: Any = zarr.open(tmp_path / "in.zarr", mode="r")
    said, was = ({**(g.attrs.get("ome") or g.attrs)} for g in (made, before))
    assert said["omero"] == was["omero"]
    step = 2 if "pool" in text else 1
    for one, other in zip(
        said["multiscales"][0]["datasets"], was["multiscales"][0]["datasets"], strict=True
    ):
        (scale, *_), (scale_before, *_) = (
            each["coordinateTransformations"] for each in (one, other)
        )
        *_, rows, columns = scale["scale"]
        assert (rows / step, columns / step) == tuple(scale_before["scale"][-2:])


@pytest.mark.thorough
def test_nothing_is_left_of_what_fails(tmp_path: Path) -> None:
    make_array(tmp_path / "in.zarr", volume("u1", (90, 70)), (32, 32), 2)
    for chunk in (tmp_path / "in.zarr").glob("2.1"):
        chunk.write_bytes(b"damaged")
    with pytest.raises(ConvfilterError, match="cannot be made"):
        run(tmp_path / "in.zarr", tmp_path / "out.zarr", "sobel")
    assert [p.name for p in tmp_path.iterdir()] == ["in.zarr"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"isolate": True}, "--isolate means nothing"),
        ({"timeout": 5}, "--timeout means nothing"),
        ({"memory": "1G"}, "--memory means nothing"),
        ({"hash_inputs": True}, "--hash-inputs means nothing"),
        ({"resume": True}, "--resume knows what is done of files, not of zarr stores"),
    ],
)
def test_options_that_do_nothing_for_stores(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    make_array(tmp_path / "in.zarr", volume("u1", (9, 7)), (8, 8), 2)
    (tmp_path / "made").mkdir()
    with pytest.raises(ConvfilterError, match=words):
        run(tmp_path / "in.zarr", tmp_path / "made", "sobel", **options)


def test_nothing_is_written_into_a_store(tmp_path: Path) -> None:
    make_array(tmp_path / "in.zarr", volume("u1", (9, 7)), (8, 8), 2)
    names = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConvfilterError, match="the output would lie within it"):
        run(tmp_path / "in.zarr", tmp_path / "in.zarr/out.zarr", "sobel")
    assert sorted(tmp_path.rglob("*")) == names


@pytest.mark.thorough
def test_stores_are_replaced_where_that_is_allowed(tmp_path: Path) -> None:
    import zarr

    values = volume("u1", (90, 70))
    make_array(tmp_path / "in.zarr", values, (32, 32), 3)
    run(tmp_path / "in.zarr", tmp_path / "out.zarr", "sobel")
    with pytest.raises(ConvfilterError, match="exists already"):
        run(tmp_path / "in.zarr", tmp_path / "out.zarr", "median")
    run(tmp_path / "in.zarr", tmp_path / "out.zarr", "median", overwrite=True)
    made: Any = zarr.open(tmp_path / "out.zarr", mode="r")
    np.testing.assert_array_equal(made[...], Pipeline(["median"])(values))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.zarr", "out.zarr"]
    with pytest.raises(ConvfilterError, match="has the name of a picture"):
        run(tmp_path / "in.zarr", tmp_path / "out.png", "sobel")
    for options in ({"depth": "8"}, {"max_pixels": 100}, {"in_place": True}):
        with pytest.raises(ConvfilterError):
            run(tmp_path / "in.zarr", tmp_path / "other.zarr", "sobel", **options)


@pytest.mark.thorough
def test_stores_in_storage(tmp_path: Path) -> None:
    import zarr

    values = volume("u2", (2, 90, 70))
    make_image("memory://volumes/in.zarr", values, "ZYX", (1, 32, 32), 3)
    (result,) = filter_files("memory://volumes/in.zarr", "memory://volumes/out.zarr", "sobel")
    assert result.error is None
    made: Any = zarr.open("memory://volumes/out.zarr", mode="r")
    np.testing.assert_array_equal(made["0"][...], Pipeline(["sobel"])(values, axes="ZYX"))
