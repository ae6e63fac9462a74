"""`hub withdraw`: take back what was released of a report: revoke its objects, delete its observables.

Copies that others fetched already cannot be recalled; the revocations tell their tools to drop them. After an interruption,
the same command continues where it stopped.
"""

from __future__ import annotations

import argparse
import sys

from hub.cli import DONE, REFUSED, SOME_REFUSED
from hub.cli.agreement import agreement_argument, confirm
from hub.cli.client import client, connection_arguments, environment, outbox, outbox_arguments
from hub.cli.deliveries import show_delivery
from hub.cli.progress import Progress
from hub.cli.reports import now, this_member
from hub.pages.texts import gettext, ngettext
from hub.producer.withdrawal import delete_earlier_versions, delete_observables, revoke, withdrawals

EXAMPLE = "  hub withdraw ID-2026-0311\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("report_id", metavar="REPORT_ID", help="the report's own id")
    agreement_argument(parser)
    parser.add_argument("--json", action="store_true", help="print each receipt as one JSON object")
    connection_arguments(parser)
    outbox_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Withdraw the report from every collection. Returns 1 if something was refused, 3 if the user does not confirm."""
    items = withdrawals(this_member(environment()), args.report_id, now())
    question = ngettext(
        "{report} will be withdrawn permanently from {n} collection. Withdraw it?",
        "{report} will be withdrawn permanently from {n} collections. Withdraw it?",
        len(items),
    ).format(report=args.report_id, n=len(items))
    if not confirm(question, yes=args.yes):
        print(gettext("Nothing was withdrawn."), file=sys.stderr)
        return REFUSED
    is_refused = False
    with client(args, environment()) as hub:
        box = outbox(args, environment())
        for item in items:
            with Progress(gettext("objects")) as progress:
                for delivery in revoke(hub.connection, box, item, progress.show):
                    is_refused |= show_delivery(delivery, box, as_json=args.json)
            earlier_count = delete_earlier_versions(hub.connection, item)
            deletion = delete_observables(hub.connection, item)
            parts = [gettext("{n} observables deleted").format(n=deletion.deleted)]
            if deletion.shared:
                parts.append(gettext("{n} stay, since other members published them, too").format(n=deletion.shared))
            parts.append(gettext("{n} earlier versions deleted").format(n=earlier_count))
            print(f"{item.report_id}: {'; '.join(parts)}", file=sys.stderr)
        other_hubs = sorted({other_hub for item in items for other_hub in item.other_hubs(hub.connection.url)})
        for other_hub in other_hubs:
            sentence = gettext(
                "{report} was also sent to {hub}, and is still there: withdraw it there as well (HUB_URL={hub})."
            )
            print(sentence.format(report=args.report_id, hub=other_hub), file=sys.stderr)
    notice = gettext("Copies that others fetched already cannot be recalled; the revocations tell their tools.")
    print(notice, file=sys.stderr)
    return SOME_REFUSED if is_refused or other_hubs else DONE
