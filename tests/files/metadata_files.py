"""Files with random metadata, made byte by byte, and a plain witness of what a file still holds.

Every item bears a word that occurs nowhere else. The witness unpacks what a file may have packed,
and looks for the words.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from PIL import Image as PillowImages

from tests.formats.png.png_files import chunk

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Item:
    """Something that a file says: its word, what lines about its loss say, and all of its bytes.

    `whole` are bytes that stay as they are, in formats that keep such things as they are.
    """

    word: bytes
    named: tuple[str, ...]
    whole: bytes = b""


@dataclass
class Made:
    """A file and its items; each is of a word of its own."""

    random: Random
    items: list[Item]

    def word(self) -> bytes:
        return "".join(self.random.choice(LETTERS) for _ in range(12)).encode()

    def item(self, *named: str, whole: bytes = b"", word: bytes = b"") -> bytes:
        word = word or self.word()
        self.items.append(Item(word, named, whole))
        return word

    def some(self, most: int) -> range:
        return range(self.random.randint(0, most))

    def chance(self) -> bool:
        return self.random.random() < 0.5


def ratio(across: Fraction | int, down: Fraction | int) -> bytes:
    """Return in words how oblong pixels are."""
    return str(Fraction(across, down)).encode() + b" as long"


def directory(order: str, entries: list[tuple[int, int, bytes]], at: int) -> bytes:
    """Return a directory at a place, with the values behind it and none following."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 12: 8}
    entries = sorted(entries)
    out = struct.pack(f"{order}H", len(entries))
    beyond = at + 2 + 12 * len(entries) + 4
    values = b""
    for tag, kind, data in entries:
        count = len(data) // sizes[kind]
        if len(data) > 4:
            place = struct.pack(f"{order}I", beyond + len(values))
            values += data + bytes(len(data) % 2)
        else:
            place = data.ljust(4, b"\0")
        out += struct.pack(f"{order}HHI", tag, kind, count) + place
    return out + bytes(4) + values


def exif(made: Made, size: tuple[int, int]) -> bytes:
    """Return a block with some of the tags that cameras write; the size is that of the picture."""
    order = made.random.choice("<>")
    first: list[tuple[int, int, bytes]] = []
    first += [
        (tag, 2, made.item("EXIF") + b"\0")
        for tag in (270, 271, 272, 305, 315, 33432)
        if made.chance()
    ]
    second = [
        (0xA002, 4, struct.pack(f"{order}I", size[0])),
        (0xA003, 3, struct.pack(f"{order}H", size[1])),
    ]
    second += [
        (tag, kind, made.item("EXIF") + b"\0")
        for tag, kind in ((0x9003, 2), (0x927C, 7), (0x9286, 7))
        if made.chance()
    ]
    first.append((274, 3, struct.pack(f"{order}H", 1)))
    first.append((0x8769, 4, bytes(4)))
    length = len(directory(order, first, 8))
    first[-1] = (0x8769, 4, struct.pack(f"{order}I", 8 + length))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return head + directory(order, first, 8) + directory(order, second, 8 + length)


def xmp(made: Made, padding: int = 0) -> bytes:
    word = made.word()
    packet = (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="'
        + word + b'"/></rdf:RDF></x:xmpmeta>' + b" " * padding + b'<?xpacket end="w"?>'
    )  # fmt: skip
    made.item("XMP", whole=packet, word=word)
    return packet


def profile(made: Made, name: bytes = b"RGB ") -> bytes:
    """Return a profile that holds a copyright and noise."""
    word = made.word()
    length = 200 + made.random.choice((20, 3000, 70000))
    head = struct.pack(">I", length) + bytes(4) + b"\2\x10\0\0mntr" + name + b"XYZ "
    head = head.ljust(36, b"\0") + b"acsp"
    table = struct.pack(">I4sII", 1, b"cprt", 144, 8 + len(word) + 1)
    data = head.ljust(128, b"\0") + table + b"text" + bytes(4) + word + b"\0"
    data += made.random.randbytes(length - len(data))
    made.item("profile", whole=data, word=word)
    return data


