"""Many files: which file becomes which (`plan`), the work side by side (`run`), what came of it."""

from __future__ import annotations

from convfilter.batch.job import Job
from convfilter.batch.plan import Failure, Plan, make_plan
from convfilter.batch.report import Report
from convfilter.batch.run import Outcome, run

__all__ = ["Failure", "Job", "Outcome", "Plan", "Report", "make_plan", "run"]
