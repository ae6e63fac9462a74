"""`hub outbox`: list, send, retry or delete the bundles that wait or were refused."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Final

from hub.cli import DONE, REFUSED, SOME_REFUSED
from hub.cli.agreement import agreement_argument, confirm
from hub.cli.client import client, connection_arguments, environment, outbox, outbox_arguments
from hub.cli.deliveries import show_delivery
from hub.cli.progress import Progress
from hub.errors import ReadingError
from hub.pages.texts import gettext, marked, ngettext
from hub.producer.outbox import Outbox
from hub.terminal import Style, StyledLine, print_lines

EXAMPLE = "  hub outbox\n  hub outbox send\n  hub outbox retry 1763800000123-4f0c2e9d5b7a8c61.json\n"

_STATES: Final = {"waits": marked("waits"), "refused": marked("refused")}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "send", "retry", "discard"],
        default="list",
        help="list what is there (default), send what waits, let a refused file wait again, or delete a file",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="file names from the list, for retry and discard")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    agreement_argument(parser)
    connection_arguments(parser)
    outbox_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the action. Returns 1 if an object was refused while sending."""
    box = outbox(args, environment())
    if args.action == "send":
        with client(args, environment()) as hub, Progress(gettext("objects")) as progress:
            deliveries = box.deliver(hub.connection, (), progress=progress.show)
            refusals = [show_delivery(delivery, box, as_json=args.json) for delivery in deliveries]
        if not refusals and not args.json:
            print(gettext("Nothing waits for this hub."))
        return SOME_REFUSED if any(refusals) else DONE
    if args.action == "list":
        _list(box, as_json=args.json)
        return DONE
    if not args.files:
        raise ReadingError(f"which files? `hub outbox` lists them; then `hub outbox {args.action} NAME`")
    if args.action == "discard" and not _confirm_discard(box, args):
        print(gettext("Nothing was deleted."), file=sys.stderr)
        return REFUSED
    for name in args.files:
        if args.action == "retry":
            box.retry(name)
        else:
            box.discard(name)
    return DONE


def _confirm_discard(box: Outbox, args: argparse.Namespace) -> bool:
    """Ask whether to delete the files, whose objects are then never sent."""
    for name in args.files:
        box.entry(name)  # raises for a misspelt name, before the question
    question = ngettext(
        "{n} file will be deleted, and what is in it will never be sent. Delete it?",
        "{n} files will be deleted, and what is in them will never be sent. Delete them?",
        len(args.files),
    )
    return confirm(question.format(n=len(args.files)), yes=args.yes)


def _list(box: Outbox, *, as_json: bool) -> None:
    rows = [(name, "waits", "") for name in box.waiting()]
    for name in box.refused():
        delivery = box.delivery(name)
        reasons = [failure.reason for failure in delivery.receipt.failures] if delivery is not None else []
        rows.append(
            (
                name,
                "refused",
                reasons[0] + (" " + gettext("(and {n} more)").format(n=len(reasons) - 1) if reasons[1:] else ""),
            )
        )
    for name, state, reason in rows:
        entry = box.entry(name)
        if as_json:
            record = {"file": name, "state": state, "source": entry.source, "hub": entry.hub, "to": entry.to}
            print(json.dumps({**record, "objects": len(entry.objects), "reason": reason}, ensure_ascii=False))
        else:
            line = gettext("{file}  {state}: {source}, {n} objects for {collection} at {hub}").format(
                file=name,
                state=gettext(_STATES[state]),
                source=entry.source or gettext("a bundle"),
                n=len(entry.objects),
                collection=entry.to,
                hub=entry.hub,
            )
            style = Style.BAD if state == "refused" else Style.ATTENTION
            print_lines([StyledLine(line + (f": {reason}" if reason else ""), style)], sys.stdout)
    if not rows and not as_json:
        print(gettext("{folder} is empty: everything was sent.").format(folder=box.folder))
