"""`hub restore`: check a backup, or restore it in place of a store that was lost."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from hub.audit.background import verification_of
from hub.cli import DONE, SOME_REFUSED
from hub.cli.audit import finding_lines
from hub.cli.backups import Manifest, newest_backup, read_manifest
from hub.cli.progress import Progress
from hub.cli.trail import note_command
from hub.community.facts import ARCHIVED_KINDS
from hub.errors import UnprocessableError
from hub.pages.texts import gettext
from hub.protocol.checkpoint import read_unverified
from hub.settings import Settings, load_settings
from hub.sharing.archive import read_archive
from hub.wiring import now, open_catalogue, open_hub, open_store

EXAMPLE = (
    "  hub restore /var/backups/hub/2026-11-26T183000Z --check    # into a folder of its own, which is removed again\n"
    "  hub restore /var/backups/hub --check                       # the newest of them\n"
    "  hub restore /var/backups/hub/2026-11-26T183000Z            # into HUB_STORE, where there is no store\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("backup", type=Path, help="the folder of one backup; of several, the newest is taken")
    parser.add_argument(
        "--check",
        action="store_true",
        help="restore it to a temporary folder, verify every record, and remove the folder",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Check or restore. Returns 1 if something in the backup is not as the hub wrote it."""
    settings = load_settings(os.environ)
    backup = newest_backup(args.backup)
    manifest = read_manifest(backup)
    if args.check:
        with tempfile.TemporaryDirectory(prefix="hub-restore-") as folder:
            trial_settings = replace(settings, store=f"sqlite:///{folder}/hub.sqlite")
            return _restore(backup, manifest, trial_settings, Path(folder) / "hub.sqlite", as_json=args.json)
    scheme, _, uri_path = settings.store.partition("://")
    target = Path(uri_path[1:]) if scheme == "sqlite" else None
    if target is not None and target.exists():
        raise UnprocessableError(f"{target} is there: stop the hub, move that file away, and restore again.")
    return _restore(backup, manifest, settings, target, as_json=args.json)


def _restore(backup: Path, manifest: Manifest, settings: Settings, target: Path | None, *, as_json: bool) -> int:
    (name,) = manifest.files
    if name.endswith(".sqlite"):
        if target is None:
            raise UnprocessableError(f"{backup} is a backup of an SQLite store: set HUB_STORE to sqlite:///…")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(backup / name, target)
        target.chmod(0o600)
        open_store(settings, create=True).close()  # brings an older copy up to date
        checkpoint = read_unverified(manifest.checkpoint)
    else:
        store = open_store(settings, create=True)
        with closing(store):
            archive = backup / name
            for sentence in read_archive(
                store, open_catalogue(settings), archive, now=now(), fact_kinds=ARCHIVED_KINDS
            ):
                print(sentence, file=sys.stderr)
        checkpoint = None  # an archive does not contain the trail: the new store begins its own
    hub = open_hub(settings)
    with closing(hub.store):
        with Progress(gettext("records")) as progress:
            verification = verification_of(hub, progress.show)
            findings = list(verification.run((collection.id for collection in hub.catalogue), checkpoint))
        note_command(hub.store, "restore", findings=len(findings))
        sentences = list(finding_lines(hub, findings))
    if as_json:
        print(json.dumps({"backup": str(backup), "records": verification.records, "findings": sentences}))
        return SOME_REFUSED if findings else DONE
    for line in sentences:
        print(line)
    result = f"{len(findings)} things are not as the hub wrote them" if findings else "all is as the hub wrote it"
    print(f"{verification.records} records: {result}.")
    return SOME_REFUSED if findings else DONE
