"""`hub export`: a store's objects with their places, or the definitions alone."""

from __future__ import annotations

import argparse
import json
import os

from hub.cli import DONE
from hub.cli.output import write_file
from hub.community.facts import ARCHIVED_KINDS
from hub.errors import UnprocessableError
from hub.settings import load_settings
from hub.sharing.archive import definitions_bundle, write_archive
from hub.wiring import now, open_catalogue, open_hub

EXAMPLE = (
    "  hub export > hub.jsonl                       # everything: objects, places, accounts, the signing secret\n"
    "  hub export --collection asean/id > id.jsonl  # one collection\n"
    "  hub export --definitions > definitions.json  # for a tool that takes no first poll from the beginning\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--collection", metavar="ROOT/ALIAS", help="this one only, without accounts and secret")
    parser.add_argument(
        "--definitions",
        action="store_true",
        help="the marking and extension definitions and the members' identities, as one bundle",
    )
    parser.add_argument("--out", metavar="FILE", help="write here, readable by its owner alone, instead of to stdout")


def run(args: argparse.Namespace) -> int:
    """Write the archive (JSON lines) or the bundle."""
    settings = load_settings(os.environ)
    if args.definitions:
        bundle = definitions_bundle(open_catalogue(settings))
        write_file([json.dumps(bundle, indent=1).encode(), b"\n"], args.out)
        return DONE
    hub = open_hub(settings)
    try:
        collections = list(hub.catalogue)
        if args.collection:
            collections = [c for c in collections if f"{c.root}/{c.alias}" == args.collection]
            if not collections:
                raise UnprocessableError(
                    f"There is no collection {args.collection!r}; `hub collections` lists them all."
                )
        secret = None if args.collection else hub.secret
        write_file(
            write_archive(hub.store, collections, secret=secret, made_at=now(), fact_kinds=ARCHIVED_KINDS), args.out
        )
    finally:
        hub.store.close()
    return DONE
