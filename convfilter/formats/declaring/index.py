"""What is known of each format before its module is imported.

Written by `python -m tools.generate` from the declarations, not by hand.
"""

from __future__ import annotations

from convfilter.formats.declaring import Format, Summary


def _png() -> Format:
    from convfilter.formats.png import FORMAT

    return FORMAT


def _jpeg() -> Format:
    from convfilter.formats.jpeg import FORMAT

    return FORMAT


def _avif() -> Format:
    from convfilter.formats.avif import FORMAT

    return FORMAT


def _exr() -> Format:
    from convfilter.formats.extras.exr import FORMAT

    return FORMAT


def _heic() -> Format:
    from convfilter.formats.extras.heic import FORMAT

    return FORMAT


def _tiff() -> Format:
    from convfilter.formats.tiff import FORMAT

    return FORMAT


def _jp2() -> Format:
    from convfilter.formats.jpeg2000 import FORMAT

    return FORMAT


def _jxl() -> Format:
    from convfilter.formats.extras.jpegxl import FORMAT

    return FORMAT


def _webp() -> Format:
    from convfilter.formats.webp import FORMAT

    return FORMAT


def _gif() -> Format:
    from convfilter.formats.gif import FORMAT

    return FORMAT


def _bmp() -> Format:
    from convfilter.formats.bmp import FORMAT

    return FORMAT


def _camera_raw() -> Format:
    from convfilter.formats.extras.raw import FORMAT

    return FORMAT


def _pdf() -> Format:
    from convfilter.formats.extras.pdf import FORMAT

    return FORMAT


def _npy() -> Format:
    from convfilter.formats.npy import FORMAT

    return FORMAT


def _pbm() -> Format:
    from convfilter.formats.pnm import PBM

    return PBM


def _pgm() -> Format:
    from convfilter.formats.pnm import PGM

    return PGM


def _pnm() -> Format:
    from convfilter.formats.pnm import PNM

    return PNM


def _ppm() -> Format:
    from convfilter.formats.pnm import PPM

    return PPM


SUMMARIES: dict[str, Summary] = {
    "PNG": Summary(
        load=_png,
        suffixes=(".png",),
        signature=rb"\x89PNG\r\n\x1a\n",
        is_written=True,
        written_as="PNG",
        quality="",
        compress=True,
        extra=None,
    ),
    "JPEG": Summary(
        load=_jpeg,
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
        signature=rb"\xff\xd8\xff",
        is_written=True,
        written_as="JPEG",
        quality="as in the input if that is JPEG, else 92",
        compress=False,
        extra=None,
    ),
    "AVIF": Summary(
        load=_avif,
        suffixes=(".avif",),
        signature=rb"....ftyp(avi[fs]|(mif1|msf1|miaf)....(....){0,12}?avi[fs])",
        is_written=True,
        written_as="AVIF",
        quality="80",
        compress=False,
        extra=None,
    ),
    "EXR": Summary(
        load=_exr,
        suffixes=(".exr",),
        signature=rb"v/1\x01",
        is_written=True,
        written_as="EXR",
        quality="",
        compress=False,
        extra="exr",
    ),
    "HEIC": Summary(
        load=_heic,
        suffixes=(".heic", ".heif", ".hif"),
        signature=rb"....ftyp(hei[cxms]|hev[cxms]|(mif1|msf1|miaf)....(?!(....){0,12}?avi[fs]))",
        is_written=False,
        written_as="PNG",
        quality="",
        compress=False,
        extra="heic",
    ),
    "TIFF": Summary(
        load=_tiff,
        suffixes=(".tif", ".tiff"),
        signature=rb"II[*+]\0(?!....CR\x02)|MM\0[*+]",
        is_written=True,
        written_as="TIFF",
        quality="",
        compress=False,
        extra=None,
    ),
    "JP2": Summary(
        load=_jp2,
        suffixes=(".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
        signature=rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
        is_written=True,
        written_as="JP2",
        quality="lossless",
        compress=False,
        extra=None,
    ),
    "JXL": Summary(
        load=_jxl,
        suffixes=(".jxl",),
        signature=rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
        is_written=True,
        written_as="JXL",
        quality="lossless",
        compress=True,
        extra="formats",
    ),
    "WEBP": Summary(
        load=_webp,
        suffixes=(".webp",),
        signature=rb"RIFF....WEBP",
        is_written=True,
        written_as="WEBP",
        quality="lossless",
        compress=False,
        extra=None,
    ),
    "GIF": Summary(
        load=_gif,
        suffixes=(".gif",),
        signature=rb"GIF8[79]a",
        is_written=True,
        written_as="GIF",
        quality="",
        compress=False,
        extra=None,
    ),
    "BMP": Summary(
        load=_bmp,
        suffixes=(".bmp",),
        signature=rb"BM",
        is_written=True,
        written_as="BMP",
        quality="",
        compress=False,
        extra=None,
    ),
    "CAMERA RAW": Summary(
        load=_camera_raw,
        suffixes=(
            ".dng",
            ".cr2",
            ".cr3",
            ".nef",
            ".nrw",
            ".arw",
            ".raf",
            ".orf",
            ".rw2",
            ".pef",
            ".srw",
            ".3fr",
            ".crw",
            ".dcr",
            ".erf",
            ".iiq",
            ".kdc",
            ".mrw",
            ".mos",
            ".rwl",
            ".sr2",
            ".x3f",
        ),
        signature=(
            rb"....ftypcrx |II\*\0....CR\x02|FUJIFILMCCD-RAW|IIU\0|II(RO|RS)|MMOR|\0MRM|FOVb|II"
            rb"\x1a\0\0\0HEAPCCDR"
        ),
        is_written=False,
        written_as="PNG",
        quality="",
        compress=False,
        extra="raw",
    ),
    "PDF": Summary(
        load=_pdf,
        suffixes=(".pdf",),
        signature=rb"[\s\0]{0,16}%PDF-",
        is_written=False,
        written_as="TIFF",
        quality="",
        compress=False,
        extra="pdf",
    ),
    "NPY": Summary(
        load=_npy,
        suffixes=(".npy",),
        signature=rb"\x93NUMPY",
        is_written=True,
        written_as="NPY",
        quality="",
        compress=False,
        extra=None,
    ),
    "PBM": Summary(
        load=_pbm,
        suffixes=(".pbm",),
        signature=rb"P[14][\s#]",
        is_written=True,
        written_as="PBM",
        quality="",
        compress=False,
        extra=None,
    ),
    "PGM": Summary(
        load=_pgm,
        suffixes=(".pgm",),
        signature=rb"P[25][\s#]",
        is_written=True,
        written_as="PGM",
        quality="",
        compress=False,
        extra=None,
    ),
    "PNM": Summary(
        load=_pnm,
        suffixes=(".pnm",),
        signature=None,
        is_written=True,
        written_as="PNM",
        quality="",
        compress=False,
        extra=None,
    ),
    "PPM": Summary(
        load=_ppm,
        suffixes=(".ppm",),
        signature=rb"P[36][\s#]",
        is_written=True,
        written_as="PPM",
        quality="",
        compress=False,
        extra=None,
    ),
}
