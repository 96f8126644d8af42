"""What holds for every filter, over the registry."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convfilter import filters
from convfilter.errors import ArgumentError, ConvfilterError, UnknownNameError
from convfilter.filters import declare
from convfilter.filters.declare import Filter
from convfilter.filters.declaring.parameters import Parameter
from tests.examples import every
from tests.filters.pictures import Array, grey, opaque, rgb
from tests.filters.registry import (
    NAMES,
    beside,
    bound,
    declaring,
    needed,
    shown,
    strides_of,
)


def run(name: str, image: Array, **given: Any) -> Array:
    """Run a filter; of the pictures here, those of two and of four channels have alpha."""
    if image.ndim == 3 and image.shape[2] in (2, 4):
        given = {"alpha": "weigh", **given}
    return filters.get(name)(image, **needed(name), **given)


def parameters() -> list[Any]:
    return [
        pytest.param(entry, parameter, id=f"{name}-{parameter.name}")
        for name in NAMES
        for entry in [filters.get(name)]
        for parameter in entry.parameters
    ]


def test_index_is_the_registry() -> None:
    for name, entry in filters.index().items():
        found = filters.get(name)
        assert (found.name, found.family, found.summary) == (name, entry.family, entry.summary)
    assert sorted(declare.declared()) == NAMES == sorted(NAMES)


def test_no_module_hides_a_filter() -> None:
    modules = {module.name.replace("_", "-") for module in pkgutil.iter_modules(filters.__path__)}
    assert not modules & set(NAMES)


def test_attributes_are_filters() -> None:
    assert filters.gaussian_blur is filters.get("gaussian-blur")
    assert filters.open_ is filters.open is filters.get("open")
    assert {"gaussian_blur", "open", "sobel"} <= set(dir(filters))
    with pytest.raises(AttributeError, match="no_such_filter"):
        _ = filters.no_such_filter


def test_unknown_filter_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="gaussian-blur"):
        filters.get("gausian-blur")


@pytest.mark.parametrize("name", NAMES)
def test_docstring_tells_what_and_how(name: str) -> None:
    entry = filters.get(name)
    assert entry.summary.endswith(".")
    assert len(entry.summary) <= 100
    assert len(entry.description.splitlines()) >= 3
    assert json.dumps(entry.to_dict())


@pytest.mark.parametrize(("entry", "parameter"), parameters())
def test_parameter_is_described(entry: Filter, parameter: Parameter) -> None:
    assert parameter.spec.help
    if parameter.kind.startswith(("number", "integer")):
        assert parameter.spec.minimum is not None
        assert parameter.spec.maximum is not None
    if parameter.default is None:
        assert parameter.optional


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", ["grey", "grey-alpha", "rgb", "rgba"])
def test_keeps_dtype_and_input(name: str, picture: str) -> None:
    image = rgb() if "rgb" in picture else grey()
    if "a" in picture.removeprefix("grey").removeprefix("rgb"):
        image = opaque(image)
    before = image.copy()
    result = run(name, image)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert not np.shares_memory(result, image)
    np.testing.assert_array_equal(image, before)
    down, along = strides_of(name, bound(name))
    assert result.shape[:2] == (image.shape[0] // down, image.shape[1] // along)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colour", [grey, rgb])
def test_opacity_is_left_alone(name: str, colour: Any) -> None:
    plain = run(name, colour())
    result = run(name, opaque(colour()))
    assert (result[:, :, -1] == 255).all()
    np.testing.assert_array_equal(
        result[:, :, :-1], plain if plain.ndim == 3 else plain[:, :, np.newaxis]
    )


@pytest.mark.parametrize("name", every(2, NAMES))
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (2, 3), (7, 5, 3), (1, 1, 4)])
def test_small_pictures(name: str, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    down, along = strides_of(name, bound(name))
    if shape[0] < down or shape[1] < along:
        with pytest.raises(ArgumentError):
            run(name, image)
        image = np.repeat(np.repeat(image, down, 0), along, 1)
    assert run(name, image).size > 0


@pytest.mark.parametrize("name", NAMES)
def test_memory_order_does_not_matter(name: str) -> None:
    image = rgb()
    expected = run(name, image)
    spread = np.zeros((image.shape[0] * 2, image.shape[1] * 3, 3), np.uint8)[::2, ::-3]
    spread[:] = image
    np.testing.assert_array_equal(run(name, spread), expected)
    np.testing.assert_array_equal(run(name, np.asfortranarray(image)), expected)


@pytest.mark.parametrize("name", NAMES)
def test_workers_do_not_matter(name: str) -> None:
    image = np.tile(rgb(), (2, 2, 1))
    np.testing.assert_array_equal(run(name, image, workers=1), run(name, image, workers=2))


@pytest.mark.parametrize("name", NAMES)
def test_workers_are_a_count(name: str) -> None:
    with pytest.raises(ArgumentError, match="workers is 0"):
        run(name, grey(), workers=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colour", [grey, rgb])
def test_depths_agree(name: str, colour: Any) -> None:
    image = colour()
    on_floats = run(name, image / 255, **shown(name))
    assert on_floats.dtype == np.float64
    single = run(name, (image / 255).astype(np.float32), **shown(name))
    assert single.dtype == np.float32
    deep = run(name, image.astype(np.uint16) * 257)
    assert deep.dtype == np.uint16
    expected = np.clip(on_floats, 0, 1) * 255
    for result, white in ((deep, 65535), (single, 1.0), (run(name, image), 255)):
        difference = np.abs(np.clip(result / white, 0, 1) * 255 - expected)
        # what rounds to 8 bits is off by half a step at most; a decision taken at the very edge
        # may fall to either side in a pixel or two
        assert np.mean(difference > 0.51) < 1e-3


@pytest.mark.parametrize("name", [name for name in NAMES if not filters.get(name).neutral])
def test_default_changes_a_texture(name: str) -> None:
    for image in (grey(), rgb()):
        result = np.atleast_3d(run(name, image))
        assert result.std() > 0
        samples = list(_samples(np.atleast_3d(image), result.shape))
        assert samples
        for sample in samples:
            assert np.mean(result != sample) > 0.3


def _samples(image: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    """Yield what mere cutting, skipping of pixels or dropping of channels makes of a picture."""
    height, width, channels = shape
    step = image.shape[0] // height
    for top in range(image.shape[0] - step * (height - 1)):
        for left in range(image.shape[1] - step * (width - 1)):
            part = image[top::step, left::step][:height, :width]
            if part.shape[2] == channels:
                yield part
            else:
                yield from np.split(part, part.shape[2], axis=2)


@pytest.mark.parametrize(("entry", "parameter"), parameters())
def test_out_of_range_is_refused(entry: Filter, parameter: Parameter) -> None:
    given = needed(entry.name)
    spec = parameter.spec
    step: float = 1 if parameter.kind.startswith("integer") else 1e-6
    for limit, beyond in ((spec.minimum, -step), (spec.maximum, step)):
        if limit is None:
            continue
        value = limit + beyond * (1 if isinstance(step, int) else max(1.0, abs(limit)))
        value = int(value) if parameter.kind.startswith("integer") else value
        with pytest.raises(ArgumentError, match=parameter.name):
            entry(grey(), **{**given, parameter.name: value})
        with pytest.raises(ConvfilterError, match=parameter.name):
            entry.parse({parameter.option.removeprefix("--"): repr(value)})
    if parameter.choices:
        with pytest.raises(UnknownNameError, match=parameter.choices[0]):
            entry(grey(), **{**given, parameter.name: parameter.choices[0] + "x"})


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "parameter"), parameters())
def test_limits_are_served(entry: Filter, parameter: Parameter) -> None:
    spec = parameter.spec
    values = [spec.minimum, spec.maximum, *parameter.choices]
    given = needed(entry.name)
    for value in values:
        if value is None or (value == spec.maximum and entry.family == "pooling"):
            continue  # the window of a pool has to fit into the picture
        if value == spec.maximum and parameter.name in ("dilation", "stride"):
            continue
        if parameter.kind.startswith("integer"):
            value = int(value)
        extra = {"high": spec.maximum} if parameter.name == "low" else {}
        extra |= beside(entry.name, parameter.name)
        # what is negative stays so in floats alone
        picture = grey()[:7, :5] / 255 if value == "raw" else grey()[:7, :5]
        result = entry(picture, **{**given, parameter.name: value, **extra})
        assert result.dtype == picture.dtype


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameter_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="no parameter of"):
        run(name, grey(), sigmaa=2)


@pytest.mark.parametrize("name", declaring("channels"))
def test_luma(name: str) -> None:
    image = rgb()
    if filters.get(name).response:
        exact = image / 255
        result = run(name, exact, channels="luma")
        expected = run(name, filters.get("grayscale")(exact))
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)
    else:  # a picture keeps its colours: all channels change alike
        result = run(name, image, channels="luma")
        change = result.astype(int) - image
        inside = ((result > 0) & (result < 255)).all(axis=2)
        assert np.ptp(change[inside], axis=1).max() <= 1
    grey_result = run(name, grey(), channels="luma")
    np.testing.assert_array_equal(grey_result, run(name, grey(), channels="each"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_pass_in_silence(name: str, value: float) -> None:
    """Warnings are errors here."""
    image = rgb() / 255
    image[40, 50] = value
    image[42, 51, 1] = -value
    far = run(name, rgb() / 255, workers=1)
    for picture in (image, opaque(image), _uneven(image)):
        result = run(name, picture, workers=1)
        assert result.shape[:2] == far.shape[:2]
        if not filters.get(name).reach(bound(name)).whole and picture is image:
            # what stands far away is as if nothing had happened
            np.testing.assert_allclose(result[:10], far[:10], atol=1e-12)


def _uneven(image: Array) -> Array:
    picture = np.dstack([image, np.ones(image.shape[:2])])
    picture[::7, ::5, 3] = 0.3
    picture[38:41, 50:, 3] = 0
    return picture


@pytest.mark.parametrize("name", NAMES)
def test_sixteen_bits_stay(name: str) -> None:
    """A picture whose values differ in the low bits only is not flattened to eight."""
    image = np.random.default_rng(2).integers(32000, 32250, (24, 24), np.uint16)
    result = run(name, image)
    assert result.dtype == np.uint16
    assert (len(np.unique(result)) > 8) is not filters.get(name).few_values
