"""`make bench`: the hub beside medallion and beside bare ceilings, in one run, as ratios.

Absolute figures hold for the machine that is named in the first lines; the ratios are what carries over. Every figure
is the median of several rounds, and what is compared takes turns, so that a slow minute slows both.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import apsw

from tests.bench import (
    alerting,
    community,
    converting,
    fairness,
    lookup,
    memory,
    pages,
    polling,
    publishing,
    reach,
    readers,
    size,
    static,
)
from tests.bench.servers import Bench

PACKAGES = ("flask", "granian", "apsw", "orjson", "jsonschema-rs", "stix2", "medallion")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000, help="in the collection (default 100,000)")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (default 5)")
    parser.add_argument(
        "--only",
        choices=[
            "polling",
            "static",
            "publishing",
            "reach",
            "lookup",
            "memory",
            "size",
            "readers",
            "fairness",
            "community",
            "pages",
            "converting",
            "alerting",
        ],
        help="this part alone",
    )
    args = parser.parse_args()
    print(f"machine   {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(
        f"python    {platform.python_version()}, SQLite {apsw.sqlite_lib_version()} (system: {sqlite3.sqlite_version})"
    )
    print("packages  " + ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print(f"workload  {args.objects:,} objects of about 850 bytes, {args.rounds} rounds each, one server worker\n")
    parts = {
        "polling": polling,
        "static": static,
        "publishing": publishing,
        "reach": reach,
        "lookup": lookup,
        "memory": memory,
        "size": size,
        "readers": readers,
        "fairness": fairness,
        "community": community,
        "pages": pages,
        "alerting": alerting,
        "converting": converting,
    }
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        bench = Bench(Path(folder), args.objects, args.rounds)
        for name, part in parts.items():
            if args.only in (None, name):
                part.measure(bench)
                sys.stdout.flush()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


if __name__ == "__main__":
    main()
