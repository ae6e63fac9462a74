"""`make privacy`: the attacker's guesses over a thousand and more incidents, and what each protection is worth."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.privacy import vcdb
from tests.privacy.controls import CONTROLS, compare
from tests.privacy.incidents import Plan
from tests.privacy.measure import EVERYTHING, Row, make_world, measure, rows
from tests.privacy.register import make_register
from tests.privacy.releasing import AUDIENCES
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
        world = make_world(register, Plan(args.incidents), args.seed, Path(folder) / "world")
        found = [row for audience in AUDIENCES for row in rows(audience, measure(world, audience))]
        if samples := os.environ.get("HUB_VCDB"):
            real = vcdb.make_world(Path(samples), Path(folder) / "vcdb")
            found += [row for audience in AUDIENCES for row in _renamed(rows(audience, measure(real, audience)))]
        print(f"{len(world.incidents):,} incidents, {sum(map(len, register.values())):,} constituents, "
              f"{len(world.press):,} items of the press")  # fmt: skip
        print(*table(found), *(line for row in found if row.rung == EVERYTHING for line in findings(row)), sep="\n")
        missed = [compare(control, register, args.seed, Path(folder)) for control in CONTROLS]
    print("", *control_table(missed), "", f"{time.monotonic() - began:.0f} seconds", sep="\n")
    return 0 if all(row.kept for row in found) and all(one.raised for one in missed) else 1


def _renamed(found: Iterable[Row]) -> Iterator[Row]:
    return (replace(row, rung=f"VCDB: {row.rung}") for row in found)


if __name__ == "__main__":
    sys.exit(main())
