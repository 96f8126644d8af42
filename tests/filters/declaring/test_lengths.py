"""Lengths such as 0.5um in place of pixels."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter import Pipeline, apply, filters
from convfilter.batch.recipes.recipe import Recipe
from convfilter.errors import ArgumentError, ArgumentTypeError, ConvfilterError, PipelineError
from convfilter.filters.declaring.lengths import Length, lengths_in
from convfilter.filters.declaring.measured import in_pixels
from convfilter.filters.declaring.parameters import Parameter
from convfilter.images import Image, Metadata
from convfilter.picture.spacing import PIXELS, UNITS, Spacing, unit_named
from tests.examples import examples

MICRON = Spacing.of(1, 1, "um")
PIXELS_OF = np.random.default_rng(0).integers(0, 256, (24, 30), dtype=np.uint8)
LENGTHS = [
    (name, parameter)
    for name in filters.names()
    for parameter in filters.get(name).parameters
    if parameter.is_length
]
"""Every parameter of every filter that is counted in pixels."""


def picture(rows: Fraction | float, columns: Fraction | float, unit: str = "um") -> Image:
    spacing = Spacing.of(rows, columns, unit)
    assert spacing is not None
    return Image(PIXELS_OF, metadata=Metadata(spacing=spacing))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0.5um", ["0.5um"]),
        ("0.5 µm", ["0.5µm"]),
        ("0.5\u03bcm", ["0.5\u03bcm"]),
        ("2 mm", ["2mm"]),
        (".25in", [".25in"]),
        ('1"', ['1"']),
        ("1e3 nm", ["1e3nm"]),
        ("3 inches", ["3inches"]),
        ("1 metre", ["1metre"]),
        ("3px", [3]),
        ("2.5 pixels", [2.5]),
        ("1um,2um", ["1um", "2um"]),
        ("1 um x 2 um", ["1um", "2um"]),
        ("1um 2um", ["1um", "2um"]),
        ("3px, 1um", [3, "1um"]),
        ("3, 1um", [3, "1um"]),
    ],
)
def test_texts(text: str, parts: list[Any]) -> None:
    found = lengths_in(text)
    found = list(found) if isinstance(found, tuple) else [found]
    assert [str(part) if isinstance(part, Length) else part for part in found] == parts
    for part in found:
        assert pickle.loads(pickle.dumps(part)) == part


@pytest.mark.parametrize(
    "text",
    ["", "3", "3x5", "3,5", "-1um", "1 furlong", "30deg", "um", "1um,", "1um,2,3", "1umx", "x"],
)
def test_no_lengths(text: str) -> None:
    assert lengths_in(text) is None
    if text not in ("3", "3x5", "3,5"):
        with pytest.raises(ConvfilterError, match=r"or a length such as 0\.5um"):
            filters.get("gaussian-blur").parse({"sigma": text})


@given(st.text(max_size=12))
def test_any_text_is_a_length_or_none(text: str) -> None:
    lengths_in(text)


def test_units_are_those_that_are_named() -> None:
    assert unit_named("µm") == unit_named("\u03bcm") == unit_named("Micron") == "um"
    assert unit_named("Inch") == unit_named('"') == "in"
    assert unit_named("pixel") == PIXELS
    assert unit_named("parsec") is None
    assert {unit_named(unit) for unit in UNITS} == set(UNITS)
    assert Fraction(1000) * UNITS["um"] == UNITS["mm"]
    assert UNITS["in"] == 25 * UNITS["mm"] + Fraction(4, 10) * UNITS["mm"]


@pytest.mark.parametrize(
    ("name", "parameter"), LENGTHS, ids=[f"{name} {parameter.name}" for name, parameter in LENGTHS]
)
def test_every_parameter_in_pixels_takes_lengths(name: str, parameter: Parameter) -> None:
    found = filters.get(name)
    value = 3 if parameter.spec.odd or parameter.kind.startswith("integer") else 2.5
    stated: dict[str, Any] = {each.name: "box-3" for each in found.parameters if each.required}
    wanted = found.bind({**stated, parameter.name: value})
    given = found.bind({**stated, parameter.name: f"{value}um"})
    assert in_pixels(found.parameters, given, MICRON) == wanted
    text = {**stated, **found.parse({parameter.name: f"{value} um"})}
    assert in_pixels(found.parameters, found.bind(text), MICRON) == wanted
    if parameter.kind.endswith("pair"):
        pair = found.bind({**stated, parameter.name: f"{value}um"})
        assert in_pixels(found.parameters, pair, Spacing.of(1, 0.5, "um")) == {
            **wanted,
            parameter.name: (value, 2 * value),
        }


@examples(60)
@given(
    st.integers(1, 400),
    st.sampled_from(["nm", "um", "\u00b5m", "mm", "in"]),
    st.fractions(Fraction(1, 50), 5, max_denominator=100),
    st.fractions(Fraction(1, 50), 5, max_denominator=100),
)
def test_a_sigma_in_units_is_one_in_pixels_bit_for_bit(
    tenths: int, unit: str, rows: Fraction, columns: Fraction
) -> None:
    """The twin divides decimals, which people write, exactly."""
    length = Fraction(tenths, 10)
    sigma = (float(length / rows), float(length / columns))
    image = picture(rows, columns, unit)
    if max(sigma) > 40:
        return
    wanted = filters.gaussian_blur(PIXELS_OF, sigma=sigma if rows != columns else sigma[0])
    assert np.array_equal(filters.gaussian_blur(image, sigma=f"{tenths / 10}{unit}"), wanted)
    pipeline = Pipeline.parse(f"gaussian-blur sigma={tenths / 10}{unit}")
    assert np.array_equal(pipeline(image).pixels, wanted)
    assert np.array_equal(
        apply("gaussian-blur", image, sigma=f"{tenths / 10}{unit}").pixels, wanted
    )


def test_steps_see_the_spacing_that_they_get() -> None:
    image = picture(0.5, 0.25)
    pipeline = Pipeline.parse("max-pool size=2 | gaussian-blur sigma=1um | median size=1.5um,3px")
    in_pixels = Pipeline.parse("max-pool size=2 | gaussian-blur sigma=1,2 | median size=2,3")
    result = pipeline(image)
    assert np.array_equal(result.pixels, in_pixels(PIXELS_OF))
    assert result.spacing == Spacing.of(1, 0.5, "um")
    assert pipeline.lengths_in(image) == (
        "gaussian-blur sigma 1um: 1,2 pixels",
        "median size 1.5um,3: 2,3 pixels",
    )
    unknown = Pipeline.parse(
        "convolve kernel=box-3 padding=valid signed=scale | box-blur radius=1um"
    )
    with pytest.raises(ArgumentError, match="does not state how far"):
        unknown(image)


def test_whole_numbers_and_odd_ones_are_the_nearest() -> None:
    image = picture(1, 1)
    assert np.array_equal(filters.median(image, size="3.4um"), filters.median(PIXELS_OF, size=3))
    wanted = filters.bilateral(PIXELS_OF, size=5)
    for text in ("4.1um", "5.9um", "0.0055 mm"):
        assert np.array_equal(filters.bilateral(image, size=text), wanted)


def test_resolution_is_spacing() -> None:
    image = Image(PIXELS_OF, metadata=Metadata(dpi=(300.0, 150.0)))
    assert image.spacing == Spacing.of(Fraction(1, 150), Fraction(1, 300), "in")
    assert np.array_equal(
        filters.gaussian_blur(image, sigma="0.01in"),
        filters.gaussian_blur(PIXELS_OF, sigma=(1.5, 3.0)),
    )


@pytest.mark.parametrize(
    ("image", "name", "given", "message"),
    [
        (
            PIXELS_OF,
            "gaussian-blur",
            {"sigma": "1um"},
            "sigma is 1um, and the picture does not state",
        ),
        (Image(PIXELS_OF), "gaussian-blur", {"sigma": "1um"}, "give sigma in pixels"),
        (
            picture(0.0001, 0.0001, "degrees"),
            "gaussian-blur",
            {"sigma": "30m"},
            "sigma is 30m, which is a length, and the picture states .* in degrees: give sigma in",
        ),
        (
            picture(0.5, 0.25),
            "disk-blur",
            {"radius": "1um"},
            "radius is 1um, which is 2 pixels down and 4 along .* 0.5 by 0.25 um apart, and it",
        ),
        (picture(1, 1, "nm"), "gaussian-blur", {"sigma": "1m"}, "apart: sigma is 1000000000: give"),
        (picture(1, 1), "median", {"size": "0.2um"}, "size is 0.2um, .* size is 0: give a value"),
        (
            picture(1, 1),
            "motion-blur",
            {"angle": "3um"},
            "angle is '3um': give a number of degrees",
        ),
    ],
)
def test_refusals(image: Any, name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        apply(name, image, **given)
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        getattr(filters, name.replace("-", "_"))(image, **given)


def test_recipes_keep_what_was_written() -> None:
    recipe = Recipe("gaussian-blur sigma='0.5 µm' | median size=1um,3")
    assert 'sigma = "0.5µm"' in str(recipe)
    assert 'size = ["1um", 3]' in str(recipe)
    pipeline = Pipeline([("gaussian-blur", {"sigma": ("1um", 2)})])
    assert repr(pipeline) == "Pipeline.parse('gaussian-blur sigma=1um,2')"
    assert Pipeline.parse(str(pipeline.steps[0])).steps == pipeline.steps
    assert pickle.loads(pickle.dumps(pipeline)).steps == pipeline.steps
    with pytest.raises(PipelineError, match="step 1, gaussian-blur: sigma is '3furlong'"):
        Pipeline.parse("gaussian-blur sigma=3furlong")
