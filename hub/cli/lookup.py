"""`hub lookup`: find the objects, among those that this account may see, that mention an address, domain, hash, name or the like."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from hub.cli import DONE
from hub.cli.board import printable, reporter
from hub.cli.client import client, connection_arguments, environment
from hub.errors import ReadingError
from hub.pages.texts import gettext

EXAMPLE = "  hub lookup 198.51.100.7 'bad[.]example'\n  cut -d, -f1 seen.csv | hub lookup - --json\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "values",
        nargs="+",
        metavar="VALUE",
        help="a value to find, defanged or not; - reads values from stdin, one per line",
    )
    parser.add_argument("--json", action="store_true", help="as the hub gives it")
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the objects that mention the values."""
    values = [
        value for argument in args.values for value in (sys.stdin.read().split("\n") if argument == "-" else [argument])
    ]
    values = [value for value in values if value.strip()]
    if not values:
        raise ReadingError("there is no value to look up: give some, one a line")
    with client(args, environment()) as hub:
        answer = hub.lookup(*values)
    if args.json:
        print(json.dumps(answer, ensure_ascii=False, indent=1))
        return DONE
    for line in lookup_lines(answer):
        print(line)
    return DONE


def lookup_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The answer in lines for a terminal."""
    value = None
    for mention in answer["found"]:
        if mention["value"] != value:
            value = mention["value"]
            yield printable(value)
        drill = gettext("EXERCISE") + "  " if mention["exercise"] else ""
        source = reporter(mention["by"], mention["relayed_by"])
        since = " " + gettext("since {date}").format(date=mention["since"][:10]) if mention["since"] else ""
        withdrawn = " (" + gettext("withdrawn") + ")" if mention["revoked"] else ""
        yield f"  {drill}{mention['type']} {printable(mention['name'])}{withdrawn}"
        yield f"    {source}{since}, {printable(mention['collection'])}, {mention['id']}"
        for incident in mention["incidents"]:
            yield "    " + gettext("in {incident} {name}").format(
                incident=incident["id"], name=printable(incident["name"])
            )
    if answer["missing"]:
        values = ", ".join(printable(value) for value in answer["missing"])
        yield gettext("nothing mentions: {values}").format(values=values)
    if not answer["whole"]:
        yield gettext("there may be more: look up fewer values, or again in a minute")
