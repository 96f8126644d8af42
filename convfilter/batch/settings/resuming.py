"""What is said of earlier runs and of later files: what is done, and what is yet to come."""

# no `from __future__ import annotations`: what stands in the annotations is read
from typing import Annotated, TypedDict

from convfilter.batch.settings.declaring import OF_MANY, OF_RUN, flag, seconds

__all__ = ["OfResuming"]


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
