"""`hub backup`: copy the store while the hub serves, with a manifest of digests; `hub restore` checks and restores the copy.

1. The copy is one consistent state of the store: for SQLite the file (`VACUUM INTO`), for MongoDB an archive as `hub export`
   writes it.
2. The manifest contains the digest of each file and the trail's signed checkpoint: a restored store is verified with both.
3. Only the owner can read a backup folder, since it contains the hashes of keys and passwords and the signing secret. It is
   written under another name and renamed at the end, so that an incomplete backup cannot be mistaken for a complete one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hub.cli import DONE
from hub.cli.backups import PART_SUFFIX, Manifest, backups_in, digest_of, write_manifest
from hub.cli.output import write_file
from hub.cli.progress import Progress
from hub.cli.trail import note_command
from hub.community.facts import ARCHIVED_KINDS
from hub.errors import UnprocessableError
from hub.pages.texts import gettext
from hub.settings import load_settings
from hub.sharing.archive import write_archive
from hub.store.sqlite.store import SqliteStore
from hub.version import __version__
from hub.wiring import now, open_hub, open_trail

EXAMPLE = (
    "  hub backup /var/backups/hub                   # writes a new folder in it, named by the time\n"
    "  hub backup /var/backups/hub --keep 14         # keeps the newest 14 backups and removes the others\n"
    "  hub restore /var/backups/hub/2026-11-26T183000Z --check\n"
)
_NAME: Final = "%Y-%m-%dT%H%M%SZ"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("folder", type=Path, help="the folder of all backups, in which each gets its own folder")
    parser.add_argument(
        "--keep",
        type=int,
        metavar="N",
        help="keep the newest N backups, and remove the others after this one is written",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write a backup, and print its path."""
    if args.keep is not None and args.keep < 1:
        raise UnprocessableError(f"--keep {args.keep} would remove the backup that is being made: keep at least one.")
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    start_time = now()
    target = args.folder / datetime.fromtimestamp(start_time / 1000, UTC).strftime(_NAME)
    part_folder = target.with_name(target.name + PART_SUFFIX)
    with closing(hub.store):
        note_command(hub.store, "backup")
        # before the copy, so that the copied trail extends this checkpoint
        checkpoint = open_trail(hub, settings).checkpoints.note()
        try:
            args.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part_folder.mkdir(mode=0o700)
            # (1)
            if isinstance(hub.store, SqliteStore):
                file = part_folder / "hub.sqlite"
                with Progress("B", hub.store.space()[0]) as progress:
                    hub.store.copy_to(file, progress.show)
            else:
                file = part_folder / "hub.jsonl"
                archive = write_archive(
                    hub.store, hub.catalogue, secret=hub.secret, made_at=start_time, fact_kinds=ARCHIVED_KINDS
                )
                with Progress(gettext("lines")) as progress:
                    write_file(progress.count_items(archive), str(file))
            # (2)
            write_manifest(part_folder, Manifest(start_time, __version__, {file.name: digest_of(file)}, checkpoint))
            # (3)
            part_folder.rename(target)
        except OSError as error:
            shutil.rmtree(part_folder, ignore_errors=True)
            raise UnprocessableError(f"{target}: the backup cannot be written there: {error.strerror}.") from None
        except BaseException:
            shutil.rmtree(part_folder, ignore_errors=True)
            raise
    surplus_backups = backups_in(args.folder)[: -args.keep] if args.keep else []
    for surplus in surplus_backups:
        shutil.rmtree(surplus)
        print(f"{surplus}: removed", file=sys.stderr)
    print(
        json.dumps({"backup": str(target), "removed": [str(surplus) for surplus in surplus_backups]})
        if args.json
        else target
    )
    return DONE