def resources(made: Made) -> bytes:
    """Return Photoshop's resources with records of IPTC."""
    records = b""
    for number in (5, 25, 120):
        if made.chance():
            word = made.item("IPTC", "Photoshop")
            records += b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(word)) + word
    pieces = []
    if records:
        pieces.append((1028, records))
    if made.chance() or not records:
        pieces.append((4000, made.item("IPTC", "Photoshop")))
    return b"".join(
        b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)
        for number, data in pieces
    )


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def pixels(random: Random, mode: str = "RGB") -> PillowImages.Image:
    size = random.randint(8, 30), random.randint(8, 30)
    return PillowImages.new(mode, size, 90 if mode == "L" else (90, 120, 30))


def saved(picture: PillowImages.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def jpeg(made: Made) -> bytes:
    picture = pixels(made.random)
    data = saved(picture, "JPEG")
    parts = [segment(0xE0, b"JFIF\0\1\1" + struct.pack(">BHH", *_density(made)) + b"\0\0")]
    if made.chance():
        parts.append(segment(0xE1, b"Exif\0\0" + exif(made, picture.size)))
    if made.chance():
        parts += _xmp_of_jpeg(made)
    if made.chance():
        icc = profile(made)
        cut = [icc[at : at + 65000] for at in range(0, len(icc), 65000)]
        for number, part in enumerate(cut):
            count = bytes([number + 1, len(cut)])
            parts.append(segment(0xE2, b"ICC_PROFILE\0" + count + part))
    if made.chance():
        parts.append(segment(0xED, b"Photoshop 3.0\0" + resources(made)))
    for _ in made.some(3):
        comment = made.word()
        made.item("omment", whole=comment, word=comment)
        parts.append(segment(0xFE, comment))
    for _ in made.some(2):
        number = made.random.choice((3, 5, 7, 11, 12))
        parts.append(segment(0xE0 + number, made.item("segments") + b"\0" + bytes(3)))
    tail = made.item("behind") if made.chance() else b""
    head = 2 + 2 + int.from_bytes(data[4:6], "big")
    return data[:2] + b"".join(parts) + data[head:] + tail


def _density(made: Made) -> tuple[int, int, int]:
    kind = made.random.choice((0, 1, 2))
    if kind:
        return kind, 300, 300
    across, down = made.random.randint(1, 9), made.random.randint(1, 9)
    if across != down:
        word = ratio(across, down)
        made.item("oblong", word=word)
    return 0, across, down


def _xmp_of_jpeg(made: Made) -> list[bytes]:
    mark, more = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
    if made.chance():
        return [segment(0xE1, mark + xmp(made))]
    word, other = made.item("XMP"), made.item("XMP")
    rdf = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/"%s>%s</rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    extended = rdf % (b"", b"<dc:source>" + other + b"</dc:source>") + b" " * 70000
    name = hashlib.md5(extended).hexdigest().upper().encode()
    note = b' xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="' + name + b'"'
    parts = [segment(0xE1, mark + rdf % (note, b"<dc:rights>" + word + b"</dc:rights>"))]
    for at in range(0, len(extended), 60000):
        head = more + name + struct.pack(">II", len(extended), at)
        parts.append(segment(0xE1, head + extended[at : at + 60000]))
    made.random.shuffle(parts[1:])
    return parts


def png(made: Made) -> bytes:
    mode = made.random.choice(("L", "RGB", "RGBA"))
    picture = pixels(made.random, mode) if mode != "RGBA" else pixels(made.random).convert(mode)
    data = saved(picture, "PNG")
    before: list[tuple[bytes, bytes]] = []
    after: list[tuple[bytes, bytes]] = []
    if made.chance():
        icc = profile(made, b"GRAY" if mode == "L" else b"RGB ")
        before.append((b"iCCP", b"a name\0\0" + zlib.compress(icc)))
    kinds: list[Callable[[], tuple[bytes, bytes]]] = [
        lambda: (b"eXIf", exif(made, picture.size)),
        lambda: (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(made)),
        lambda: (b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(xmp(made))),
        lambda: _raw(made, b"exif", b"Exif\0\0" + exif(made, picture.size)),
        lambda: _raw(made, b"xmp", xmp(made)),
        lambda: _raw(made, made.random.choice((b"iptc", b"8bim")), resources(made)),
        lambda: _raw(made, b"other", made.item("Raw profile")),
    ]
    for _ in made.some(4):
        (before if made.chance() else after).append(made.random.choice(kinds)())
    for _ in made.some(4):
        keyword = made.random.choice((b"Comment", b"Author", b"Title", b"Title"))
        text = made.item(f"text {keyword.decode()!r}")
        form = made.random.randrange(3)
        content = {
            0: (b"tEXt", keyword + b"\0" + text),
            1: (b"zTXt", keyword + b"\0\0" + zlib.compress(text)),
            2: (b"iTXt", keyword + b"\0\0\0\0\0" + text),
        }[form]
        (before if made.chance() else after).append(content)
    before += _chunks(made)
    tail = made.item("behind") if made.chance() else b""
    start, end = 33, len(data) - 12
    parts = [b"".join(chunk(*each) for each in part) for part in (before, after)]
    return data[:start] + parts[0] + data[start:end] + parts[1] + data[end:] + tail


def _chunks(made: Made) -> Iterator[tuple[bytes, bytes]]:
    if made.chance():
        time = struct.pack(">H5B", made.random.randint(1990, 2030), 5, 6, 7, 8, 9)
        made.item("tIME", word=b"tIME" + time)
        yield b"tIME", time
    for kind, content in ((b"oFFs", bytes(8) + b"\1"), (b"sCAL", b"\0011\x002")):
        if made.chance():
            made.item(kind.decode(), word=kind + content)
            yield kind, content
    if made.chance():
        yield b"prVt", made.item("prVt", "chunks that are not known")
    if made.chance():
        yield b"prVT", made.item("prVT", "chunks that are not known")


def _raw(made: Made, name: bytes, data: bytes) -> tuple[bytes, bytes]:
    digits = data.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = b"\n%s\n%8d\n%s\n" % (name, len(data), lines)
    return b"zTXt", b"Raw profile type " + name + b"\0\0" + zlib.compress(text)


def webp(made: Made) -> bytes:
    picture = pixels(made.random)
    options: dict[str, Any] = {"lossless": True}
    if made.chance():
        options["exif"] = exif(made, picture.size)
    if made.chance():
        options["xmp"] = xmp(made)
    if made.chance():
        options["icc_profile"] = profile(made)
    data = saved(picture, "WEBP", **options)
    if len(options) > 1 and made.chance():
        word = made.item("chunk")
        data += b"oWnW" + struct.pack("<I", len(word)) + word
        data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    return data + (made.item("behind") if made.chance() else b"")


def gif(made: Made) -> bytes:
    data = saved(pixels(made.random).convert("P"), "GIF")
    table = 13 + 3 * (2 << (data[10] & 7))
    blocks = []
    if made.chance():
        blocks.append(_extension(0xFF, b"ICCRGBG1012", profile(made)))
    if made.chance():
        packet = b"!\xff\x0bXMP DataXMP" + xmp(made)
        blocks.append(packet + b"\1" + bytes(range(255, -1, -1)) + b"\0")
    blocks += [_extension(0xFE, b"", made.item("omment")) for _ in made.some(3)]
    if made.chance():
        blocks.append(_extension(0xFF, b"OWNBLOCK1.0", made.item("OWNBLOCK")))
    aspect = made.random.choice((0, 49, 17, 113))
    if aspect in (17, 113):
        made.item("oblong", word=ratio(64, aspect + 15))
    tail = made.item("behind") if made.chance() else b""
    head = data[:12] + bytes([aspect]) + data[13:table]
    return head.replace(b"GIF87a", b"GIF89a") + b"".join(blocks) + data[table:] + tail


def _extension(label: int, name: bytes, data: bytes) -> bytes:
    parts = [name] if name else []
    parts += [data[at : at + 255] for at in range(0, len(data), 255)]
    return bytes([0x21, label]) + b"".join(bytes([len(p)]) + p for p in parts) + b"\0"


def bmp(made: Made) -> bytes:
    data = saved(pixels(made.random), "BMP", dpi=(100, 100))
    if made.chance():
        icc = profile(made)
        head = data[14:54].ljust(124, b"\0")
        head = struct.pack("<I", 124) + head[4:56] + b"DEBM" + head[60:112]
        head = (head + struct.pack("<II", len(data) + 84 - 14, len(icc))).ljust(124, b"\0")
        start = struct.pack("<2sIHHI", b"BM", len(data) + 84 + len(icc), 0, 0, 138)
        data = start + head + data[54:] + icc
    return data + (made.item("behind") if made.chance() else b"")


def pnm(made: Made) -> bytes:
    picture = pixels(made.random)
    comments = b"".join(b"# " + made.item("omment") + b"\n" for _ in made.some(3))
    head = b"P6\n%s%d %d\n255\n" % (comments, *picture.size)
    return head + picture.tobytes() + (made.item("behind") if made.chance() else b"")


def tiff(made: Made) -> bytes:
    picture = pixels(made.random)
    order = made.random.choice("<>")
    width, height = picture.size
    data = picture.tobytes()
    short: Callable[..., bytes] = lambda *v: struct.pack(f"{order}{len(v)}H", *v)  # noqa: E731
    entries = [
        (256, 4, struct.pack(f"{order}I", width)), (257, 4, struct.pack(f"{order}I", height)),
        (258, 3, short(8, 8, 8)), (259, 3, short(1)), (262, 3, short(2)),
        (273, 4, struct.pack(f"{order}I", 8)), (277, 3, short(3)),
        (278, 4, struct.pack(f"{order}I", height)), (279, 4, struct.pack(f"{order}I", len(data))),
    ]  # fmt: skip
    entries += [
        (tag, 2, made.item("EXIF") + b"\0") for tag in (271, 315, 305, 33432) if made.chance()
    ]
    if made.chance():
        entries.append((700, 1, xmp(made)))
    if made.chance():
        entries.append((34675, 7, profile(made)))
    if made.chance():
        entries.append((34377, 7, resources(made)))
    entries += _description(made)
    if made.chance():
        entries += _earth(made, order)
    entries += [(tag, 2, made.item("tag") + b"\0") for tag in (65000, 50000) if made.chance()]
    if made.chance():
        entries.append((37724, 7, made.item("Photoshop's layers")))
    at = 8 + len(data) + len(data) % 2
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", at)
    return head + data.ljust(at - 8, b"\0") + directory(order, entries, at)


def _description(made: Made) -> list[tuple[int, int, bytes]]:
    kind = made.random.randrange(4)
    if kind == 0:
        return []
    if kind == 1:
        return [(270, 2, made.item("EXIF") + b"\0")]
    if kind == 2:
        word = made.item("ImageJ")
        lines = b"ImageJ=1.54f\nimages=1\nunit=" + word + b"\nspacing=0.5\nloop=false\n"
        return [(270, 2, lines + b"\0")]
    word = made.item("OME")
    text = (
        b'<?xml version="1.0" encoding="UTF-8"?><OME'
        b' xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="'
        + word + b'"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="1" SizeY="1"'
        b' SizeC="3" SizeZ="1" SizeT="1" PhysicalSizeX="0.5"><TiffData/></Pixels></Image></OME>'
    )  # fmt: skip
    return [(270, 2, text + b"\0")]


def _earth(made: Made, order: str) -> list[tuple[int, int, bytes]]:
    doubles: Callable[..., bytes] = lambda *v: struct.pack(f"{order}{len(v)}d", *v)  # noqa: E731
    word = made.item("georeference")
    keys = struct.pack(f"{order}8H", 1, 1, 0, 1, 1026, 34737, len(word) + 1, 0)
    entries = [(34735, 3, keys), (34737, 2, word + b"|\0"),
               (33550, 12, doubles(10.0, 10.0, 0.0)),
               (33922, 12, doubles(0, 0, 0, 500000.0, 4000000.0, 0))]  # fmt: skip
    if made.chance():
        text = b"<GDALMetadata>" + made.item("GDAL") + b"</GDALMetadata>\0"
        entries.append((42112, 2, text))
    return entries


def avif(made: Made) -> bytes:
    picture = pixels(made.random)
    options: dict[str, Any] = {"speed": 10}
    if made.chance():
        options["exif"] = exif(made, picture.size)
    if made.chance():
        options["xmp"] = xmp(made)
    if made.chance():
        options["icc_profile"] = profile(made)
    data = saved(picture, "AVIF", **options)
    for kind in (b"uuid", b"free"):
        if made.chance():
            content = bytes(16) + made.item("boxes") if kind == b"uuid" else bytes(20)
            data += struct.pack(">I4s", 8 + len(content), kind) + content
    return data


def jpeg2000(made: Made) -> bytes:
    picture = pixels(made.random)
    data = saved(picture, "JPEG2000", no_jp2=False)
    at = data.index(b"jp2c") - 4
    boxes = []
    for name, make in ((EXIF_BOX, lambda: exif(made, picture.size)), (XMP_BOX, lambda: xmp(made))):
        if made.chance():
            boxes.append((b"uuid", name + make()))
    if made.chance():
        boxes.append((b"uuid", bytes(16) + made.item("boxes")))
    if made.chance():
        boxes.append((b"xml ", b"<a>" + made.item("boxes") + b"</a>"))
    beside = b"".join(struct.pack(">I4s", 8 + len(data), kind) + data for kind, data in boxes)
    return data[:at] + beside + data[at:]


EXIF_BOX = bytes.fromhex("4a706754696666457869662d3e4a5032")
XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")

MAKERS: dict[str, Callable[[Made], bytes]] = {
    "JPEG": jpeg, "PNG": png, "WEBP": webp, "GIF": gif, "BMP": bmp, "PPM": pnm, "TIFF": tiff,
    "AVIF": avif, "JP2": jpeg2000,
}  # fmt: skip


def made_file(name: str, seed: int) -> tuple[bytes, list[Item]]:
    """Return a file of a format and what it says."""
    made = Made(Random(f"{name} {seed}"), [])
    return MAKERS[name](made), made.items


def everything_in(data: bytes) -> bytes:
    """Return all that a file says, unpacked: its own bytes and those of packed parts."""
    parts = [data]
    if data.startswith(b"\x89PNG"):
        parts += _in_png(data)
    elif data.startswith(b"\xff\xd8"):
        parts += _in_jpeg(data)
    elif data.startswith(b"GIF8"):
        parts += _in_gif(data)
    elif data[:4] in (b"II*\0", b"MM\0*"):
        with PillowImages.open(io.BytesIO(data)) as picture:
            tags: Any = vars(picture)["tag_v2"]
            if tags.get(296) == 1:
                parts.append(ratio(*(Fraction(float(tags[tag])) for tag in (282, 283))))
    return b"\n".join(parts)


def _in_png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind in (b"zTXt", b"iCCP"):
            name, _, packed = content.partition(b"\0")
            unpacked = zlib.decompress(packed[1:])
            if name.startswith(b"Raw profile type"):
                unpacked = bytes.fromhex("".join(unpacked.decode().split("\n")[3:]))
            yield unpacked
        if kind == b"pHYs" and content[8] == 0:
            yield ratio(*struct.unpack_from(">II", content))


def _in_jpeg(data: bytes) -> Iterator[bytes]:
    at, icc = 2, b""
    while data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        content = data[at + 4 : at + 2 + length]
        at += 2 + length
        if content.startswith(b"ICC_PROFILE\0"):
            icc += content[14:]
        if content.startswith(b"JFIF\0") and content[7] == 0:
            yield ratio(*struct.unpack_from(">HH", content, 8))
    yield icc


def _in_gif(data: bytes) -> Iterator[bytes]:
    at = 13 + (3 * (2 << (data[10] & 7)) if data[10] & 0x80 else 0)
    if data[12]:
        yield ratio(64, data[12] + 15)
    while data[at] == 0x21:
        parts = []
        at += 2
        while data[at]:
            parts.append(data[at + 1 : at + 1 + data[at]])
            at += 1 + data[at]
        at += 1
        yield b"".join(parts[1:])
        yield b"".join(parts)
