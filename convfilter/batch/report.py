"""What came of a run: counts, the exit code, the last sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from convfilter.batch.names import shown

__all__ = ["SOME_FAILED", "Report"]

SOME_FAILED = 3


@dataclass
class Report:
    """Counts what is done and what failed, and draws the conclusion.

    Attributes
    ----------
    total : jobs and unreadable folders together
    passed_over : files in folders that are no images by their suffix
    not_entered : folders inside folders that were not asked for
    """

    total: int
    passed_over: int = 0
    not_entered: int = 0
    done: int = 0
    failed: int = 0
    codes: set[int] = field(default_factory=set)

    def succeed(self) -> None:
        """Count a file that was written."""
        self.done += 1

    def fail(self, error: BaseException) -> None:
        """Count a file that could not be made."""
        self.failed += 1
        self.codes.add(getattr(error, "exit_code", 1))

    @property
    def exit_code(self) -> int:
        """0 when all is done, 3 when some of several failed; when none is done the error's own.

        Several that all failed give 1, since each may have its own reason; 2 where every one was
        refused because the command was wrong.
        """
        if not self.failed:
            return 0
        if self.done:
            return SOME_FAILED
        return next(iter(self.codes)) if len(self.codes) == 1 else 1

    def sentence(self, target: Path | None = None, *, interrupted: bool = False) -> str:
        """Return the last sentence, such as "47 files written to edges, 1 failed"."""
        place = f" to {shown(target)}" if target is not None and self.done else ""
        parts = [f"{_count(self.done, 'file')} written{place}"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        missing = self.total - self.done - self.failed
        if interrupted and missing:
            parts.append(f"{missing} not begun")
        if self.passed_over:
            other = "other file" if self.passed_over == 1 else "other files"
            parts.append(f"{self.passed_over} {other} passed over")
        if self.not_entered:
            parts.append(f"{_count(self.not_entered, 'folder')} not entered (use -r)")
        return ("interrupted: " if interrupted else "") + ", ".join(parts)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
