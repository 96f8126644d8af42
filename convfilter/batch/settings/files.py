"""What is said of files: which become which, and what may be replaced."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_RUN, flag

__all__ = ["OfFiles"]


class OfFiles(TypedDict, total=False):
    """Which files are read and written."""

    overwrite: Annotated[bool, flag("replace outputs that exist already"), OF_RUN]
    in_place: Annotated[
        bool, flag("replace the inputs by their results; every path is then an input"), OF_RUN
    ]
    recursive: Annotated[bool, flag("go into the folders of a folder and keep the tree"), OF_RUN]
    strict: Annotated[
        bool,
        flag(
            "files of a folder that are pictures of a kind that cannot be read here are failures,"
            " not passed over"
        ),
        OF_RUN,
    ]
