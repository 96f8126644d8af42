"""XMP packets lose small pictures and what they announce of others; every other byte stays."""

from __future__ import annotations

import base64

import pytest

from convfilter.picture.metadata import orientation_of_xmp, upright_xmp
from convfilter.picture.xmp import without_pictures

PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256))).decode()
NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpGImg": "http://ns.adobe.com/xap/1.0/g/img/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "GDepth": "http://ns.google.com/photos/1.0/depthmap/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "own": "http://example.com/own/",
}
KEPT = "<dc:title><rdf:Alt><rdf:li>a &amp; b</rdf:li></rdf:Alt></dc:title>"
THUMBNAILS = (
    "<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType='Resource'><xmpGImg:width>9</xmpGImg:width>"
    f"<xmpGImg:image>{PICTURE}</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>"
)


def packet(content: str, attributes: str = "") -> bytes:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {names}><rdf:Description rdf:about=""{attributes}>{content}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>\n   <?xpacket end="w"?>'
    ).encode()


@pytest.mark.parametrize(
    "content",
    [
        THUMBNAILS,
        f"<own:preview>{PICTURE}</own:preview>",
        f"<own:previews><rdf:Seq><rdf:li>{PICTURE}</rdf:li></rdf:Seq></own:previews>",
        f"<own:preview>data:image/png;base64,{PICTURE}</own:preview>",
        f"<own:preview own:a='1' own:data='{PICTURE}'/>",
        "<hdrgm:GainMapMax><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></hdrgm:GainMapMax>",
        "<GCamera:MotionPhoto>1</GCamera:MotionPhoto>",
        f"<GDepth:Data>{PICTURE}</GDepth:Data>",
    ],
)
def test_elements_go_and_all_else_stays(content: str) -> None:
    for before, behind in (("", ""), (KEPT, ""), ("\n", KEPT)):
        assert without_pictures(packet(before + content + behind)) == packet(before + behind)


@pytest.mark.parametrize(
    "attribute",
    [
        'hdrgm:Version="1.0"',
        "xmpNote:HasExtendedXMP='0123456789ABCDEF'",
        'GCamera:MicroVideoOffset="1234"',
        f'own:preview="{PICTURE}"',
        f'own:preview="\n{PICTURE[:90]}&#xA;{PICTURE[90:]}"',
    ],
)
def test_attributes_go_and_all_else_stays(attribute: str) -> None:
    own = ' dc:format="a > b"'
    for before, behind in ((own, ""), ("", own), ("", "")):
        given = packet(KEPT, f"{before}\n {attribute}{behind}")
        assert without_pictures(given) == packet(KEPT, before + behind)


@pytest.mark.parametrize(
    "kept",
    [
        packet(KEPT),
        packet("<GCamera:BurstID>7</GCamera:BurstID>"),
        packet("<own:words>/9j/ is how they begin</own:words>"),
        b"",
        b"no XML at all",
        b"<cut",
        "<a>é</a>".encode("latin-1"),
    ],
)
def test_what_is_no_picture_stays(kept: bytes) -> None:
    assert without_pictures(kept) == kept


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_other_encodings(encoding: str) -> None:
    with_picture, without = packet(KEPT + THUMBNAILS).decode(), packet(KEPT).decode()
    result = without_pictures(with_picture.encode(encoding))
    assert result.decode(encoding) == without


def test_broken_packets_lose_what_looks_like_a_picture() -> None:
    broken = packet(KEPT + THUMBNAILS).replace(b"</rdf:RDF>", b"")
    assert PICTURE.encode() not in without_pictures(broken)
    assert KEPT.encode() in without_pictures(broken)


def test_a_document_type_is_not_trusted() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY e "1234567890">]><a>&e;%s</a>' % PICTURE.encode()
    assert PICTURE.encode() not in without_pictures(bomb)


def test_orientation() -> None:
    turned = packet(KEPT, ' tiff:Orientation="6"')
    assert orientation_of_xmp(turned) == 6
    assert upright_xmp(turned) == packet(KEPT, ' tiff:Orientation="1"')
    assert orientation_of_xmp(packet(KEPT)) is None
