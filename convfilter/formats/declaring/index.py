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


def _tiff() -> Format:
    from convfilter.formats.tiff import FORMAT

    return FORMAT


def _avif() -> Format:
    from convfilter.formats.avif import FORMAT

    return FORMAT


def _exr() -> Format:
    from convfilter.formats.extras.exr import FORMAT

    return FORMAT


def _gif() -> Format:
    from convfilter.formats.gif import FORMAT

    return FORMAT


def _heic() -> Format:
    from convfilter.formats.extras.heic import FORMAT

    return FORMAT


def _webp() -> Format:
    from convfilter.formats.webp import FORMAT

    return FORMAT


def _jp2() -> Format:
    from convfilter.formats.jpeg2000 import FORMAT

    return FORMAT


def _jxl() -> Format:
    from convfilter.formats.extras.jpegxl import FORMAT

    return FORMAT


def _bmp() -> Format:
    from convfilter.formats.bmp import FORMAT

    return FORMAT


def _camera_raw() -> Format:
    from convfilter.formats.extras.raw import FORMAT

    return FORMAT


def _pbm() -> Format:
    from convfilter.formats.pnm import PBM

    return PBM


def _pdf() -> Format:
    from convfilter.formats.extras.pdf import FORMAT

    return FORMAT


def _pgm() -> Format:
    from convfilter.formats.pnm import PGM

    return PGM


def _pnm() -> Format:
    from convfilter.formats.pnm import PNM

    return PNM


def _ppm() -> Format:
    from convfilter.formats.pnm import PPM

    return PPM


def _dds() -> Format:
    from convfilter.formats.simple.by_pillow import DDS

    return DDS


def _ico() -> Format:
    from convfilter.formats.simple.ico import FORMAT

    return FORMAT


def _npy() -> Format:
    from convfilter.formats.npy import FORMAT

    return FORMAT


def _pam() -> Format:
    from convfilter.formats.simple.pam import FORMAT

    return FORMAT


def _pcx() -> Format:
    from convfilter.formats.simple.by_pillow import PCX

    return PCX


def _pfm() -> Format:
    from convfilter.formats.simple.pfm import FORMAT

    return FORMAT


def _qoi() -> Format:
    from convfilter.formats.simple.by_pillow import QOI

    return QOI


def _sgi() -> Format:
    from convfilter.formats.simple.by_pillow import SGI

    return SGI


def _tga() -> Format:
    from convfilter.formats.simple.by_pillow import TGA

    return TGA


