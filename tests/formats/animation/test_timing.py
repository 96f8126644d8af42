"""How long frames are shown and how often they play: kept, or named where a format cannot."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter.images import Timing
from tests.formats.animation.animation_files import Cel, gif
from tests.formats.animation.test_animations import animation, opened, written


def test_durations_that_have_to_be_rounded_are_named() -> None:
    frames = [np.full((8, 8, 3), value, np.uint8) for value in (20, 220)]
    image = animation(frames, [Timing(100 / 3), Timing(40.0)])
    for format_name, wanted in (("PNG", 100 / 3), ("GIF", 30.0), ("WEBP", 33.0), ("AVIF", 33.0)):
        data, notes = written(image, format_name)
        unit = "hundredths of a second" if format_name == "GIF" else "milliseconds"
        told = f"the stream: {format_name} counts {unit}: durations were rounded"
        assert notes == ([] if format_name == "PNG" else [told])
        timing = opened(data).timing
        assert timing is not None
        assert timing.duration == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("duration", [0.0, 1.5, 40.0, 65_537.0, 70_123.0, 600_010.0])
def test_long_durations_of_png(duration: float) -> None:
    frames = [np.full((3, 4, 3), value, np.uint8) for value in range(2)]
    timing = opened(written(animation(frames, [Timing(duration)] * 2), "PNG")[0]).timing
    assert timing is not None
    assert timing.duration == pytest.approx(duration, abs=0.5)


@pytest.mark.parametrize(
    ("format_name", "plays", "wanted", "words"),
    [
        ("AVIF", 1, 0, "for ever, not as often as wanted (1)"),
        ("WEBP", 65_536, 65_535, "65,535 times at most, not as often as wanted (65,536)"),
        ("GIF", 65_537, 65_536, "65,536 times at most, not as often as wanted (65,537)"),
        (
            "PNG",
            2**31,
            2**31 - 1,
            "2,147,483,647 times at most, not as often as wanted (2,147,483,648)",
        ),
    ],
)
def test_plays_that_a_format_cannot_hold_are_named(
    format_name: str, plays: int, wanted: int, words: str
) -> None:
    frames = [np.full((8, 8, 3), value, np.uint8) for value in (20, 220)]
    data, notes = written(animation(frames, [Timing()] * 2, plays), format_name)
    assert (opened(data).plays, notes) == (wanted, [f"the stream: {format_name} plays {words}"])
    fewer = animation(frames, [Timing()] * 2, wanted)
    assert written(fewer, format_name)[1] == []


@pytest.mark.parametrize("name", [b"NETSCAPE2.0", b"ANIMEXTS1.0"])
def test_both_names_of_repetitions_of_gif(name: bytes) -> None:
    data = gif([Cel(np.full((3, 4), number)) for number in range(2)], (4, 3), again=4)
    assert opened(data.replace(b"NETSCAPE2.0", name)).plays == 5
