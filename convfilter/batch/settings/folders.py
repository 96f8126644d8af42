"""What is said of many files: which are taken, and what their results are called."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_MANY, OF_RUN, flag

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
