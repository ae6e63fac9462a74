"""`hub audit`: who did what, and whether the store is as the hub wrote it."""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from hub.audit.background import verification_of, verify
from hub.audit.state import Finding, content_of
from hub.audit.words import describe
from hub.cli import DONE, SOME_REFUSED
from hub.cli.output import write_file
from hub.cli.progress import Progress
from hub.community.hub import Hub
from hub.errors import MalformedError, UnprocessableError
from hub.pages.texts import gettext
from hub.protocol.checkpoint import Checkpoint, open_note, parse_verifier_key, read_unverified
from hub.settings import Settings, load_settings
from hub.stix.timestamps import format_milliseconds
from hub.store.chain import TrailEntry, salt_of
from hub.store.trail import keyed_id
from hub.wiring import open_hub, open_trail

EXAMPLE = (
    "  hub audit show --what account --last 20\n"
    "  hub audit show --object indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\n"
    "  hub audit verify                                # may run beside a hub that serves\n"
    "  hub audit checkpoint > checkpoint.txt           # keep it elsewhere: it finds a store that was rolled back\n"
    "  hub audit verify --against checkpoint.txt\n"
    "  hub audit export --out trail.jsonl\n"
)
LAST: Final = 50  # entries shown
_OMITTED_KEYS: Final = frozenset(
    {"at", "what", "seal", "notes"}
)  # keys of an entry that its line of text does not repeat


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|verify|checkpoint|export")
    show = actions.add_parser("show", help="the newest entries, oldest first")
    show.add_argument(
        "--last", type=int, default=LAST, metavar="N", help=f"number of entries (default: {LAST}; 0: all)"
    )
    show.add_argument(
        "--what", metavar="WORD", help="only entries of this kind, such as published, deleted, account, 'refused login'"
    )
    show.add_argument("--account", metavar="NAME", help="only entries that name this account")
    show.add_argument("--object", metavar="ID", help="only deletions, purges and hand-overs of this object")
    show.add_argument("--since", metavar="DATE", help="only entries from this date on (UTC), such as 2026-11-26")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    verify = actions.add_parser(
        "verify", help="check every record, head, count, account and delivery; 1: not all is right"
    )
    verify.add_argument("--against", type=Path, metavar="CHECKPOINT", help="a checkpoint that was kept elsewhere")
    verify.add_argument(
        "--key", metavar="KEY", help="the public key of the checkpoint, if it is no longer this store's"
    )
    verify.add_argument("--json", action="store_true", help="as one JSON object")
    checkpoint = actions.add_parser("checkpoint", help="the signed checkpoint, as members see it")
    checkpoint.add_argument("--key", action="store_true", help="print the public key that verifies it instead")
    checkpoint.add_argument("--json", action="store_true", help="both as one JSON object")
    export = actions.add_parser("export", help="all entries as JSON lines, the signed checkpoint last")
    export.add_argument(
        "--out", metavar="FILE", help="write to this file, readable only by its owner, instead of to stdout"
    )


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    with closing(hub.store):
        hub.store.settle()
        if args.action == "show":
            _show_entries(hub, args)
        elif args.action == "verify":
            return _verify(hub, settings, args)
        elif args.action == "checkpoint":
            checkpoints = open_trail(hub, settings).checkpoints
            if args.json:
                print(json.dumps({"checkpoint": checkpoints.note(), "key": checkpoints.verifier()}))
            else:
                print(checkpoints.verifier() if args.key else checkpoints.note(), end="\n" if args.key else "")
        else:
            write_file(_export_lines(hub, settings), args.out)
    return DONE


# --- show ---------------------------------------------------------------------------------------------------------


