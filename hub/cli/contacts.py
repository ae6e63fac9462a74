"""`hub contacts`: list each member's single point of contact; `hub contacts confirm` confirms the member's own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from hub.cli import DONE
from hub.cli.client import client, connection_arguments, environment
from hub.errors import NotFoundError
from hub.pages.texts import gettext

EXAMPLE = "  hub contacts\n  hub contacts SG\n  hub contacts confirm\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "member", nargs="?", metavar="MEMBER|confirm", help="code of a member, or confirm: your own entry is correct"
    )
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print one contact or all of them."""
    with client(args, environment()) as hub:
        rows = [hub.confirm_contact()] if args.member == "confirm" else hub.contacts()
    if args.member not in (None, "confirm"):
        rows = [row for row in rows if row["member"] == args.member.upper()]
        if not rows:
            raise NotFoundError(f"{args.member!r} is no member; `hub contacts` lists them.")
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return DONE
    for row in rows:
        print(_contact_lines(row))
    return DONE


def _contact_lines(row: Mapping[str, Any]) -> str:
    date = (row["confirmed_at"] or "")[:10]
    confirmation = gettext("confirmed {date}").format(date=date) if date else gettext("never confirmed")
    warning = "" if row["confirmed"] else "  " + gettext("NOT CONFIRMED FOR 90 DAYS")
    return (
        f"{row['member']}  {row['cert']}, {row['country']}  ({confirmation}){warning}\n"
        f"    {row['contact']}   {row['duty_line']}   {row['time_zone']}   {' '.join(row['languages'])}"
        f"   PGP {row['pgp_fingerprint'] or '-'}"
    )
