"""`hub drill`: play a scenario in an API root for exercises, and report who reacted and how fast.

It runs on the hub's machine, since it publishes for several members. It writes only to an API root that is declared with
`exercise = true`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.cli import DONE
from hub.cli.board import format_duration, format_minute
from hub.cli.trail import note_command
from hub.community.drills import Play, drill_report, drills_of, exercise_root, parse_scenario
from hub.declarations import read_table
from hub.errors import NotFoundError
from hub.settings import load_settings
from hub.wiring import open_hub

EXAMPLE = """  hub drill start --scenario ransomware.toml
  hub drill report

a scenario:
  title = "Ransomware crosses a border"
  [[event]]
  at = "0m"
  member = "ID"
  incident = "hospital"
  name = "Ransomware at a hospital"
  criticality = 90
  stage = "early"
  determination = "suspected"
  status = "open"
  [[event]]
  at = "5m"
  member = "ID"
  incident = "hospital"
  ask = ["SG", "MY"]
  what = "Take the drop server down"
  due = "30m"
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="start|report")
    start = actions.add_parser("start", help="play a scenario; ends when its last event is out")
    start.add_argument("--scenario", type=Path, required=True, metavar="FILE", help="TOML: a title and timed events")
    start.add_argument(
        "--speed",
        type=_positive_number,
        default=1.0,
        metavar="TIMES",
        help="how many times faster to play it (default: 1)",
    )
    report = actions.add_parser("report", help="who reacted to the last drill, and how fast")
    for action in (start, report):
        action.add_argument("--json", action="store_true", help="as one JSON object")
        action.add_argument("--root", help="the API root, if several are for exercises")


def run(args: argparse.Namespace) -> int:
    """Play a scenario, or report on the last drill."""
    hub = open_hub(load_settings(os.environ))
    with closing(hub.store):
        root, alerts = exercise_root(hub, args.root)
        if args.action == "start":
            scenario = parse_scenario(read_table(args.scenario), root.members)
            print(f"{scenario.title}: {len(scenario.events)} events into {root.title}", file=sys.stderr)
            stream, events = sys.stderr if args.json else sys.stdout, itertools.count()

            def report_event(sentence: str) -> None:
                if next(events) == 0:  # noted only now, since the hub may refuse the drill at its first event
                    note_command(hub.store, "drill", root=root.name, events=len(scenario.events))
                print(sentence, file=stream, flush=True)

            Play(hub, root, alerts, scenario).run(time.sleep, report_event, args.speed)
            if args.json:
                print(json.dumps({"title": scenario.title, "root": root.name, "events": len(scenario.events)}))
            return DONE
        drills = drills_of(hub, root)
        if not drills:
            raise NotFoundError(f"No drill was played into {root.title} yet; `hub drill start` plays one.")
        report = drill_report(hub, root, drills[0])
    if args.json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _print_report(report, root.members)
    return DONE


def _print_report(report: Mapping[str, Any], members: tuple[str, ...]) -> None:
    print(f"EXERCISE  {report['title']}: {len(report['incidents'])} incidents")
    print(f"{'member':<8}{'fetched':>22}{'acknowledged':>22}{'answered':>22}   count, median / 90 %")
    for member in members:
        row = report["statistics"]["members"][member]
        cells = (_cell(row[clock]) for clock in ("fetch", "acknowledge", "answer"))
        print(f"{member:<8}" + "".join(f"{cell:>22}" for cell in cells))
    for incident in report["incidents"]:
        for deadline in incident["overdue"]:
            print(
                f"OVERDUE  {deadline['member']}: {deadline['what']} of {incident['name']!r}, due {format_minute(deadline['due'])}"
            )


def _cell(row: Mapping[str, Any]) -> str:
    if not row["of"]:
        return "-"
    durations = (
        ""
        if row["median_seconds"] is None
        else f" {format_duration(row['median_seconds'])}/{format_duration(row['p90_seconds'])}"
    )
    return f"{row['done']}/{row['of']}{durations}"


def _positive_number(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError
    return number
