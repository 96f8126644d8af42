"""Bytes deflated by ISA-L at its level 1: the same ones in every thread and process."""

from __future__ import annotations

import zlib

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

__all__ = ["WITHOUT_HEADER", "WITH_HEADER", "deflated"]

WITH_HEADER, WITHOUT_HEADER = 15, -15
"""A stream of zlib (RFC 1950), or what is inside one (RFC 1951): a window of 32 KiB either way."""

_LEVEL = 1

_LEAD = 8
"""Bytes at the beginning that are a block of their own, which costs 4 to 11 bytes.

ISA-L 2.32.1, given all at once, notes the third byte in its table under the hash of an address,
that of the stream, instead of the hash of what is there (`write_first_byte` in
igzip_icf_body_h1_gr_bt.asm reads tmp2, a register that still holds the address). One stream in
thousands does not see then that its first bytes come again, and which one it is changes from
process to process and from thread to thread. Other code begins the table where 4 to 16 bytes are to
be flushed: `isal_deflate_icf_finish`, which has no such fault.
"""


def deflated(
    data: NDArray[np.uint8], header: int, flush: int = zlib.Z_FINISH
) -> tuple[bytes, bytes, bytes, bytes]:
    """Return the pieces of a compressed stream.

    Parameters
    ----------
    data : array of uint8, of one axis
    header : int
        `WITH_HEADER` or `WITHOUT_HEADER`.
    flush : int
        `zlib.Z_FINISH`; or `zlib.Z_FULL_FLUSH`, after which another stream can follow on a byte.

    """
    stream = isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, header)
    return (
        stream.compress(data[:_LEAD]),
        stream.flush(zlib.Z_SYNC_FLUSH),
        stream.compress(data[_LEAD:]),
        stream.flush(flush),
    )