SUMMARIES: dict[str, Summary] = {
    "PNG": Summary(
        load=_png,
        suffixes=(".png",),
        signature=rb"\x89PNG\r\n\x1a\n",
        written_as="PNG",
        compress=True,
    ),
    "JPEG": Summary(
        load=_jpeg,
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
        signature=rb"\xff\xd8\xff",
        written_as="JPEG",
        quality="as in the input if that is JPEG, else 92",
    ),
    "TIFF": Summary(
        load=_tiff,
        suffixes=(".tif", ".tiff"),
        signature=rb"II[*+]\0(?!....CR\x02)|MM\0[*+]",
        written_as="TIFF",
        stores=True,
    ),
    "AVIF": Summary(
        load=_avif,
        suffixes=(".avif",),
        signature=rb"....ftyp(avi[fs]|(mif1|msf1|miaf)....(....){0,12}?avi[fs])",
        written_as="AVIF",
        quality="80",
    ),
    "EXR": Summary(
        load=_exr,
        suffixes=(".exr",),
        signature=rb"v/1\x01",
        written_as="EXR",
        extra="exr",
    ),
    "GIF": Summary(
        load=_gif,
        suffixes=(".gif",),
        signature=rb"GIF8[79]a",
        written_as="GIF",
    ),
    "HEIC": Summary(
        load=_heic,
        suffixes=(".heic", ".heif", ".hif"),
        signature=rb"....ftyp(hei[cxms]|hev[cxms]|(mif1|msf1|miaf)....(?!(....){0,12}?avi[fs]))",
        written_as="PNG",
        is_written=False,
        extra="heic",
    ),
    "WEBP": Summary(
        load=_webp,
        suffixes=(".webp",),
        signature=rb"RIFF....WEBP",
        written_as="WEBP",
        quality="as in the input if that is lossy WebP, else lossless",
    ),
    "JP2": Summary(
        load=_jp2,
        suffixes=(".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
        signature=rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
        written_as="JP2",
        quality="lossless",
    ),
    "JXL": Summary(
        load=_jxl,
        suffixes=(".jxl",),
        signature=rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
        written_as="JXL",
        quality="lossless",
        compress=True,
        extra="formats",
    ),
    "BMP": Summary(
        load=_bmp,
        suffixes=(".bmp",),
        signature=rb"BM",
        written_as="BMP",
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
            rb"....ftypcrx |II\*\0....CR\x02|FUJIFILMCCD-RAW|IIU\0|II(RO|RS)|MMOR"
            rb"|\0MRM|FOVb|II\x1a\0\0\0HEAPCCDR"
        ),
        written_as="PNG",
        is_written=False,
        extra="raw",
    ),
    "PBM": Summary(
        load=_pbm,
        suffixes=(".pbm",),
        signature=rb"P[14][\s#]",
        written_as="PBM",
    ),
    "PDF": Summary(
        load=_pdf,
        suffixes=(".pdf",),
        signature=rb"[\s\0]{0,16}%PDF-",
        written_as="TIFF",
        is_written=False,
        extra="pdf",
    ),
    "PGM": Summary(
        load=_pgm,
        suffixes=(".pgm",),
        signature=rb"P[25][\s#]",
        written_as="PGM",
    ),
    "PNM": Summary(
        load=_pnm,
        suffixes=(".pnm",),
        signature=None,
        written_as="PNM",
    ),
    "PPM": Summary(
        load=_ppm,
        suffixes=(".ppm",),
        signature=rb"P[36][\s#]",
        written_as="PPM",
    ),
    "DDS": Summary(
        load=_dds,
        suffixes=(".dds",),
        signature=rb"DDS ",
        written_as="PNG",
        is_written=False,
    ),
    "ICO": Summary(
        load=_ico,
        suffixes=(".ico",),
        signature=rb"\0\0\x01\0",
        written_as="PNG",
        is_written=False,
    ),
    "NPY": Summary(
        load=_npy,
        suffixes=(".npy",),
        signature=rb"\x93NUMPY",
        written_as="NPY",
    ),
    "PAM": Summary(
        load=_pam,
        suffixes=(".pam",),
        signature=rb"P7\n",
        written_as="PNG",
        is_written=False,
    ),
    "PCX": Summary(
        load=_pcx,
        suffixes=(".pcx",),
        signature=rb"\x0a[\0\x02\x03\x05][\0\x01][\x01\x08]",
        written_as="PNG",
        is_written=False,
    ),
    "PFM": Summary(
        load=_pfm,
        suffixes=(".pfm",),
        signature=rb"P[Ff]\s",
        written_as="TIFF",
        is_written=False,
    ),
    "QOI": Summary(
        load=_qoi,
        suffixes=(".qoi",),
        signature=rb"qoif",
        written_as="PNG",
        is_written=False,
    ),
    "SGI": Summary(
        load=_sgi,
        suffixes=(".sgi", ".rgb", ".rgba", ".bw"),
        signature=rb"\x01\xda[\0\x01][\x01\x02]",
        written_as="PNG",
        is_written=False,
    ),
    "TGA": Summary(
        load=_tga,
        suffixes=(".tga", ".icb", ".vda", ".vst"),
        signature=(
            rb".\0[\x02\x03\x0a\x0b]\0{5}.{8}[\x08\x10\x18\x20][\0-\x3f]|.\x01[\x01\x09]..[\0-\xff][\0\x01][\x0f\x10\x18\x20].{8}\x08[\0-\x3f"
            rb"]"
        ),
        written_as="PNG",
        is_written=False,
    ),
}
