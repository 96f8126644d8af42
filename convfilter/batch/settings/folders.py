"""What is said of many files: which are taken, and what their results are called."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_MANY, OF_RUN, flag, later, text

__all__ = ["OfFolders"]


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