def _show_entries(hub: Hub, args: argparse.Namespace) -> None:
    matches: list[tuple[TrailEntry, Mapping[str, Any]]] = []
    filters = _filters(hub, args)
    since = _instant(args.since) if args.since else 0
    for entry in hub.store.trail():
        content = content_of(entry)
        if content is None:
            print(f"hub audit: entry {entry.number} is damaged; `hub audit verify` says more", file=sys.stderr)
        elif content.get("at", 0) >= since and all(content.get(name) == value for name, value in filters.items()):
            matches.append((entry, content))
            if args.last > 0:
                del matches[: -args.last]
    for entry, details in matches:
        if args.json:
            print(
                json.dumps(
                    {"number": entry.number, **details, "at": format_milliseconds(details["at"])}, ensure_ascii=False
                )
            )
        else:
            print(
                f"{entry.number:>7} {format_milliseconds(details['at'])} {details['what']:<13} {describe(details, hub.catalogue, omitted_names=_OMITTED_KEYS)}"
            )


def _filters(hub: Hub, args: argparse.Namespace) -> dict[str, Any]:
    filters = {"what": args.what, "account": args.account}
    if args.object:
        filters["object"] = keyed_id(hub.store.trail_key(), args.object)
    return {name: value for name, value in filters.items() if value is not None}


def _instant(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UnprocessableError(f"--since {text!r} is no date like 2026-11-26 or 2026-11-26T08:00:00Z") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


# --- verify -------------------------------------------------------------------------------------------------------


def _verify(hub: Hub, settings: Settings, args: argparse.Namespace) -> int:
    checkpoint = None if args.against is None else _read_checkpoint(hub, settings, args)
    with Progress(gettext("records")) as progress:
        verification = verification_of(hub, progress.show)
        findings = verify(hub, verification, checkpoint)
    if args.json:
        rows = [{"kind": finding.kind, "where": finding.location, "message": finding.message} for finding in findings]
        print(json.dumps({"records": verification.records, "entries": verification.size, "findings": rows}, indent=1))
    else:
        for line in finding_lines(hub, findings):
            print(line)
        result = f"{len(findings)} things are not as the hub wrote them" if findings else "all is as the hub wrote it"
        print(
            f"{verification.records} records and {verification.size} entries of the trail: {result}.", file=sys.stderr
        )
    return SOME_REFUSED if findings else DONE


def finding_lines(hub: Hub, findings: Iterable[Finding]) -> Iterator[str]:
    """Each finding as a line, which names the collection instead of its id."""
    for finding in findings:
        place, _, detail = finding.location.partition(" ")
        collection = hub.catalogue.by_id(place)
        name = place if collection is None else f"{collection.root}/{collection.alias}"
        yield f"{finding.kind}: {name}{' ' if detail else ''}{detail}: {finding.message}"


def _read_checkpoint(hub: Hub, settings: Settings, args: argparse.Namespace) -> Checkpoint:
    try:
        note = args.against.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise MalformedError(f"{args.against}: this file cannot be read as a checkpoint.") from None
    # a checkpoint of another store has another key name, too; its own name is used here, and `verify` reports the mismatch
    name = read_unverified(note).origin
    checkpoints = open_trail(hub, settings).checkpoints
    _, public_key = parse_verifier_key(args.key or checkpoints.verifier())
    return open_note(note, name, public_key)


# --- export -------------------------------------------------------------------------------------------------------


def _export_lines(hub: Hub, settings: Settings) -> Iterator[bytes]:
    checkpoints = open_trail(hub, settings).checkpoints
    note = checkpoints.note()
    size = read_unverified(note).size
    key = hub.store.trail_key()
    for entry in hub.store.trail():
        if entry.number > size:
            break
        yield (
            orjson.dumps(
                {
                    "number": entry.number,
                    "text": entry.text.decode("utf-8", "replace"),
                    "seals": base64.b64encode(entry.seals).decode(),
                    "salt": salt_of(key, entry.number).hex(),
                    "link": entry.link.hex(),
                }
            )
            + b"\n"
        )
    yield orjson.dumps({"checkpoint": note, "key": checkpoints.verifier()}) + b"\n"
