"""`hub record`: show what left of a report, when, to whom, under which consent, and who approved what and why."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from hub.cli import DONE
from hub.cli.client import environment
from hub.cli.output import write_whole
from hub.cli.reports import now, this_member
from hub.release import layout
from hub.release.history import AudienceHistory, report_history
from hub.release.history_page import render_html, render_text
from hub.rendering.versions import timestamp

EXAMPLE = "  hub record ID-2026-0311\n  hub record ID-2026-0311 --out record.html  # for the victim's lawyer, say\n"
# The names of fields in the JSON that differ from those in Python.
_JSON_NAMES: Final = {"observable_ids": "observed", "released_rows": "left", "stay_counts": "stayed"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("report_id", metavar="REPORT", help="the report's own id")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write an HTML page to this file, completely or not at all"
    )
    parser.add_argument("--json", action="store_true", help="print it as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print or write the record. Returns 3 if nothing of the report was released from this home."""
    member = this_member(environment())
    audiences = report_history(member, args.report_id)
    if args.out is not None:
        page = render_html(args.report_id, member.name, audiences, timestamp(now()))
        write_whole(args.out, [page.encode("utf-8", "replace")])
    if args.json:
        record = {"report": args.report_id, "author": member.name, "audiences": [_as_json(item) for item in audiences]}
        print(json.dumps(record, ensure_ascii=False))
    elif args.out is None:
        width = shutil.get_terminal_size((layout.WIDTH, 0)).columns
        print(render_text(args.report_id, member.name, audiences, width), end="")
    return DONE


def _as_json(audience: AudienceHistory) -> dict[str, Any]:
    return asdict(audience, dict_factory=_with_json_names)


def _with_json_names(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {_JSON_NAMES.get(name, name): value for name, value in pairs}
