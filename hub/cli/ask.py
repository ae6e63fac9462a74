"""`hub ask`: ask other members for help with an incident."""

from __future__ import annotations

import argparse

from hub.cli.respond import protection, respond_arguments, send_step
from hub.pages.texts import gettext
from hub.producer.respond import ask

EXAMPLE = '  hub ask incident--8f2c… --members SG,MY --what "Take 198.51.100.7 down" --due 4h\n'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("incident", metavar="INCIDENT", help="id of the incident, as the board shows it")
    parser.add_argument("--members", required=True, metavar="CC,CC", help="members to ask: country codes, or all")
    parser.add_argument("--what", required=True, metavar="TEXT", help="what is asked for, in a sentence")
    parser.add_argument(
        "--due",
        metavar="TIME",
        help="deadline: 30m, 4h, 2d, or a timestamp (default: by the incident's criticality)",
    )
    parser.add_argument("--priority", type=int, metavar="0-100", help="how urgent it is")
    respond_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Send the request, and print its id, which answers name."""
    return send_step(
        args,
        lambda hub: ask(
            hub,
            args.incident,
            members=args.members.split(","),
            what=args.what,
            due=args.due,
            priority=args.priority,
            to=args.to,
            protection=protection(args),
        ),
        gettext("{members} asked.").format(members=args.members),
    )
