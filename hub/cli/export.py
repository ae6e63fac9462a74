"""`hub export`: write a store's objects with their positions, or only the definitions."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from hub.cli import DONE
from hub.cli.output import write_file
from hub.cli.progress import Progress
from hub.community.facts import ARCHIVED_KINDS
from hub.errors import UnprocessableError
from hub.pages.texts import gettext
from hub.settings import load_settings
from hub.sharing.archive import definitions_bundle, write_archive
from hub.wiring import now, open_catalogue, open_hub

EXAMPLE = (
    "  hub export > hub.jsonl                       # everything: objects, places, accounts, the signing secret\n"
    "  hub export --collection asean/id > id.jsonl  # one collection\n"
    "  hub export --definitions > definitions.json  # for a tool whose first poll cannot start at the beginning\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "--collection", metavar="ROOT/ALIAS", help="only this collection, without accounts and the signing secret"
    )
    parser.add_argument(
        "--definitions",
        action="store_true",
        help="the marking and extension definitions and the members' identities, as one bundle",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write to this file, readable only by its owner, instead of to stdout"
    )
    parser.add_argument("--json", action="store_true", help="with --out: say what was written as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the archive (JSON lines) or the bundle."""
    settings = load_settings(os.environ)
    if args.definitions:
        bundle = definitions_bundle(open_catalogue(settings))
        write_file([json.dumps(bundle, indent=1).encode(), b"\n"], args.out)
        _print_result(
            args, {"objects": len(bundle["objects"])}, f"{len(bundle['objects'])} definitions and identities written"
        )
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
        lines = _CountedLines(
            write_archive(hub.store, collections, secret=secret, made_at=now(), fact_kinds=ARCHIVED_KINDS)
        )
        with Progress(gettext("lines")) as progress:
            write_file(progress.count_items(lines), args.out)
    finally:
        hub.store.close()
    contents = "" if args.collection else ", with accounts and the signing secret: keep it as safe as the store"
    message = f"{lines.count} lines of {len(collections)} collections written{contents}"
    _print_result(
        args, {"lines": lines.count, "collections": len(collections), "secrets": not args.collection}, message
    )
    return DONE


class _CountedLines:
    """An iterable of lines that counts the lines it has yielded."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line


def _print_result(args: argparse.Namespace, result: dict[str, Any], message: str) -> None:
    """Print what was written: to standard output, or to standard error if the archive itself goes to standard output."""
    if args.out is None:
        print(f"{message}.", file=sys.stderr)
    else:
        print(json.dumps({"file": args.out, **result}) if args.json else f"{args.out}: {message}.")
