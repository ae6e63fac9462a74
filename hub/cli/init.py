"""`hub init`: create the store and put into each collection what every reader needs from the start."""

from __future__ import annotations

import argparse
import os
import secrets

from hub.cli import DONE
from hub.cli.trail import note_command
from hub.settings import described, load_settings, masked_uri
from hub.sharing.applied import apply, digest
from hub.sharing.seed import remove_surplus, seed
from hub.wiring import SECRET_BYTES, open_catalogue, open_store

EXAMPLE = "  HUB_STORE=sqlite:////var/lib/hub/hub.sqlite hub init\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes: nothing; the settings name the store and the folders."""
    parser.set_defaults()


def run(_args: argparse.Namespace) -> int:
    """Create or update the store, and say what changed."""
    settings = load_settings(os.environ)
    catalogue = open_catalogue(settings)
    store = open_store(settings, create=True)
    try:
        store.secret(secrets.token_bytes(SECRET_BYTES))
        changed = 0
        for collection in catalogue:
            added = seed(store, catalogue, collection)
            changed += added
            if added:
                print(f"{collection.root}/{collection.alias}: {added} definitions and identities added")
            removed = remove_surplus(store, collection)
            changed += removed
            if removed:
                print(
                    f"{collection.root}/{collection.alias}: {removed} marking definitions removed, which are above "
                    f"{collection.highest_tlp.label}: nothing here may be marked with them"
                )
        # after the objects: what was refused above is named again next time
        declared = apply(store, catalogue)
        for sentence in declared:
            print(sentence)
        chosen = {name: value for name, value in described(settings).items() if name in settings.origins}
        note_command(store, "init", settings=chosen, declarations=digest(catalogue), changes=list(declared))
        count = sum(1 for _ in catalogue)
        print(
            f"{masked_uri(settings.store)}: {len(catalogue.members)} members, {count} collections; "
            + (
                f"{changed} objects added or removed."
                if changed
                else "no objects added."
                if declared
                else "nothing had changed."
            )
        )
        if declared:
            print("A hub that is running goes on with what it read at its start: start it again.")
    finally:
        store.close()
    return DONE
