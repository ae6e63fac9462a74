"""`make privacy`: the attacker's guesses over a thousand and more incidents, and what each protection is worth."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.privacy import vcdb
from tests.privacy.controls import CONTROLS, compare
from tests.privacy.incidents import Plan
from tests.privacy.measure import EVERYTHING, Row, World, make_world, measure, release_world, rows
from tests.privacy.register import make_register
from tests.privacy.releasing import make_members
from tests.privacy.report import control_table, findings, table

INCIDENTS = 1_100


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; 1 where a bound is broken or a control is not missed."""
    parser = argparse.ArgumentParser(prog="make privacy", description=(__doc__ or "").strip())
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--seed", default="2026")
    args = parser.parse_args(argv)
    register = make_register(args.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hub-privacy-") as folder:
        members = make_members(Path(folder) / "homes", register)
        world = make_world(register, members, Plan(args.incidents), args.seed)
        measured = [*_rows(world)]
        if samples := os.environ.get("HUB_VCDB"):
            real = vcdb.make_world(Path(samples), Path(folder) / "vcdb")
            measured += [replace(row, rung=f"VCDB: {row.rung}") for row in _rows(real)]
        print(f"{len(world.incidents):,} incidents, {sum(map(len, register.values())):,} constituents, "
              f"{len(world.press):,} items of the press")  # fmt: skip
        print(
            *table(measured),
            *(line for row in measured if row.rung.endswith(EVERYTHING) for line in findings(row)),
            sep="\n",
        )
        comparisons = [compare(control, register, members, args.seed) for control in CONTROLS]
    print("", *control_table(comparisons), "", f"{time.monotonic() - began:.0f} seconds", sep="\n")
    return 0 if all(row.holds for row in measured) and all(comparison.raised for comparison in comparisons) else 1


def _rows(world: World) -> Iterator[Row]:
    for audience, cases in release_world(world).items():
        yield from rows(audience, measure(world, audience, cases))


if __name__ == "__main__":
    sys.exit(main())
