"""The table that `make privacy` prints, and the sentences that say what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tests.privacy.controls import Comparison
from tests.privacy.measure import NAMED, Result, Row

_SHOWN: Final = 40  # cases of one kind that are named
_HEAD: Final = (
    f"{'audience':<9} {'said of the victim':<28} {'cases':>6} {'right':>6} {'by chance':>10} {'at most':>8}  verdict"
)


def table(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each rung: cases, right guesses, those to be expected by chance, and the most that chance allows."""
    yield _HEAD
    for row in rows:
        verdict = "kept" if row.holds else "BROKEN"
        yield (
            f"{row.audience:<9} {row.rung:<28} {len(row.trials):>6,} {row.right:>6,} {row.by_chance:>10.1f} "
            f"{row.most:>8,}  {'by consent' if row.rung == NAMED else verdict}"
        )


def findings(row: Row) -> Iterator[str]:
    """How the victims that were found were found, and of whom too much is said."""
    for heading, results in (("found by", row.by_clue), ("fewer than k fit", row.too_few)):
        for result in results[:_SHOWN]:
            yield f"  {row.audience}: {heading}: {describe(result)}"
        if len(results) > _SHOWN:
            yield f"  {row.audience}: {heading}: and {len(results) - _SHOWN} more"


def describe(result: Result) -> str:
    """One case in a line: what it was, and what gave the victim away."""
    incident = result.guess.case.incident
    clues = ", ".join(f"“{clue.token}”" for clue in result.guess.clues)
    crowd = f"{result.crowd} fit" + (f" {' '.join(sorted(result.view.sectors))}" if result.view.sectors else "")
    traces = "; ".join(map(str, incident.traces))
    return f"{clues or crowd} ({incident.format}, {incident.report_id}; {traces or 'no traces'})"


def control_table(comparisons: Iterable[Comparison]) -> Iterator[str]:
    """A line for each protection: the attacker's rate with it and without."""
    yield f"{'switched off':<20} {'cases':>6} {'rate with it':>13} {'without':>8}  verdict"
    for comparison in comparisons:
        yield (
            f"{comparison.name:<20} {comparison.cases:>6,} {comparison.rate_with:>13.3f} {comparison.rate_without:>8.3f}  "
            f"{'missed' if comparison.raised else 'NOT MISSED'}"
        )
