"""`hub levels`: the objects that an upgrade hid, and the operator's decision about each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from hub.cli import DONE, REFUSED
from hub.cli.agreement import agreement_argument, confirm
from hub.cli.trail import note_command
from hub.errors import UnprocessableError
from hub.settings import load_settings
from hub.sharing.hidden import HiddenObject, hidden_objects, remove, show_at
from hub.stix.tlp import BY_WORD, TLP
from hub.wiring import open_hub

EXAMPLE = (
    "  hub levels list\n"
    "  hub levels release asean/indicators indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --at amber+strict --yes\n"
    "  hub levels remove asean/indicators indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f --yes\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|release|remove")
    list_parser = actions.add_parser(
        "list", help="list the hidden objects, each with the rule that would refuse it today"
    )
    list_parser.add_argument("--json", action="store_true", help="one JSON object a line")
    release_parser = actions.add_parser("release", help="show hidden objects from now on, at a level")
    remove_parser = actions.add_parser(
        "remove", help="remove the hidden versions of objects permanently; older versions are shown again"
    )
    for action_parser in (release_parser, remove_parser):
        action_parser.add_argument("collection", metavar="ROOT/ALIAS", help="the collection, such as asean/id")
        action_parser.add_argument(
            "object_ids", metavar="ID", nargs="+", help="ids of the objects; any member may have published them"
        )
        action_parser.add_argument("--json", action="store_true", help="one JSON object a line")
        agreement_argument(action_parser)
    level_words = [level.word for level in TLP]
    release_parser.add_argument("--at", choices=level_words, required=True, help="the level at which they are shown")


def run(args: argparse.Namespace) -> int:
    """List, release or remove. A released object moves to the end of its collection, so that every reader receives it."""
    hub = open_hub(load_settings(os.environ))
    try:
        if args.action == "list":
            for entry in hidden_objects(hub.store, hub.catalogue):
                print(json.dumps(_row(entry)) if args.json else describe_hidden(entry))
            return DONE
        collection = hub.catalogue.find(*args.collection.partition("/")[::2])
        if collection is None:
            raise UnprocessableError(f"There is no collection {args.collection!r}; `hub collections` lists them all.")
        if not confirm(_question(args), yes=args.yes):
            print("Nothing was changed.", file=sys.stderr)
            return REFUSED
        for object_id in args.object_ids:
            if args.action == "release":
                count = show_at(hub.store, hub.catalogue, collection, object_id, BY_WORD[args.at])
                note_command(hub.store, "levels release", object_id=object_id, versions=count, level=args.at)
                result = f"{count} versions are shown at {BY_WORD[args.at].label}"
            else:
                count = remove(hub.store, collection, object_id)
                note_command(hub.store, "levels remove", object_id=object_id, versions=count)
                result = f"{count} hidden versions are removed"
            row = {"action": args.action, "id": object_id, "versions": count}
            print(json.dumps(row) if args.json else f"{object_id}: {result}.")
    finally:
        hub.store.close()
    return DONE


def _question(args: argparse.Namespace) -> str:
    names = " ".join(args.object_ids)
    if args.action == "remove":
        return f"The hidden versions of {names} will be removed permanently. Remove them?"
    return (
        f"The hidden versions of {names} will be shown to all who may see {args.at}; this cannot be undone. Show them?"
    )


def describe_hidden(entry: HiddenObject) -> str:
    """A hidden object, with the rule that would refuse it, in one line."""
    earlier_level = "" if entry.readable_at is None else f", readable before at {entry.readable_at.label}"
    return (
        f"{entry.collection.root}/{entry.collection.alias} {entry.id} version {entry.version} of {_publishers(entry)}{earlier_level}: "
        f"{entry.reason}"
    )


def _publishers(entry: HiddenObject) -> str:
    return " ".join(entry.publishers) or "the hub"


def _row(entry: HiddenObject) -> dict[str, Any]:
    return {
        "collection": f"{entry.collection.root}/{entry.collection.alias}",
        "id": entry.id,
        "version": entry.version,
        "publishers": list(entry.publishers),
        "readable_at": None if entry.readable_at is None else entry.readable_at.word,
        "reason": entry.reason,
    }
