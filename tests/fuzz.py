"""Random calls of the engine against the naive twins: python -m tests.fuzz --cases 20000.

Chains of calls are held against the same calls one by one.

Prints, by function and dtype, how many calls were made and how much of the allowed error the worst
one used; exits with 1 if any broke a promise. A failing call is made again by the command that is
printed with it.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from random import Random

from tests.engine import chains
from tests.engine.accuracy import Case, check, check_paths
from tests.engine.cases import DRAWS, draw_case
from tests.engine.chains import Chain, draw_chain

CHAIN = "chain"
"""The kind of case that is several calls, one after the other."""

CHAINS = 8
"""One case in so many is a chain."""

SHOWN = 20


@dataclass
class Tally:
    """What is known of one function and dtype."""

    cases: int = 0
    worst: float = 0.0
    failures: int = 0


@dataclass
class Outcome:
    """What a run of cases has found."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    failures: list[tuple[int, str, str]] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        """Take over what another run has found."""
        for key, tally in other.tallies.items():
            mine = self.tallies[key]
            mine.cases += tally.cases
            mine.failures += tally.failures
            mine.worst = max(mine.worst, tally.worst)
        self.failures += other.failures
        self.paths.update(other.paths)


def make_case(seed: int, index: int, kind: str | None) -> Case | Chain:
    """Draw the case with this number; it depends on nothing else."""
    random = Random(f"{seed}/{index}")
    if kind == CHAIN or (kind is None and index % CHAINS == 0):
        return draw_chain(random)
    return draw_case(random, kind)


def check_any(case: Case | Chain, workers: tuple[int, ...]) -> float:
    """Check a call, or that a chain has the bits of its steps; return the used share of errors."""
    if isinstance(case, Case):
        return check(case, workers)
    chains.check(case, workers)
    return 0.0


def run(
    seed: int, first: int, last: int, step: int, kind: str | None, paths: bool = False
) -> Outcome:
    """Check the cases first, first + step, ... before last, on every path where `paths` says so."""
    outcome = Outcome()
    for index in range(first, last, step):
        case = make_case(seed, index, kind)
        tally = outcome.tallies[case.function, case.image.dtype.name]
        tally.cases += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if paths:
                    shares = check_paths(case, check_any, (1 + index % 3,))
                    outcome.paths.update(shares.keys())
                    share = max(shares.values(), default=0.0)
                else:
                    share = check_any(case, (1 + index % 3,))
        except Exception as failure:  # noqa: BLE001 - whatever happens is a finding
            tally.failures += 1
            first_line = (str(failure).splitlines() or [""])[0]
            outcome.failures.append((index, str(case), f"{type(failure).__name__}: {first_line}"))
        else:
            tally.worst = max(tally.worst, share)
    return outcome


def report(outcome: Outcome, seed: int, kind: str | None) -> None:
    """Print the table and the failures."""
    print(f"{'function':<16}{'dtype':<10}{'cases':>7}{'worst':>9}{'failures':>10}")
    for (function, dtype), tally in sorted(outcome.tallies.items()):
        worst = f"{tally.worst:.1%}" if tally.worst else "exact"
        print(f"{function:<16}{dtype:<10}{tally.cases:>7}{worst:>9}{tally.failures:>10}")
    for path, cases in sorted(outcome.paths.items()):
        print(f"{path:<40}{cases:>8} cases")
    for index, case, failure in sorted(outcome.failures)[:SHOWN]:
        only = f" --kind {kind}" if kind else ""
        print(f"\npython -m tests.fuzz --seed {seed} --first {index} --cases 1{only}")
        print(f"  {case[:600]}\n  {failure}")
    if len(outcome.failures) > SHOWN:
        print(f"\n... and {len(outcome.failures) - SHOWN} more")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20000, help="how many calls (20000)")
    parser.add_argument("--seed", type=int, default=1, help="which calls (1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first call (0)")
    parser.add_argument("--kind", choices=sorted([*DRAWS, CHAIN]), help="only one kind of call")
    parser.add_argument("--paths", action="store_true", help="force every plan of every call")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the calls (1)")
    options = parser.parse_args(arguments)
    started, last, total = time.monotonic(), options.first + options.cases, Outcome()
    if options.workers > 1:
        with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
            parts = [
                pool.submit(
                    run,
                    options.seed,
                    options.first + i,
                    last,
                    options.workers,
                    options.kind,
                    options.paths,
                )
                for i in range(options.workers)
            ]
            for part in parts:
                total.add(part.result())
    else:
        total = run(options.seed, options.first, last, 1, options.kind, options.paths)
    report(total, options.seed, options.kind)
    seconds = time.monotonic() - started
    print(
        f"\n{options.cases} cases with seed {options.seed}, {seconds:.0f} s: "
        f"{len(total.failures)} outside the promised accuracy"
    )
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
