"""What is deflated is the same wherever the streams lie in memory, and is what was given."""

import threading
import zlib
from random import Random

import numpy as np
import pytest

from convfilter.formats.deflate import WITH_HEADER, WITHOUT_HEADER, deflated


def lines(count: int) -> list[np.ndarray]:
    """Return bytes whose first ones come again: all can be compressed, no two begin alike."""
    random = Random(1)
    words = bytes(random.choice(b"abcdefgh") for _ in range(300))
    begin = [random.randbytes(12) for _ in range(count)]
    made = [b + words + b[k % 4 : k % 4 + 4] + words for k, b in enumerate(begin)]
    return [np.frombuffer(line, np.uint8) for line in made]


def packed(data: list[np.ndarray], header: int) -> list[bytes]:
    return [b"".join(deflated(each, header)) for each in data]


def in_other_memory(data: list[np.ndarray], header: int) -> list[bytes]:
    """Deflate in a new thread, whose stack and heap lie elsewhere."""
    made: list[bytes] = []
    thread = threading.Thread(target=lambda: made.extend(packed(data, header)))
    thread.start()
    thread.join()
    return made


@pytest.mark.parametrize("header", [WITH_HEADER, WITHOUT_HEADER])
def test_bytes_do_not_depend_on_addresses(header: int) -> None:
    data = lines(2_000)
    assert in_other_memory(data, header) == packed(data, header)


@pytest.mark.thorough
@pytest.mark.parametrize("header", [WITH_HEADER, WITHOUT_HEADER])
def test_many_bytes_do_not_depend_on_addresses(header: int) -> None:
    data = lines(30_000)
    here = packed(data, header)
    kept = []
    for _ in range(3):
        kept.append(bytearray(1 << 20))
        assert in_other_memory(data, header) == here


def test_bytes_are_those_given() -> None:
    random = np.random.default_rng(2)
    for size in (*range(40), 4_000, 70_000, 300_000):
        for most in (1, 3, 256):
            data = random.integers(0, most, size, np.uint8)
            whole = b"".join(deflated(data, WITH_HEADER))
            assert zlib.decompress(whole) == data.tobytes()
            assert len(whole) <= size + size // 64 + 32
            first = b"".join(deflated(data, WITHOUT_HEADER, zlib.Z_FULL_FLUSH))
            both = first + b"".join(deflated(data[::-1].copy(), WITHOUT_HEADER))
            assert zlib.decompress(both, -15) == data.tobytes() + data[::-1].tobytes()
