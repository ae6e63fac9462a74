"""`hub acknowledge`: say that this member has an incident and has looked at it."""

from __future__ import annotations

import argparse

from hub.cli.respond import protection, respond_arguments, take
from hub.pages.texts import gettext
from hub.producer.respond import acknowledge

EXAMPLE = "  hub acknowledge incident--8f2c…\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("incident", metavar="INCIDENT", help="id of the incident, as the board shows it")
    parser.add_argument("--text", default="", help="a sentence for the other members")
    respond_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Acknowledge it; 1 where the hub does not take it."""
    words = gettext("{incident} is acknowledged.").format(incident=args.incident)
    return take(
        args,
        lambda hub: acknowledge(hub, args.incident, text=args.text, to=args.to, protection=protection(args)),
        words,
    )
