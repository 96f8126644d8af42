"""PDF documents of a scanned picture on each page, put together by hand (ISO 32000-1, 7.5)."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["document"]


def document(
    *pages: NDArray[Any], claim: tuple[int, int] | None = None, encrypted: bool = False
) -> bytes:
    """Return a document, 72 pixels an inch; a `claim` of columns and rows is a lie about them."""
    kids = " ".join(f"{3 + 3 * number} 0 R" for number in range(len(pages)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode())
    for number, pixels in enumerate(pages):
        rows, columns = pixels.shape[:2]
        wide, high = claim or (columns, rows)
        first = 3 + 3 * number
        draw = f"q {columns} 0 0 {rows} 0 0 cm /I Do Q".encode()
        colours = "DeviceRGB" if pixels.ndim == 3 else "DeviceGray"
        data = zlib.compress(np.ascontiguousarray(pixels, np.uint8).tobytes())
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {columns} {rows}]/Contents {first + 1} 0 R"
            f"/Resources<</XObject<</I {first + 2} 0 R>>>>>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(draw), draw))
        head = (
            f"<</Type/XObject/Subtype/Image/Width {wide}/Height {high}/ColorSpace/{colours}"
            f"/BitsPerComponent 8/Filter/FlateDecode/Length {len(data)}>>stream\n"
        )
        objects.append(head.encode() + data + b"\nendstream")
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    secret = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (
        b"11" * 32,
        b"22" * 32,
    )
    out += b"trailer<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, secret * encrypted)
    return bytes(out + b"startxref\n%d\n%%%%EOF" % table)
