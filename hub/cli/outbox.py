"""`hub outbox`: what waits to be sent, and what was refused."""

from __future__ import annotations

import argparse
import json

from hub.cli import DONE, SOME_REFUSED
from hub.cli.client import client, connection_arguments, environment, outbox, outbox_arguments, progress
from hub.cli.deliveries import show
from hub.errors import ReadingError
from hub.producer.outbox import Outbox

EXAMPLE = "  hub outbox\n  hub outbox send\n  hub outbox retry 1763800000123-4f0c2e9d5b7a8c61.json\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "send", "retry", "discard"],
        default="list",
        help="list what is there (default), send what waits, let a refused file wait again, or delete a file",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="names from the list, for retry and discard")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    connection_arguments(parser)
    outbox_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; sending, 1 where something was refused."""
    box = outbox(args, environment())
    if args.action == "send":
        with client(args, environment()) as hub:
            refusals = [
                show(delivery, box, as_json=args.json)
                for delivery in box.deliver(hub.connection, (), progress=progress())
            ]
        if not refusals and not args.json:
            print("Nothing waits for this hub.")
        return SOME_REFUSED if any(refusals) else DONE
    if args.action == "list":
        _list(box, as_json=args.json)
        return DONE
    if not args.files:
        raise ReadingError(f"which files? `hub outbox` lists them; then `hub outbox {args.action} NAME`")
    for name in args.files:
        if args.action == "retry":
            box.retry(name)
        else:
            box.discard(name)
    return DONE


def _list(box: Outbox, *, as_json: bool) -> None:
    rows = [(name, "waits", "") for name in box.waiting()]
    for name in box.refused():
        delivery = box.delivery(name)
        reasons = [failure.reason for failure in delivery.receipt.failures] if delivery is not None else []
        rows.append((name, "refused", reasons[0] + (f" (and {len(reasons) - 1} more)" if reasons[1:] else "")))
    for name, state, reason in rows:
        entry = box.entry(name)
        if as_json:
            record = {"file": name, "state": state, "source": entry.source, "hub": entry.hub, "to": entry.to}
            print(json.dumps({**record, "objects": len(entry.objects), "reason": reason}, ensure_ascii=False))
        else:
            what = f"{entry.source or 'a bundle'}, {len(entry.objects)} objects for {entry.to} at {entry.hub}"
            print(f"{name}  {state}: {what}" + (f": {reason}" if reason else ""))
    if not rows and not as_json:
        print(f"{box.folder} is empty: everything was sent.")
