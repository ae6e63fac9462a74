"""`hub import`: read an archive of `hub export`, a STIX bundle, or a medallion data file into the store."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import orjson

from hub.cli import DONE, SOME_REFUSED
from hub.cli.progress import Progress
from hub.cli.trail import note_command
from hub.community.facts import ARCHIVED_KINDS
from hub.errors import UnprocessableError
from hub.pages.texts import gettext
from hub.settings import Settings, load_settings
from hub.sharing import gate
from hub.sharing.archive import is_archive, object_lists, read_archive
from hub.sharing.members import Account, AccountKind
from hub.wiring import now, open_catalogue, open_hub, open_store

EXAMPLE = (
    "  hub import hub.jsonl                                     # what `hub export` wrote, places and all\n"
    "  hub import bundle.json --to asean/id --member ID         # through the hub's door, as Indonesia's\n"
    "  hub import medallion.json --to asean/indicators --member SG\n"
)
STANDARD_INPUT: Final = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "file", type=Path, help="archive, bundle, envelope or medallion data file; - is the standard input"
    )
    parser.add_argument("--to", metavar="ROOT/ALIAS", help="the collection that takes a bundle's objects")
    parser.add_argument("--member", metavar="CC", help="the member that the objects come from")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Import the file, and print how many objects were accepted, and each refused object with the reason."""
    settings = load_settings(os.environ)
    with _readable_twice(args.file) as file:
        if is_archive(file):
            return _restore(settings, file, as_json=args.json)
        return _add(settings, file, args)


@contextmanager
def _readable_twice(file: Path) -> Iterator[Path]:
    """The file itself; of a pipe (also "-", the standard input), a copy on disk: an archive is read more than once."""
    if file != STANDARD_INPUT and not file.is_fifo():
        yield file
        return
    with tempfile.NamedTemporaryFile() as copy:
        with nullcontext(sys.stdin.buffer) if file == STANDARD_INPUT else file.open("rb") as pipe:
            shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield Path(copy.name)


def _add(settings: Settings, file: Path, args: argparse.Namespace) -> int:
    """The objects of a bundle, an envelope or a medallion data file come in as if their member sent them."""
    hub = open_hub(settings)
    try:
        if not args.to or not args.member:
            raise UnprocessableError("A bundle or medallion file needs --to ROOT/ALIAS and --member CC.")
        root, _, alias = args.to.partition("/")
        collection = hub.catalogue.find(root, alias)
        if collection is None:
            raise UnprocessableError(f"There is no collection {args.to!r}; `hub collections` lists them all.")
        if args.member not in hub.catalogue.members:
            raise UnprocessableError(f"{args.member!r} is no member; there are {' '.join(hub.catalogue.members)}.")
        writer = gate.must_write(Account("hub import", AccountKind.CERT, args.member), collection)
        accepted, failures = 0, 0
        refusals = []
        with Progress(gettext("objects")) as progress:
            for objects in object_lists(file):
                for part in batched(objects, hub.limits.envelope_objects):
                    status = orjson.loads(hub.add_objects(writer, orjson.dumps({"objects": part})).body)
                    accepted += status["success_count"]
                    for failure in status.get("failures", ()):
                        failures += 1
                        if args.json:
                            refusals.append({"id": failure["id"], "reason": failure["message"]})
                        else:
                            print(f"{failure['id']}: {failure['message']}", file=sys.stderr)
                    progress.show(accepted + failures)
        note_command(hub.store, "import", member=args.member, of=collection.id, added=accepted, refused=failures)
        if args.json:
            print(json.dumps({"taken": accepted, "refused": refusals}, ensure_ascii=False))
        else:
            print(f"{accepted} objects taken, {failures} refused.")
    finally:
        hub.store.close()
    return SOME_REFUSED if failures else DONE


def _restore(settings: Settings, file: Path, *, as_json: bool) -> int:
    """Read an archive into a new store. `hub init` then adds the declarations that the archive does not contain."""
    store = open_store(settings, create=True)
    try:
        catalogue = open_catalogue(settings)
        sentences = []
        with Progress("B") as progress:
            for sentence in read_archive(
                store,
                catalogue,
                file,
                now=now(),
                fact_kinds=ARCHIVED_KINDS,
                limits=settings.limits,
                progress=progress.show,
            ):
                sentences.append(sentence)
                if not as_json:
                    print(sentence)
        note_command(store, "import")
    finally:
        store.close()
    if as_json:
        print(json.dumps({"done": sentences}, ensure_ascii=False))
    print(
        "Run `hub init` now: it adds what is declared and was not in the archive.", file=sys.stderr if as_json else None
    )
    return DONE


def batched(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The values in parts of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))
