"""`hub export`: a store's objects with their places, or the definitions alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from hub.cli import DONE
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
        "--definitions", action="store_true", help="the marking and extension definitions as one bundle"
    )
    parser.add_argument("--out", metavar="FILE", help="write here, readable by its owner alone, instead of to stdout")


def run(args: argparse.Namespace) -> int:
    """Write the archive (JSON lines) or the bundle."""
    settings = load_settings(os.environ)
    if args.definitions:
        json.dump(definitions_bundle(open_catalogue(settings)), sys.stdout, indent=1)
        print()
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
        lines = write_archive(hub.store, collections, secret=secret, made_at=now())
        if args.out:
            target = Path(args.out)
            # an archive holds the signing secret and the hashes of keys: nobody else reads it
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
        else:
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()
    except FileExistsError:
        raise UnprocessableError(f"{args.out}: this file exists already; an archive is never written over.") from None
    finally:
        hub.store.close()
    return DONE
