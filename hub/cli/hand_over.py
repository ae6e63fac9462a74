"""`hub hand-over`: give an id to the member whose object it is, where another member took it first; for the operator."""

from __future__ import annotations

import argparse
import os
import sys

from hub.cli import DONE
from hub.cli.trail import note_command
from hub.settings import load_settings
from hub.sharing.handover import Share, hand_over, shares_of_others
from hub.wiring import log_to, now, open_hub

EXAMPLE = "  hub hand-over indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --to MY --yes\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("object_id", metavar="ID", help="the object, whoever published it")
    parser.add_argument(
        "--to", metavar="MEMBER", required=True, help="code of the member whose object it is, such as MY"
    )
    parser.add_argument("--yes", action="store_true", help="do it; without this, only say what would go")


def run(args: argparse.Namespace) -> int:
    """Hand the id over, and say what the others had published under it."""
    hub = open_hub(load_settings(os.environ))
    try:
        if args.yes:
            log_to(sys.stderr.fileno())
            shares = hand_over(hub.store, hub.catalogue, args.object_id, args.to, now())
            note_command(hub.store, "hand-over", object_id=args.object_id, member=args.to)
        else:
            shares = shares_of_others(hub.store, hub.catalogue, args.object_id, args.to)
    finally:
        hub.store.close()
    removed = "is removed" if args.yes else "would be removed"
    for share in shares:
        print(f"{_name(share)}: what {share.member} published of {args.object_id} {removed}.")
    if not args.yes:
        print(f"{args.object_id} would belong to {args.to}; say so with --yes.", file=sys.stderr)
        return DONE
    print(
        f"{args.object_id} belongs to {args.to}: nobody else publishes it any more. Ask {args.to} to publish it again, with a "
        "later `modified` than what is removed, since readers may have that."
    )
    return DONE


def _name(share: Share) -> str:
    return f"{share.collection.root}/{share.collection.alias}"
