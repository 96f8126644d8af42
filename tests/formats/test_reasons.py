"""Why a file cannot be read, in words that say something to a person."""

from __future__ import annotations

import io
import re
import struct
from random import Random

import pytest

from convfilter.errors import ConvfilterError
from convfilter.files import reading
from convfilter.formats import FORMATS, identify
from convfilter.formats.declaring.limits import place_in, words_of
from convfilter.images import read
from tests.files.damage import mutated, whole_files

SPEAKS_TO_PROGRAMMERS = re.compile(
    r"(damaged|supported) \((\w+Error|[^a-z]*|b['\"].*)\)"
    r"|object at 0x|invalid literal|unpack|NoneType|\bb'|<class"
)


def _python_error(text: str) -> Exception:
    try:
        exec(text, {"struct": struct})
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError(text)


@pytest.mark.parametrize(
    "text",
    [
        "assert False",
        "{}[320]",
        "{}[(1, 0)]",
        "[][3]",
        "1 / 0",
        "int(b'')",
        "float('x')",
        "struct.unpack('>I', b'12')",
        "struct.unpack_from('>I', b'12', 1)",
        "b'\\xff'.decode()",
        "None.shape",
        "len(3)",
        "raise ValueError(b'')",
        "raise ValueError(320)",
        "raise ValueError",
        "raise SyntaxError",
        "raise OSError('decoder error -2')",
        "raise OSError(-2)",
        "raise RuntimeError('JxlDecoderProcessInput returned JXL_DEC_ERROR')",
        "chr(-1)",
        "3 .to_bytes(0, 'big')",
    ],
)
def test_what_python_says_is_put_into_words_with_the_place(text: str) -> None:
    file = io.BytesIO(bytes(2000))
    file.seek(1234)
    words = words_of(_python_error(text), place_in(file))
    assert re.fullmatch(r"[a-z][a-z ]+[a-z], at byte 1,234 of 2,000", words)


@pytest.mark.parametrize("text", ["a page without a size", "no marker found", "3 frames of 4"])
def test_words_stay(text: str) -> None:
    assert words_of(ValueError(text), ", at byte 3 of 4") == text


def test_no_damaged_file_is_refused_in_the_words_of_programmers() -> None:
    files = [data for data in whole_files().values() if FORMATS[identify(data[:64])].extra is None]
    random = Random(7)
    refused = []
    for number in range(1200):
        data = mutated(files[number % len(files)], random)
        try:
            read(io.BytesIO(data), max_pixels=100_000)
        except ConvfilterError as error:
            refused.append(str(error))
    assert len(refused) > 300
    assert [reason for reason in refused if SPEAKS_TO_PROGRAMMERS.search(reason)] == []


def test_the_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: io.BytesIO, *_: object) -> None:
        file.seek(20)
        raise AssertionError

    form = FORMATS["BMP"]._replace(read=fail)  # type: ignore[arg-type]
    monkeypatch.setattr(reading, "FORMATS", {**FORMATS, "BMP": form})
    with pytest.raises(ConvfilterError) as caught:
        read(io.BytesIO(b"BM" + bytes(80)))
    assert "is damaged (a part of it contradicts another, at byte 20 of 82)" in str(caught.value)
