"""What killed processes were writing is cleared away by the next run into the same folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from convfilter.files.replacing.temporaries import clear_dead

if TYPE_CHECKING:
    from convfilter.batch.job import Done
    from convfilter.batch.planning.plan import FilePlan
    from convfilter.batch.running.jobs import Outcome

__all__ = ["Clearing"]


class Clearing:
    """A listener that clears away, at once and at the end, what dead processes have left.

    At the end too, since processes that an earlier run had started may outlive it by a file.
    """

    waits_for_disk = False

    def __init__(self, plan: FilePlan) -> None:
        targets = (job.target for job in (*plan.jobs, *plan.done) if isinstance(job.target, str))
        self._folders = {os.path.dirname(target) for target in targets}  # noqa: PTH120
        clear_dead(self._folders)

    def tell(self, outcome: Outcome[Done]) -> None:
        """Hear what came of one job."""

    def close(self) -> None:
        """Clear away what has been left meanwhile."""
        clear_dead(self._folders)
