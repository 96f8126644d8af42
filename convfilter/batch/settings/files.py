"""What is said of files: what may be replaced."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_RUN, flag

__all__ = ["OfFiles"]


class OfFiles(TypedDict, total=False):
    """Which files are written."""

    overwrite: Annotated[bool, flag("replace outputs that exist already"), OF_RUN]
    in_place: Annotated[
        bool, flag("replace the inputs by their results; every path is then an input"), OF_RUN
    ]
