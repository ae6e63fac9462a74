"""`hub purge`: remove an object so that no byte of it stays in the store, its log or a status. Only the operator can do this."""

from __future__ import annotations

import argparse
import json
import os
import sys

from hub.cli import DONE, REFUSED
from hub.cli.agreement import agreement_argument, confirm
from hub.cli.trail import note_command
from hub.errors import NotFoundError, UnprocessableError
from hub.settings import load_settings
from hub.sharing import deleted_ids, withheld
from hub.stix.identifiers import type_of
from hub.store.records import HIDDEN
from hub.wiring import open_hub

EXAMPLE = "  hub purge asean/id indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --yes\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("collection", metavar="ROOT/ALIAS", help="the collection, such as asean/id")
    parser.add_argument("object_id", metavar="ID", help="id of the object; any member may have published it")
    agreement_argument(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Purge the object, and print how many versions were removed. Returns 3 if the user does not confirm.

    The hub cannot remove backups, nor copies that readers fetched.
    """
    if type_of(args.object_id) is None:
        raise UnprocessableError(f"{args.object_id!r} is no STIX id")
    hub = open_hub(load_settings(os.environ))
    try:
        collection = hub.catalogue.find(*args.collection.partition("/")[::2])
        if collection is None:
            raise UnprocessableError(f"There is no collection {args.collection!r}; `hub collections` lists them all.")
        if not hub.store.holds(collection.id, args.object_id, HIDDEN):
            raise NotFoundError(f"{args.object_id} is not held in {args.collection}.")
        question = (
            f"{args.object_id} will be purged from {args.collection} permanently, with all its versions. Purge it?"
        )
        if not confirm(question, yes=args.yes):
            print("Nothing was purged.", file=sys.stderr)
            return REFUSED
        # before the purge, which then clears these bytes from the store's log, too
        withheld.forget(hub.store, args.object_id)
        deleted_ids.forget(hub.store, args.object_id)
        removed = hub.store.purge(collection.id, args.object_id)
        note_command(hub.store, "purge", object_id=args.object_id, versions=removed)
    finally:
        hub.store.close()
    if args.json:
        print(json.dumps({"object": args.object_id, "collection": args.collection, "versions": removed}))
        return DONE
    print(
        f"{removed} versions of {args.object_id} purged; backups and what readers fetched still have them, and objects that "
        "refer to it still hold its id, which gives an observable's value away: purge those, too."
    )
    return DONE
