"""`hub acknowledge`: tell the other members that this member has received an incident and looked at it."""

from __future__ import annotations

import argparse

from hub.cli.respond import protection, respond_arguments, send_step
from hub.pages.texts import gettext
from hub.producer.respond import acknowledge

EXAMPLE = "  hub acknowledge incident--8f2c…\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("incident", metavar="INCIDENT", help="id of the incident, as the board shows it")
    parser.add_argument("--text", default="", help="a sentence for the other members")
    respond_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Acknowledge the incident. Returns 1 if the hub refuses it."""
    message = gettext("{incident} is acknowledged.").format(incident=args.incident)
    return send_step(
        args,
        lambda hub: acknowledge(hub, args.incident, text=args.text, to=args.to, protection=protection(args)),
        message,
    )
