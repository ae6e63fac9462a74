"""`hub hand-over`: give an id to the member that owns the object, if another member published it first; for the operator."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import closing

from hub.cli import DONE, REFUSED
from hub.cli.agreement import agreement_argument, confirm
from hub.cli.trail import note_command
from hub.settings import load_settings
from hub.sharing.handover import Share, hand_over, other_members_shares
from hub.wiring import log_to, now, open_hub

EXAMPLE = "  hub hand-over indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --to MY --yes\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("object_id", metavar="ID", help="id of the object; any member may have published it")
    parser.add_argument(
        "--to", metavar="MEMBER", required=True, help="code of the member whose object it is, such as MY"
    )
    agreement_argument(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print what other members published under the id, ask, and hand it over. Returns 3 if the operator answers no."""
    hub = open_hub(load_settings(os.environ))
    with closing(hub.store):
        shares = other_members_shares(hub.store, hub.catalogue, args.object_id, args.to)
        for share in shares:
            print(
                f"{_name(share)}: what {share.member} published of {args.object_id} would be removed.", file=sys.stderr
            )
        question = f"{args.object_id} will belong to {args.to} permanently. Hand it over?"
        if not confirm(question, yes=args.yes):
            print("Nothing was handed over.", file=sys.stderr)
            return REFUSED
        log_to(sys.stderr.fileno())
        shares = hand_over(hub.store, hub.catalogue, args.object_id, args.to, now())
        note_command(hub.store, "hand-over", object_id=args.object_id, member=args.to)
    if args.json:
        removed_shares = [{"collection": _name(share), "member": share.member} for share in shares]
        print(json.dumps({"object": args.object_id, "member": args.to, "removed": removed_shares}))
        return DONE
    for share in shares:
        print(f"{_name(share)}: what {share.member} published of {args.object_id} is removed.")
    print(
        f"{args.object_id} belongs to {args.to}, and no other member can publish it. Ask {args.to} to publish it again with a "
        "later `modified` than the removed versions, since readers may have those."
    )
    return DONE


def _name(share: Share) -> str:
    return f"{share.collection.root}/{share.collection.alias}"
