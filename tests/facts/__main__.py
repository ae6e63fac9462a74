"""`make facts`: of what receivers could act upon in twenty incidents, how much is in the bundle, and how much leaves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.facts.measure import Row, rows, table


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, and with --missing what does not leave."""
    parser = argparse.ArgumentParser(prog="make facts", description=(__doc__ or "").strip())
    parser.add_argument("--missing", action="store_true", help="name each fact that does not leave by default")
    args = parser.parse_args(argv)
    measured = rows()
    print(table(measured))
    for row in measured if args.missing else ():
        _print_missing(row)
    return 0


def _print_missing(row: Row) -> None:
    print(f"\n{row.name}: facts that do not leave by default")
    for outcome in row.outcomes:
        standing, answered = (set(outcome.missing(bundle)) for bundle in (outcome.standing, outcome.answered))
        for words in outcome.missing(outcome.regional):
            when = "not even at the CERT" if words in standing else "never" if words in answered else "when answered"
            print(f"  {outcome.incident.title}: {words} ({when})")


if __name__ == "__main__":
    sys.exit(main())
