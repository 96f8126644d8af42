"""What is said of files: which are taken, what they become, and how large ones are worked on."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import (
    OF_MANY,
    OF_RUN,
    flag,
    later,
    multiple,
    seconds,
    size,
    text,
)
from convfilter.errors import listed
from convfilter.formats.declaring import LARGEST_SIDE, SIDE_STEP
from convfilter.formats.declaring.index import SUMMARIES

__all__ = ["BYTES_OF_PIXEL", "FOR_ONE", "OfFiles", "OfFolders", "OfLarge", "OfResuming"]

FOR_ONE = 300_000_000
"""Bytes of memory for one picture, where nobody says more: what needs more is done in bands."""

BYTES_OF_PIXEL = 12
"""Of a picture as a whole, about: what is read, what is made, and floats between."""

_STORED = [name for name, summary in SUMMARIES.items() if summary.stores]


class OfFiles(TypedDict, total=False):
    """Which files are written."""

    overwrite: Annotated[bool, flag("replace outputs that exist already"), OF_RUN]
    in_place: Annotated[
        bool, flag("replace the inputs by their results; every path is then an input"), OF_RUN
    ]


class OfFolders(TypedDict, total=False):
    """Which files of folders are filtered, and which files they become."""

    recursive: Annotated[
        bool, flag("go into the folders of a folder and keep the tree"), OF_RUN, OF_MANY
    ]
    strict: Annotated[
        bool,
        flag(
            "files of a folder that are pictures of a kind that cannot be read here are failures,"
            " not passed over"
        ),
        OF_RUN,
    ]
    follow_links: Annotated[
        bool,
        flag("go into folders that links lead to as well, into each folder once"),
        OF_RUN,
        OF_MANY,
    ]
    suffix: Annotated[
        str | None,
        text(
            "what is added to names: -edges makes photo-edges.jpg of photo.jpg",
            later("convfilter.batch.settings.names", "check_suffix"),
            "TEXT",
            automatic="nothing in a folder, the filter beside a single file",
        ),
        OF_RUN,
        OF_MANY,
    ]
    keep_ext: Annotated[
        bool,
        flag("keep the old suffix where the format changes: photo.nef becomes photo.nef.jpg"),
        OF_RUN,
        OF_MANY,
    ]
    name: Annotated[
        str | None,
        text(
            "names of results, within their folder, such as {stem}-{filter}{ext} or"
            " {parent}/{index:04}.png: stem is the name without suffix, ext the suffix of the"
            " result, parent the folder of the input, index counts from 1",
            later("convfilter.batch.settings.names", "check_template"),
            "TEMPLATE",
            automatic="as the inputs are called",
        ),
        OF_RUN,
        OF_MANY,
    ]


class OfResuming(TypedDict, total=False):
    """Which files are left alone since they are done, and whether to wait for further ones."""

    resume: Annotated[
        bool,
        flag(
            "go on where an earlier run into this folder ended, by its journal: what is done stays"
            " as it is, unless its input, the recipe or the output itself has changed since"
        ),
        OF_RUN,
        OF_MANY,
    ]
    skip_existing: Annotated[
        bool, flag("leave alone every output that exists, whatever it holds"), OF_RUN
    ]
    journal: Annotated[
        bool,
        flag(
            "keep .convfilter-journal in the folder of the outputs, by which resume knows what is"
            " done",
            default=True,
        ),
        OF_RUN,
    ]
    hash_inputs: Annotated[
        bool,
        flag(
            "know inputs by the hash of their bytes too, so that one whose time alone has changed,"
            " as that of a copy, is not filtered again"
        ),
        OF_RUN,
    ]
    watch: Annotated[
        bool,
        flag(
            "filter what is in the folders as resume does, then wait for files that arrive or"
            " change, and filter each once it is wholly written, until interrupted"
        ),
        OF_RUN,
        OF_MANY,
    ]
    poll: Annotated[
        float | None,
        seconds(
            "of watch: look into the folders so often, for network file systems, which tell"
            " nothing of what others write",
            "the system tells",
        ),
        OF_RUN,
    ]


class OfLarge(TypedDict, total=False):
    """How large pictures may be, and how they are worked on and written."""

    max_pixels: Annotated[
        int | None,
        size(
            "largest width times height to be read, of all frames together: 500M, 5G",
            "500M",
        ),
        OF_RUN,
    ]
    tile: Annotated[
        int | None,
        multiple(
            f"of {listed(_STORED)}: side of the squares in which pixels are stored, a multiple of"
            f" {SIDE_STEP}, such as 256, of which a reader takes those that it shows",
            SIDE_STEP,
            LARGEST_SIDE,
            "pixels are stored in rows, and in tiles of 256 beside --pyramid",
        ),
    ]
    pyramid: Annotated[
        bool,
        flag(
            f"of {listed(_STORED)}: write reduced copies as well, each half as large, in tiles, as"
            " viewers of slides and maps open them (Cloud Optimized GeoTIFF)"
        ),
    ]
