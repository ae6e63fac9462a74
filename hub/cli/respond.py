"""Arguments and output that the commands of the joint protocol share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from hub.cli import DONE, SOME_REFUSED
from hub.cli.client import client, connection_arguments, environment, home
from hub.pages.texts import gettext
from hub.producer.connection import HubConnection
from hub.producer.publish import Receipt
from hub.producer.respond import COLLECTION, Protection
from hub.terminal import Style, StyledLine, print_lines


def respond_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that all steps share."""
    parser.add_argument(
        "--to", default=COLLECTION, metavar="COLLECTION", help=f"collection to send it to (default: {COLLECTION})"
    )
    parser.add_argument(
        "--approve",
        action="append",
        default=[],
        metavar="NAME",
        help="a name on this CERT's list, or of a victim of its reports, that may be in the text",
    )
    parser.add_argument("--json", action="store_true", help="print the receipt as one JSON object")
    connection_arguments(parser)


def protection(args: argparse.Namespace) -> Protection:
    """The names that the text of the step may not contain, except those that the arguments approve."""
    return Protection(home(environment()), frozenset(args.approve))


def send_step(args: argparse.Namespace, step: Callable[[HubConnection], Receipt], message: str) -> int:
    """Send the step, and print `message` with the id of its note, or the hub's reasons for refusing it."""
    with client(args, environment()) as hub:
        receipt = step(hub.connection)
    if args.json:
        print(json.dumps(receipt.as_dict(), ensure_ascii=False))
    elif receipt.complete:
        print(f"{message} ({receipt.successes[0]})" if receipt.successes else message)
    else:
        refusals = [gettext("Not taken: {reason}").format(reason=failure.reason) for failure in receipt.failures]
        print_lines([StyledLine(line, Style.BAD) for line in refusals], sys.stdout)
    return DONE if receipt.complete else SOME_REFUSED
