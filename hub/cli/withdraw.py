"""`hub withdraw`: take back what was released of a report: revoke its objects, delete its observables.

1. What was released is looked up in the records of this home.
2. The record says so, then the revocations go through the outbox, as any publication does.
3. Observables, which STIX cannot revoke, are deleted from the collection.
4. The record says that they are gone. Whatever breaks off before, the same command goes on from there.

Copies that others fetched already cannot be recalled: revocations tell their tools to drop them.
"""

from __future__ import annotations

import argparse
import sys

from hub.cli import DONE, SOME_REFUSED
from hub.cli.client import client, connection_arguments, environment, outbox, outbox_arguments
from hub.cli.publish import send
from hub.cli.reports import now, this_member
from hub.errors import ForbiddenError, NotFoundError
from hub.producer.api import HubClient
from hub.producer.desk import TakenBack, taking_back

EXAMPLE = "  hub withdraw ID-2026-0311\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("report_id", metavar="REPORT_ID", help="as the report names itself")
    parser.add_argument("--json", action="store_true", help="print each receipt as one JSON object")
    connection_arguments(parser)
    outbox_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Take it back from every collection that it went to; 1 where something was refused."""
    # (1)
    found = taking_back(this_member(environment()), args.report_id, now())
    refused = False
    with client(args, environment()) as hub:
        box = outbox(args, environment())
        for back in found:
            # (2)
            back.keep_revoked()
            names = [
                box.put(list(bundle), hub=hub.connection.url, to=back.collection, source=back.report_id)
                for bundle in back.bundles
            ]
            refused |= any(one.refused for one in send(hub, box, names, as_json=args.json))
            # (3)
            deleted, shared = _delete(hub, back)
            print(
                f"{back.report_id}: {deleted} observables deleted"
                + (f"; {shared} stay, since other members published them, too" if shared else ""),
                file=sys.stderr,
            )
            # (4)
            back.keep_deleted()
    print("Copies that others fetched already cannot be recalled; the revocations tell their tools.", file=sys.stderr)
    return SOME_REFUSED if refused else DONE


def _delete(hub: HubClient, back: TakenBack) -> tuple[int, int]:
    """(deleted, held by others, too); one that is gone already counts as deleted: a broken line may come between."""
    shared = 0
    collection = hub.connection.collection(back.collection)
    for identifier in back.delete:
        try:
            hub.connection.delete(collection, identifier)
        except NotFoundError:
            continue
        except ForbiddenError:
            shared += 1
    return len(back.delete) - shared, shared
